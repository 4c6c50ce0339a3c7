//! How many bytes the next TLP of a queue carries.

use rust_hdl::prelude::*;

use super::types::PacketEnd;
use crate::hw;
use crate::prim::Reg;

hw! {
    /// Three clocks behind its inputs it tells what TLP they allow.
    ///
    /// ```text
    ///  1 bytes in the share, bytes to the multiple of MPS ─► 2 limit ─► 3 n, ends, done
    /// ```
    /// The bytes in the share end with the packet if its end is there, else with the last row written. `go` comes
    /// one clock before the others. A TLP is cut at host addresses that are multiples of MPS, hence never crosses 4 KiB
    /// (PCIe Base Spec 2.2.7), and a cut before that is made at the end of the descriptor or of the packet only.
    pub struct Cut<const OB: usize, const PW: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        /// Keep the results.
        pub hold: Signal<In, Bit> = Default::default(),
        /// Max_Payload_Size is 128 << `cfg_mps` bytes; above 3 counts as 3.
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        /// Host address, its low bits.
        pub addr: Signal<In, Bits<11>> = Default::default(),
        /// Bytes the descriptor has room for.
        pub room: Signal<In, Bits<24>> = Default::default(),
        /// Next byte in the share, packets passed.
        pub pos: Signal<In, Bits<PW>> = Default::default(),
        pub passed: Signal<In, Bits<16>> = Default::default(),
        /// Rows written, packets ended, end of the packet at `passed` if it has ended.
        pub rows: Signal<In, Bits<16>> = Default::default(),
        pub pkts: Signal<In, Bits<16>> = Default::default(),
        pub packet_end: Signal<In, PacketEnd> = Default::default(),
        /// There is a TLP.
        pub go: Signal<Out, Bit> = Default::default(),
        /// Its bytes, 1 to 1024.
        pub n: Signal<Out, Bits<11>> = Default::default(),
        /// The packet ends with it, in this row and with this TUSER.
        pub ends: Signal<Out, Bit> = Default::default(),
        pub end_row: Signal<Out, Bits<16>> = Default::default(),
        pub end_user: Signal<Out, Bits<32>> = Default::default(),
        /// The descriptor ends with it.
        pub done: Signal<Out, Bit> = Default::default(),

        pending: Reg<Bit> = Default::default(),
        pending_row: Reg<Bits<16>> = Default::default(),
        pending_user: Reg<Bits<32>> = Default::default(),
        distance: Reg<Bits<PW>> = Default::default(),
        boundary: Reg<Bits<11>> = Default::default(),
        bounded: Reg<Bit> = Default::default(),
        avail: Reg<Bits<PW>> = Default::default(),
        limit: Reg<Bits<11>> = Default::default(),
        whole: Reg<Bit> = Default::default(),
        n_out: Reg<Bits<11>> = Default::default(),
        ends_out: Reg<Bit> = Default::default(),
        done_out: Reg<Bit> = Default::default(),
        stop: Signal<Local, Bits<PW>> = Default::default(),
        payload: Signal<Local, Bits<11>> = Default::default(),
        payload_mask: Signal<Local, Bits<11>> = Default::default(),
        limit_wide: Signal<Local, Bits<PW>> = Default::default(),
        fits: Signal<Local, Bit> = Default::default(),
        reaches: Signal<Local, Bit> = Default::default(),
        lane_bits: Constant<Bits<8>> = Constant::new((OB as u64).into()),
    }
}

impl<const OB: usize, const PW: usize> Logic for Cut<OB, PW> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, pending, pending_row, pending_user, distance, boundary, bounded);
        dff_setup!(self, clock, avail, limit, whole, n_out, ends_out, done_out);

        // First clock. The end is given by its last byte, so that the distance is one less than the bytes.
        self.stop.next = bit_cast::<PW, 16>(self.rows.val()) << self.lane_bits.val();
        if self.pkts.val() != self.passed.val() {
            self.stop.next = (bit_cast::<PW, 16>(self.packet_end.val().row) << self.lane_bits.val())
                | bit_cast::<PW, 8>(self.packet_end.val().end);
        }
        self.payload.next = 128.into();
        self.payload_mask.next = 127.into();
        if self.cfg_mps.val() == 1 {
            self.payload.next = 256.into();
            self.payload_mask.next = 255.into();
        }
        if self.cfg_mps.val() == 2 {
            self.payload.next = 512.into();
            self.payload_mask.next = 511.into();
        }
        if self.cfg_mps.val() > 2 {
            self.payload.next = 1024.into();
            self.payload_mask.next = 1023.into();
        }

        // Third clock.
        self.limit_wide.next = bit_cast::<PW, 11>(self.limit.q.val());
        self.fits.next = self.avail.q.val() >= self.limit_wide.val();
        self.reaches.next = self.bounded.q.val() & (self.avail.q.val() <= self.limit_wide.val());
        self.go.next = self.fits.val() | self.bounded.q.val();

        if !self.hold.val() {
            self.pending.d.next = self.pkts.val() != self.passed.val();
            self.pending_row.d.next = self.packet_end.val().row;
            self.pending_user.d.next = self.packet_end.val().user;
            self.distance.d.next = self.stop.val() - self.pos.val();
            self.boundary.d.next = self.payload.val() - (self.addr.val() & self.payload_mask.val());

            self.bounded.d.next = self.pending.q.val();
            self.avail.d.next = self.distance.q.val();
            if self.pending.q.val() {
                self.avail.d.next = self.distance.q.val() + 1;
            }
            self.limit.d.next = self.boundary.q.val();
            self.whole.d.next = false;
            if self.room.val() <= bit_cast::<24, 11>(self.boundary.q.val()) {
                self.limit.d.next = bit_cast::<11, 24>(self.room.val());
                self.whole.d.next = true;
            }

            self.n_out.d.next = self.limit.q.val();
            if !self.fits.val() {
                self.n_out.d.next = bit_cast::<11, PW>(self.avail.q.val());
            }
            self.ends_out.d.next = self.reaches.val();
            self.done_out.d.next = self.reaches.val() | (self.fits.val() & self.whole.q.val());
        }
        self.n.next = self.n_out.q.val();
        self.ends.next = self.ends_out.q.val();
        self.done.next = self.done_out.q.val();
        // These stay the same from the clock in which the end was seen until the packet is passed.
        self.end_row.next = self.pending_row.q.val();
        self.end_user.next = self.pending_user.q.val();
    }
}
