//! How many bytes the next TLP of the queue in hand carries.

use rust_hdl::prelude::*;

use super::types::PacketEnd;
use crate::hw;
use crate::prim::Reg;

hw! {
    /// Compares what the descriptor allows with what is in the share, every 2 clocks.
    ///
    /// ```text
    ///  sample │ bytes from `pos` on ─────────────┐
    ///  decide │ distance, limit ─► n, ends, done  │
    ///  step   │ distance ◄─ bytes from `pos` - n ◄┘, or the next packet's
    /// ```
    /// A packet begins in the first lane of its row, that of a memory queue's descriptor in lane `lane`.
    /// As long as that row isn't written the distance is negative, and both its highest bits are set: a share has 2^(`PW` - 1) bytes at most.
    /// The bytes in the share end with the packet if its end is known, else with the last row written. There is a TLP if
    /// they are as many as the descriptor allows up to the next multiple of MPS, or reach the packet's end.
    ///
    /// With `flush` fewer do, down to none for a descriptor that has received some: it ends with them. With `waits` there is
    /// nothing before the packet's end is known, unless the packet fills most of the share and `patient` is low. With
    /// `shed` a packet whose end is known is passed over instead.
    pub struct Cut<const OB: usize, const PW: usize, const RB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        /// Look at the share; with `decide` also decide, else what was decided is nothing.
        pub sample: Signal<In, Bit> = Default::default(),
        pub decide: Signal<In, Bit> = Default::default(),
        /// What was decided is done.
        pub step: Signal<In, Bit> = Default::default(),
        /// The most this TLP may carry, and whether that fills the descriptor. A refused descriptor ends without bytes.
        pub limit: Signal<In, Bits<11>> = Default::default(),
        pub whole: Signal<In, Bit> = Default::default(),
        pub refused: Signal<In, Bit> = Default::default(),
        /// There is a descriptor; it has received bytes.
        pub active: Signal<In, Bit> = Default::default(),
        pub begun: Signal<In, Bit> = Default::default(),
        pub flush: Signal<In, Bit> = Default::default(),
        pub waits: Signal<In, Bit> = Default::default(),
        pub patient: Signal<In, Bit> = Default::default(),
        pub shed: Signal<In, Bit> = Default::default(),
        /// Next byte in the share.
        pub pos: Signal<In, Bits<PW>> = Default::default(),
        /// Lane in which the descriptor that comes next begins, and whether it becomes the present one with this step though no packet ends.
        pub lane: Signal<In, Bits<OB>> = Default::default(),
        pub begins: Signal<In, Bit> = Default::default(),
        /// See `Ends`.
        pub rows: Signal<In, Bits<16>> = Default::default(),
        pub held: Signal<In, Bit> = Default::default(),
        pub packet_end: Signal<In, PacketEnd> = Default::default(),
        pub more: Signal<In, Bit> = Default::default(),
        pub next_end: Signal<In, PacketEnd> = Default::default(),
        /// There is a TLP, or a refused descriptor; in the clock of `decide`, the others in the clock behind.
        pub go: Signal<Out, Bit> = Default::default(),
        /// Its bytes, 1 to 1024; 0 without.
        pub n: Signal<Out, Bits<11>> = Default::default(),
        /// The packet ends with it.
        pub ends: Signal<Out, Bit> = Default::default(),
        /// The descriptor ends with it.
        pub done: Signal<Out, Bit> = Default::default(),
        /// It ends by `flush`; there is no TLP; the packet was passed over.
        pub flushed: Signal<Out, Bit> = Default::default(),
        pub empty: Signal<Out, Bit> = Default::default(),
        pub skip: Signal<Out, Bit> = Default::default(),
        /// Bytes up to the packet's end, while that is what `skip` passes over.
        pub skipped: Signal<Out, Bits<PW>> = Default::default(),
        /// Nothing is left that a flush could write once this is done. In the clock of `decide`.
        pub dry: Signal<Out, Bit> = Default::default(),
        /// There is nothing in the share. One clock behind `sample`.
        pub bare: Signal<Out, Bit> = Default::default(),

        distance: Reg<Bits<PW>> = Default::default(),
        bounded: Reg<Bit> = Default::default(),
        from_pos: Reg<Bits<PW>> = Default::default(),
        from_pos_bounded: Reg<Bit> = Default::default(),
        n_out: Reg<Bits<11>> = Default::default(),
        ends_out: Reg<Bit> = Default::default(),
        done_out: Reg<Bit> = Default::default(),
        flushed_out: Reg<Bit> = Default::default(),
        empty_out: Reg<Bit> = Default::default(),
        skip_out: Reg<Bit> = Default::default(),
        next_stop: Signal<Local, Bits<PW>> = Default::default(),
        stop: Signal<Local, Bits<PW>> = Default::default(),
        after: Signal<Local, Bits<PW>> = Default::default(),
        upto: Signal<Local, Bits<PW>> = Default::default(),
        from: Signal<Local, Bits<PW>> = Default::default(),
        limit_wide: Signal<Local, Bits<PW>> = Default::default(),
        high: Signal<Local, Bits<PW>> = Default::default(),
        highest: Signal<Local, Bits<2>> = Default::default(),
        fits: Signal<Local, Bit> = Default::default(),
        reaches: Signal<Local, Bit> = Default::default(),
        held_up: Signal<Local, Bit> = Default::default(),
        flushes: Signal<Local, Bit> = Default::default(),
        sheds: Signal<Local, Bit> = Default::default(),
        most: Constant<Bits<PW>> = Constant::new(most::<RB, OB>().into()),
        lane_bits: Constant<Bits<8>> = Constant::new((OB as u64).into()),
        high_bits: Constant<Bits<8>> = Constant::new((PW as u64 - 2).into()),
    }
}

