//! Memory queues, card to host.

use rust_hdl::prelude::*;

use super::{ReadBusy, ReadReturn, ReadWalk};
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Reads what the descriptors of memory queues name from the card's memory, and hands it on as packets for their shares.
    ///
    /// ```text
    ///  head, finished, mem_desc ─► walk ─┬─► AR register ─► AR
    ///  c2h_freed ─► room ───────────►┘   └─► owed ─┐
    ///                                   R ─► return ┴─► m_*        busy ─► mem_busy
    /// ```
    /// Each descriptor is a packet whose first byte stands in lane (card address modulo W/8) of its first beat. Up to 16 bursts
    /// and one that comes are outstanding. `KB = W/8`, `SB = log2 KB`; the share of a queue has 2^`RB` rows and 2^`PB` packet slots.
    ///
    /// `rst` resets all of it, and the card's memory with it; `core_rst` all but what AXI still expects: an address that was offered stays
    /// until it is taken, and what comes for it is taken and forgotten.
    pub struct MemoryReader<
        const W: usize, const KB: usize, const SB: usize, const NQ: usize, const QB: usize, const GN: usize,
        const RB: usize, const PB: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub core_rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
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
        /// A beat got into the share of this queue; that of a memory queue is the reader's.
        pub stored_valid: Signal<In, Bit> = Default::default(),
        pub stored_q: Signal<In, Bits<6>> = Default::default(),
        pub mem_desc_q: Signal<Out, Bits<6>> = Default::default(),
        pub mem_desc_slot: Signal<Out, Bits<7>> = Default::default(),
        pub mem_desc_data: Signal<In, Bits<64>> = Default::default(),
        pub mem_desc_err: Signal<In, Bits<8>> = Default::default(),
        pub axi_araddr: Signal<Out, Bits<64>> = Default::default(),
        pub axi_arlen: Signal<Out, Bits<8>> = Default::default(),
        pub axi_arsize: Signal<Out, Bits<3>> = Default::default(),
        pub axi_arburst: Signal<Out, Bits<2>> = Default::default(),
        pub axi_arvalid: Signal<Out, Bit> = Default::default(),
        pub axi_arready: Signal<In, Bit> = Default::default(),
        pub axi_rdata: Signal<In, Bits<W>> = Default::default(),
        pub axi_rresp: Signal<In, Bits<2>> = Default::default(),
        pub axi_rlast: Signal<In, Bit> = Default::default(),
        pub axi_rvalid: Signal<In, Bit> = Default::default(),
        pub axi_rready: Signal<Out, Bit> = Default::default(),
        pub m_valid: Signal<Out, Bit> = Default::default(),
        pub m_ready: Signal<In, Bit> = Default::default(),
        pub m_data: Signal<Out, Bits<W>> = Default::default(),
        /// Counts with `m_last` only.
        pub m_keep: Signal<Out, Bits<KB>> = Default::default(),
        pub m_last: Signal<Out, Bit> = Default::default(),
        /// With `m_last`: the memory has failed.
        pub m_bad: Signal<Out, Bit> = Default::default(),
        pub m_q: Signal<Out, Bits<6>> = Default::default(),
        /// Queues with MODE.MEMORY.
        pub memory: Signal<Out, Bits<NQ>> = Default::default(),
        pub mem_busy: Signal<Out, Bits<NQ>> = Default::default(),

        walk: ReadWalk<KB, SB, NQ, QB, GN, RB, PB> = Default::default(),
        back: ReadReturn<W, KB, SB, NQ> = Default::default(),
        busy: ReadBusy<NQ, QB> = Default::default(),
        // AXI wants it to stay until it is taken, whatever else is reset.
        offered: Dffr<Bit> = Default::default(),
        addr: Reg<Bits<64>> = Default::default(),
        len: Reg<Bits<8>> = Default::default(),
        fixed: Reg<Bit> = Default::default(),
        reset: Signal<Local, Bit> = Default::default(),
        push: Signal<Local, Bit> = Default::default(),
        mine: Signal<Local, Bit> = Default::default(),
        init_q: Signal<Local, Bits<7>> = Default::default(),
        of_stored: Signal<Local, Bits<NQ>> = Default::default(),
        last_of_burst: Signal<Local, Bit> = Default::default(),
        first_g: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        lane_bits: Constant<Bits<3>> = Constant::new((SB as u64).into()),
    }
}

