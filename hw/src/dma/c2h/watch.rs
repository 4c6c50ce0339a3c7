//! Plan's copies of what other blocks own.

use ferrolane_abi::regs;
use ferrolane_abi::table::Register;
use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Reg};
use crate::stream::Mirror;

hw! {
    /// Listens to the buses and shows, one clock after `look`, what is known of that C2H queue.
    ///
    /// ```text
    ///  fill, head, room, finished ─► copies per queue ──┬─► rows, pkts, head, finished
    ///  cfgw: ring size, mode ──────► settings per queue ┴─► room + ring size ─► register ─► limit
    /// ```
    /// Of the buses for both directions it takes what is for C2H, `g >= NQ`. Of free-running indices it keeps as many
    /// bits as tell the greatest difference: 8 of `head` (128 descriptors in the store) and `finished` (fewer than 128
    /// ends between plan and the record writer's answer), 17 of the completion ring. The settings are written while
    /// the queue is idle only, so nobody reads them in that clock. Policies count on stream queues only.
    pub struct Watch<const NQ: usize, const QB: usize, const POLICIES: usize, const MEMORY: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub room_valid: Signal<In, Bit> = Default::default(),
        pub room_g: Signal<In, Bits<7>> = Default::default(),
        pub room_value: Signal<In, Bits<31>> = Default::default(),
        pub finished_valid: Signal<In, Bit> = Default::default(),
        pub finished_g: Signal<In, Bits<7>> = Default::default(),
        pub finished_value: Signal<In, Bits<32>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub head_value: Signal<In, Bits<32>> = Default::default(),
        pub fill_valid: Signal<In, Bit> = Default::default(),
        pub fill_q: Signal<In, Bits<6>> = Default::default(),
        pub fill_row: Signal<In, Bits<16>> = Default::default(),
        pub fill_pkts: Signal<In, Bits<16>> = Default::default(),
        /// Queue to show.
        pub look: Signal<In, Bits<QB>> = Default::default(),
        /// Rows written and packets ended.
        pub rows: Signal<Out, Bits<16>> = Default::default(),
        pub pkts: Signal<Out, Bits<16>> = Default::default(),
        /// Descriptors in the store end below this index.
        pub head: Signal<Out, Bits<8>> = Default::default(),
        /// Descriptors that have ended.
        pub finished: Signal<Out, Bits<8>> = Default::default(),
        /// The descriptor of this index has no room in the completion ring. Two clocks after `look`.
        pub limit: Signal<Out, Bits<17>> = Default::default(),
        /// MODE of the queue.
        pub relaxed: Signal<Out, Bit> = Default::default(),
        pub no_snoop: Signal<Out, Bit> = Default::default(),
        pub weight: Signal<Out, Bits<6>> = Default::default(),
        /// A packet starts only when its end is in the share; and without exception; and the oldest ones make room.
        pub store: Signal<Out, Bit> = Default::default(),
        pub drops: Signal<Out, Bit> = Default::default(),
        pub drops_oldest: Signal<Out, Bit> = Default::default(),
        /// MODE.MEMORY, and the lowest bits of CARD_BASE.
        pub memory: Signal<Out, Bit> = Default::default(),
        pub base: Signal<Out, Bits<5>> = Default::default(),

        fill: Mirror<32, QB> = Default::default(),
        heads: Mirror<8, QB> = Default::default(),
        ends: Mirror<8, QB> = Default::default(),
        rooms: Mirror<17, QB> = Default::default(),
        rings: Bram<Bits<5>, QB> = Default::default(),
        modes: Bram<Bits<12>, QB> = Default::default(),
        bases: Bram<Bits<5>, QB> = Default::default(),
        limit_out: Reg<Bits<17>> = Default::default(),
        head_q: Signal<Local, Bits<7>> = Default::default(),
        room_q: Signal<Local, Bits<7>> = Default::default(),
        end_q: Signal<Local, Bits<7>> = Default::default(),
        cfgw_q: Signal<Local, Bits<7>> = Default::default(),
        setting: Signal<Local, Bit> = Default::default(),
        ring: Signal<Local, Bits<32>> = Default::default(),
        relaxed_in: Signal<Local, Bits<32>> = Default::default(),
        snoop_in: Signal<Local, Bits<32>> = Default::default(),
        weight_in: Signal<Local, Bits<32>> = Default::default(),
        ring_entries: Signal<Local, Bits<17>> = Default::default(),
        store_in: Signal<Local, Bits<32>> = Default::default(),
        drop_in: Signal<Local, Bits<32>> = Default::default(),
        policy_in: Signal<Local, Bits<2>> = Default::default(),
        memory_in: Signal<Local, Bits<32>> = Default::default(),
        is_memory: Signal<Local, Bit> = Default::default(),
        mode_in: Signal<Local, Bits<12>> = Default::default(),
        mode: Signal<Local, Bits<12>> = Default::default(),
        first_g: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one: Constant<Bits<17>> = Constant::new(1_u64.into()),
        ring_size: Constant<Bits<6>> = Constant::new(index(&regs::queue::RING_SIZE)),
        ring_shift: Constant<Bits<8>> = Constant::new(lsb(&regs::queue::RING_SIZE, "COMPLETIONS")),
        mode_index: Constant<Bits<6>> = Constant::new(index(&regs::queue::MODE)),
        relaxed_shift: Constant<Bits<8>> = Constant::new(lsb(&regs::queue::MODE, "RELAXED_ORDERING")),
        snoop_shift: Constant<Bits<8>> = Constant::new(lsb(&regs::queue::MODE, "NO_SNOOP")),
        weight_shift: Constant<Bits<8>> = Constant::new(lsb(&regs::queue::MODE, "WEIGHT")),
        drop_shift: Constant<Bits<8>> = Constant::new(lsb(&regs::queue::MODE, "DROP")),
        memory_shift: Constant<Bits<8>> = Constant::new(lsb(&regs::queue::MODE, "MEMORY")),
        base_index: Constant<Bits<6>> = Constant::new(index(&regs::queue::CARD_BASE_LO)),
        // Whether it was built.
        policies: Constant<Bits<1>> = Constant::new((POLICIES as u64).into()),
        memories: Constant<Bits<1>> = Constant::new((MEMORY as u64).into()),
        store_shift: Constant<Bits<8>> = Constant::new(lsb(&regs::queue::MODE, "STORE_FORWARD")),
    }
}