/// A packet of that many bytes starts though its end isn't known: three quarters of the share, but no more than a
/// card that looks at `c2h_pause` fills.
const fn most<const RB: usize, const OB: usize>() -> u64 {
    let (rows, pause) = (1_u64 << RB, super::ingress::PAUSE);
    let quarters = rows / 4 * 3;
    let most = if quarters + pause > rows { rows.saturating_sub(pause) } else { quarters };
    (if most == 0 { 1 } else { most }) << OB
}

impl<const OB: usize, const PW: usize, const RB: usize> Logic for Cut<OB, PW, RB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, distance, bounded, from_pos, from_pos_bounded);
        dff_setup!(self, clock, n_out, ends_out, done_out, flushed_out, empty_out, skip_out);

        self.next_stop.next = bit_cast::<PW, 16>(self.rows.val()) << self.lane_bits.val();
        if self.more.val() {
            self.next_stop.next = bit_cast::<PW, 24>(self.next_end.val().stop);
        }
        self.stop.next = self.next_stop.val();
        if self.held.val() {
            self.stop.next = bit_cast::<PW, 24>(self.packet_end.val().stop);
        }
        self.after.next = bit_cast::<PW, 16>(self.packet_end.val().after) << self.lane_bits.val();
        self.limit_wide.next = bit_cast::<PW, 11>(self.limit.val());
        self.high.next = self.distance.q.val() >> self.high_bits.val();
        self.highest.next = bit_cast::<2, PW>(self.high.val());
        self.fits.next = (self.distance.q.val() >= self.limit_wide.val()) & (self.highest.val() != 3);
        self.reaches.next = self.bounded.q.val() & (self.distance.q.val() <= self.limit_wide.val());
        self.held_up.next = self.waits.val()
            & !self.bounded.q.val()
            & (self.patient.val() | (self.distance.q.val() < self.most.val()));
        self.flushes.next = self.flush.val()
            & !self.fits.val()
            & !self.bounded.q.val()
            & !self.waits.val()
            & (self.begun.val() | self.distance.q.val().any());
        self.sheds.next = self.shed.val() & self.bounded.q.val();
        if self.sample.val() {
            self.from_pos.d.next = self.stop.val() - self.pos.val();
            self.from_pos_bounded.d.next = self.held.val() | self.more.val();

            self.ends_out.d.next =
                self.decide.val() & ((self.reaches.val() & !self.refused.val()) | self.sheds.val());
            self.done_out.d.next = !self.sheds.val()
                & (self.reaches.val()
                    | (self.fits.val() & self.whole.val())
                    | self.refused.val()
                    | self.flushes.val());
            self.flushed_out.d.next = self.decide.val() & self.flushes.val() & !self.refused.val();
            self.empty_out.d.next = !self.distance.q.val().any();
            self.skip_out.d.next = self.decide.val() & self.sheds.val();
            self.n_out.d.next = 0.into();
            if self.decide.val() & !self.refused.val() & !self.sheds.val() {
                if self.fits.val() {
                    self.n_out.d.next = self.limit.val();
                } else if self.bounded.q.val() | self.flushes.val() {
                    self.n_out.d.next = bit_cast::<11, PW>(self.distance.q.val());
                }
            }
        }
        // One subtraction for both: of positions, or of distances.
        self.upto.next = self.from_pos.q.val();
        self.from.next = bit_cast::<PW, 11>(self.n_out.q.val());
        if self.begins.val() {
            self.from.next = bit_cast::<PW, OB>(self.lane.val());
        }
        if self.ends_out.q.val() {
            self.upto.next = self.next_stop.val();
            self.from.next = self.after.val() | bit_cast::<PW, OB>(self.lane.val());
        }
        if self.step.val() {
            self.distance.d.next = self.upto.val() - self.from.val();
            self.bounded.d.next = self.from_pos_bounded.q.val();
            if self.ends_out.q.val() {
                self.bounded.d.next = self.more.val();
            }
        }
        self.go.next = self.sheds.val()
            | (self.active.val()
                & ((self.fits.val() & !self.held_up.val())
                    | self.bounded.q.val()
                    | self.flushes.val()
                    | self.refused.val()));
        self.dry.next = !self.bounded.q.val() & (!self.fits.val() | self.held_up.val());
        self.bare.next = !self.from_pos.q.val().any();
        self.flushed.next = self.flushed_out.q.val();
        self.empty.next = self.empty_out.q.val();
        self.skip.next = self.skip_out.q.val();
        self.skipped.next = self.distance.q.val();
        self.n.next = self.n_out.q.val();
        self.ends.next = self.ends_out.q.val();
        self.done.next = self.done_out.q.val();
    }
}
