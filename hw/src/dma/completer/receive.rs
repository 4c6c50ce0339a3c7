//! Takes requests from the link and says what each of them is.

use ferrolane_abi::map;
use rust_hdl::prelude::*;

use super::pcie::*;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Registers each beat and turns TLPs into rows for the packet FIFO.
    ///
    /// A write becomes one row per beat, committed with the last; any other non-posted request becomes one row. Messages
    /// vanish. What can't be served, and what hit a BAR other than BAR0 and that of the user registers, is counted with
    /// `ur` (PCIe Base Spec r5, 2.3.1): if it is non-posted it still becomes a row, to be answered with status UR. A
    /// poisoned write must not change a register (2.7.2.2), so it is discarded, as is every TLP that ends with
    /// `rx_req_error`; such a one is not logged, since the link sends it again. What begins while the function is being
    /// reset (`deaf`) vanishes too, as 6.6.2 allows: it would set what the reset has just set back.
    ///
    /// `rx_np_ok` falls with 8 non-posted requests inside; there is room for 16, so 8 may be on their way.
    pub struct Receive<const W: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub rx_req_data: Signal<In, Bits<W>> = Default::default(),
        pub rx_req_hdr: Signal<In, Bits<128>> = Default::default(),
        pub rx_req_bar: Signal<In, Bits<3>> = Default::default(),
        pub rx_req_first: Signal<In, Bit> = Default::default(),
        pub rx_req_last: Signal<In, Bit> = Default::default(),
        pub rx_req_error: Signal<In, Bit> = Default::default(),
        pub rx_req_valid: Signal<In, Bit> = Default::default(),
        pub rx_req_ready: Signal<Out, Bit> = Default::default(),
        pub rx_np_ok: Signal<Out, Bit> = Default::default(),
        /// A reset of the function is under way.
        pub deaf: Signal<In, Bit> = Default::default(),
        /// The packet FIFO has room for several rows.
        pub row_room: Signal<In, Bit> = Default::default(),
        pub row_data: Signal<Out, Bits<W>> = Default::default(),
        pub row: Signal<Out, Request> = Default::default(),
        /// Store this row.
        pub row_put: Signal<Out, Bit> = Default::default(),
        /// With the TLP's last beat: keep its rows.
        pub row_commit: Signal<Out, Bit> = Default::default(),
        /// With the TLP's last beat: forget its rows.
        pub row_discard: Signal<Out, Bit> = Default::default(),
        /// Pulse: a non-posted request has been answered.
        pub np_done: Signal<In, Bit> = Default::default(),
        /// Pulse: a TLP was refused.
        pub ur: Signal<Out, Bit> = Default::default(),
        /// With it: for the header log, and why. `hdr` is its header.
        pub bad: Signal<Out, Bit> = Default::default(),
        pub bad_cause: Signal<Out, Bits<4>> = Default::default(),
        pub bad_hdr: Signal<Out, Bits<128>> = Default::default(),
        valid: Dffr<Bit> = Default::default(),
        last: Reg<Bit> = Default::default(),
        error: Reg<Bit> = Default::default(),
        data: Reg<Bits<W>> = Default::default(),
        // Both count with the first beat only and are kept for the others.
        hdr: Reg<Bits<128>> = Default::default(),
        // What it says, decoded in front of the registers.
        // What is left of a TLP that a reset has cut is nothing: like a message, dropped without a word.
        write: Dffr<Bit> = Default::default(),
        read: Reg<Bit> = Default::default(),
        served: Reg<Bit> = Default::default(),
        locked: Reg<Bit> = Default::default(),
        cas: Reg<Bit> = Default::default(),
        atomic: Reg<Bit> = Default::default(),
        user: Reg<Bit> = Default::default(),
        first_any: Reg<Bit> = Default::default(),
        last_any: Reg<Bit> = Default::default(),
        np: Dffr<Bit> = Default::default(),
        dropped: Dffr<Bit> = Dffr::new(true),
        waiting: Dffr<Bits<6>> = Default::default(),
        np_ok: Dffr<Bit> = Default::default(),
        kind: Signal<Local, Bits<5>> = Default::default(),
        with_data: Signal<Local, Bit> = Default::default(),
        prefix: Signal<Local, Bit> = Default::default(),
        four_dw: Signal<Local, Bit> = Default::default(),
        cur: Signal<Local, Request> = Default::default(),
        is_mem: Signal<Local, Bit> = Default::default(),
        is_user: Signal<Local, Bit> = Default::default(),
        mapped: Signal<Local, Bit> = Default::default(),
        is_other_np: Signal<Local, Bit> = Default::default(),
        is_atomic: Signal<Local, Bit> = Default::default(),
        is_locked: Signal<Local, Bit> = Default::default(),
        poisoned: Signal<Local, Bit> = Default::default(),
        np_taken: Signal<Local, Bit> = Default::default(),
        our_bar: Constant<Bits<3>> = Constant::new((map::BAR as u64).into()),
        user_bar: Constant<Bits<3>> = Constant::new((map::USER_BAR as u64).into()),
        type_memory: Constant<Bits<5>> = Constant::new(TYPE_MEMORY.into()),
        type_locked: Constant<Bits<5>> = Constant::new(TYPE_LOCKED.into()),
        type_io: Constant<Bits<5>> = Constant::new(TYPE_IO.into()),
        type_cfg0: Constant<Bits<5>> = Constant::new(TYPE_CFG0.into()),
        type_cfg1: Constant<Bits<5>> = Constant::new(TYPE_CFG1.into()),
        type_fetch_add: Constant<Bits<5>> = Constant::new(TYPE_FETCH_ADD.into()),
        type_swap: Constant<Bits<5>> = Constant::new(TYPE_SWAP.into()),
        type_cas: Constant<Bits<5>> = Constant::new(TYPE_CAS.into()),
        unsupported: Constant<Bits<4>> = Constant::new(CAUSE_UNSUPPORTED.into()),
        was_poisoned: Constant<Bits<4>> = Constant::new(CAUSE_POISONED.into()),
        type_message: Constant<Bits<2>> = Constant::new(TYPE_MESSAGE_HIGH.into()),
    }
}