impl<
        const W: usize,
        const KB: usize,
        const SB: usize,
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const RB: usize,
        const PB: usize,
    > Logic for MemoryReader<W, KB, SB, NQ, QB, GN, RB, PB>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, offered, addr, len, fixed);
        clock!(self, clock, walk, back, busy);
        self.reset.next = self.rst.val() | self.core_rst.val();
        self.offered.rst.next = self.rst.val();
        self.walk.rst.next = self.reset.val();
        self.busy.rst.next = self.reset.val();
        self.back.rst.next = self.rst.val();
        self.back.core_rst.next = self.core_rst.val();

        self.walk.run.next = self.run.val();
        self.walk.halted.next = self.halted.val();
        self.walk.cfgw_valid.next = self.cfgw_valid.val();
        self.walk.cfgw_g.next = self.cfgw_g.val();
        self.walk.cfgw_index.next = self.cfgw_index.val();
        self.walk.cfgw_data.next = self.cfgw_data.val();
        self.walk.head_valid.next = self.head_valid.val();
        self.walk.head_g.next = self.head_g.val();
        self.walk.head_value.next = self.head_value.val();
        self.walk.finished_valid.next = self.finished_valid.val();
        self.walk.finished_g.next = self.finished_g.val();
        self.walk.finished_value.next = self.finished_value.val();
        self.walk.c2h_freed_valid.next = self.c2h_freed_valid.val();
        self.walk.c2h_freed_q.next = self.c2h_freed_q.val();
        self.walk.c2h_freed_row.next = self.c2h_freed_row.val();
        self.walk.c2h_freed_pkts.next = self.c2h_freed_pkts.val();
        self.mem_desc_q.next = self.walk.mem_desc_q.val();
        self.mem_desc_slot.next = self.walk.mem_desc_slot.val();
        self.walk.mem_desc_data.next = self.mem_desc_data.val();
        self.walk.mem_desc_err.next = self.mem_desc_err.val();

        // Nothing of a queue that is cleared is under way, so nothing else needs to happen, however often it does.
        self.mine.next = self.init_valid.val() & (self.init_g.val() >= self.first_g.val());
        self.init_q.next = self.init_g.val() - self.first_g.val();
        self.walk.clear.next = self.mine.val();
        self.walk.clear_q.next = bit_cast::<6, 7>(self.init_q.val());
        self.back.clear.next = self.mine.val();
        self.back.clear_q.next = bit_cast::<6, 7>(self.init_q.val());

        self.walk.dead.next = self.back.dead.val();
        self.walk.hold.next = self.back.stale.val();
        self.walk.room.next = !self.offered.q.val() & self.back.owed_ready.val();
        self.push.next = self.walk.ask.val() & !self.offered.q.val();
        self.back.owed_valid.next = self.push.val();
        self.back.owed.next = self.walk.owed.val();
        if self.axi_arready.val() {
            self.offered.d.next = false;
        }
        if self.push.val() & self.back.owed_ready.val() {
            self.offered.d.next = true;
            self.addr.d.next = self.walk.addr.val();
            self.len.d.next = self.walk.owed.val().beats;
            self.fixed.d.next = self.walk.fixed.val();
        }
        self.axi_arvalid.next = self.offered.q.val();
        self.axi_araddr.next = self.addr.q.val();
        self.axi_arlen.next = self.len.q.val();
        self.axi_arsize.next = self.lane_bits.val();
        self.axi_arburst.next = 1.into();
        if self.fixed.q.val() {
            self.axi_arburst.next = 0.into();
        }

        self.back.axi_rdata.next = self.axi_rdata.val();
        self.back.axi_rresp.next = self.axi_rresp.val();
        self.back.axi_rvalid.next = self.axi_rvalid.val();
        self.axi_rready.next = self.back.axi_rready.val();
        self.last_of_burst.next = self.axi_rlast.val();
        self.m_valid.next = self.back.m_valid.val();
        self.back.m_ready.next = self.m_ready.val();
        self.m_data.next = self.back.m_data.val();
        self.m_keep.next = self.back.m_keep.val();
        self.m_last.next = self.back.m_last.val();
        self.m_bad.next = self.back.m_bad.val();
        self.m_q.next = self.back.m_q.val();

        self.busy.pick.next = self.walk.pick.val();
        self.busy.pick_q.next = self.walk.pick_q.val();
        self.busy.held.next = self.walk.held.val();
        self.busy.held_q.next = self.walk.held_q.val();
        self.busy.asked.next = self.back.asked.val();
        self.busy.came.next = self.back.came.val();
        self.busy.sent.next = self.back.m_valid.val() & self.m_ready.val();
        self.of_stored.next = (self.walk.memory.val() >> self.stored_q.val()) & self.one.val();
        self.busy.stored.next = self.stored_valid.val() & self.of_stored.val().any();
        self.memory.next = self.walk.memory.val();
        self.mem_busy.next = self.busy.busy.val();
    }
}
