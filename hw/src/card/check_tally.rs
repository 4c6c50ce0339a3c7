//! The checkers' counters.

use ferrolane_abi::card::checker as abi;
use rust_hdl::prelude::*;

use super::config::index_of;
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::Mirror;

/// Where the first error was.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct FirstError {
    pub packet: Bits<32>,
    pub offset: Bits<24>,
}

hw! {
    /// Counts bytes, packets and errors per queue, a beat per clock.
    ///
    /// ```text
    ///  in_* ─► counters of the queue, what is wrong ─► new counters ─┬─► memory, copy to read, first error
    ///                        ▲                                        └─► used, done, error
    ///                        └────────────────────────────────────────┘
    /// ```
    pub struct CheckTally<const QB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_q: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<4>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_clear: Signal<In, Bit> = Default::default(),
        pub in_q: Signal<In, Bits<QB>> = Default::default(),
        pub in_packet: Signal<In, Bits<32>> = Default::default(),
        pub in_offset: Signal<In, Bits<24>> = Default::default(),
        pub in_bytes: Signal<In, Bits<6>> = Default::default(),
        pub in_last: Signal<In, Bit> = Default::default(),
        pub bad_data: Signal<In, Bit> = Default::default(),
        pub bad_keep: Signal<In, Bit> = Default::default(),
        pub bad_length: Signal<In, Bit> = Default::default(),
        pub cut: Signal<In, Bit> = Default::default(),
        pub clear_done: Signal<Out, Bit> = Default::default(),
        pub used_valid: Signal<Out, Bit> = Default::default(),
        pub used_q: Signal<Out, Bits<6>> = Default::default(),
        pub used: Signal<Out, Bits<32>> = Default::default(),
        pub done_valid: Signal<Out, Bit> = Default::default(),
        pub done_q: Signal<Out, Bits<6>> = Default::default(),
        pub error_valid: Signal<Out, Bit> = Default::default(),
        pub error_q: Signal<Out, Bits<6>> = Default::default(),
        pub stat_q: Signal<In, Bits<6>> = Default::default(),
        pub stat_bytes: Signal<Out, Bits<48>> = Default::default(),
        pub stat_packets: Signal<Out, Bits<32>> = Default::default(),
        pub stat_errors: Signal<Out, Bits<32>> = Default::default(),
        pub stat_flags: Signal<Out, Bits<4>> = Default::default(),
        pub stat_first_packet: Signal<Out, Bits<32>> = Default::default(),
        pub stat_first_offset: Signal<Out, Bits<24>> = Default::default(),
        // Bytes 47:0, packets 79:48, errors 111:80, flags 115:112.
        tally: Mirror<116, QB> = Default::default(),
        copy: Bram<Bits<116>, QB> = Default::default(),
        first: Bram<FirstError, QB> = Default::default(),
        count: Bram<Bits<32>, QB> = Default::default(),
        valid: Dffr<Bit> = Default::default(),
        clear: Dffr<Bit> = Default::default(),
        q: Reg<Bits<QB>> = Default::default(),
        at: Reg<FirstError> = Default::default(),
        bytes: Reg<Bits<6>> = Default::default(),
        last: Reg<Bit> = Default::default(),
        flags: Reg<Bits<4>> = Default::default(),
        told: Dffr<Bit> = Default::default(),
        told_clear: Dffr<Bit> = Default::default(),
        told_last: Dffr<Bit> = Default::default(),
        told_error: Dffr<Bit> = Default::default(),
        told_q: Reg<Bits<QB>> = Default::default(),
        told_bytes: Reg<Bits<32>> = Default::default(),
        told_packets: Reg<Bits<32>> = Default::default(),
        told_ends: Reg<Bits<32>> = Default::default(),
        stat_at: Signal<Local, Bits<QB>> = Default::default(),
        new_flags: Signal<Local, Bits<4>> = Default::default(),
        old_flags: Signal<Local, Bits<4>> = Default::default(),
        sum_bytes: Signal<Local, Bits<48>> = Default::default(),
        sum_packets: Signal<Local, Bits<32>> = Default::default(),
        sum_errors: Signal<Local, Bits<32>> = Default::default(),
        sum_flags: Signal<Local, Bits<4>> = Default::default(),
        together: Signal<Local, Bits<116>> = Default::default(),
        count_at: Constant<Bits<4>> = index_of(&abi::COUNT),
    }
}

