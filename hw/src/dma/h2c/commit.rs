//! Walks the request queue in order.

use rust_hdl::prelude::*;

use super::types::{Request, Verdict, FIRST_TAG};
use crate::dma::InitOnce;
use crate::hw;
use crate::prim::{Dffr, Reg};
use ferrolane_abi::completion;

hw! {
    /// Commits landed requests in the order in which they were issued.
    ///
    /// ```text
    ///  tail ─► entry, verdict of its tag ─► complete? ─► broadcast rows, write record, free the tag
    ///   ▲───────────────────────────────────────────────────┘
    /// ```
    /// Two clocks per request: one to read, one to act. A bad request ends its descriptor with the code and the bytes moved before it, tells
    /// control (`err_*`), and from then on everything of that queue is discarded until the queue is cleared.
    ///
    /// `entry` and `verdict` are what stands in the memories at `tail`, one clock later. A read is complete once the verdict
    /// has its phase; an entry without a read is at once.
    pub struct Commit<const NQ: usize, const QB: usize, const TB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
        /// Tag that issue will give out next.
        pub next_tag: Signal<In, Bits<TB>> = Default::default(),
        /// The empty request queue starts again at the first tag.
        pub tag_restart: Signal<In, Bit> = Default::default(),
        /// Oldest entry not committed; equal to `next_tag` if there is none.
        pub tail: Signal<Out, Bits<TB>> = Default::default(),
        pub entry: Signal<In, Request> = Default::default(),
        pub verdict: Signal<In, Verdict> = Default::default(),
        pub commit_valid: Signal<Out, Bit> = Default::default(),
        pub commit_q: Signal<Out, Bits<6>> = Default::default(),
        pub commit_row: Signal<Out, Bits<16>> = Default::default(),
        pub commit_pkts: Signal<Out, Bits<16>> = Default::default(),
        pub err_valid: Signal<Out, Bit> = Default::default(),
        pub err_q: Signal<Out, Bits<6>> = Default::default(),
        pub err_code: Signal<Out, Bits<8>> = Default::default(),
        pub rec_valid: Signal<Out, Bit> = Default::default(),
        pub rec_ready: Signal<In, Bit> = Default::default(),
        pub rec_q: Signal<Out, Bits<6>> = Default::default(),
        pub rec_bytes: Signal<Out, Bits<24>> = Default::default(),
        pub rec_meta: Signal<Out, Bits<32>> = Default::default(),
        pub rec_index: Signal<Out, Bits<32>> = Default::default(),
        pub rec_flags: Signal<Out, Bits<7>> = Default::default(),
        pub rec_status: Signal<Out, Bits<8>> = Default::default(),
        pub rec_irq: Signal<Out, Bit> = Default::default(),
        pub req_committed: Signal<Out, Bits<16>> = Default::default(),
        // The memories' output belongs to `head`, and there is an entry.
        there: Dffr<Bit> = Default::default(),
        head: Dffr<Bits<TB>> = Dffr::new(FIRST_TAG.into()),
        committed: Dffr<Bits<16>> = Default::default(),
        // Queues that discard.
        dead: Dffr<Bits<NQ>> = Default::default(),
        init: InitOnce = Default::default(),
        bus_valid: Dffr<Bit> = Default::default(),
        bus_q: Reg<Bits<6>> = Default::default(),
        bus_row: Reg<Bits<16>> = Default::default(),
        bus_pkts: Reg<Bits<16>> = Default::default(),
        fault_valid: Dffr<Bit> = Default::default(),
        fault_q: Reg<Bits<6>> = Default::default(),
        fault_code: Reg<Bits<8>> = Default::default(),
        out_valid: Dffr<Bit> = Default::default(),
        out_q: Reg<Bits<6>> = Default::default(),
        out_bytes: Reg<Bits<24>> = Default::default(),
        out_index: Reg<Bits<32>> = Default::default(),
        out_eop: Reg<Bit> = Default::default(),
        out_status: Reg<Bits<8>> = Default::default(),
        out_irq: Reg<Bit> = Default::default(),
        q: Signal<Local, Bits<QB>> = Default::default(),
        queue_bit: Signal<Local, Bits<NQ>> = Default::default(),
        is_dead: Signal<Local, Bit> = Default::default(),
        code: Signal<Local, Bits<8>> = Default::default(),
        bad: Signal<Local, Bit> = Default::default(),
        record: Signal<Local, Bit> = Default::default(),
        blocked: Signal<Local, Bit> = Default::default(),
        act: Signal<Local, Bit> = Default::default(),
        clear: Signal<Local, Bit> = Default::default(),
        one_queue: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        one_tag: Constant<Bits<TB>> = Constant::new(1_u64.into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        first_tag: Constant<Bits<TB>> = Constant::new(FIRST_TAG.into()),
        eop_flag: Constant<Bits<7>> = Constant::new((completion::EOP as u64).into()),
    }
}

