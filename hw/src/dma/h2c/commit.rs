//! Walks the request queue in order.

use rust_hdl::prelude::*;

use super::types::{Request, Verdict};
use crate::dma::InitOnce;
use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::Mirror;
use crate::tlp::fetch_tags;
use ferrolane_abi::completion;

hw! {
    /// Commits landed requests in the order in which they were issued.
    ///
    /// ```text
    ///  clock   L        M                         R                               then
    ///  head ─► look ─► entry, verdict of its ─┬─► complete? fault? queue dead? ─┬─► broadcast rows
    ///   ▲              tag, from the memories └─► what is broadcast and recorded ┴─► bytes ─► record
    ///   └──────────────────────────────────────── next entry
    /// ```
    /// Two clocks per request at best; while the one at the head is incomplete it is read again in every clock. A bad request ends its
    /// descriptor with the code and the bytes moved before it, tells control (`err_*`), and from then on
    /// everything of that queue is discarded until the queue is cleared.
    ///
    /// `entry` and `verdict` are what stands in the memories at `look`, one clock later. A read is complete once the verdict
    /// has its phase; an entry without a read is at once. What decides is taken out of the memories into registers first: block RAMs
    /// are slow. As `look` stands still until then, the memories still give the same entry when it is acted on.
    pub struct Commit<const NQ: usize, const QB: usize, const TB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
        /// Tag that issue will give out next.
        pub next_tag: Signal<In, Bits<TB>> = Default::default(),
        /// The empty request queue goes on at `restart_tag`.
        pub tag_restart: Signal<In, Bit> = Default::default(),
        pub restart_tag: Signal<In, Bits<TB>> = Default::default(),
        /// Oldest entry not committed; equal to `next_tag` if there is none.
        pub tail: Signal<Out, Bits<TB>> = Default::default(),
        /// Entry to read.
        pub look: Signal<Out, Bits<TB>> = Default::default(),
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
        head: Dffr<Bits<TB>> = Dffr::new(fetch_tags(TB).into()),
        committed: Dffr<Bits<16>> = Default::default(),
        // Queues that discard.
        dead: Mirror<1, QB> = Default::default(),
        init: InitOnce = Default::default(),
        // M and R hold the entry at `head`, R with what decides of it.
        m_valid: Dffr<Bit> = Default::default(),
        r_valid: Dffr<Bit> = Default::default(),
        r_q: Reg<Bits<QB>> = Default::default(),
        r_status: Reg<Bits<8>> = Default::default(),
        r_next: Reg<Bits<TB>> = Default::default(),
        r_code: Reg<Bits<8>> = Default::default(),
        // It is complete; it is bad; it makes no record.
        r_done: Reg<Bit> = Default::default(),
        r_bad: Reg<Bit> = Default::default(),
        r_quiet: Reg<Bit> = Default::default(),
        bus_valid: Dffr<Bit> = Default::default(),
        bus_q: Reg<Bits<6>> = Default::default(),
        bus_row: Dffr<Bits<16>> = Default::default(),
        bus_pkts: Dffr<Bits<16>> = Default::default(),
        fault_valid: Dffr<Bit> = Default::default(),
        // The record: taken, and added up on its way to the place from which it is offered. As there are two places, whether
        // one is free need not be told by `rec_ready` in the same clock.
        new_valid: Dffr<Bit> = Default::default(),
        new_q: Reg<Bits<6>> = Default::default(),
        new_before: Reg<Bits<24>> = Default::default(),
        new_moved: Dffr<Bits<13>> = Default::default(),
        new_index: Reg<Bits<32>> = Default::default(),
        new_eop: Reg<Bit> = Default::default(),
        new_status: Reg<Bits<8>> = Default::default(),
        new_irq: Reg<Bit> = Default::default(),
        out_valid: Dffr<Bit> = Default::default(),
        out_q: Reg<Bits<6>> = Default::default(),
        out_bytes: Reg<Bits<24>> = Default::default(),
        out_index: Reg<Bits<32>> = Default::default(),
        out_eop: Reg<Bit> = Default::default(),
        out_status: Reg<Bits<8>> = Default::default(),
        out_irq: Reg<Bit> = Default::default(),
        is_dead: Signal<Local, Bit> = Default::default(),
        free: Signal<Local, Bit> = Default::default(),
        act: Signal<Local, Bit> = Default::default(),
        load: Signal<Local, Bit> = Default::default(),
        clear: Signal<Local, Bit> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        eop_flag: Constant<Bits<7>> = Constant::new((completion::EOP as u64).into()),
    }
}

