//! Store-and-forward FIFO of request rows.

use rust_hdl::prelude::*;

use super::pcie::Request;
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};

hw! {
    /// FIFO of 2^`A` rows (`AP1 = A + 1`) that shows a TLP only once it is whole, three clocks after its last row at the earliest.
    ///
    /// `error` counts with a TLP's last beat, so a write can't be applied before it has all come: its rows stand behind
    /// the committed pointer until then, and a discarded TLP takes the write pointer back.
    ///
    /// ```text
    ///   read        committed      write
    ///    ▼  whole TLPs  ▼  coming TLP ▼
    /// ───┴──────────────┴─────────────┴───
    /// ```
    ///
    /// The rows go from the memories through registers to `out_*`, since a block RAM takes half a clock to answer; one in two clocks.
    ///
    /// `in_room` falls `SLACK` rows, a power of two, before it is full, for what is in the registers in front of it. A TLP that fills the FIFO
    /// alone is longer than any Max_Payload_Size the device declares (PCIe Base Spec r5, 2.2.2: malformed); it is
    /// dropped, so that it can't block the port, and `oversize` pulses at its end.
    pub struct PacketFifo<const W: usize, const A: usize, const AP1: usize, const SLACK: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub in_data: Signal<In, Bits<W>> = Default::default(),
        pub in_row: Signal<In, Request> = Default::default(),
        pub in_put: Signal<In, Bit> = Default::default(),
        pub in_commit: Signal<In, Bit> = Default::default(),
        pub in_discard: Signal<In, Bit> = Default::default(),
        pub in_room: Signal<Out, Bit> = Default::default(),
        pub oversize: Signal<Out, Bit> = Default::default(),
        pub out_data: Signal<Out, Bits<W>> = Default::default(),
        pub out_row: Signal<Out, Request> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_ready: Signal<In, Bit> = Default::default(),
        data: Bram<Bits<W>, A> = Default::default(),
        rows: Bram<Request, A> = Default::default(),
        wptr: Dffr<Bits<AP1>> = Default::default(),
        cptr: Dffr<Bits<AP1>> = Default::default(),
        rptr: Dffr<Bits<AP1>> = Default::default(),
        // One more than `rptr`.
        rptr_after: Dffr<Bits<AP1>> = Dffr::new(1_u64.into()),
        // What the memories show, and what the two registers behind them hold, is a row. With two, `out_ready` need not
        // reach the memories in its clock.
        head: Dffr<Bit> = Default::default(),
        next: Dffr<Bit> = Default::default(),
        next_data: Reg<Bits<W>> = Default::default(),
        next_row: Reg<Request> = Default::default(),
        shown: Dffr<Bit> = Default::default(),
        shown_data: Reg<Bits<W>> = Default::default(),
        shown_row: Reg<Request> = Default::default(),
        room: Dffr<Bit> = Default::default(),
        // The coming TLP fills the FIFO alone.
        stuffed: Dffr<Bit> = Default::default(),
        drop: Dffr<Bit> = Default::default(),
        used: Signal<Local, Bits<AP1>> = Default::default(),
        roomy: Signal<Local, Bit> = Default::default(),
        next_wptr: Signal<Local, Bits<AP1>> = Default::default(),
        tlp_ends: Signal<Local, Bit> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        // Bits that are all set if less than `SLACK` rows are left, unless it is full.
        limit: Constant<Bits<AP1>> = Constant::new(((1_u64 << A) - SLACK as u64).into()),
        all: Constant<Bits<AP1>> = Constant::new((1_u64 << A).into()),
        one: Constant<Bits<AP1>> = Constant::new(1_u64.into()),
    }
}

