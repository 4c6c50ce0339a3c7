//! The last steps of a beat: beside its data, into a small FIFO, to the card.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::Fifo;

hw! {
    /// Takes a beat's sideband with `go`, its data one clock later, and holds up to four beats for the card.
    ///
    /// The memory's read latency must not be seen by a card that stalls, so beats are read on credit: `room` tells
    /// that another one fits whatever the card does. TKEEP is kept as the number of the last byte.
    ///
    /// A closing beat that is offered takes the next place; `room` is low for it. It has TLAST, `terr`, no byte, TUSER 0 and data of no meaning.
    ///
    /// What was taken is sent through a Function Level Reset, too: TVALID may not fall before TREADY (AMBA AXI4-Stream 2.2.1).
    /// `stale` tells that a beat is from before it. Those of a memory queue are then nobody's.
    pub struct EgressOut<const W: usize, const KB: usize, const FW: usize, const QB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub core_rst: Signal<In, Bit> = Default::default(),
        pub room: Signal<Out, Bit> = Default::default(),
        pub go: Signal<In, Bit> = Default::default(),
        pub q: Signal<In, Bits<QB>> = Default::default(),
        pub last: Signal<In, Bit> = Default::default(),
        pub memory: Signal<In, Bit> = Default::default(),
        pub last_byte: Signal<In, Bits<8>> = Default::default(),
        pub user: Signal<In, Bits<33>> = Default::default(),
        pub data: Signal<In, Bits<W>> = Default::default(),
        pub close: Signal<In, Bit> = Default::default(),
        pub close_q: Signal<In, Bits<QB>> = Default::default(),
        pub closed: Signal<Out, Bit> = Default::default(),
        /// A beat of a stream queue has entered, and is no closing beat.
        pub beat: Signal<Out, Bit> = Default::default(),
        pub beat_q: Signal<Out, Bits<QB>> = Default::default(),
        pub beat_last: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tdata: Signal<Out, Bits<W>> = Default::default(),
        pub h2c_axis_tkeep: Signal<Out, Bits<KB>> = Default::default(),
        pub h2c_axis_tlast: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tdest: Signal<Out, Bits<6>> = Default::default(),
        pub h2c_axis_tuser: Signal<Out, Bits<32>> = Default::default(),
        pub h2c_axis_terr: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tmem: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tfixed: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tvalid: Signal<Out, Bit> = Default::default(),
        pub stale: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tready: Signal<In, Bit> = Default::default(),
        fifo: Fifo<FW, 2, 3> = Default::default(),
        held: Dffr<Bits<3>> = Default::default(),
        // Beats from before the reset.
        olds: Dffr<Bits<3>> = Default::default(),
        p_valid: Dffr<Bit> = Default::default(),
        p_q: Reg<Bits<QB>> = Default::default(),
        p_last: Reg<Bit> = Default::default(),
        p_closes: Reg<Bit> = Default::default(),
        p_memory: Reg<Bit> = Default::default(),
        p_lane: Reg<Bits<5>> = Default::default(),
        p_user: Dffr<Bits<33>> = Default::default(),
        fits: Signal<Local, Bit> = Default::default(),
        push: Signal<Local, Bit> = Default::default(),
        ends: Signal<Local, Bit> = Default::default(),
        pop: Signal<Local, Bit> = Default::default(),
        side: Signal<Local, Bits<8>> = Default::default(),
        lane: Signal<Local, Bits<5>> = Default::default(),
        behind: Signal<Local, Bits<KB>> = Default::default(),
        word: Signal<Local, Bits<FW>> = Default::default(),
        out: Signal<Local, Bits<FW>> = Default::default(),
        depth: Constant<Bits<3>> = Constant::new(4_u64.into()),
        last_lane: Constant<Bits<5>> = Constant::new((KB as u64 - 1).into()),
        all_lanes: Constant<Bits<KB>> = Constant::new(((1_u64 << KB) - 1).into()),
        // The word of the small FIFO: data, last lane with FIXED, memory and error above it, user, dest, last.
        side_at: Constant<Bits<9>> = Constant::new((W as u64).into()),
        user_at: Constant<Bits<9>> = Constant::new((W as u64 + KB as u64).into()),
        dest_at: Constant<Bits<9>> = Constant::new((W as u64 + KB as u64 + 32).into()),
        last_at: Constant<Bits<9>> = Constant::new((W as u64 + KB as u64 + 38).into()),
    }
}

