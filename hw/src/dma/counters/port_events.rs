//! What the port, the card's streams and the engine's stalls did.

use rust_hdl::prelude::*;

use super::events::Events;
use crate::hw;
use crate::prim::Reg;

/// Inputs of [`Events`], in the order of their registers.
pub(super) const EVENTS: usize = 17;

hw! {
    /// Counts beats and clocks of waiting.
    ///
    /// ```text
    ///  handshakes, stalls ─► registers ─► Events ─► rdata
    /// ```
    /// `raddr` is the number of the counter's word.
    pub struct PortEvents {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub tx_wr_valid: Signal<In, Bit> = Default::default(),
        pub tx_wr_ready: Signal<In, Bit> = Default::default(),
        pub tx_rd_valid: Signal<In, Bit> = Default::default(),
        pub tx_rd_ready: Signal<In, Bit> = Default::default(),
        pub tx_cpl_valid: Signal<In, Bit> = Default::default(),
        pub tx_cpl_ready: Signal<In, Bit> = Default::default(),
        pub rx_cpl_valid: Signal<In, Bit> = Default::default(),
        pub h2c_axis_tvalid: Signal<In, Bit> = Default::default(),
        pub h2c_axis_tready: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tvalid: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tready: Signal<In, Bit> = Default::default(),
        /// No tag, no room, no place for the record, FENCE.
        pub h2c_stall: Signal<In, Bits<4>> = Default::default(),
        /// No descriptor, no place for the record, send full, FENCE.
        pub c2h_stall: Signal<In, Bits<4>> = Default::default(),
        pub raddr: Signal<In, Bits<5>> = Default::default(),
        pub rdata: Signal<Out, Bits<32>> = Default::default(),
        events: Events<EVENTS, 5> = Default::default(),
        // Registered taps, so that nothing hangs on the port's handshakes.
        happened: Reg<Bits<EVENTS>> = Default::default(),
        seen: Signal<Local, Bits<EVENTS>> = Default::default(),
        wr_waits: Signal<Local, Bit> = Default::default(),
        rd_waits: Signal<Local, Bit> = Default::default(),
        cpl_waits: Signal<Local, Bit> = Default::default(),
        h2c_waits: Signal<Local, Bit> = Default::default(),
        c2h_waits: Signal<Local, Bit> = Default::default(),
    }
}

impl Logic for PortEvents {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, happened);
        self.events.clock.next = self.clock.val();
        self.events.rst.next = self.rst.val();

        // The order is that of the registers, the first in bit 0.
        self.wr_waits.next = self.tx_wr_valid.val() & !self.tx_wr_ready.val();
        self.rd_waits.next = self.tx_rd_valid.val() & !self.tx_rd_ready.val();
        self.cpl_waits.next = self.tx_cpl_valid.val() & !self.tx_cpl_ready.val();
        self.h2c_waits.next = self.h2c_axis_tvalid.val() & !self.h2c_axis_tready.val();
        self.c2h_waits.next = self.c2h_axis_tvalid.val() & !self.c2h_axis_tready.val();
        self.seen.next = 0.into();
        self.seen.next = self.seen.val().replace_bit(0, self.tx_wr_valid.val() & self.tx_wr_ready.val());
        self.seen.next = self.seen.val().replace_bit(1, self.wr_waits.val());
        self.seen.next = self.seen.val().replace_bit(2, self.rd_waits.val());
        self.seen.next = self.seen.val().replace_bit(3, self.cpl_waits.val());
        self.seen.next = self.seen.val().replace_bit(4, self.rx_cpl_valid.val());
        self.seen.next =
            self.seen.val().replace_bit(5, self.h2c_axis_tvalid.val() & self.h2c_axis_tready.val());
        self.seen.next = self.seen.val().replace_bit(6, self.h2c_waits.val());
        self.seen.next =
            self.seen.val().replace_bit(7, self.c2h_axis_tvalid.val() & self.c2h_axis_tready.val());
        self.seen.next = self.seen.val().replace_bit(8, self.c2h_waits.val());
        self.seen.next = self.seen.val().replace_bit(9, self.h2c_stall.val().get_bit(0));
        self.seen.next = self.seen.val().replace_bit(10, self.h2c_stall.val().get_bit(1));
        self.seen.next = self.seen.val().replace_bit(11, self.h2c_stall.val().get_bit(2));
        self.seen.next = self.seen.val().replace_bit(12, self.h2c_stall.val().get_bit(3));
        self.seen.next = self.seen.val().replace_bit(13, self.c2h_stall.val().get_bit(0));
        self.seen.next = self.seen.val().replace_bit(14, self.c2h_stall.val().get_bit(1));
        // C2H_FENCE stands in front of C2H_SEND_FULL.
        self.seen.next = self.seen.val().replace_bit(15, self.c2h_stall.val().get_bit(3));
        self.seen.next = self.seen.val().replace_bit(16, self.c2h_stall.val().get_bit(2));
        self.happened.d.next = self.seen.val();
        self.events.happens.next = self.happened.q.val();
        self.events.raddr.next = self.raddr.val();
        self.rdata.next = self.events.rdata.val();
    }
}
