//! The next descriptor of the queue in hand, read and checked before it is needed.

use ferrolane_abi::{descriptor, status};
use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Holds the descriptor behind the present one, while the store is asked for the one behind that.
    ///
    /// ```text
    ///  slot ─► store ─► held ─► checks, first TLP's limit, lane; room? fence? ─► ready
    /// ```
    /// It gives a descriptor every 2 clocks: `ready` and the outputs count from 2 clocks behind the one in which it was
    /// read, or the one before was taken. It is `ready` if its record has room in the completion ring (`index` is not
    /// `limit`) and, with FENCE, if all before it have ended. One that must be refused has a code. On a memory queue its data begin in lane
    /// (card address modulo W/8), and it can't carry SOP or EOP.
    pub struct Ahead<const OB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Another queue comes in hand, whose next descriptor has the index `start`.
        pub restart: Signal<In, Bit> = Default::default(),
        pub start: Signal<In, Bits<32>> = Default::default(),
        /// The next index is 0.
        pub wipe: Signal<In, Bit> = Default::default(),
        /// Ask the store for `start`, in the clock of `restart` or before.
        pub preview: Signal<In, Bit> = Default::default(),
        /// Look at the store's answer and at `head`.
        pub enable: Signal<In, Bit> = Default::default(),
        /// The held descriptor becomes the present one.
        pub take: Signal<In, Bit> = Default::default(),
        /// Copies of the queue in hand, see `Watch`.
        pub head: Signal<In, Bits<8>> = Default::default(),
        pub finished: Signal<In, Bits<8>> = Default::default(),
        pub limit: Signal<In, Bits<17>> = Default::default(),
        /// MODE.MEMORY, and the lowest bits of CARD_BASE.
        pub memory: Signal<In, Bit> = Default::default(),
        pub base: Signal<In, Bits<5>> = Default::default(),
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        pub slot: Signal<Out, Bits<7>> = Default::default(),
        pub desc_data: Signal<In, Bits<128>> = Default::default(),
        pub desc_err: Signal<In, Bits<8>> = Default::default(),
        /// The held descriptor may start.
        pub ready: Signal<Out, Bit> = Default::default(),
        /// Its index, or that of the next one if none is held.
        pub index: Signal<Out, Bits<32>> = Default::default(),
        pub addr: Signal<Out, Bits<64>> = Default::default(),
        pub length: Signal<Out, Bits<24>> = Default::default(),
        pub irq: Signal<Out, Bit> = Default::default(),
        pub mps: Signal<Out, Bits<2>> = Default::default(),
        /// Not 0: it is refused with this code.
        pub code: Signal<Out, Bits<8>> = Default::default(),
        /// The most its first TLP may carry, and whether that fills it.
        pub first_limit: Signal<Out, Bits<11>> = Default::default(),
        pub first_whole: Signal<Out, Bit> = Default::default(),
        /// Lane of its first byte; 0 on stream queues.
        pub lane: Signal<Out, Bits<OB>> = Default::default(),
        /// None is held; one is, but has no room for its record; or waits for FENCE.
        pub none: Signal<Out, Bit> = Default::default(),
        pub no_place: Signal<Out, Bit> = Default::default(),
        pub fenced: Signal<Out, Bit> = Default::default(),

        held: Dffr<Bit> = Default::default(),
        fresh: Reg<Bit> = Default::default(),
        number: Dffr<Bits<32>> = Default::default(),
        // The one that is to be read: `number`, or the one behind it if that is held.
        pointer: Dffr<Bits<8>> = Default::default(),
        address: Reg<Bits<64>> = Default::default(),
        bytes_all: Reg<Bits<24>> = Default::default(),
        flags: Reg<Bits<8>> = Default::default(),
        fetched: Reg<Bits<8>> = Default::default(),
        card: Reg<Bits<5>> = Default::default(),
        below: Reg<Bits<11>> = Default::default(),
        fault: Reg<Bits<8>> = Default::default(),
        size: Reg<Bits<2>> = Default::default(),
        lane_out: Reg<Bits<OB>> = Default::default(),
        waits_place: Reg<Bit> = Default::default(),
        waits_fence: Reg<Bit> = Default::default(),
        // Max_Payload_Size, and the address bits below it.
        size_now: Reg<Bits<2>> = Default::default(),
        mask_now: Reg<Bits<11>> = Default::default(),
        ok: Dffr<Bit> = Default::default(),
        limit_out: Reg<Bits<11>> = Default::default(),
        whole_out: Reg<Bit> = Default::default(),

        number17: Signal<Local, Bits<17>> = Default::default(),
        number8: Signal<Local, Bits<8>> = Default::default(),
        load: Signal<Local, Bit> = Default::default(),
        size_in: Signal<Local, Bits<2>> = Default::default(),
        payload: Signal<Local, Bits<11>> = Default::default(),
        boundary: Signal<Local, Bits<11>> = Default::default(),
        fence: Signal<Local, Bit> = Default::default(),
        full: Signal<Local, Bit> = Default::default(),
        early: Signal<Local, Bit> = Default::default(),
        sum: Signal<Local, Bits<5>> = Default::default(),
        base_payload: Constant<Bits<11>> = Constant::new(128_u64.into()),
        refused: Constant<Bits<8>> = Constant::new((descriptor::REFUSED as u64).into()),
        refused_memory: Constant<Bits<8>> =
            Constant::new((crate::dma::memory::REFUSED as u64).into()),
        fixed_flag: Constant<Bits<8>> = Constant::new((descriptor::FIXED as u64).into()),
        irq_flag: Constant<Bits<8>> = Constant::new((descriptor::IRQ as u64).into()),
        fence_flag: Constant<Bits<8>> = Constant::new((descriptor::FENCE as u64).into()),
        bad_length: Constant<Bits<8>> = Constant::new((status::BAD_LENGTH as u64).into()),
        bad_flags: Constant<Bits<8>> = Constant::new((status::BAD_FLAGS as u64).into()),
        bad_card: Constant<Bits<8>> = Constant::new((status::BAD_CARD_ADDRESS as u64).into()),
    }
}