impl<const NQ: usize, const QB: usize, const TB: usize> Logic for Commit<NQ, QB, TB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, dead, init);
        dff_setup!(self, clock, head, committed, m_valid, r_valid, r_q, r_status, r_next, r_code);
        dff_setup!(self, clock, r_done, r_bad, r_quiet, bus_valid, bus_q, bus_row, bus_pkts, fault_valid);
        dff_setup!(self, clock, new_valid, new_q, new_before, new_moved, new_index, new_eop, new_status);
        dff_setup!(
            self, clock, new_irq, out_valid, out_q, out_bytes, out_index, out_eop, out_status, out_irq
        );
        self.init.rst.next = self.rst.val();
        self.head.rst.next = self.rst.val();
        self.committed.rst.next = self.rst.val();
        self.m_valid.rst.next = self.rst.val();
        self.r_valid.rst.next = self.rst.val();
        self.bus_valid.rst.next = self.rst.val();
        self.fault_valid.rst.next = self.rst.val();
        self.new_valid.rst.next = self.rst.val();
        self.out_valid.rst.next = self.rst.val();

        // M: the memories' output.
        self.r_q.d.next = bit_cast::<QB, 6>(self.entry.val().q);
        self.r_status.d.next = self.entry.val().status;
        self.r_next.d.next = bit_cast::<TB, 8>(self.entry.val().then);
        self.r_code.d.next = self.verdict.val().code;
        self.r_done.d.next = self.entry.val().refused | (self.verdict.val().phase == self.entry.val().phase);
        self.r_bad.d.next = self.entry.val().refused | self.verdict.val().bad;
        self.r_quiet.d.next = !self.r_bad.d.val() & !self.entry.val().last;
        self.dead.raddr.next = bit_cast::<QB, 6>(self.entry.val().q);

        // R. An entry that may make a record waits for a place, whether it is discarded or not.
        self.is_dead.next = self.dead.rdata.val().any();
        self.free.next = !self.out_valid.q.val() | self.rec_ready.val();
        self.act.next = self.r_valid.q.val()
            & self.r_done.q.val()
            & (!self.new_valid.q.val() | !self.out_valid.q.val() | self.r_quiet.q.val());
        self.load.next = self.act.val() & !self.is_dead.val() & !self.r_quiet.q.val();

        if self.tag_restart.val() {
            self.head.d.next = self.restart_tag.val();
        }
        self.look.next = self.head.q.val();
        self.m_valid.d.next = self.head.q.val() != self.next_tag.val();
        self.r_valid.d.next = self.m_valid.q.val() & !self.act.val();
        if self.act.val() {
            self.look.next = self.r_next.q.val();
            self.head.d.next = self.r_next.q.val();
            self.m_valid.d.next = self.r_next.q.val() != self.next_tag.val();
            self.committed.d.next = self.committed.q.val() + 1;
        }
        self.tail.next = self.head.q.val();
        self.req_committed.next = self.committed.q.val();

        // Clearing doesn't wait for a record's way out: the host's write that asked for it must not wait for ours.
        self.init.init_valid.next = self.init_valid.val() & (self.init_g.val() < self.queues.val());
        self.init.init_g.next = self.init_g.val();
        self.init_done.next = self.init.done.val();
        self.clear.next = self.init.ask.val() & !self.act.val();
        self.init.take.next = self.clear.val();
        self.dead.wen.next = (self.act.val() & self.r_bad.q.val()) | self.clear.val();
        self.dead.waddr.next = self.r_q.q.val();
        self.dead.wdata.next = 1.into();
        if self.clear.val() {
            self.dead.waddr.next = bit_cast::<QB, 7>(self.init_g.val());
            self.dead.wdata.next = 0.into();
        }

        self.bus_valid.d.next =
            (self.act.val() & !self.is_dead.val() & !self.r_bad.q.val()) | self.clear.val();
        self.bus_q.d.next = self.entry.val().q;
        self.bus_row.d.next = self.entry.val().row;
        self.bus_pkts.d.next = self.entry.val().pkts;
        self.bus_row.rst.next = self.clear.val();
        self.bus_pkts.rst.next = self.clear.val();
        if self.clear.val() {
            self.bus_q.d.next = bit_cast::<6, 7>(self.init_g.val());
        }
        self.commit_valid.next = self.bus_valid.q.val();
        self.commit_q.next = self.bus_q.q.val();
        self.commit_row.next = self.bus_row.q.val();
        self.commit_pkts.next = self.bus_pkts.q.val();

        if self.free.val() {
            self.out_valid.d.next = self.new_valid.q.val();
            self.out_q.d.next = self.new_q.q.val();
            self.out_bytes.d.next = self.new_before.q.val() + bit_cast::<24, 13>(self.new_moved.q.val());
            self.out_index.d.next = self.new_index.q.val();
            self.out_eop.d.next = self.new_eop.q.val();
            self.out_irq.d.next = self.new_irq.q.val();
            self.out_status.d.next = self.new_status.q.val();
            self.new_valid.d.next = false;
        }
        if self.load.val() {
            self.new_valid.d.next = true;
            self.new_q.d.next = self.entry.val().q;
            self.new_before.d.next = self.entry.val().before;
            self.new_moved.d.next = self.entry.val().bytes;
            self.new_index.d.next = self.entry.val().index;
            self.new_eop.d.next = self.entry.val().eop & !self.r_bad.q.val();
            self.new_irq.d.next = self.entry.val().irq;
            self.new_status.d.next = self.r_code.q.val();
            if self.r_status.q.val().any() {
                self.new_status.d.next = self.r_status.q.val();
            }
        }
        self.new_moved.rst.next = self.load.val() & self.r_bad.q.val();
        // An error always makes a record, so its fields tell control, too.
        self.fault_valid.d.next = self.load.val() & self.r_bad.q.val();
        self.err_valid.next = self.fault_valid.q.val();
        self.err_q.next = self.new_q.q.val();
        self.err_code.next = self.new_status.q.val();
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
    }
}