impl<const W: usize, const KB: usize, const FW: usize, const QB: usize> Logic for EgressOut<W, KB, FW, QB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, fifo);
        dff_setup!(self, clock, held, olds, p_valid, p_q, p_last, p_closes, p_memory, p_lane, p_user);
        self.fifo.rst.next = self.rst.val();
        self.held.rst.next = self.rst.val();
        self.olds.rst.next = self.rst.val();
        self.p_valid.rst.next = self.rst.val();
        self.fits.next = self.held.q.val() != self.depth.val();
        self.room.next = self.fits.val() & !self.close.val();
        self.closed.next = self.fits.val() & self.close.val();
        self.push.next = self.go.val() | self.closed.val();
        self.pop.next = self.fifo.out_valid.val() & self.h2c_axis_tready.val();
        if self.push.val() & !self.pop.val() {
            self.held.d.next = self.held.q.val() + 1;
        }
        if self.pop.val() & !self.push.val() {
            self.held.d.next = self.held.q.val() - 1;
        }
        self.stale.next = self.olds.q.val().any();
        if self.core_rst.val() {
            self.olds.d.next = self.held.d.val();
        } else if self.pop.val() & self.olds.q.val().any() {
            self.olds.d.next = self.olds.q.val() - 1;
        }

        self.p_valid.d.next = self.push.val();
        self.p_closes.d.next = self.close.val();
        self.p_q.d.next = self.q.val();
        if self.close.val() {
            self.p_q.d.next = self.close_q.val();
        }
        self.p_last.d.next = self.last.val();
        self.p_user.d.next = self.user.val();
        self.p_user.rst.next = self.close.val();
        self.p_memory.d.next = self.memory.val() & !self.close.val();
        self.p_lane.d.next = self.last_lane.val();
        if self.last.val() {
            self.p_lane.d.next = bit_cast::<5, 8>(self.last_byte.val()) & self.last_lane.val();
        }

        self.side.next = bit_cast::<8, 5>(self.p_lane.q.val());
        if self.p_user.q.val().get_bit(32) {
            self.side.next = self.side.val() | 0x20;
        }
        if self.p_memory.q.val() {
            self.side.next = self.side.val() | 0x40;
        }
        if self.p_closes.q.val() {
            self.side.next = self.side.val() | 0x80;
        }
        self.beat.next = self.p_valid.q.val() & !self.p_closes.q.val() & !self.p_memory.q.val();
        self.beat_q.next = self.p_q.q.val();
        self.beat_last.next = self.p_last.q.val();
        self.ends.next = self.p_last.q.val() | self.p_closes.q.val();
        self.word.next = bit_cast::<FW, W>(self.data.val())
            | (bit_cast::<FW, 8>(self.side.val()) << self.side_at.val())
            | (bit_cast::<FW, 32>(bit_cast::<32, 33>(self.p_user.q.val())) << self.user_at.val())
            | (bit_cast::<FW, QB>(self.p_q.q.val()) << self.dest_at.val())
            | (bit_cast::<FW, 1>(self.ends.val().into()) << self.last_at.val());
        self.fifo.in_data.next = self.word.val();
        self.fifo.in_valid.next = self.p_valid.q.val();
        self.fifo.out_ready.next = self.h2c_axis_tready.val();
        self.out.next = self.fifo.out_data.val();
        self.h2c_axis_tvalid.next = self.fifo.out_valid.val();
        self.h2c_axis_tdata.next = bit_cast::<W, FW>(self.out.val());
        self.side.next = bit_cast::<8, FW>(self.out.val() >> self.side_at.val());
        self.lane.next = bit_cast::<5, 8>(self.side.val()) & self.last_lane.val();
        self.behind.next = self.all_lanes.val() << self.lane.val();
        self.behind.next = self.behind.val() << 1;
        self.h2c_axis_tkeep.next = !self.behind.val();
        self.h2c_axis_terr.next = self.side.val().get_bit(7);
        if self.side.val().get_bit(7) {
            self.h2c_axis_tkeep.next = 0.into();
        }
        self.h2c_axis_tfixed.next = self.side.val().get_bit(5);
        self.h2c_axis_tmem.next = self.side.val().get_bit(6);
        self.h2c_axis_tuser.next = bit_cast::<32, FW>(self.out.val() >> self.user_at.val());
        self.h2c_axis_tdest.next = bit_cast::<6, FW>(self.out.val() >> self.dest_at.val());
        self.h2c_axis_tlast.next = self.out.val().get_bit(self.last_at.val().index());
    }
}
