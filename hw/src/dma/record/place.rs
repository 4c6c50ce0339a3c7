//! Where a record goes and what it says.

use rust_hdl::prelude::*;

use super::types::{RecordWords, RECORD_BITS};
use crate::hw;
use crate::prim::Bram;
use ferrolane_abi::regs;

hw! {
    /// Each queue's ring, generation, vector and count of records, and from them the record and its address.
    ///
    /// Everything is read at `g` and shows one clock later; `record` and `address` are then those for the record
    /// asked for in `ask`.
    pub struct RecordPlace<const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub start_valid: Signal<In, Bit> = Default::default(),
        pub start_g: Signal<In, Bits<7>> = Default::default(),
        pub start_generation: Signal<In, Bits<8>> = Default::default(),
        pub done_wen: Signal<In, Bit> = Default::default(),
        pub done_waddr: Signal<In, Bits<7>> = Default::default(),
        pub done_wdata: Signal<In, Bits<32>> = Default::default(),
        pub g: Signal<In, Bits<7>> = Default::default(),
        /// A [`super::RecordAsk`].
        pub ask: Signal<In, Bits<RECORD_BITS>> = Default::default(),
        pub is_c2h: Signal<In, Bit> = Default::default(),
        pub done: Signal<Out, Bits<32>> = Default::default(),
        pub vector: Signal<Out, Bits<8>> = Default::default(),
        pub address: Signal<Out, Bits<64>> = Default::default(),
        pub record: Signal<Out, Bits<128>> = Default::default(),
        base_lo: Bram<Bits<32>, GB> = Default::default(),
        base_hi: Bram<Bits<32>, GB> = Default::default(),
        sizes: Bram<Bits<5>, GB> = Default::default(),
        vectors: Bram<Bits<8>, GB> = Default::default(),
        generations: Bram<Bits<8>, GB> = Default::default(),
        dones: Bram<Bits<32>, GB> = Default::default(),
        size: Signal<Local, Bits<17>> = Default::default(),
        mask: Signal<Local, Bits<17>> = Default::default(),
        entry: Signal<Local, Bits<17>> = Default::default(),
        lower: Signal<Local, Bits<32>> = Default::default(),
        base: Signal<Local, Bits<64>> = Default::default(),
        offset: Signal<Local, Bits<64>> = Default::default(),
        words: Signal<Local, RecordWords> = Default::default(),
        one: Constant<Bits<17>> = Constant::new(1_u64.into()),
        aligned: Constant<Bits<32>> = Constant::new(0xFFFF_FFF0_u64.into()),
        index_base_lo: Constant<Bits<6>> = Constant::new((regs::queue::CPL_BASE_LO.offset as u64 / 4).into()),
        index_base_hi: Constant<Bits<6>> = Constant::new((regs::queue::CPL_BASE_HI.offset as u64 / 4).into()),
        index_size: Constant<Bits<6>> = Constant::new((regs::queue::RING_SIZE.offset as u64 / 4).into()),
        index_vector: Constant<Bits<6>> = Constant::new((regs::queue::VECTOR.offset as u64 / 4).into()),
    }
}

impl<const GB: usize> Logic for RecordPlace<GB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, base_lo, base_hi, sizes, vectors, generations, dones);
        self.base_lo.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_base_lo.val());
        self.base_lo.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.base_lo.wdata.next = self.cfgw_data.val();
        self.base_lo.raddr.next = bit_cast::<GB, 7>(self.g.val());
        self.base_hi.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_base_hi.val());
        self.base_hi.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.base_hi.wdata.next = self.cfgw_data.val();
        self.base_hi.raddr.next = bit_cast::<GB, 7>(self.g.val());
        self.sizes.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_size.val());
        self.sizes.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.sizes.wdata.next = self.cfgw_data.val().get_bits::<5>(8);
        self.sizes.raddr.next = bit_cast::<GB, 7>(self.g.val());
        self.vectors.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_vector.val());
        self.vectors.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.vectors.wdata.next = self.cfgw_data.val().get_bits::<8>(0);
        self.vectors.raddr.next = bit_cast::<GB, 7>(self.g.val());
        self.generations.wen.next = self.start_valid.val();
        self.generations.waddr.next = bit_cast::<GB, 7>(self.start_g.val());
        self.generations.wdata.next = self.start_generation.val();
        self.generations.raddr.next = bit_cast::<GB, 7>(self.g.val());
        self.dones.wen.next = self.done_wen.val();
        self.dones.waddr.next = bit_cast::<GB, 7>(self.done_waddr.val());
        self.dones.wdata.next = self.done_wdata.val();
        self.dones.raddr.next = bit_cast::<GB, 7>(self.g.val());
        self.done.next = self.dones.rdata.val();
        self.vector.next = self.vectors.rdata.val();

        self.size.next = self.one.val() << self.sizes.rdata.val();
        self.mask.next = self.size.val() - self.one.val();
        self.entry.next = bit_cast::<17, 32>(self.dones.rdata.val()) & self.mask.val();
        self.lower.next = self.base_lo.rdata.val() & self.aligned.val();
        self.base.next =
            (bit_cast::<64, 32>(self.base_hi.rdata.val()) << 32) | bit_cast::<64, 32>(self.lower.val());
        self.offset.next = bit_cast::<64, 17>(self.entry.val()) << 4;
        self.address.next = self.base.val() + self.offset.val();
        self.words.next.bytes = bit_cast::<32, 24>(self.ask.val().get_bits::<24>(0));
        self.words.next.meta = self.ask.val().get_bits::<32>(24);
        self.words.next.index = self.ask.val().get_bits::<32>(56);
        self.words.next.generation = self.generations.rdata.val();
        self.words.next.queue = self.ask.val().get_bits::<6>(103);
        self.words.next.is_c2h = self.is_c2h.val();
        self.words.next.zero = false;
        self.words.next.status = self.ask.val().get_bits::<8>(88);
        self.words.next.flags = self.ask.val().get_bits::<7>(96);
        // The lap is bit log2(size) of the count.
        self.words.next.phase = (bit_cast::<17, 32>(self.dones.rdata.val()) & self.size.val()) == 0;
        self.record.next = self.words.val().into();
    }
}
