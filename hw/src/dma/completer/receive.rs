//! Takes requests from the link and says what each of them is.

use rust_hdl::prelude::*;

use super::pcie::*;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Registers each beat and turns TLPs into rows for the packet FIFO.
    ///
    /// A write becomes one row per beat, committed with the last; any other non-posted request becomes one row. Messages
    /// vanish. What can't be served is counted with `ur` (PCIe Base Spec r5, 2.3.1): if it is non-posted it still becomes
    /// a row, to be answered with status UR. A poisoned write must not change a register (2.7.2.2), so it is discarded, as
    /// is every TLP that ends with `rx_req_error`.
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
        valid: Dffr<Bit> = Default::default(),
        first: Reg<Bit> = Default::default(),
        last: Reg<Bit> = Default::default(),
        error: Reg<Bit> = Default::default(),
        data: Reg<Bits<W>> = Default::default(),
        hdr: Reg<Bits<128>> = Default::default(),
        bar: Reg<Bits<3>> = Default::default(),
        waiting: Dffr<Bits<6>> = Default::default(),
        np_ok: Dffr<Bit> = Default::default(),
        // The header counts with the first beat only; the other beats of the TLP use what was made of it then.
        held: Reg<Request> = Default::default(),
        held_np: Reg<Bit> = Default::default(),
        held_message: Reg<Bit> = Default::default(),
        held_poisoned: Reg<Bit> = Default::default(),
        kind: Signal<Local, Bits<5>> = Default::default(),
        with_data: Signal<Local, Bit> = Default::default(),
        prefix: Signal<Local, Bit> = Default::default(),
        four_dw: Signal<Local, Bit> = Default::default(),
        now: Signal<Local, Request> = Default::default(),
        cur: Signal<Local, Request> = Default::default(),
        is_mem: Signal<Local, Bit> = Default::default(),
        is_other_np: Signal<Local, Bit> = Default::default(),
        np: Signal<Local, Bit> = Default::default(),
        message: Signal<Local, Bit> = Default::default(),
        poisoned: Signal<Local, Bit> = Default::default(),
        np_taken: Signal<Local, Bit> = Default::default(),
        type_memory: Constant<Bits<5>> = Constant::new(TYPE_MEMORY.into()),
        type_locked: Constant<Bits<5>> = Constant::new(TYPE_LOCKED.into()),
        type_io: Constant<Bits<5>> = Constant::new(TYPE_IO.into()),
        type_cfg0: Constant<Bits<5>> = Constant::new(TYPE_CFG0.into()),
        type_cfg1: Constant<Bits<5>> = Constant::new(TYPE_CFG1.into()),
        type_fetch_add: Constant<Bits<5>> = Constant::new(TYPE_FETCH_ADD.into()),
        type_swap: Constant<Bits<5>> = Constant::new(TYPE_SWAP.into()),
        type_cas: Constant<Bits<5>> = Constant::new(TYPE_CAS.into()),
        type_message: Constant<Bits<2>> = Constant::new(TYPE_MESSAGE_HIGH.into()),
    }
}