impl<const W: usize> Logic for Receive<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid, last, error, data, hdr, waiting, np_ok);
        dff_setup!(
            self, clock, write, read, served, locked, cas, atomic, user, first_any, last_any, np, dropped
        );
        self.valid.rst.next = self.rst.val();
        self.write.rst.next = self.rst.val();
        self.np.rst.next = self.rst.val();
        self.dropped.rst.next = self.rst.val();
        self.waiting.rst.next = self.rst.val();
        self.np_ok.rst.next = self.rst.val();
        self.rx_req_ready.next = self.row_room.val();
        self.valid.d.next = self.rx_req_valid.val() & self.row_room.val();
        self.last.d.next = self.rx_req_last.val();
        self.error.d.next = self.rx_req_error.val();
        self.data.d.next = self.rx_req_data.val();

        // 2.2.1: Fmt in DW0 31:29, Type in 28:24, EP in 14.
        self.prefix.next = self.rx_req_hdr.val().get_bit(31);
        self.with_data.next = self.rx_req_hdr.val().get_bit(30);
        self.four_dw.next = self.rx_req_hdr.val().get_bit(29);
        self.kind.next = self.rx_req_hdr.val().get_bits::<5>(24);
        self.is_mem.next = (self.kind.val() == self.type_memory.val()) & !self.prefix.val();
        self.is_user.next = self.rx_req_bar.val() == self.user_bar.val();
        self.mapped.next = (self.rx_req_bar.val() == self.our_bar.val()) | self.is_user.val();
        self.is_locked.next =
            (self.kind.val() == self.type_locked.val()) & !self.with_data.val() & !self.prefix.val();
        self.is_atomic.next = ((self.kind.val() == self.type_fetch_add.val())
            | (self.kind.val() == self.type_swap.val())
            | (self.kind.val() == self.type_cas.val()))
            & self.with_data.val()
            & !self.prefix.val();
        self.is_other_np.next = ((self.kind.val() == self.type_io.val())
            | (self.kind.val() == self.type_cfg0.val())
            | (self.kind.val() == self.type_cfg1.val()))
            & !self.four_dw.val()
            & !self.prefix.val();
        if self.rx_req_valid.val() & self.rx_req_first.val() {
            self.hdr.d.next = self.rx_req_hdr.val();
            self.write.d.next =
                self.is_mem.val() & self.with_data.val() & self.mapped.val() & !self.deaf.val();
            self.read.d.next = self.is_mem.val() & !self.with_data.val();
            self.served.d.next = self.is_mem.val() & !self.with_data.val() & self.mapped.val();
            self.locked.d.next = self.is_locked.val();
            self.cas.d.next =
                (self.kind.val() == self.type_cas.val()) & self.with_data.val() & !self.prefix.val();
            self.atomic.d.next = self.is_atomic.val();
            self.user.d.next = self.is_user.val();
            self.first_any.d.next = self.rx_req_hdr.val().get_bits::<4>(32) != 0;
            self.last_any.d.next = self.rx_req_hdr.val().get_bits::<4>(36) != 0;
            self.np.d.next = ((self.is_mem.val() & !self.with_data.val())
                | self.is_locked.val()
                | self.is_atomic.val()
                | self.is_other_np.val())
                & !self.deaf.val();
            self.dropped.d.next = ((self.rx_req_hdr.val().get_bits::<2>(27) == self.type_message.val())
                & self.four_dw.val()
                & !self.prefix.val())
                | self.deaf.val();
        }

        self.cur.next.last = self.last.q.val();
        self.cur.next.write = self.write.q.val();
        self.cur.next.read = self.read.q.val();
        self.cur.next.served = self.served.q.val();
        self.cur.next.locked = self.locked.q.val();
        self.cur.next.cas = self.cas.q.val();
        self.cur.next.atomic = self.atomic.q.val();
        self.cur.next.addr = self.hdr.q.val().get_bits::<17>(66);
        if self.hdr.q.val().get_bit(29) {
            self.cur.next.addr = self.hdr.q.val().get_bits::<17>(98);
        }
        self.cur.next.user = self.user.q.val();
        self.cur.next.len = self.hdr.q.val().get_bits::<10>(0);
        self.cur.next.first_be = self.hdr.q.val().get_bits::<4>(32);
        self.cur.next.last_be = self.hdr.q.val().get_bits::<4>(36);
        self.cur.next.first_any = self.first_any.q.val();
        self.cur.next.last_any = self.last_any.q.val();
        self.cur.next.tag = self.hdr.q.val().get_bits::<8>(40);
        self.cur.next.requester = self.hdr.q.val().get_bits::<16>(48);
        self.cur.next.tag8 = self.hdr.q.val().get_bit(19);
        self.cur.next.tag9 = self.hdr.q.val().get_bit(23);
        self.cur.next.tc = self.hdr.q.val().get_bits::<3>(20);
        self.cur.next.attr = self.hdr.q.val().get_bits::<2>(12);
        self.cur.next.ido = self.hdr.q.val().get_bit(18);
        self.poisoned.next = self.hdr.q.val().get_bit(14);

        self.row.next = self.cur.val();
        self.row_data.next = self.data.q.val();
        self.row_put.next = false;
        self.row_commit.next = false;
        self.row_discard.next = false;
        self.ur.next = false;
        self.np_taken.next = false;
        self.bad.next = false;
        self.bad_cause.next = self.unsupported.val();
        self.bad_hdr.next = self.hdr.q.val();
        if self.write.q.val() {
            self.bad_cause.next = self.was_poisoned.val();
        }
        if self.valid.q.val() {
            self.row_put.next = self.write.q.val();
            if self.last.q.val() {
                if self.write.q.val() {
                    if self.error.q.val() | self.poisoned.val() {
                        self.row_put.next = false;
                        self.row_discard.next = true;
                        self.ur.next = true;
                        self.bad.next = !self.error.q.val();
                    } else {
                        self.row_commit.next = true;
                    }
                } else if self.np.q.val() & !self.error.q.val() {
                    self.row_put.next = true;
                    self.row_commit.next = true;
                    self.np_taken.next = true;
                    self.ur.next = !self.served.q.val();
                    self.bad.next = !self.served.q.val();
                } else {
                    self.ur.next = !self.dropped.q.val();
                    self.bad.next = !self.dropped.q.val() & !self.error.q.val();
                }
            }
        }
        if self.np_taken.val() & !self.np_done.val() {
            self.waiting.d.next = self.waiting.q.val() + 1;
        }
        if self.np_done.val() & !self.np_taken.val() {
            self.waiting.d.next = self.waiting.q.val() - 1;
        }
        self.np_ok.d.next = self.waiting.q.val() < 8;
        self.rx_np_ok.next = self.np_ok.q.val();
    }
}
