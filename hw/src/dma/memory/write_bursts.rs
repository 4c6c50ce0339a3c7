//! Beats of memory queues become bursts.

use ferrolane_abi::regs;
use rust_hdl::prelude::*;

use crate::dma::InitOnce;
use crate::hw;
use crate::prim::{Dffr, Mirror, Reg};
use crate::stream::Fifo;

hw! {
    /// Collects beats and says in which bursts they are written.
    ///
    /// ```text
    ///  s_* ─► beat ─┬─► strobes ──────────────────────────────────► rows ─► row
    ///               └─► base + card ─► + beats before ─► last? ─► bursts ─► burst
    ///  cfgw ─► bases ─┘   counts ───┘
    /// ```
    /// Beats of different packets come interleaved, so what is known of a packet between two beats, their count, is kept per
    /// queue. A burst ends with its packet, with the queue, in front of a multiple of 512 bytes (so it never
    /// crosses 4 KiB, AMBA AXI4 A3.4.1), after 16 beats if its address is fixed (A3.4.1, too), and when no beat has come for 16
    /// clocks: what waits for the host must not hold up what is there. A beat stands in the last stage until it is known whether
    /// it is its burst's last.
    ///
    /// `row` is the data with the strobes above it (`FW = W + KB`), `burst` the address (64 bits), beats less one (6), fixed,
    /// last of its packet, queue (6). A burst is given when all its rows were.
    ///
    /// `pause` rises while fewer than 16 rows are free, or 32 bursts wait. `s_ready` falls behind that only if the
    /// sender doesn't heed it.
    pub struct WriteBursts<const W: usize, const KB: usize, const SB: usize, const NQ: usize, const QB: usize, const FW: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub s_valid: Signal<In, Bit> = Default::default(),
        pub s_ready: Signal<Out, Bit> = Default::default(),
        pub s_data: Signal<In, Bits<W>> = Default::default(),
        pub s_keep: Signal<In, Bits<KB>> = Default::default(),
        pub s_last: Signal<In, Bit> = Default::default(),
        pub s_q: Signal<In, Bits<6>> = Default::default(),
        /// Constant over a packet.
        pub s_card: Signal<In, Bits<32>> = Default::default(),
        pub s_fixed: Signal<In, Bit> = Default::default(),
        pub pause: Signal<Out, Bit> = Default::default(),
        pub row_valid: Signal<Out, Bit> = Default::default(),
        pub row_ready: Signal<In, Bit> = Default::default(),
        pub row: Signal<Out, Bits<FW>> = Default::default(),
        pub burst_valid: Signal<Out, Bit> = Default::default(),
        pub burst_ready: Signal<In, Bit> = Default::default(),
        pub burst: Signal<Out, Bits<78>> = Default::default(),
        rows: Fifo<FW, 9, 10> = Default::default(),
        bursts: Fifo<78, 6, 7> = Default::default(),
        bases_low: Mirror<32, QB> = Default::default(),
        bases_high: Mirror<32, QB> = Default::default(),
        // Beats of the packet so far, and above them whether there was one.
        counts: Mirror<23, QB> = Default::default(),
        init: InitOnce = Default::default(),
        clearing: Dffr<Bit> = Default::default(),
        clear_q: Reg<Bits<QB>> = Default::default(),
        open: Dffr<Bit> = Default::default(),
        paused: Dffr<Bit> = Default::default(),
        // The beat.
        i_valid: Dffr<Bit> = Default::default(),
        i_data: Reg<Bits<W>> = Default::default(),
        i_keep: Reg<Bits<KB>> = Default::default(),
        i_last: Reg<Bit> = Default::default(),
        i_q: Reg<Bits<6>> = Default::default(),
        i_card: Reg<Bits<32>> = Default::default(),
        i_fixed: Reg<Bit> = Default::default(),
        // With its packet's address.
        m_valid: Dffr<Bit> = Default::default(),
        m_sum: Reg<Bits<64>> = Default::default(),
        m_count: Reg<Bits<22>> = Default::default(),
        m_last: Reg<Bit> = Default::default(),
        m_q: Reg<Bits<6>> = Default::default(),
        m_fixed: Reg<Bit> = Default::default(),
        // With its own.
        a_valid: Dffr<Bit> = Default::default(),
        a_addr: Reg<Bits<64>> = Default::default(),
        a_last: Reg<Bit> = Default::default(),
        a_full: Reg<Bit> = Default::default(),
        a_q: Reg<Bits<6>> = Default::default(),
        a_fixed: Reg<Bit> = Default::default(),
        waited: Dffr<Bits<4>> = Default::default(),
        // The burst that grows: its beats so far, and where in its 512 bytes it begins.
        beats: Dffr<Bits<6>> = Default::default(),
        start_at: Reg<Bits<9>> = Default::default(),
        mine: Signal<Local, Bit> = Default::default(),
        cfg_q: Signal<Local, Bits<QB>> = Default::default(),
        base: Signal<Local, Bits<64>> = Default::default(),
        seen: Signal<Local, Bits<23>> = Default::default(),
        began: Signal<Local, Bit> = Default::default(),
        count: Signal<Local, Bits<22>> = Default::default(),
        next_count: Signal<Local, Bits<22>> = Default::default(),
        lane: Signal<Local, Bits<SB>> = Default::default(),
        strb: Signal<Local, Bits<KB>> = Default::default(),
        offset: Signal<Local, Bits<64>> = Default::default(),
        first_row: Signal<Local, Bits<64>> = Default::default(),
        low: Signal<Local, Bits<9>> = Default::default(),
        full: Signal<Local, Bit> = Default::default(),
        ends: Signal<Local, Bit> = Default::default(),
        go: Signal<Local, Bit> = Default::default(),
        address: Signal<Local, Bits<64>> = Default::default(),
        level: Signal<Local, Bits<10>> = Default::default(),
        many: Signal<Local, Bits<7>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        all_lanes: Constant<Bits<KB>> = Constant::new(((1_u64 << KB) - 1).into()),
        row_bytes: Constant<Bits<64>> = Constant::new((KB as u64 - 1).into()),
        row_mask: Constant<Bits<64>> = Constant::new((!(KB as u64 - 1)).into()),
        row_shift: Constant<Bits<5>> = Constant::new((SB as u64).into()),
        block: Constant<Bits<9>> = Constant::new(511_u64.into()),
        above: Constant<Bits<64>> = Constant::new((!511_u64).into()),
        strb_at: Constant<Bits<9>> = Constant::new((W as u64).into()),
        began_bit: Constant<Bits<23>> = Constant::new((1_u64 << 22).into()),
        one: Constant<Bits<22>> = Constant::new(1_u64.into()),
        row_pause: Constant<Bits<10>> = Constant::new(496_u64.into()),
        row_full: Constant<Bits<10>> = Constant::new(508_u64.into()),
        burst_pause: Constant<Bits<7>> = Constant::new(32_u64.into()),
        burst_full: Constant<Bits<7>> = Constant::new(56_u64.into()),
        base_low: Constant<Bits<6>> = Constant::new((regs::queue::CARD_BASE_LO.offset as u64 / 4).into()),
        base_high: Constant<Bits<6>> = Constant::new((regs::queue::CARD_BASE_HI.offset as u64 / 4).into()),
    }
}

