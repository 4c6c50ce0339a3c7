//! Drops the packets of queues that never wait for room.

use ferrolane_abi::regs;
use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::Mirror;

hw! {
    /// Keeps MODE.DROP and how far each queue's packet is, and decides which beats are forgotten.
    ///
    /// ```text
    ///  cfgw ─► queues that drop ─┐
    ///  beat, share is full ──────┴─► kept, or rows given back ─► drop_*
    ///           └─► packet of the queue: beats, being dropped, gap
    /// ```
    /// A packet that meets a full share is dropped whole. The rows it has are taken back, and its beats are taken and forgotten up
    /// to TLAST. Plan has not looked at them: of such a queue it starts a packet only when its end is in. The next
    /// packet that gets in tells of the gap. Without `POLICIES` no queue drops.
    pub struct Dropper<const NQ: usize, const QB: usize, const OB: usize, const POLICIES: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        /// Queues that drop, and those of them that drop the oldest packets.
        pub droppers: Signal<Out, Bits<NQ>> = Default::default(),
        pub head_droppers: Signal<Out, Bits<NQ>> = Default::default(),
        /// Queue of the next clock's beat.
        pub look: Signal<In, Bits<QB>> = Default::default(),
        /// The beat of this clock is taken.
        pub take: Signal<In, Bit> = Default::default(),
        pub q: Signal<In, Bits<6>> = Default::default(),
        pub last: Signal<In, Bit> = Default::default(),
        /// Its bytes.
        pub lanes: Signal<In, Bits<8>> = Default::default(),
        /// Its queue's share is full.
        pub full: Signal<In, Bit> = Default::default(),
        /// Its row would be this one.
        pub row: Signal<In, Bits<16>> = Default::default(),
        /// It is kept, if taken. If not, and not `dropping`, its queue's rows end before `start`.
        pub kept: Signal<Out, Bit> = Default::default(),
        pub dropping: Signal<Out, Bit> = Default::default(),
        pub start: Signal<Out, Bits<16>> = Default::default(),
        /// The packet had rows that are given back.
        pub back: Signal<Out, Bit> = Default::default(),
        /// A packet before its packet was dropped.
        pub gap: Signal<Out, Bit> = Default::default(),
        /// Forgets the packet of `clear_q`; nothing is taken in this clock.
        pub clear: Signal<In, Bit> = Default::default(),
        pub clear_q: Signal<In, Bits<QB>> = Default::default(),
        /// Pulse: the last beat of a packet that was dropped has come. Its bytes count modulo 2^24 beats.
        pub drop_valid: Signal<Out, Bit> = Default::default(),
        pub drop_q: Signal<Out, Bits<6>> = Default::default(),
        pub drop_bytes: Signal<Out, Bits<32>> = Default::default(),

        tails: Dffr<Bits<NQ>> = Default::default(),
        heads: Dffr<Bits<NQ>> = Default::default(),
        // Of the packet that comes: beats before this one (23:0); it is being dropped (24); one before it was (25); rows
        // of it are in the share (26).
        packet: Mirror<27, QB> = Default::default(),
        dropped: Dffr<Bit> = Default::default(),
        dropped_q: Reg<Bits<6>> = Default::default(),
        dropped_beats: Reg<Bits<24>> = Default::default(),
        dropped_lanes: Reg<Bits<8>> = Default::default(),

        hot: Signal<Local, Bits<NQ>> = Default::default(),
        mask: Signal<Local, Bits<NQ>> = Default::default(),
        policy: Signal<Local, Bits<32>> = Default::default(),
        policy2: Signal<Local, Bits<2>> = Default::default(),
        drops: Signal<Local, Bits<NQ>> = Default::default(),
        in_drop: Signal<Local, Bit> = Default::default(),
        had_rows: Signal<Local, Bit> = Default::default(),
        had_gap: Signal<Local, Bit> = Default::default(),
        keep: Signal<Local, Bit> = Default::default(),
        beats: Signal<Local, Bits<24>> = Default::default(),
        beats_behind: Signal<Local, Bits<24>> = Default::default(),
        next_packet: Signal<Local, Bits<27>> = Default::default(),

        has_policies: Constant<Bits<NQ>> =
            Constant::new((if POLICIES == 0 { 0 } else { u64::MAX >> (64 - NQ) }).into()),
        is_dropped: Constant<Bits<27>> = Constant::new((1_u64 << 24).into()),
        has_gap: Constant<Bits<27>> = Constant::new((1_u64 << 25).into()),
        has_rows: Constant<Bits<27>> = Constant::new((1_u64 << 26).into()),
        lane_bits: Constant<Bits<8>> = Constant::new((OB as u64).into()),
        queue_mask: Constant<Bits<7>> = Constant::new((NQ as u64 - 1).into()),
        mode: Constant<Bits<6>> = Constant::new((regs::queue::MODE.offset as u64 / 4).into()),
        drop_lsb: Constant<Bits<8>> =
            Constant::new((regs::queue::MODE.field("DROP").expect("a field").lsb as u64).into()),
        first_g: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
    }
}

