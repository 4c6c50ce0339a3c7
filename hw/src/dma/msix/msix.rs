//! MSI-X: pending bits, and the messages.

use rust_hdl::prelude::*;

use super::access::MsixAccess;
use crate::hw;
use crate::prim::{Dffr, Reg};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum SendState {
    Seek,
    Lower,
    Upper,
    Message,
    Send,
}

hw! {
    /// Collects interrupt requests in pending bits and sends a message for each vector that is allowed to
    /// (PCIe Base Spec r5 6.1.4).
    ///
    /// ```text
    ///  irq, err_irq, user_irq ─► pending ─► Seek ─► Lower ─► Upper ─► Message ─► Send ─► msi_wr
    ///                               ▲        │ one vector per clock                       │
    ///  w, r ─► table ───────────────┼────────┴─ masks, entry                              │
    ///                               └───────────────────────────────── clear, when taken ─┘
    /// ```
    /// A request for a vector that is pending already is one with it. A request in the clock in which the message is taken is
    /// another one. A message that was not taken yet is withdrawn when its vector is masked: once the host's
    /// write of the mask is through, no message follows. So `msi_wr_valid`, a flip-flop, is low in the clock behind any write of a mask.
    ///
    /// `NV` vectors, of which the card's `NU` begin at `UV`; those behind `NV` are ignored.
    pub struct Msix<const W: usize, const K: usize, const NV: usize, const VB: usize, const NU: usize, const UV: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_msix_enable: Signal<In, Bit> = Default::default(),
        pub cfg_msix_mask: Signal<In, Bit> = Default::default(),
        pub cfg_bus_master: Signal<In, Bit> = Default::default(),
        pub w_valid: Signal<In, Bit> = Default::default(),
        pub w_ready: Signal<Out, Bit> = Default::default(),
        pub w_addr: Signal<In, Bits<19>> = Default::default(),
        pub w_data: Signal<In, Bits<32>> = Default::default(),
        pub w_be: Signal<In, Bits<4>> = Default::default(),
        pub r_valid: Signal<In, Bit> = Default::default(),
        pub r_addr: Signal<In, Bits<19>> = Default::default(),
        pub r_done: Signal<Out, Bit> = Default::default(),
        pub r_data: Signal<Out, Bits<32>> = Default::default(),
        pub unmapped_rd: Signal<Out, Bit> = Default::default(),
        pub unmapped_wr: Signal<Out, Bit> = Default::default(),
        pub irq_valid: Signal<In, Bit> = Default::default(),
        pub irq_ready: Signal<Out, Bit> = Default::default(),
        /// A vector that was not built is ignored.
        pub irq_vector: Signal<In, Bits<8>> = Default::default(),
        /// Pulse: vector 0.
        pub err_irq: Signal<In, Bit> = Default::default(),
        /// A pulse on bit i: vector `UV` + i.
        pub user_irq: Signal<In, Bits<NU>> = Default::default(),
        pub msi_wr_valid: Signal<Out, Bit> = Default::default(),
        pub msi_wr_ready: Signal<In, Bit> = Default::default(),
        pub msi_wr_first: Signal<Out, Bit> = Default::default(),
        pub msi_wr_last: Signal<Out, Bit> = Default::default(),
        pub msi_wr_addr: Signal<Out, Bits<64>> = Default::default(),
        pub msi_wr_bytes: Signal<Out, Bits<11>> = Default::default(),
        pub msi_wr_data: Signal<Out, Bits<W>> = Default::default(),
        pub msi_wr_keep: Signal<Out, Bits<K>> = Default::default(),
        access: MsixAccess<NV, VB> = Default::default(),
        state: Dffr<SendState> = Dffr::new(SendState::Seek),
        pending: Dffr<Bits<NV>> = Default::default(),
        // The vector that is looked at, as a number and as a bit.
        look: Dffr<Bits<VB>> = Default::default(),
        look_bit: Dffr<Bits<NV>> = Dffr::new(1_u64.into()),
        on: Dffr<Bit> = Default::default(),
        valid: Dffr<Bit> = Default::default(),
        lower: Reg<Bits<32>> = Default::default(),
        upper: Reg<Bits<32>> = Default::default(),
        data: Reg<Bits<32>> = Default::default(),
        allowed: Signal<Local, Bit> = Default::default(),
        taken: Signal<Local, Bit> = Default::default(),
        moves: Signal<Local, Bit> = Default::default(),
        part: Signal<Local, Bits<2>> = Default::default(),
        set: Signal<Local, Bits<NV>> = Default::default(),
        clear: Signal<Local, Bits<NV>> = Default::default(),
        next_look: Signal<Local, Bits<VB>> = Default::default(),
        user: Signal<Local, Bits<NV>> = Default::default(),
        one: Constant<Bits<NV>> = Constant::new(1_u64.into()),
        first_user: Constant<Bits<8>> = Constant::new((UV as u64).into()),
        one_vector: Constant<Bits<VB>> = Constant::new(1_u64.into()),
        last_vector: Constant<Bits<VB>> = Constant::new((NV as u64 - 1).into()),
        bytes: Constant<Bits<11>> = Constant::new(4_u64.into()),
        one_dw: Constant<Bits<K>> = Constant::new(1_u64.into()),
    }
}