impl<const W: usize, const A: usize, const AP1: usize, const SLACK: usize> Logic
    for PacketFifo<W, A, AP1, SLACK>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, wptr, cptr, rptr, rptr_after, head, shown, shown_data, shown_row);
        dff_setup!(self, clock, next, next_data, next_row, room, stuffed, drop);
        self.next.rst.next = self.rst.val();
        self.wptr.rst.next = self.rst.val();
        self.cptr.rst.next = self.rst.val();
        self.rptr.rst.next = self.rst.val();
        self.rptr_after.rst.next = self.rst.val();
        self.head.rst.next = self.rst.val();
        self.shown.rst.next = self.rst.val();
        self.room.rst.next = self.rst.val();
        self.stuffed.rst.next = self.rst.val();
        self.drop.rst.next = self.rst.val();
        self.data.clock.next = self.clock.val();
        self.rows.clock.next = self.clock.val();

        self.used.next = self.wptr.q.val() - self.rptr.q.val();
        self.roomy.next = ((self.used.val() & self.limit.val()) != self.limit.val())
            & ((self.used.val() & self.all.val()) == 0);
        self.room.d.next = self.roomy.val();
        self.in_room.next = self.room.q.val();
        self.oversize.next = false;

        self.data.waddr.next = bit_cast::<A, AP1>(self.wptr.q.val());
        self.rows.waddr.next = bit_cast::<A, AP1>(self.wptr.q.val());
        self.data.wdata.next = self.in_data.val();
        self.rows.wdata.next = self.in_row.val();
        self.data.wen.next = self.in_put.val();
        self.rows.wen.next = self.in_put.val();
        self.next_wptr.next = self.wptr.q.val();
        if self.in_put.val() {
            self.next_wptr.next = self.wptr.q.val() + self.one.val();
        }
        self.wptr.d.next = self.next_wptr.val();
        self.tlp_ends.next = self.in_commit.val() | self.in_discard.val();
        self.stuffed.d.next =
            !self.roomy.val() & !self.tlp_ends.val() & (self.cptr.q.val() == self.rptr.q.val());
        if self.drop.q.val() {
            self.wptr.d.next = self.cptr.q.val();
            if self.tlp_ends.val() {
                self.drop.d.next = false;
                // A discarded TLP has been counted already.
                self.oversize.next = self.in_commit.val();
            }
        } else if self.in_commit.val() {
            self.cptr.d.next = self.next_wptr.val();
        } else if self.in_discard.val() {
            self.wptr.d.next = self.cptr.q.val();
        } else if self.stuffed.q.val() {
            self.drop.d.next = true;
            self.wptr.d.next = self.cptr.q.val();
        }

        // As in `Fifo`: the memories show the row at rptr, which is the head once it was committed the clock before at
        // the latest.
        self.take.next = self.head.q.val() & !self.next.q.val();
        self.data.raddr.next = bit_cast::<A, AP1>(self.rptr.q.val());
        self.rows.raddr.next = bit_cast::<A, AP1>(self.rptr.q.val());
        self.head.d.next = self.cptr.q.val() != self.rptr.q.val();
        if self.take.val() {
            self.rptr.d.next = self.rptr_after.q.val();
            self.rptr_after.d.next = self.rptr_after.q.val() + self.one.val();
            self.data.raddr.next = bit_cast::<A, AP1>(self.rptr_after.q.val());
            self.rows.raddr.next = bit_cast::<A, AP1>(self.rptr_after.q.val());
            self.head.d.next = self.cptr.q.val() != self.rptr_after.q.val();
        }
        if self.out_ready.val() | !self.shown.q.val() {
            self.shown.d.next = self.next.q.val();
            self.shown_data.d.next = self.next_data.q.val();
            self.shown_row.d.next = self.next_row.q.val();
            self.next.d.next = false;
        }
        if !self.next.q.val() {
            self.next.d.next = self.head.q.val();
            self.next_data.d.next = self.data.rdata.val();
            self.next_row.d.next = self.rows.rdata.val();
        }
        self.out_valid.next = self.shown.q.val();
        self.out_data.next = self.shown_data.q.val();
        self.out_row.next = self.shown_row.q.val();
    }
}