impl<const W: usize> Logic for Receive<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid, first, last, error, data, hdr, bar, waiting, np_ok);
        dff_setup!(self, clock, held, held_np, held_message, held_poisoned);
        self.valid.rst.next = self.rst.val();
        self.waiting.rst.next = self.rst.val();
        self.np_ok.rst.next = self.rst.val();
        self.rx_req_ready.next = self.row_room.val();
        self.valid.d.next = self.rx_req_valid.val() & self.row_room.val();
        self.first.d.next = self.rx_req_first.val();
        self.last.d.next = self.rx_req_last.val();
        self.error.d.next = self.rx_req_error.val();
        self.data.d.next = self.rx_req_data.val();
        self.hdr.d.next = self.rx_req_hdr.val();
        self.bar.d.next = self.rx_req_bar.val();

        // 2.2.1: Fmt in DW0 31:29, Type in 28:24, EP in 14.
        self.prefix.next = self.hdr.q.val().get_bit(31);
        self.with_data.next = self.hdr.q.val().get_bit(30);
        self.four_dw.next = self.hdr.q.val().get_bit(29);
        self.kind.next = self.hdr.q.val().get_bits::<5>(24);
        self.is_mem.next = (self.kind.val() == self.type_memory.val()) & !self.prefix.val();
        self.now.next.last = self.last.q.val();
        self.now.next.write = self.is_mem.val() & self.with_data.val();
        self.now.next.read = self.is_mem.val() & !self.with_data.val();
        self.now.next.locked =
            (self.kind.val() == self.type_locked.val()) & !self.with_data.val() & !self.prefix.val();
        self.now.next.cas =
            (self.kind.val() == self.type_cas.val()) & self.with_data.val() & !self.prefix.val();
        self.now.next.atomic = ((self.kind.val() == self.type_fetch_add.val())
            | (self.kind.val() == self.type_swap.val())
            | (self.kind.val() == self.type_cas.val()))
            & self.with_data.val()
            & !self.prefix.val();
        self.now.next.addr = self.hdr.q.val().get_bits::<17>(66);
        if self.four_dw.val() {
            self.now.next.addr = self.hdr.q.val().get_bits::<17>(98);
        }
        self.now.next.bar = self.bar.q.val();
        self.now.next.len = self.hdr.q.val().get_bits::<10>(0);
        self.now.next.first_be = self.hdr.q.val().get_bits::<4>(32);
        self.now.next.last_be = self.hdr.q.val().get_bits::<4>(36);
        self.now.next.tag = self.hdr.q.val().get_bits::<8>(40);
        self.now.next.requester = self.hdr.q.val().get_bits::<16>(48);
        self.now.next.tag8 = self.hdr.q.val().get_bit(19);
        self.now.next.tag9 = self.hdr.q.val().get_bit(23);
        self.now.next.tc = self.hdr.q.val().get_bits::<3>(20);
        self.now.next.attr = self.hdr.q.val().get_bits::<2>(12);
        self.now.next.ido = self.hdr.q.val().get_bit(18);
        self.is_other_np.next = ((self.kind.val() == self.type_io.val())
            | (self.kind.val() == self.type_cfg0.val())
            | (self.kind.val() == self.type_cfg1.val()))
            & !self.four_dw.val()
            & !self.prefix.val();

        self.cur.next = self.held.q.val();
        self.cur.next.last = self.last.q.val();
        self.np.next = self.held_np.q.val();
        self.message.next = self.held_message.q.val();
        self.poisoned.next = self.held_poisoned.q.val();
        if self.first.q.val() {
            self.cur.next = self.now.val();
            self.np.next =
                self.now.val().read | self.now.val().locked | self.now.val().atomic | self.is_other_np.val();
            self.message.next = (self.hdr.q.val().get_bits::<2>(27) == self.type_message.val())
                & self.four_dw.val()
                & !self.prefix.val();
            self.poisoned.next = self.hdr.q.val().get_bit(14);
        }
        self.held.d.next = self.cur.val();
        self.held_np.d.next = self.np.val();
        self.held_message.d.next = self.message.val();
        self.held_poisoned.d.next = self.poisoned.val();

        self.row.next = self.cur.val();
        self.row_data.next = self.data.q.val();
        self.row_put.next = false;
        self.row_commit.next = false;
        self.row_discard.next = false;
        self.ur.next = false;
        self.np_taken.next = false;
        if self.valid.q.val() {
            self.row_put.next = self.cur.val().write;
            if self.last.q.val() {
                if self.cur.val().write {
                    if self.error.q.val() | self.poisoned.val() {
                        self.row_put.next = false;
                        self.row_discard.next = true;
                        self.ur.next = true;
                    } else {
                        self.row_commit.next = true;
                    }
                } else if self.np.val() & !self.error.q.val() {
                    self.row_put.next = true;
                    self.row_commit.next = true;
                    self.np_taken.next = true;
                    self.ur.next = !self.cur.val().read;
                } else {
                    self.ur.next = !self.message.val();
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