impl<const W: usize, const K: usize, const NV: usize, const VB: usize, const NU: usize, const UV: usize> Logic
    for Msix<W, K, NV, VB, NU, UV>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, access);
        dff_setup!(self, clock, state, pending, look, look_bit, on, valid, lower, upper, data);
        self.access.rst.next = self.rst.val();
        self.state.rst.next = self.rst.val();
        self.pending.rst.next = self.rst.val();
        self.look.rst.next = self.rst.val();
        self.look_bit.rst.next = self.rst.val();
        self.on.rst.next = self.rst.val();
        self.valid.rst.next = self.rst.val();
        self.access.w_valid.next = self.w_valid.val();
        self.w_ready.next = self.access.w_ready.val();
        self.access.w_addr.next = self.w_addr.val();
        self.access.w_data.next = self.w_data.val();
        self.access.w_be.next = self.w_be.val();
        self.access.r_valid.next = self.r_valid.val();
        self.access.r_addr.next = self.r_addr.val();
        self.r_done.next = self.access.r_done.val();
        self.r_data.next = self.access.r_data.val();
        self.unmapped_rd.next = self.access.unmapped_rd.val();
        self.unmapped_wr.next = self.access.unmapped_wr.val();
        self.access.pending.next = self.pending.q.val();

        self.user.next = bit_cast::<NV, NU>(self.user_irq.val()) << self.first_user.val();
        self.set.next = self.user.val();
        if self.irq_valid.val() {
            self.set.next = self.user.val() | (self.one.val() << self.irq_vector.val());
        }
        if self.err_irq.val() {
            self.set.next = self.set.val() | self.one.val();
        }
        self.irq_ready.next = true;

        self.on.d.next = self.cfg_msix_enable.val() & !self.cfg_msix_mask.val() & self.cfg_bus_master.val();
        self.allowed.next = self.on.q.val()
            & self.access.unmasked.val()
            & (self.pending.q.val() & self.look_bit.q.val()).any();
        self.taken.next = self.valid.q.val() & self.msi_wr_ready.val();
        self.valid.d.next = false;
        self.moves.next = false;
        self.part.next = 0.into();
        match self.state.q.val() {
            SendState::Seek => {
                if self.allowed.val() {
                    self.state.d.next = SendState::Lower;
                } else {
                    self.moves.next = true;
                }
            }
            SendState::Lower => {
                self.lower.d.next = self.access.word.val();
                self.part.next = 1.into();
                self.state.d.next = SendState::Upper;
            }
            SendState::Upper => {
                self.upper.d.next = self.access.word.val();
                self.part.next = 2.into();
                self.state.d.next = SendState::Message;
            }
            SendState::Message => {
                self.data.d.next = self.access.word.val();
                self.valid.d.next = self.allowed.val() & !self.access.masks.val();
                self.state.d.next = SendState::Send;
            }
            SendState::Send => {
                if self.taken.val() {
                    self.moves.next = true;
                    self.state.d.next = SendState::Seek;
                } else {
                    self.valid.d.next = self.allowed.val() & !self.access.masks.val();
                }
            }
        }
        // Masked, or switched off: from the beginning, since the entry may be changed then.
        if !self.allowed.val() & !self.taken.val() {
            self.state.d.next = SendState::Seek;
        }
        self.next_look.next = self.look.q.val();
        if self.moves.val() {
            self.next_look.next = self.look.q.val() + self.one_vector.val();
            self.look_bit.d.next = self.look_bit.q.val() << 1;
            if self.look.q.val() == self.last_vector.val() {
                self.next_look.next = 0.into();
                self.look_bit.d.next = self.one.val();
            }
        }
        self.look.d.next = self.next_look.val();
        self.access.next_vector.next = self.next_look.val();
        self.access.vector.next = self.look.q.val();
        self.access.part.next = self.part.val();
        self.clear.next = 0.into();
        if self.taken.val() {
            self.clear.next = self.look_bit.q.val();
        }
        self.pending.d.next = (self.pending.q.val() & !self.clear.val()) | self.set.val();

        self.msi_wr_valid.next = self.valid.q.val();
        self.msi_wr_first.next = true;
        self.msi_wr_last.next = true;
        // Bits 1:0 of the address are 0 (PCIe Base Spec r5 7.7.2.6); a host may have written something else.
        self.msi_wr_addr.next = (bit_cast::<64, 32>(self.upper.q.val()) << 32)
            | (bit_cast::<64, 30>(self.lower.q.val().get_bits::<30>(2)) << 2);
        self.msi_wr_bytes.next = self.bytes.val();
        self.msi_wr_data.next = bit_cast::<W, 32>(self.data.q.val());
        self.msi_wr_keep.next = self.one_dw.val();
    }
}