impl<const NQ: usize, const QB: usize, const OB: usize, const POLICIES: usize> Logic
    for Dropper<NQ, QB, OB, POLICIES>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, tails, heads, dropped, dropped_q, dropped_beats, dropped_lanes);
        self.packet.clock.next = self.clock.val();
        self.tails.rst.next = self.rst.val();
        self.heads.rst.next = self.rst.val();
        self.dropped.rst.next = self.rst.val();

        self.hot.next = self.one.val() << (self.cfgw_g.val() & self.queue_mask.val());
        self.mask.next = !self.hot.val();
        self.policy.next = self.cfgw_data.val() >> self.drop_lsb.val();
        self.policy2.next = bit_cast::<2, 32>(self.policy.val());
        self.drops.next = self.tails.q.val();
        if self.cfgw_valid.val()
            & (self.cfgw_g.val() >= self.first_g.val())
            & (self.cfgw_index.val() == self.mode.val())
        {
            self.drops.next = self.tails.q.val() & self.mask.val();
            self.mask.next = self.heads.q.val() & self.mask.val();
            if self.policy2.val().any() {
                self.drops.next = self.drops.val() | self.hot.val();
            }
            if self.policy2.val() == 2 {
                self.mask.next = self.mask.val() | self.hot.val();
            }
        } else {
            self.mask.next = self.heads.q.val();
        }
        self.tails.d.next = self.drops.val() & self.has_policies.val();
        self.heads.d.next = self.mask.val() & self.has_policies.val();
        self.droppers.next = self.tails.q.val();
        self.head_droppers.next = self.heads.q.val();

        self.packet.raddr.next = self.look.val();
        self.beats.next = self.packet.rdata.val().get_bits::<24>(0);
        self.drops.next = (self.tails.q.val() >> self.q.val()) & self.one.val();
        self.in_drop.next = self.drops.val().any() & self.packet.rdata.val().get_bit(24);
        self.had_gap.next = self.packet.rdata.val().get_bit(25) & self.has_policies.val().any();
        self.had_rows.next = self.packet.rdata.val().get_bit(26);
        self.keep.next = !self.drops.val().any() | (!self.full.val() & !self.in_drop.val());
        self.kept.next = self.keep.val();
        self.dropping.next = self.in_drop.val();
        self.gap.next = self.had_gap.val();
        self.start.next = self.row.val() - bit_cast::<16, 24>(self.beats.val());
        self.back.next = self.take.val() & !self.keep.val() & !self.in_drop.val() & self.had_rows.val();

        self.beats_behind.next = self.beats.val() + 1;
        self.next_packet.next = 0.into();
        if !self.last.val() {
            self.next_packet.next = bit_cast::<27, 24>(self.beats_behind.val());
            if self.keep.val() {
                self.next_packet.next = self.next_packet.val() | self.has_rows.val();
            } else {
                self.next_packet.next = self.next_packet.val() | self.is_dropped.val();
            }
        }
        if !self.keep.val() | (self.had_gap.val() & !self.last.val()) {
            self.next_packet.next = self.next_packet.val() | self.has_gap.val();
        }
        self.packet.waddr.next = bit_cast::<QB, 6>(self.q.val());
        self.packet.wdata.next = self.next_packet.val();
        self.packet.wen.next = self.take.val();
        if self.clear.val() {
            self.packet.waddr.next = self.clear_q.val();
            self.packet.wdata.next = 0.into();
            self.packet.wen.next = true;
        }

        self.dropped.d.next = self.take.val() & !self.keep.val() & self.last.val();
        self.dropped_q.d.next = self.q.val();
        self.dropped_beats.d.next = self.beats.val();
        self.dropped_lanes.d.next = self.lanes.val();
        self.drop_valid.next = self.dropped.q.val();
        self.drop_q.next = self.dropped_q.q.val();
        self.drop_bytes.next = (bit_cast::<32, 24>(self.dropped_beats.q.val()) << self.lane_bits.val())
            + bit_cast::<32, 8>(self.dropped_lanes.q.val());
    }
}
