//! MSI-X: pending bits, and the messages.

use rust_hdl::prelude::*;

use super::access::MsixAccess;
use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::tlp::{MakeHeader, MEM_WRITE};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum SendState {
    Seek,
    Load,
    Send,
}

hw! {
    /// Collects interrupt requests in pending bits and sends a message for each vector that is allowed to
    /// (PCIe Base Spec r5 6.1.4).
    ///
    /// ```text
    ///  irq, err_irq, user_irq ─► pending ─► Seek ─► Load ─► Send ─► msi_wr
    ///                               ▲        │ one vector per clock    │
    ///  w, r ─► table ───────────────┼────────┴─ masks, entry           │
    ///                               └────────────── clear, when taken ─┘
    /// ```
    /// A request for a vector that is pending already is one with it. A request in the clock in which the message is taken is
    /// another one. A message that was not taken yet is withdrawn when its vector is masked: once the host's
    /// write of the mask is through, no message follows.
    ///
    /// `NV` vectors, of which the card's `NU` begin at `UV`; those behind `NV` are ignored.
    pub struct Msix<const W: usize, const K: usize, const NV: usize, const VB: usize, const NU: usize, const UV: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_msix_enable: Signal<In, Bit> = Default::default(),
        pub cfg_msix_mask: Signal<In, Bit> = Default::default(),
        pub cfg_bus_master: Signal<In, Bit> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
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
        pub msi_wr_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub msi_wr_data: Signal<Out, Bits<W>> = Default::default(),
        pub msi_wr_keep: Signal<Out, Bits<K>> = Default::default(),
        access: MsixAccess<NV, VB> = Default::default(),
        header: MakeHeader = Default::default(),
        state: Dffr<SendState> = Dffr::new(SendState::Seek),
        pending: Dffr<Bits<NV>> = Default::default(),
        look: Dffr<Bits<VB>> = Default::default(),
        address: Reg<Bits<64>> = Default::default(),
        data: Reg<Bits<32>> = Default::default(),
        on: Signal<Local, Bit> = Default::default(),
        may: Signal<Local, Bits<NV>> = Default::default(),
        mask: Signal<Local, Bits<NV>> = Default::default(),
        allowed: Signal<Local, Bit> = Default::default(),
        set: Signal<Local, Bits<NV>> = Default::default(),
        clear: Signal<Local, Bits<NV>> = Default::default(),
        next_look: Signal<Local, Bits<VB>> = Default::default(),
        user: Signal<Local, Bits<NV>> = Default::default(),
        one: Constant<Bits<NV>> = Constant::new(1_u64.into()),
        first_user: Constant<Bits<8>> = Constant::new((UV as u64).into()),
        one_vector: Constant<Bits<VB>> = Constant::new(1_u64.into()),
        last_vector: Constant<Bits<VB>> = Constant::new((NV as u64 - 1).into()),
        write: Constant<Bits<8>> = Constant::new(MEM_WRITE.into()),
        all_bytes: Constant<Bits<4>> = Constant::new(0xF_u64.into()),
        one_dw: Constant<Bits<K>> = Constant::new(1_u64.into()),
        dw_aligned: Constant<Bits<64>> = Constant::new(0xFFFF_FFFF_FFFF_FFFC_u64.into()),
    }
}

impl<const W: usize, const K: usize, const NV: usize, const VB: usize, const NU: usize, const UV: usize> Logic
    for Msix<W, K, NV, VB, NU, UV>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, access);
        dff_setup!(self, clock, state, pending, look, address, data);
        self.access.rst.next = self.rst.val();
        self.state.rst.next = self.rst.val();
        self.pending.rst.next = self.rst.val();
        self.look.rst.next = self.rst.val();
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
        self.access.vector.next = self.look.q.val();

        self.user.next = bit_cast::<NV, NU>(self.user_irq.val()) << self.first_user.val();
        self.set.next = self.user.val();
        if self.irq_valid.val() {
            self.set.next = self.user.val() | (self.one.val() << self.irq_vector.val());
        }
        if self.err_irq.val() {
            self.set.next = self.set.val() | self.one.val();
        }
        self.irq_ready.next = true;

        self.on.next = self.cfg_msix_enable.val() & !self.cfg_msix_mask.val() & self.cfg_bus_master.val();
        self.may.next = self.pending.q.val() & self.access.unmasked.val();
        self.mask.next = self.one.val() << self.look.q.val();
        self.allowed.next = self.on.val() & (self.may.val() & self.mask.val()).any();
        self.next_look.next = self.look.q.val() + self.one_vector.val();
        if self.look.q.val() == self.last_vector.val() {
            self.next_look.next = 0.into();
        }
        self.clear.next = 0.into();
        self.msi_wr_valid.next = false;
        match self.state.q.val() {
            SendState::Seek => {
                if self.allowed.val() {
                    self.state.d.next = SendState::Load;
                } else {
                    self.look.d.next = self.next_look.val();
                }
            }
            SendState::Load => {
                self.address.d.next = self.access.address.val() & self.dw_aligned.val();
                self.data.d.next = self.access.data.val();
                self.state.d.next = SendState::Send;
                if !self.allowed.val() {
                    self.state.d.next = SendState::Seek;
                }
            }
            SendState::Send => {
                self.msi_wr_valid.next = self.allowed.val();
                if !self.allowed.val() {
                    self.state.d.next = SendState::Seek;
                } else if self.msi_wr_ready.val() {
                    self.clear.next = self.mask.val();
                    self.look.d.next = self.next_look.val();
                    self.state.d.next = SendState::Seek;
                }
            }
        }
        self.pending.d.next = (self.pending.q.val() & !self.clear.val()) | self.set.val();

        // One DW: Last DW BE is 0 (PCIe Base Spec r5 2.2.5).
        self.header.fmt_type.next = self.write.val();
        self.header.length.next = 1.into();
        self.header.first_be.next = self.all_bytes.val();
        self.header.last_be.next = 0.into();
        self.header.tag.next = 0.into();
        self.header.requester.next = self.cfg_requester_id.val();
        self.header.address.next = self.address.q.val();
        self.msi_wr_first.next = true;
        self.msi_wr_last.next = true;
        self.msi_wr_hdr.next = self.header.hdr.val();
        self.msi_wr_data.next = bit_cast::<W, 32>(self.data.q.val());
        self.msi_wr_keep.next = self.one_dw.val();
    }
}