impl<const QB: usize> Logic for CheckTally<QB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, tally, copy, first, count);
        dff_setup!(self, clock, valid, clear, q, at, bytes, last, flags, told, told_clear, told_last);
        dff_setup!(self, clock, told_error, told_q, told_bytes, told_packets, told_ends);
        self.valid.rst.next = self.rst.val();
        self.clear.rst.next = self.rst.val();
        self.told.rst.next = self.rst.val();
        self.told_clear.rst.next = self.rst.val();
        self.told_last.rst.next = self.rst.val();
        self.told_error.rst.next = self.rst.val();
        self.count.waddr.next = bit_cast::<QB, 6>(self.cfgw_q.val());
        self.count.wdata.next = self.cfgw_data.val();
        self.count.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.count_at.val());

        self.tally.raddr.next = self.in_q.val();
        self.count.raddr.next = self.in_q.val();
        self.valid.d.next = self.in_valid.val();
        self.clear.d.next = self.in_clear.val();
        self.q.d.next = self.in_q.val();
        self.at.d.next.packet = self.in_packet.val();
        self.at.d.next.offset = self.in_offset.val();
        self.bytes.d.next = self.in_bytes.val();
        self.last.d.next = self.in_last.val();
        self.new_flags.next = 0.into();
        self.new_flags.next = self.new_flags.val().replace_bit(0, self.bad_data.val());
        self.new_flags.next = self.new_flags.val().replace_bit(1, self.bad_keep.val());
        self.new_flags.next = self.new_flags.val().replace_bit(2, self.bad_length.val());
        self.new_flags.next = self.new_flags.val().replace_bit(3, self.cut.val());
        self.flags.d.next = self.new_flags.val();

        self.sum_bytes.next =
            self.tally.rdata.val().get_bits::<48>(0) + bit_cast::<48, 6>(self.bytes.q.val());
        self.sum_packets.next = self.tally.rdata.val().get_bits::<32>(48);
        if self.last.q.val() {
            self.sum_packets.next = self.sum_packets.val() + 1;
        }
        self.sum_errors.next = self.tally.rdata.val().get_bits::<32>(80);
        if self.flags.q.val().any() {
            self.sum_errors.next = self.sum_errors.val() + 1;
        }
        self.old_flags.next = self.tally.rdata.val().get_bits::<4>(112);
        self.sum_flags.next = self.old_flags.val() | self.flags.q.val();
        if self.clear.q.val() {
            self.sum_bytes.next = 0.into();
            self.sum_packets.next = 0.into();
            self.sum_errors.next = 0.into();
            self.sum_flags.next = 0.into();
        }
        self.together.next = bit_cast::<116, 48>(self.sum_bytes.val())
            | (bit_cast::<116, 32>(self.sum_packets.val()) << 48)
            | (bit_cast::<116, 32>(self.sum_errors.val()) << 80)
            | (bit_cast::<116, 4>(self.sum_flags.val()) << 112);
        self.tally.waddr.next = self.q.q.val();
        self.tally.wdata.next = self.together.val();
        self.tally.wen.next = self.valid.q.val() | self.clear.q.val();
        self.copy.waddr.next = self.q.q.val();
        self.copy.wdata.next = self.together.val();
        self.copy.wen.next = self.valid.q.val() | self.clear.q.val();
        self.first.waddr.next = self.q.q.val();
        self.first.wdata.next = self.at.q.val();
        self.first.wen.next = self.clear.q.val()
            | (self.valid.q.val() & self.flags.q.val().any() & !self.old_flags.val().any());

        self.told.d.next = self.valid.q.val() | self.clear.q.val();
        self.told_clear.d.next = self.clear.q.val();
        self.told_last.d.next = self.valid.q.val() & self.last.q.val();
        self.told_error.d.next = self.valid.q.val() & self.flags.q.val().any() & !self.old_flags.val().any();
        self.told_q.d.next = self.q.q.val();
        self.told_bytes.d.next = bit_cast::<32, 48>(self.sum_bytes.val());
        self.told_packets.d.next = self.sum_packets.val();
        self.told_ends.d.next = self.count.rdata.val();
        self.used_valid.next = self.told.q.val();
        self.used_q.next = bit_cast::<6, QB>(self.told_q.q.val());
        self.used.next = self.told_bytes.q.val();
        self.clear_done.next = self.told_clear.q.val();
        self.done_valid.next = self.told_last.q.val()
            & self.told_ends.q.val().any()
            & (self.told_packets.q.val() == self.told_ends.q.val());
        self.done_q.next = bit_cast::<6, QB>(self.told_q.q.val());
        self.error_valid.next = self.told_error.q.val();
        self.error_q.next = bit_cast::<6, QB>(self.told_q.q.val());

        self.stat_at.next = bit_cast::<QB, 6>(self.stat_q.val());
        self.copy.raddr.next = self.stat_at.val();
        self.first.raddr.next = self.stat_at.val();
        self.stat_bytes.next = self.copy.rdata.val().get_bits::<48>(0);
        self.stat_packets.next = self.copy.rdata.val().get_bits::<32>(48);
        self.stat_errors.next = self.copy.rdata.val().get_bits::<32>(80);
        self.stat_flags.next = self.copy.rdata.val().get_bits::<4>(112);
        self.stat_first_packet.next = self.first.rdata.val().packet;
        self.stat_first_offset.next = self.first.rdata.val().offset;
    }
}
