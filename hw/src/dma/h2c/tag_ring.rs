//! Tags in circular order.

use rust_hdl::prelude::*;

use super::types::{FIRST_TAG, LAST_SHORT_TAG, LAST_TAG};
use crate::hw;
use crate::prim::Dffr;

hw! {
    /// Gives out data tags round and round; `tail` is the oldest one in use, equal to `tag` if none is.
    ///
    /// One tag stays unused, to tell full from empty. Which tags there are changes with `cfg_ext_tag`
    /// (PCIe Base Spec r5 2.2.6.2), but only while none is in use, or the ring would break: both ends go back to the first
    /// then (`restart`).
    pub struct TagRing {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_ext_tag: Signal<In, Bit> = Default::default(),
        pub tail: Signal<In, Bits<6>> = Default::default(),
        /// `tag` is used in this clock.
        pub take: Signal<In, Bit> = Default::default(),
        /// `tag` will not be taken in this clock.
        pub calm: Signal<In, Bit> = Default::default(),
        pub tag: Signal<Out, Bits<6>> = Default::default(),
        /// The tag behind `tag` is the first.
        pub wrap: Signal<Out, Bit> = Default::default(),
        pub full: Signal<Out, Bit> = Default::default(),
        pub restart: Signal<Out, Bit> = Default::default(),
        now: Dffr<Bits<6>> = Dffr::new(FIRST_TAG.into()),
        long_tags: Dffr<Bit> = Default::default(),
        last: Signal<Local, Bit> = Default::default(),
        behind: Signal<Local, Bits<6>> = Default::default(),
        first_tag: Constant<Bits<6>> = Constant::new(FIRST_TAG.into()),
        last_tag: Constant<Bits<6>> = Constant::new(LAST_TAG.into()),
        last_short_tag: Constant<Bits<6>> = Constant::new(LAST_SHORT_TAG.into()),
    }
}

impl Logic for TagRing {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, now, long_tags);
        self.now.rst.next = self.rst.val();
        self.long_tags.rst.next = self.rst.val();
        self.last.next = self.now.q.val() == self.last_tag.val();
        if !self.long_tags.q.val() {
            self.last.next = self.now.q.val() == self.last_short_tag.val();
        }
        self.behind.next = self.now.q.val() + 1;
        if self.last.val() {
            self.behind.next = self.first_tag.val();
        }
        self.tag.next = self.now.q.val();
        self.wrap.next = self.last.val();
        self.full.next = self.behind.val() == self.tail.val();
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
