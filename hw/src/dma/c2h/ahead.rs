//! The next descriptor of the queue in hand, read and checked before it is needed.

use ferrolane_abi::{descriptor, status};
use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Holds the descriptor behind the present one, while the store is asked for the one behind that.
    ///
    /// ```text
    ///  slot ─► store ─► checks, bytes to the multiple of MPS ─► held ─► first TLP's limit; room? fence? ─► ready
    /// ```
    /// It gives a descriptor every 2 clocks: `ready` and the outputs count from 2 clocks behind the one in which it was
    /// read, or the one before was taken. It is `ready` if its record has room in the completion ring (`index` is not
    /// `limit`) and, with FENCE, if all before it have ended. One that must be refused has a code.
    pub struct Ahead {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Another queue comes in hand, whose next descriptor has the index `start`.
        pub restart: Signal<In, Bit> = Default::default(),
        pub start: Signal<In, Bits<32>> = Default::default(),
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

        held: Dffr<Bit> = Default::default(),
        fresh: Reg<Bit> = Default::default(),
        number: Reg<Bits<32>> = Default::default(),
        address: Reg<Bits<64>> = Default::default(),
        bytes_all: Reg<Bits<24>> = Default::default(),
        asks: Reg<Bit> = Default::default(),
        fence: Reg<Bit> = Default::default(),
        fault: Reg<Bits<8>> = Default::default(),
        size: Reg<Bits<2>> = Default::default(),
        boundary: Reg<Bits<11>> = Default::default(),
        ok: Dffr<Bit> = Default::default(),
        limit_out: Reg<Bits<11>> = Default::default(),
        whole_out: Reg<Bit> = Default::default(),

        pointer: Signal<Local, Bits<8>> = Default::default(),
        number17: Signal<Local, Bits<17>> = Default::default(),
        number8: Signal<Local, Bits<8>> = Default::default(),
        load: Signal<Local, Bit> = Default::default(),
        flags: Signal<Local, Bits<8>> = Default::default(),
        bytes_in: Signal<Local, Bits<24>> = Default::default(),
        low: Signal<Local, Bits<11>> = Default::default(),
        payload: Signal<Local, Bits<11>> = Default::default(),
        payload_mask: Signal<Local, Bits<11>> = Default::default(),
        base: Constant<Bits<11>> = Constant::new(128_u64.into()),
        refused: Constant<Bits<8>> = Constant::new((descriptor::REFUSED as u64).into()),
        irq_flag: Constant<Bits<8>> = Constant::new((descriptor::IRQ as u64).into()),
        fence_flag: Constant<Bits<8>> = Constant::new((descriptor::FENCE as u64).into()),
        bad_length: Constant<Bits<8>> = Constant::new((status::BAD_LENGTH as u64).into()),
        bad_flags: Constant<Bits<8>> = Constant::new((status::BAD_FLAGS as u64).into()),
    }
}

impl Logic for Ahead {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, fresh, number, address, bytes_all, asks, fence, fault, size, boundary);
        dff_setup!(self, clock, ok, limit_out, whole_out);
        self.held.rst.next = self.rst.val();
        self.ok.rst.next = self.rst.val();

        // The store's answer is for `pointer` unless that moved in the last clock.
        self.pointer.next = bit_cast::<8, 32>(self.number.q.val());
        if self.held.q.val() {
            self.pointer.next = self.pointer.val() + 1;
        }
        self.slot.next = bit_cast::<7, 8>(self.pointer.val());
        if self.preview.val() {
            self.slot.next = bit_cast::<7, 32>(self.start.val());
        }
        self.load.next = self.enable.val()
            & self.fresh.q.val()
            & (self.head.val() != self.pointer.val())
            & (!self.held.q.val() | self.take.val());
        self.fresh.d.next = !self.load.val();
        if self.take.val() {
            self.held.d.next = false;
            self.number.d.next = self.number.q.val() + 1;
        }

        self.bytes_in.next = self.desc_data.val().get_bits::<24>(64);
        self.flags.next = self.desc_data.val().get_bits::<8>(88);
        self.low.next = self.desc_data.val().get_bits::<11>(0);
        if self.load.val() {
            self.held.d.next = true;
            self.address.d.next = self.desc_data.val().get_bits::<64>(0);
            self.bytes_all.d.next = self.bytes_in.val();
            self.asks.d.next = (self.flags.val() & self.irq_flag.val()).any();
            self.fence.d.next = (self.flags.val() & self.fence_flag.val()).any();
            self.fault.d.next = 0.into();
            if (self.flags.val() & self.refused.val()).any() {
                self.fault.d.next = self.bad_flags.val();
            }
            if !self.bytes_in.val().any() {
                self.fault.d.next = self.bad_length.val();
            }
            if self.desc_err.val().any() {
                self.fault.d.next = self.desc_err.val();
            }
        }
        if self.restart.val() {
            self.held.d.next = false;
            self.number.d.next = self.start.val();
        }

        self.size.d.next = self.size.q.val();
        self.boundary.d.next = self.boundary.q.val();
        if self.load.val() {
            self.size.d.next = bit_cast::<2, 3>(self.cfg_mps.val());
            if self.cfg_mps.val() > 3 {
                self.size.d.next = 3.into();
            }
        }
        self.payload.next = self.base.val() << self.size.d.val();
        self.payload_mask.next = self.payload.val() - 1;
        if self.load.val() {
            self.boundary.d.next = self.payload.val() - (self.low.val() & self.payload_mask.val());
        }

        self.limit_out.d.next = self.boundary.q.val();
        self.whole_out.d.next = false;
        if self.bytes_all.q.val() <= bit_cast::<24, 11>(self.boundary.q.val()) {
            self.limit_out.d.next = bit_cast::<11, 24>(self.bytes_all.q.val());
            self.whole_out.d.next = true;
        }
        self.number17.next = bit_cast::<17, 32>(self.number.q.val());
        self.number8.next = bit_cast::<8, 32>(self.number.q.val());
        self.ok.d.next = self.held.q.val()
            & (self.number17.val() != self.limit.val())
            & (!self.fence.q.val() | (self.number8.val() == self.finished.val()));

        self.ready.next = self.ok.q.val();
        self.index.next = self.number.q.val();
        self.addr.next = self.address.q.val();
        self.length.next = self.bytes_all.q.val();
        self.irq.next = self.asks.q.val();
        self.mps.next = self.size.q.val();
        self.code.next = self.fault.q.val();
        self.first_limit.next = self.limit_out.q.val();
        self.first_whole.next = self.whole_out.q.val();
    }
}