impl<const OB: usize> Logic for Ahead<OB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, held, fresh, number, pointer, address, bytes_all, flags, fetched, card, below
        );
        dff_setup!(self, clock, fault, size, lane_out, waits_place, waits_fence, size_now, mask_now);
        dff_setup!(self, clock, ok, limit_out, whole_out);
        self.held.rst.next = self.rst.val();
        self.ok.rst.next = self.rst.val();
        self.number.rst.next = self.wipe.val();
        self.pointer.rst.next = self.wipe.val();

        // The store's answer is for `pointer` unless that moved in the last clock.
        self.slot.next = bit_cast::<7, 8>(self.pointer.q.val());
        if self.preview.val() {
            self.slot.next = bit_cast::<7, 32>(self.start.val());
        }
        if self.wipe.val() {
            self.slot.next = 0.into();
        }
        self.load.next = self.enable.val()
            & self.fresh.q.val()
            & (self.head.val() != self.pointer.q.val())
            & (!self.held.q.val() | self.take.val());
        self.fresh.d.next = !self.load.val();
        if self.take.val() {
            self.held.d.next = false;
            self.number.d.next = self.number.q.val() + 1;
        }

        self.size_in.next = bit_cast::<2, 3>(self.cfg_mps.val());
        if self.cfg_mps.val() > 3 {
            self.size_in.next = 3.into();
        }
        self.size_now.d.next = self.size_in.val();
        self.payload.next = self.base_payload.val() << self.size_in.val();
        self.mask_now.d.next = self.payload.val() - 1;
        if self.load.val() {
            self.held.d.next = true;
            self.pointer.d.next = self.pointer.q.val() + 1;
            self.address.d.next = self.desc_data.val().get_bits::<64>(0);
            self.below.d.next = self.desc_data.val().get_bits::<11>(0) & self.mask_now.q.val();
            self.bytes_all.d.next = self.desc_data.val().get_bits::<24>(64);
            self.flags.d.next = self.desc_data.val().get_bits::<8>(88);
            self.card.d.next = self.desc_data.val().get_bits::<5>(96);
            self.fetched.d.next = self.desc_err.val();
            self.size.d.next = self.size_now.q.val();
        }
        if self.restart.val() {
            self.held.d.next = false;
            self.number.d.next = self.start.val();
            self.pointer.d.next = bit_cast::<8, 32>(self.start.val());
        }

        // Checks, in rising order of what counts first.
        self.sum.next = self.base.val() + self.card.q.val();
        self.lane_out.d.next = bit_cast::<OB, 5>(self.sum.val());
        self.fault.d.next = 0.into();
        if self.memory.val() {
            if (self.flags.q.val() & self.fixed_flag.val()).any() & self.lane_out.d.val().any() {
                self.fault.d.next = self.bad_card.val();
            }
            if (self.flags.q.val() & self.refused_memory.val()).any() {
                self.fault.d.next = self.bad_flags.val();
            }
        } else {
            self.lane_out.d.next = 0.into();
            if (self.flags.q.val() & self.refused.val()).any() {
                self.fault.d.next = self.bad_flags.val();
            }
        }
        if !self.bytes_all.q.val().any() {
            self.fault.d.next = self.bad_length.val();
        }
        if self.fetched.q.val().any() {
            self.fault.d.next = self.fetched.q.val();
        }

        self.payload.next = self.base_payload.val() << self.size.q.val();
        self.boundary.next = self.payload.val() - self.below.q.val();
        self.limit_out.d.next = self.boundary.val();
        self.whole_out.d.next = false;
        if self.bytes_all.q.val() <= bit_cast::<24, 11>(self.boundary.val()) {
            self.limit_out.d.next = bit_cast::<11, 24>(self.bytes_all.q.val());
            self.whole_out.d.next = true;
        }
        self.number17.next = bit_cast::<17, 32>(self.number.q.val());
        self.number8.next = bit_cast::<8, 32>(self.number.q.val());
        self.fence.next = (self.flags.q.val() & self.fence_flag.val()).any();
        self.full.next = self.number17.val() == self.limit.val();
        self.early.next = self.fence.val() & (self.number8.val() != self.finished.val());
        self.ok.d.next = self.held.q.val() & !self.full.val() & !self.early.val();
        self.waits_place.d.next = self.held.q.val() & self.full.val();
        self.waits_fence.d.next = self.held.q.val() & self.early.val();

        self.ready.next = self.ok.q.val();
        self.index.next = self.number.q.val();
        self.addr.next = self.address.q.val();
        self.length.next = self.bytes_all.q.val();
        self.irq.next = (self.flags.q.val() & self.irq_flag.val()).any();
        self.mps.next = self.size.q.val();
        self.code.next = self.fault.q.val();
        self.first_limit.next = self.limit_out.q.val();
        self.first_whole.next = self.whole_out.q.val();
        self.lane.next = self.lane_out.q.val();
        self.none.next = !self.held.q.val();
        self.no_place.next = self.waits_place.q.val();
        self.fenced.next = self.waits_fence.q.val();
    }
}
