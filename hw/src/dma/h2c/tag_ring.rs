//! Tags in circular order.

use rust_hdl::prelude::*;

use super::types::LAST_SHORT_TAG;
use crate::hw;
use crate::prim::Dffr;
use crate::tlp::fetch_tags;

hw! {
    /// Gives out data tags round and round, but for those that are open on the wire; `tail` is the oldest one in use, equal to
    /// `tag` if none is.
    ///
    /// ```text
    ///           in use                ┌──── skipped while open
    ///  ···[ tail ··· ][ tag ][ ahead ]─►···
    ///                    take ─► tag moves on to ahead, the request keeps where that is
    /// ```
    /// `ahead` is looked up in each clock (`tag_look`), and known two clocks after it has moved, so at least one clock must pass between two
    /// tags taken. One tag stays unused, to tell full from empty.
    ///
    /// Which tags there are changes with `cfg_ext_tag` (PCIe Base Spec r5 2.2.6.2), but only while none is in use: then, and after a reset, `tag` moves
    /// on to the first one that is closed, without a request (`restart`).
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
        /// The tag behind it: to look up, and for the request that takes `tag`.
        pub ahead: Signal<Out, Bits<TB>> = Default::default(),
        /// `ahead` of the clock before is open.
        pub tag_open: Signal<In, Bit> = Default::default(),
        /// `tag_open` of the next clock will say nothing of it.
        pub tag_wait: Signal<In, Bit> = Default::default(),
        pub full: Signal<Out, Bit> = Default::default(),
        /// The empty ring moves on to `ahead`.
        pub restart: Signal<Out, Bit> = Default::default(),
        now: Dffr<Bits<TB>> = Dffr::new(fetch_tags(TB).into()),
        next: Dffr<Bits<TB>> = Dffr::new(fetch_tags(TB).into()),
        seeks: Dffr<Bit> = Dffr::new(true),
        // `tag_open` tells of `next`.
        known: Dffr<Bit> = Default::default(),
        // And `next` may be taken if it is closed: one bit, since what it allows has a long way to go in this clock.
        able: Dffr<Bit> = Default::default(),
        long_tags: Dffr<Bit> = Default::default(),
        no_room: Dffr<Bit> = Default::default(),
        last: Signal<Local, Bit> = Default::default(),
        behind: Signal<Local, Bits<TB>> = Default::default(),
        settled: Signal<Local, Bit> = Default::default(),
        free: Signal<Local, Bit> = Default::default(),
        skips: Signal<Local, Bit> = Default::default(),
        one: Constant<Bits<TB>> = Constant::new(1_u64.into()),
        first_tag: Constant<Bits<TB>> = Constant::new(fetch_tags(TB).into()),
        last_tag: Constant<Bits<TB>> = Constant::new(((1_u64 << TB) - 1).into()),
        last_short_tag: Constant<Bits<TB>> = Constant::new(LAST_SHORT_TAG.into()),
    }
}

impl<const TB: usize> Logic for TagRing<TB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, now, next, seeks, known, able, long_tags, no_room);
        self.now.rst.next = self.rst.val();
        self.next.rst.next = self.rst.val();
        self.seeks.rst.next = self.rst.val();
        self.known.rst.next = self.rst.val();
        self.able.rst.next = self.rst.val();
        self.long_tags.rst.next = self.rst.val();
        self.no_room.rst.next = self.rst.val();
        self.last.next = self.next.q.val() == self.last_tag.val();
        if !self.long_tags.q.val() {
            self.last.next = self.next.q.val() == self.last_short_tag.val();
        }
        self.behind.next = self.next.q.val() + self.one.val();
        if self.last.val() {
            self.behind.next = self.first_tag.val();
        }
        self.tag.next = self.now.q.val();
        self.ahead.next = self.next.q.val();

        self.free.next = self.known.q.val() & !self.tag_open.val();
        self.no_room.d.next = self.next.q.val() == self.tail.val();
        self.full.next = !self.able.q.val() | self.tag_open.val();
        // Never past the tail, or those in use would seem to be free; but past `tag` itself, once none is in use.
        self.skips.next = self.known.q.val()
            & ((self.tag_open.val() & (self.seeks.q.val() | !self.no_room.q.val()))
                | (!self.seeks.q.val() & self.no_room.q.val() & (self.next.q.val() == self.now.q.val())));
        self.restart.next = false;
        self.settled.next = true;
        if self.take.val() | self.skips.val() {
            self.next.d.next = self.behind.val();
            self.settled.next = false;
        }
        if self.take.val() {
            self.now.d.next = self.next.q.val();
        }
        if self.seeks.q.val() {
            if self.long_tags.q.val() != self.cfg_ext_tag.val() {
                // Behind a reset a queue may wait for its first tag already, and then it is never calm.
                self.next.d.next = self.first_tag.val();
                self.settled.next = false;
                self.long_tags.d.next = self.cfg_ext_tag.val();
            } else if self.free.val() {
                self.restart.next = true;
                self.now.d.next = self.next.q.val();
                self.next.d.next = self.behind.val();
                self.settled.next = false;
                self.seeks.d.next = false;
            }
        } else if self.calm.val()
            & (self.tail.val() == self.now.q.val())
            & (self.long_tags.q.val() != self.cfg_ext_tag.val())
        {
            self.seeks.d.next = true;
            self.next.d.next = self.first_tag.val();
            self.settled.next = false;
            self.long_tags.d.next = self.cfg_ext_tag.val();
        }
        self.known.d.next = self.settled.val() & !self.tag_wait.val();
        // `seeks` changes only with `next`.
        self.able.d.next = self.known.d.val() & !self.no_room.d.val() & !self.seeks.q.val();
    }
}
