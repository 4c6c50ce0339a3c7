//! Tags in circular order.

use rust_hdl::prelude::*;

use super::types::LAST_SHORT_TAG;
use crate::hw;
use crate::prim::Dffr;
use crate::tlp::fetch_tags;

hw! {
    /// Gives out data tags round and round; `tail` is the oldest one in use, equal to `tag` if none is.
    ///
    /// One tag stays unused, to tell full from empty. Which tags there are changes with `cfg_ext_tag`
    /// (PCIe Base Spec r5 2.2.6.2), but only while none is in use, or the ring would break: both ends go back to the first
    /// then (`restart`). `full` is one clock late, so at least one clock must pass between two tags taken.
    pub struct TagRing<const TB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_ext_tag: Signal<In, Bit> = Default::default(),
        pub tail: Signal<In, Bits<TB>> = Default::default(),
        /// `tag` is used in this clock.
        pub take: Signal<In, Bit> = Default::default(),
        /// `tag` will not be taken in this clock.
        pub calm: Signal<In, Bit> = Default::default(),
        pub tag: Signal<Out, Bits<TB>> = Default::default(),
        /// The tag behind `tag` is the first.
        pub wrap: Signal<Out, Bit> = Default::default(),
        pub full: Signal<Out, Bit> = Default::default(),
        pub restart: Signal<Out, Bit> = Default::default(),
        now: Dffr<Bits<TB>> = Dffr::new(fetch_tags(TB).into()),
        long_tags: Dffr<Bit> = Default::default(),
        no_room: Dffr<Bit> = Default::default(),
        last: Signal<Local, Bit> = Default::default(),
        behind: Signal<Local, Bits<TB>> = Default::default(),
        one: Constant<Bits<TB>> = Constant::new(1_u64.into()),
        first_tag: Constant<Bits<TB>> = Constant::new(fetch_tags(TB).into()),
        last_tag: Constant<Bits<TB>> = Constant::new(((1_u64 << TB) - 1).into()),
        last_short_tag: Constant<Bits<TB>> = Constant::new(LAST_SHORT_TAG.into()),
    }
}

impl<const TB: usize> Logic for TagRing<TB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, now, long_tags, no_room);
        self.now.rst.next = self.rst.val();
        self.long_tags.rst.next = self.rst.val();
        self.no_room.rst.next = self.rst.val();
        self.last.next = self.now.q.val() == self.last_tag.val();
        if !self.long_tags.q.val() {
            self.last.next = self.now.q.val() == self.last_short_tag.val();
        }
        self.behind.next = self.now.q.val() + self.one.val();
        if self.last.val() {
            self.behind.next = self.first_tag.val();
        }
        self.tag.next = self.now.q.val();
        self.wrap.next = self.last.val();
        self.no_room.d.next = self.behind.val() == self.tail.val();
        self.full.next = self.no_room.q.val();
        self.restart.next = false;
        if self.take.val() {
            self.now.d.next = self.behind.val();
        }
        if self.calm.val()
            & (self.tail.val() == self.now.q.val())
            & (self.long_tags.q.val() != self.cfg_ext_tag.val())
        {
            self.restart.next = true;
            self.now.d.next = self.first_tag.val();
            self.long_tags.d.next = self.cfg_ext_tag.val();
        }
    }
}