impl<const NQ: usize, const QB: usize, const TB: usize> Logic for Commit<NQ, QB, TB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, there, head, committed, dead, bus_valid, bus_q, bus_row, bus_pkts);
        dff_setup!(self, clock, fault_valid, fault_q, fault_code);
        dff_setup!(self, clock, out_valid, out_q, out_bytes, out_index, out_eop, out_status, out_irq);
        clock!(self, clock, init);
        self.there.rst.next = self.rst.val();
        self.head.rst.next = self.rst.val();
        self.committed.rst.next = self.rst.val();
        self.dead.rst.next = self.rst.val();
        self.bus_valid.rst.next = self.rst.val();
        self.fault_valid.rst.next = self.rst.val();
        self.out_valid.rst.next = self.rst.val();
        self.init.rst.next = self.rst.val();
        self.init.init_valid.next = self.init_valid.val() & (self.init_g.val() < self.queues.val());
        self.init.init_g.next = self.init_g.val();
        self.init_done.next = self.init.done.val();

        self.bus_valid.d.next = false;
        self.fault_valid.d.next = false;
        if self.rec_ready.val() {
            self.out_valid.d.next = false;
        }
        self.q.next = bit_cast::<QB, 6>(self.entry.val().q);
        self.queue_bit.next = self.one_queue.val() << self.q.val();
        self.is_dead.next = (self.dead.q.val() & self.queue_bit.val()).any();
        self.code.next = self.entry.val().status;
        if self.entry.val().status == 0 {
            self.code.next = self.verdict.val().code;
        }
        self.bad.next = self.code.val() != 0;
        self.record.next = !self.is_dead.val() & (self.bad.val() | self.entry.val().last);
        self.blocked.next = self.record.val() & self.out_valid.q.val() & !self.rec_ready.val();

        self.act.next = self.there.q.val()
            & ((self.entry.val().status != 0) | (self.verdict.val().phase == self.entry.val().phase))
            & !self.blocked.val();
        self.there.d.next = (self.head.q.val() != self.next_tag.val()) & !self.act.val();

        if self.tag_restart.val() {
            self.head.d.next = self.first_tag.val();
        }
        self.bus_q.d.next = self.entry.val().q;
        self.bus_row.d.next = self.entry.val().row;
        self.bus_pkts.d.next = self.entry.val().pkts;
        self.fault_q.d.next = self.entry.val().q;
        self.fault_code.d.next = self.code.val();
        if self.act.val() {
            self.head.d.next = self.head.q.val() + self.one_tag.val();
            if self.entry.val().wrap {
                self.head.d.next = self.first_tag.val();
            }
            self.committed.d.next = self.committed.q.val() + 1;
            self.bus_valid.d.next = !self.is_dead.val() & !self.bad.val();
            self.fault_valid.d.next = !self.is_dead.val() & self.bad.val();
            if self.bad.val() {
                self.dead.d.next = self.dead.q.val() | self.queue_bit.val();
            }
            if self.record.val() {
                self.out_valid.d.next = true;
                self.out_q.d.next = self.entry.val().q;
                self.out_bytes.d.next = self.entry.val().before;
                if !self.bad.val() {
                    self.out_bytes.d.next =
                        self.entry.val().before + bit_cast::<24, 13>(self.entry.val().bytes);
                }
                self.out_index.d.next = self.entry.val().index;
                self.out_eop.d.next = self.entry.val().eop & !self.bad.val();
                self.out_status.d.next = self.code.val();
                self.out_irq.d.next = self.entry.val().irq;
            }
        }
        // Clearing doesn't wait for a record's way out: the host's write that asked for it must not wait for ours.
        self.clear.next = self.init.ask.val() & !self.act.val();
        self.init.take.next = self.clear.val();
        if self.clear.val() {
            self.q.next = bit_cast::<QB, 7>(self.init_g.val());
            self.queue_bit.next = self.one_queue.val() << self.q.val();
            self.dead.d.next = self.dead.q.val() & !self.queue_bit.val();
            self.bus_valid.d.next = true;
            self.bus_q.d.next = bit_cast::<6, QB>(self.q.val());
            self.bus_row.d.next = 0.into();
            self.bus_pkts.d.next = 0.into();
        }

        self.tail.next = self.head.q.val();
        self.commit_valid.next = self.bus_valid.q.val();
        self.commit_q.next = self.bus_q.q.val();
        self.commit_row.next = self.bus_row.q.val();
        self.commit_pkts.next = self.bus_pkts.q.val();
        self.err_valid.next = self.fault_valid.q.val();
        self.err_q.next = self.fault_q.q.val();
        self.err_code.next = self.fault_code.q.val();
        self.rec_valid.next = self.out_valid.q.val();
        self.rec_q.next = self.out_q.q.val();
        self.rec_bytes.next = self.out_bytes.q.val();
        self.rec_meta.next = 0.into();
        self.rec_index.next = self.out_index.q.val();
        self.rec_flags.next = 0.into();
        if self.out_eop.q.val() {
            self.rec_flags.next = self.eop_flag.val();
        }
        self.rec_status.next = self.out_status.q.val();
        self.rec_irq.next = self.out_irq.q.val();
        self.req_committed.next = self.committed.q.val();
    }
}
