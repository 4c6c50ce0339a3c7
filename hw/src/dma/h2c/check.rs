//! Which descriptors are refused.

use ferrolane_abi::{descriptor, regs, status};
use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Mirror;

hw! {
    /// Checks a descriptor of queue `q` and gives the lane of its first byte.
    ///
    /// ```text
    ///  cfgw ─► CARD_BASE, low bits ─► + card ─► lane ─┐
    ///  length, flags, fetch's verdict ────────────────┴─► code
    /// ```
    /// On a memory queue each descriptor is a packet of its own, which begins in the lane of its card address: rows of the FIFO
    /// are beats of AXI then. A row is 2^`SB` bytes. The base belongs to `q` of the clock before.
    pub struct Check<const NQ: usize, const QB: usize, const SB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub q: Signal<In, Bits<QB>> = Default::default(),
        /// It is a memory queue.
        pub memory: Signal<In, Bit> = Default::default(),
        pub empty: Signal<In, Bit> = Default::default(),
        pub flags: Signal<In, Bits<8>> = Default::default(),
        pub card: Signal<In, Bits<32>> = Default::default(),
        pub err: Signal<In, Bits<8>> = Default::default(),
        /// 0 on stream queues.
        pub lane: Signal<Out, Bits<SB>> = Default::default(),
        /// Not 0: it is refused with this code.
        pub code: Signal<Out, Bits<8>> = Default::default(),
        bases: Mirror<SB, QB> = Default::default(),
        at: Signal<Local, Bits<SB>> = Default::default(),
        refused: Signal<Local, Bits<8>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        base_low: Constant<Bits<6>> = Constant::new((regs::queue::CARD_BASE_LO.offset as u64 / 4).into()),
        stream_refused: Constant<Bits<8>> = Constant::new((descriptor::REFUSED as u64).into()),
        memory_refused: Constant<Bits<8>> = Constant::new(
            ((descriptor::REFUSED & !descriptor::FIXED | descriptor::SOP | descriptor::EOP) as u64).into(),
        ),
        fixed: Constant<Bits<8>> = Constant::new((descriptor::FIXED as u64).into()),
        bad_length: Constant<Bits<8>> = Constant::new((status::BAD_LENGTH as u64).into()),
        bad_flags: Constant<Bits<8>> = Constant::new((status::BAD_FLAGS as u64).into()),
        bad_address: Constant<Bits<8>> = Constant::new((status::BAD_CARD_ADDRESS as u64).into()),
    }
}

impl<const NQ: usize, const QB: usize, const SB: usize> Logic for Check<NQ, QB, SB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, bases);
        self.bases.wen.next = self.cfgw_valid.val()
            & (self.cfgw_g.val() < self.queues.val())
            & (self.cfgw_index.val() == self.base_low.val());
        self.bases.waddr.next = bit_cast::<QB, 7>(self.cfgw_g.val());
        self.bases.wdata.next = bit_cast::<SB, 32>(self.cfgw_data.val());
        self.bases.raddr.next = self.q.val();
        self.at.next = self.bases.rdata.val() + bit_cast::<SB, 32>(self.card.val());
        self.lane.next = 0.into();
        self.refused.next = self.stream_refused.val();
        if self.memory.val() {
            self.lane.next = self.at.val();
            self.refused.next = self.memory_refused.val();
        }
        self.code.next = self.err.val();
        if self.err.val() == 0 {
            if self.empty.val() {
                self.code.next = self.bad_length.val();
            } else if (self.flags.val() & self.refused.val()) != 0 {
                self.code.next = self.bad_flags.val();
            } else if self.memory.val() & ((self.flags.val() & self.fixed.val()) != 0) & self.at.val().any() {
                self.code.next = self.bad_address.val();
            }
        }
    }
}
