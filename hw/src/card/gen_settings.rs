//! What the registers say of a generator's packets.

use ferrolane_abi::card::generator as abi;
use rust_hdl::prelude::*;

use super::config::{field_lsb, index_of};
use super::pattern::RandomLength;
use crate::hw;
use crate::prim::{Bram, Reg};

hw! {
    /// Settings of queue `q`, one clock later, and with them the length of its packet `packet`, one clock behind that.
    ///
    /// ```text
    ///  cfgw bus ─► memories ─► seed, buffer, loses
    ///      q ────────┘    └──► LENGTH + random part of `packet`, COUNT = `packet`? ─► length_less_one, beyond
    /// ```
    pub struct GenSettings<const QB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_q: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<4>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub q: Signal<In, Bits<QB>> = Default::default(),
        pub seed_value: Signal<Out, Bits<5>> = Default::default(),
        pub buffer_bytes: Signal<Out, Bits<24>> = Default::default(),
        pub loses: Signal<Out, Bit> = Default::default(),
        pub packet: Signal<In, Bits<32>> = Default::default(),
        pub length_less_one: Signal<Out, Bits<24>> = Default::default(),
        /// The packet is the first that is not to be sent.
        pub beyond: Signal<Out, Bit> = Default::default(),
        random: RandomLength = Default::default(),
        // LENGTH - 1.
        length: Bram<Bits<24>, QB> = Default::default(),
        spread: Bram<Bits<24>, QB> = Default::default(),
        count: Bram<Bits<32>, QB> = Default::default(),
        seed: Bram<Bits<5>, QB> = Default::default(),
        buffer: Bram<Bits<24>, QB> = Default::default(),
        loss: Bram<Bits<1>, QB> = Default::default(),
        next_length: Reg<Bits<24>> = Default::default(),
        next_beyond: Reg<Bit> = Default::default(),
        cfgw_at: Signal<Local, Bits<QB>> = Default::default(),
        loss_lsb: Constant<Bits<5>> = field_lsb(&abi::CTRL, "LOSS"),
        ctrl_at: Constant<Bits<4>> = index_of(&abi::CTRL),
        length_at: Constant<Bits<4>> = index_of(&abi::LENGTH),
        spread_at: Constant<Bits<4>> = index_of(&abi::SPREAD),
        count_at: Constant<Bits<4>> = index_of(&abi::COUNT),
        seed_at: Constant<Bits<4>> = index_of(&abi::SEED),
        buffer_at: Constant<Bits<4>> = index_of(&abi::BUFFER),
    }
}

impl<const QB: usize> Logic for GenSettings<QB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, length, spread, count, seed, buffer, loss);
        dff_setup!(self, clock, next_length, next_beyond);
        self.cfgw_at.next = bit_cast::<QB, 6>(self.cfgw_q.val());
        self.length.waddr.next = self.cfgw_at.val();
        self.length.wdata.next = bit_cast::<24, 32>(self.cfgw_data.val()) - 1;
        self.length.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.length_at.val());
        self.spread.waddr.next = self.cfgw_at.val();
        self.spread.wdata.next = bit_cast::<24, 32>(self.cfgw_data.val());
        self.spread.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.spread_at.val());
        self.count.waddr.next = self.cfgw_at.val();
        self.count.wdata.next = self.cfgw_data.val();
        self.count.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.count_at.val());
        self.seed.waddr.next = self.cfgw_at.val();
        self.seed.wdata.next = bit_cast::<5, 32>(self.cfgw_data.val());
        self.seed.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.seed_at.val());
        self.buffer.waddr.next = self.cfgw_at.val();
        self.buffer.wdata.next = bit_cast::<24, 32>(self.cfgw_data.val());
        self.buffer.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.buffer_at.val());
        self.loss.waddr.next = self.cfgw_at.val();
        self.loss.wdata.next = bit_cast::<1, 32>(self.cfgw_data.val() >> self.loss_lsb.val());
        self.loss.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.ctrl_at.val());
        self.length.raddr.next = self.q.val();
        self.spread.raddr.next = self.q.val();
        self.count.raddr.next = self.q.val();
        self.seed.raddr.next = self.q.val();
        self.buffer.raddr.next = self.q.val();
        self.loss.raddr.next = self.q.val();
        self.seed_value.next = self.seed.rdata.val();
        self.buffer_bytes.next = self.buffer.rdata.val();
        self.loses.next = self.loss.rdata.val().any();
        self.random.packet.next = self.packet.val();
        self.next_length.d.next =
            self.length.rdata.val() + (self.random.random.val() & self.spread.rdata.val());
        self.next_beyond.d.next =
            self.count.rdata.val().any() & (self.count.rdata.val() == self.packet.val());
        self.length_less_one.next = self.next_length.q.val();
        self.beyond.next = self.next_beyond.q.val();
    }
}