/// A register's number on the `cfgw` bus.
fn index(register: &Register) -> Bits<6> {
    (register.offset as u64 / 4).into()
}

/// A field's lowest bit.
fn lsb(register: &Register, field: &str) -> Bits<8> {
    (register.field(field).expect("a field of the table").lsb as u64).into()
}

impl<const NQ: usize, const QB: usize, const POLICIES: usize, const MEMORY: usize> Logic
    for Watch<NQ, QB, POLICIES, MEMORY>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, limit_out);
        self.fill.clock.next = self.clock.val();
        self.heads.clock.next = self.clock.val();
        self.ends.clock.next = self.clock.val();
        self.rooms.clock.next = self.clock.val();
        self.rings.clock.next = self.clock.val();
        self.modes.clock.next = self.clock.val();
        self.fill.waddr.next = bit_cast::<QB, 6>(self.fill_q.val());
        self.fill.wdata.next =
            bit_cast::<32, 16>(self.fill_row.val()) | (bit_cast::<32, 16>(self.fill_pkts.val()) << 16);
        self.fill.wen.next = self.fill_valid.val();
        self.head_q.next = self.head_g.val() - self.first_g.val();
        self.heads.waddr.next = bit_cast::<QB, 7>(self.head_q.val());
        self.heads.wdata.next = bit_cast::<8, 32>(self.head_value.val());
        self.heads.wen.next = self.head_valid.val() & (self.head_g.val() >= self.first_g.val());
        self.end_q.next = self.finished_g.val() - self.first_g.val();
        self.ends.waddr.next = bit_cast::<QB, 7>(self.end_q.val());
        self.ends.wdata.next = bit_cast::<8, 32>(self.finished_value.val());
        self.ends.wen.next = self.finished_valid.val() & (self.finished_g.val() >= self.first_g.val());
        self.room_q.next = self.room_g.val() - self.first_g.val();
        self.rooms.waddr.next = bit_cast::<QB, 7>(self.room_q.val());
        self.rooms.wdata.next = bit_cast::<17, 31>(self.room_value.val());
        self.rooms.wen.next = self.room_valid.val() & (self.room_g.val() >= self.first_g.val());
        self.cfgw_q.next = self.cfgw_g.val() - self.first_g.val();
        self.setting.next = self.cfgw_valid.val() & (self.cfgw_g.val() >= self.first_g.val());
        self.ring.next = self.cfgw_data.val() >> self.ring_shift.val();
        self.rings.waddr.next = bit_cast::<QB, 7>(self.cfgw_q.val());
        self.rings.wdata.next = bit_cast::<5, 32>(self.ring.val());
        self.rings.wen.next = self.setting.val() & (self.cfgw_index.val() == self.ring_size.val());
        self.relaxed_in.next = self.cfgw_data.val() >> self.relaxed_shift.val();
        self.snoop_in.next = self.cfgw_data.val() >> self.snoop_shift.val();
        self.weight_in.next = self.cfgw_data.val() >> self.weight_shift.val();
        self.modes.waddr.next = bit_cast::<QB, 7>(self.cfgw_q.val());
        self.mode_in.next = (bit_cast::<12, 32>(self.weight_in.val()) & 0x3F) << 2;
        if self.relaxed_in.val().get_bit(0) {
            self.mode_in.next = self.mode_in.val() | 1;
        }
        if self.snoop_in.val().get_bit(0) {
            self.mode_in.next = self.mode_in.val() | 2;
        }
        self.store_in.next = self.cfgw_data.val() >> self.store_shift.val();
        self.drop_in.next = self.cfgw_data.val() >> self.drop_shift.val();
        self.policy_in.next = bit_cast::<2, 32>(self.drop_in.val());
        self.memory_in.next = self.cfgw_data.val() >> self.memory_shift.val();
        self.is_memory.next = self.memory_in.val().get_bit(0) & self.memories.val().any();
        if self.is_memory.val() {
            self.mode_in.next = self.mode_in.val() | 0x800;
        } else if self.policies.val().any() {
            if self.store_in.val().get_bit(0) | self.policy_in.val().any() {
                self.mode_in.next = self.mode_in.val() | 0x100;
            }
            if self.policy_in.val().any() {
                self.mode_in.next = self.mode_in.val() | 0x200;
            }
            if self.policy_in.val() == 2 {
                self.mode_in.next = self.mode_in.val() | 0x400;
            }
        }
        self.bases.clock.next = self.clock.val();
        self.bases.waddr.next = bit_cast::<QB, 7>(self.cfgw_q.val());
        self.bases.wdata.next = self.cfgw_data.val().get_bits::<5>(0);
        self.bases.wen.next = self.setting.val() & (self.cfgw_index.val() == self.base_index.val());
        self.bases.raddr.next = self.look.val();
        self.base.next = self.bases.rdata.val();
        self.modes.wdata.next = self.mode_in.val();
        self.modes.wen.next = self.setting.val() & (self.cfgw_index.val() == self.mode_index.val());

        self.fill.raddr.next = self.look.val();
        self.heads.raddr.next = self.look.val();
        self.ends.raddr.next = self.look.val();
        self.rooms.raddr.next = self.look.val();
        self.rings.raddr.next = self.look.val();
        self.modes.raddr.next = self.look.val();
        self.rows.next = self.fill.rdata.val().get_bits::<16>(0);
        self.pkts.next = self.fill.rdata.val().get_bits::<16>(16);
        self.head.next = self.heads.rdata.val();
        self.finished.next = self.ends.rdata.val();
        self.ring_entries.next = self.one.val() << self.rings.rdata.val();
        self.limit_out.d.next = self.rooms.rdata.val() + self.ring_entries.val();
        self.limit.next = self.limit_out.q.val();
        self.mode.next = self.modes.rdata.val();
        self.relaxed.next = self.mode.val().get_bit(0);
        self.no_snoop.next = self.mode.val().get_bit(1);
        self.weight.next = self.mode.val().get_bits::<6>(2);
        self.store.next = self.mode.val().get_bit(8) & self.policies.val().any();
        self.drops.next = self.mode.val().get_bit(9) & self.policies.val().any();
        self.drops_oldest.next = self.mode.val().get_bit(10) & self.policies.val().any();
        self.memory.next = self.mode.val().get_bit(11) & self.memories.val().any();
    }
}