impl<const W: usize, const KB: usize, const SB: usize, const NQ: usize, const QB: usize, const FW: usize>
    Logic for WriteBursts<W, KB, SB, NQ, QB, FW>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, rows, bursts, bases_low, bases_high, counts, init);
        dff_setup!(self, clock, clearing, clear_q, open, paused, waited, beats, start_at);
        dff_setup!(self, clock, i_valid, i_data, i_keep, i_last, i_q, i_card, i_fixed);
        dff_setup!(self, clock, m_valid, m_sum, m_count, m_last, m_q, m_fixed);
        dff_setup!(self, clock, a_valid, a_addr, a_last, a_full, a_q, a_fixed);
        self.rows.rst.next = self.rst.val();
        self.bursts.rst.next = self.rst.val();
        self.init.rst.next = self.rst.val();
        self.clearing.rst.next = self.rst.val();
        self.open.rst.next = self.rst.val();
        self.paused.rst.next = self.rst.val();
        self.waited.rst.next = self.rst.val();
        self.beats.rst.next = self.rst.val();
        self.i_valid.rst.next = self.rst.val();
        self.m_valid.rst.next = self.rst.val();
        self.a_valid.rst.next = self.rst.val();

        self.mine.next = self.cfgw_valid.val() & (self.cfgw_g.val() < self.queues.val());
        self.cfg_q.next = bit_cast::<QB, 7>(self.cfgw_g.val());
        self.bases_low.wen.next = self.mine.val() & (self.cfgw_index.val() == self.base_low.val());
        self.bases_low.waddr.next = self.cfg_q.val();
        self.bases_low.wdata.next = self.cfgw_data.val();
        self.bases_high.wen.next = self.mine.val() & (self.cfgw_index.val() == self.base_high.val());
        self.bases_high.waddr.next = self.cfg_q.val();
        self.bases_high.wdata.next = self.cfgw_data.val();

        // A beat comes in.
        self.s_ready.next = self.open.q.val();
        self.i_valid.d.next = self.s_valid.val() & self.open.q.val();
        self.i_data.d.next = self.s_data.val();
        self.i_keep.d.next = self.s_keep.val();
        self.i_last.d.next = self.s_last.val();
        self.i_q.d.next = self.s_q.val();
        self.i_card.d.next = self.s_card.val();
        self.i_fixed.d.next = self.s_fixed.val();
        self.bases_low.raddr.next = bit_cast::<QB, 6>(self.s_q.val());
        self.bases_high.raddr.next = bit_cast::<QB, 6>(self.s_q.val());
        self.counts.raddr.next = bit_cast::<QB, 6>(self.s_q.val());

        // Its packet's address, its number, and the lanes in front of the packet.
        self.base.next = (bit_cast::<64, 32>(self.bases_high.rdata.val()) << 32)
            | bit_cast::<64, 32>(self.bases_low.rdata.val());
        self.m_valid.d.next = self.i_valid.q.val();
        self.m_sum.d.next = self.base.val() + bit_cast::<64, 32>(self.i_card.q.val());
        self.m_last.d.next = self.i_last.q.val();
        self.m_q.d.next = self.i_q.q.val();
        self.m_fixed.d.next = self.i_fixed.q.val();
        self.seen.next = self.counts.rdata.val();
        self.count.next = bit_cast::<22, 23>(self.seen.val());
        self.began.next = self.seen.val().get_bit(22);
        self.m_count.d.next = self.count.val();
        self.next_count.next = self.count.val() + self.one.val();
        self.counts.wen.next = self.i_valid.q.val();
        self.counts.waddr.next = bit_cast::<QB, 6>(self.i_q.q.val());
        self.counts.wdata.next = self.began_bit.val() | bit_cast::<23, 22>(self.next_count.val());
        if self.i_last.q.val() {
            self.counts.wdata.next = 0.into();
        }
        self.lane.next =
            bit_cast::<SB, 32>(self.bases_low.rdata.val()) + bit_cast::<SB, 32>(self.i_card.q.val());
        self.strb.next = self.i_keep.q.val();
        if !self.began.val() {
            self.strb.next = self.i_keep.q.val() & (self.all_lanes.val() << self.lane.val());
        }
        self.rows.in_valid.next = self.i_valid.q.val();
        self.rows.in_data.next = bit_cast::<FW, W>(self.i_data.q.val())
            | (bit_cast::<FW, KB>(self.strb.val()) << self.strb_at.val());

        // Clearing: a packet of the queue that was cut short is forgotten, between two beats.
        self.init.init_valid.next = self.init_valid.val() & (self.init_g.val() < self.queues.val());
        self.init.init_g.next = self.init_g.val();
        self.init.take.next = self.init.ask.val();
        if self.clearing.q.val() & !self.i_valid.q.val() {
            self.clearing.d.next = false;
            self.counts.wen.next = true;
            self.counts.waddr.next = self.clear_q.q.val();
            self.counts.wdata.next = 0.into();
        }
        if self.init.ask.val() {
            self.clearing.d.next = true;
            self.clear_q.d.next = bit_cast::<QB, 7>(self.init_g.val());
        }

        // Its own address. With a fixed one the count tells how long the burst is.
        self.offset.next = bit_cast::<64, 22>(self.m_count.q.val()) << self.row_shift.val();
        if self.m_fixed.q.val() {
            self.offset.next = 0.into();
        }
        self.first_row.next = self.m_sum.q.val() & self.row_mask.val();
        self.a_addr.d.next = self.a_addr.q.val();
        if self.m_valid.q.val() {
            self.a_addr.d.next = self.first_row.val() + self.offset.val();
            self.a_last.d.next = self.m_last.q.val();
            self.a_full.d.next = self.m_fixed.q.val() & ((self.m_count.q.val() & 15) == 15);
            self.a_q.d.next = self.m_q.q.val();
            self.a_fixed.d.next = self.m_fixed.q.val();
        }

        // It leaves when it is known to be its burst's last, or not.
        self.low.next = bit_cast::<9, 64>(self.a_addr.q.val() | self.row_bytes.val());
        self.full.next = self.a_last.q.val()
            | self.a_full.q.val()
            | (!self.a_fixed.q.val() & (self.low.val() == self.block.val()));
        self.ends.next = self.full.val() | !self.m_valid.q.val() | (self.m_q.q.val() != self.a_q.q.val());
        self.go.next =
            self.a_valid.q.val() & (self.full.val() | self.m_valid.q.val() | (self.waited.q.val() == 15));
        self.waited.d.next = self.waited.q.val() + 1;
        if !self.a_valid.q.val() | self.go.val() {
            self.waited.d.next = 0.into();
        }
        self.a_valid.d.next = self.m_valid.q.val() | (self.a_valid.q.val() & !self.go.val());
        self.low.next = self.start_at.q.val();
        if self.beats.q.val() == 0 {
            self.low.next = bit_cast::<9, 64>(self.a_addr.q.val());
        }
        self.start_at.d.next = self.low.val();
        if self.go.val() {
            self.beats.d.next = self.beats.q.val() + 1;
            if self.ends.val() {
                self.beats.d.next = 0.into();
            }
        }
        self.address.next = (self.a_addr.q.val() & self.above.val()) | bit_cast::<64, 9>(self.low.val());
        self.bursts.in_valid.next = self.go.val() & self.ends.val();
        self.bursts.in_data.next = bit_cast::<78, 64>(self.address.val())
            | (bit_cast::<78, 6>(self.beats.q.val()) << 64)
            | (bit_cast::<78, 1>(self.a_fixed.q.val().into()) << 70)
            | (bit_cast::<78, 1>(self.a_last.q.val().into()) << 71)
            | (bit_cast::<78, 6>(self.a_q.q.val()) << 72);

        self.level.next = self.rows.level.val();
        self.many.next = self.bursts.level.val();
        self.paused.d.next =
            (self.level.val() >= self.row_pause.val()) | (self.many.val() >= self.burst_pause.val());
        self.open.d.next = (self.level.val() < self.row_full.val())
            & (self.many.val() < self.burst_full.val())
            & !self.init.ask.val()
            & !self.clearing.q.val();
        self.pause.next = self.paused.q.val();
        self.row_valid.next = self.rows.out_valid.val();
        self.row.next = self.rows.out_data.val();
        self.rows.out_ready.next = self.row_ready.val();
        self.burst_valid.next = self.bursts.out_valid.val();
        self.burst.next = self.bursts.out_data.val();
        self.bursts.out_ready.next = self.burst_ready.val();
    }
}
