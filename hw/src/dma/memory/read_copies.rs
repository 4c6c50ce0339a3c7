//! The reader's copies of what other blocks own.

use ferrolane_abi::regs;
use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Dffr;
use crate::stream::Mirror;

hw! {
    /// Listens to the buses and shows, one clock after `look`, what is known of that C2H queue.
    ///
    /// ```text
    ///  head, finished, c2h_freed ─► copies per queue ──┬─► head, finished, rows, pkts
    ///  cfgw: CARD_BASE ───────────► settings per queue ┴─► base
    ///  cfgw: MODE ────────────────► memory
    /// ```
    /// Indices are kept in 8 bits: fewer than 256 descriptors lie between the reader and the last that has ended.
    pub struct ReadCopies<const NQ: usize, const QB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub head_value: Signal<In, Bits<32>> = Default::default(),
        pub finished_valid: Signal<In, Bit> = Default::default(),
        pub finished_g: Signal<In, Bits<7>> = Default::default(),
        pub finished_value: Signal<In, Bits<32>> = Default::default(),
        pub c2h_freed_valid: Signal<In, Bit> = Default::default(),
        pub c2h_freed_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_freed_row: Signal<In, Bits<16>> = Default::default(),
        pub c2h_freed_pkts: Signal<In, Bits<16>> = Default::default(),
        pub look: Signal<In, Bits<QB>> = Default::default(),
        pub head: Signal<Out, Bits<8>> = Default::default(),
        pub finished: Signal<Out, Bits<8>> = Default::default(),
        pub rows: Signal<Out, Bits<16>> = Default::default(),
        pub pkts: Signal<Out, Bits<16>> = Default::default(),
        /// CARD_BASE.
        pub base: Signal<Out, Bits<64>> = Default::default(),
        /// Queues with MODE.MEMORY.
        pub memory: Signal<Out, Bits<NQ>> = Default::default(),
        /// Queues that may have got something to do, one clock behind the copies.
        pub wakes: Signal<Out, Bits<NQ>> = Default::default(),

        heads: Mirror<8, QB> = Default::default(),
        ends: Mirror<8, QB> = Default::default(),
        freed: Mirror<32, QB> = Default::default(),
        base_low: Mirror<32, QB> = Default::default(),
        base_high: Mirror<32, QB> = Default::default(),
        memories: Dffr<Bits<NQ>> = Default::default(),
        head_hot: Dffr<Bits<NQ>> = Default::default(),
        end_hot: Dffr<Bits<NQ>> = Default::default(),
        freed_hot: Dffr<Bits<NQ>> = Default::default(),
        head_q: Signal<Local, Bits<7>> = Default::default(),
        end_q: Signal<Local, Bits<7>> = Default::default(),
        cfgw_q: Signal<Local, Bits<7>> = Default::default(),
        cfgw_hot: Signal<Local, Bits<NQ>> = Default::default(),
        keep: Signal<Local, Bits<NQ>> = Default::default(),
        setting: Signal<Local, Bit> = Default::default(),
        mode_in: Signal<Local, Bits<32>> = Default::default(),
        both: Signal<Local, Bits<64>> = Default::default(),
        first_g: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        mode: Constant<Bits<6>> = Constant::new((regs::queue::MODE.offset as u64 / 4).into()),
        memory_lsb: Constant<Bits<8>> =
            Constant::new((regs::queue::MODE.field("MEMORY").expect("a field").lsb as u64).into()),
        card_base_lo: Constant<Bits<6>> = Constant::new((regs::queue::CARD_BASE_LO.offset as u64 / 4).into()),
        card_base_hi: Constant<Bits<6>> = Constant::new((regs::queue::CARD_BASE_HI.offset as u64 / 4).into()),
    }
}

impl<const NQ: usize, const QB: usize> Logic for ReadCopies<NQ, QB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, heads, ends, freed, base_low, base_high);
        dff_setup!(self, clock, memories, head_hot, end_hot, freed_hot);
        self.memories.rst.next = self.rst.val();
        self.head_hot.rst.next = self.rst.val();
        self.end_hot.rst.next = self.rst.val();
        self.freed_hot.rst.next = self.rst.val();

        self.head_q.next = self.head_g.val() - self.first_g.val();
        self.heads.waddr.next = bit_cast::<QB, 7>(self.head_q.val());
        self.heads.wdata.next = bit_cast::<8, 32>(self.head_value.val());
        self.heads.wen.next = self.head_valid.val() & (self.head_g.val() >= self.first_g.val());
        self.head_hot.d.next = 0.into();
        if self.heads.wen.val() {
            self.head_hot.d.next = self.one.val() << self.head_q.val();
        }
        self.end_q.next = self.finished_g.val() - self.first_g.val();
        self.ends.waddr.next = bit_cast::<QB, 7>(self.end_q.val());
        self.ends.wdata.next = bit_cast::<8, 32>(self.finished_value.val());
        self.ends.wen.next = self.finished_valid.val() & (self.finished_g.val() >= self.first_g.val());
        self.end_hot.d.next = 0.into();
        if self.ends.wen.val() {
            self.end_hot.d.next = self.one.val() << self.end_q.val();
        }
        self.freed.waddr.next = bit_cast::<QB, 6>(self.c2h_freed_q.val());
        self.freed.wdata.next = bit_cast::<32, 16>(self.c2h_freed_row.val())
            | (bit_cast::<32, 16>(self.c2h_freed_pkts.val()) << 16);
        self.freed.wen.next = self.c2h_freed_valid.val();
        self.freed_hot.d.next = 0.into();
        if self.c2h_freed_valid.val() {
            self.freed_hot.d.next = self.one.val() << self.c2h_freed_q.val();
        }

        self.cfgw_q.next = self.cfgw_g.val() - self.first_g.val();
        self.cfgw_hot.next = self.one.val() << self.cfgw_q.val();
        self.setting.next = self.cfgw_valid.val() & (self.cfgw_g.val() >= self.first_g.val());
        self.mode_in.next = self.cfgw_data.val() >> self.memory_lsb.val();
        self.keep.next = !self.cfgw_hot.val();
        if self.setting.val() & (self.cfgw_index.val() == self.mode.val()) {
            self.memories.d.next = self.memories.q.val() & self.keep.val();
            if self.mode_in.val().get_bit(0) {
                self.memories.d.next = self.memories.q.val() | self.cfgw_hot.val();
            }
        }
        self.base_low.waddr.next = bit_cast::<QB, 7>(self.cfgw_q.val());
        self.base_low.wdata.next = self.cfgw_data.val();
        self.base_low.wen.next = self.setting.val() & (self.cfgw_index.val() == self.card_base_lo.val());
        self.base_high.waddr.next = bit_cast::<QB, 7>(self.cfgw_q.val());
        self.base_high.wdata.next = self.cfgw_data.val();
        self.base_high.wen.next = self.setting.val() & (self.cfgw_index.val() == self.card_base_hi.val());

        self.heads.raddr.next = self.look.val();
        self.ends.raddr.next = self.look.val();
        self.freed.raddr.next = self.look.val();
        self.base_low.raddr.next = self.look.val();
        self.base_high.raddr.next = self.look.val();
        self.head.next = self.heads.rdata.val();
        self.finished.next = self.ends.rdata.val();
        self.rows.next = self.freed.rdata.val().get_bits::<16>(0);
        self.pkts.next = self.freed.rdata.val().get_bits::<16>(16);
        self.both.next = bit_cast::<64, 32>(self.base_high.rdata.val()) << 32;
        self.base.next = self.both.val() | bit_cast::<64, 32>(self.base_low.rdata.val());
        self.memory.next = self.memories.q.val();
        self.wakes.next = self.head_hot.q.val() | self.end_hot.q.val() | self.freed_hot.q.val();
    }
}
