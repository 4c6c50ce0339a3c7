//! Answers non-posted requests, one at a time.

use ferrolane_abi::map;
use rust_hdl::prelude::*;

use super::pcie::*;
use super::size::Size;
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum RespondState {
    Idle,
    Size,
    Plan,
    Ask,
    Wait,
    Hold,
    Send,
}

hw! {
    /// Reads DWORD after DWORD, and sends what it read as completions that end at 128-byte boundaries, an endpoint's Read
    /// Completion Boundary (PCIe Base Spec r5, 2.3.1.1). So a completion never exceeds the smallest Max_Payload_Size.
    ///
    /// ```text
    /// Idle ─► Size ─┬─► Plan ─► Ask ◄─► Wait ─► Hold ─► Send ─► Plan or Idle
    ///               └──────────── refused ───────┘
    /// ```
    ///
    /// **Hold**: a completion must not pass a write (2.4.1), but it leaves by a stream of its own. `wr_issued` is taken in
    /// the clock in which the completion's last DWORD arrives; the completion waits until as many writes are reported sent.
    /// So what a register says about a write is never seen before the write.
    ///
    /// `np` stays until `np_done`. A read of length 1 without byte enables is a flush (2.2.5): nothing is read, one DWORD of 0 is the answer.
    pub struct Respond<const W: usize, const K: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub np_valid: Signal<In, Bit> = Default::default(),
        pub np: Signal<In, Request> = Default::default(),
        pub np_done: Signal<Out, Bit> = Default::default(),
        pub r_valid: Signal<Out, Bit> = Default::default(),
        /// BAR and address are stable from `r_valid` to `r_done`.
        pub r_bar: Signal<Out, Bits<3>> = Default::default(),
        pub r_addr: Signal<Out, Bits<19>> = Default::default(),
        pub r_done: Signal<In, Bit> = Default::default(),
        pub r_data: Signal<In, Bits<32>> = Default::default(),
        pub wr_issued: Signal<In, Bits<16>> = Default::default(),
        pub wr_sent: Signal<In, Bits<16>> = Default::default(),
        /// Begin no completion.
        pub hush: Signal<In, Bit> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
        pub tx_cpl_data: Signal<Out, Bits<W>> = Default::default(),
        pub tx_cpl_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub tx_cpl_keep: Signal<Out, Bits<K>> = Default::default(),
        pub tx_cpl_first: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_last: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_valid: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_error: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_ready: Signal<In, Bit> = Default::default(),
        state: Dffr<RespondState> = Dffr::new(RespondState::Idle),
        size: Size = Default::default(),
        // One bank per lane holds the completion's payload, so a DWORD is stored where it will leave.
        bank: [Bram<Bits<32>, 4>; K] = array_init::array_init(|_| Default::default()),
        addr: Reg<Bits<17>> = Default::default(),
        // DWORDs still to read of the request, and of this completion.
        left: Reg<Bits<11>> = Default::default(),
        todo: Reg<Bits<6>> = Default::default(),
        chunk: Reg<Bits<6>> = Default::default(),
        // Bytes not yet answered, and of their DWORDs disabled bytes: in front, at both ends, behind.
        bytes: Reg<Bits<13>> = Default::default(),
        lead: Reg<Bits<2>> = Default::default(),
        outside: Reg<Bits<3>> = Default::default(),
        trail: Reg<Bits<2>> = Default::default(),
        lower: Reg<Bits<7>> = Default::default(),
        // Where the next DWORD goes, and where the completion's last one goes: row, lane.
        slot: Reg<Bits<5>> = Default::default(),
        last_at: Reg<Bits<5>> = Default::default(),
        // Nothing is left to read of the request.
        over: Reg<Bit> = Default::default(),
        is_flush: Reg<Bit> = Default::default(),
        mark: Reg<Bits<16>> = Default::default(),
        // All writes up to the mark have been sent; true of this mark from the second clock of Hold on.
        caught_up: Reg<Bit> = Default::default(),
        sure: Dffr<Bit> = Default::default(),
        out_row: Reg<Bits<4>> = Default::default(),
        next_row: Signal<Local, Bits<4>> = Default::default(),
        header: Signal<Local, CompletionHeader> = Default::default(),
        arrived: Signal<Local, Bit> = Default::default(),
        datum: Signal<Local, Bits<32>> = Default::default(),
        in_rcb: Signal<Local, Bits<5>> = Default::default(),
        asked: Signal<Local, Bits<17>> = Default::default(),
        asked_rcb: Signal<Local, Bits<5>> = Default::default(),
        to_boundary: Signal<Local, Bits<6>> = Default::default(),
        near: Signal<Local, Bits<6>> = Default::default(),
        left_span: Signal<Local, Bits<13>> = Default::default(),
        left_high: Signal<Local, Bits<6>> = Default::default(),
        ahead: Signal<Local, Bits<16>> = Default::default(),
        last_slot: Signal<Local, Bits<6>> = Default::default(),
        lane: Signal<Local, Bits<4>> = Default::default(),
        row: Signal<Local, Bits<4>> = Default::default(),
        end_lane: Signal<Local, Bits<4>> = Default::default(),
        end_row: Signal<Local, Bits<4>> = Default::default(),
        is_last: Signal<Local, Bit> = Default::default(),
        unused: Signal<Local, Bits<4>> = Default::default(),
        joined: Signal<Local, Bits<W>> = Default::default(),
        one_lane: Signal<Local, Bits<32>> = Default::default(),
        top_lane: Constant<Bits<12>> = Constant::new((W as u64 - 32).into()),
        last_lane: Constant<Bits<4>> = Constant::new((K as u64 - 1).into()),
        lane_bits: Constant<Bits<3>> = Constant::new((K.trailing_zeros() as u64).into()),
        ones: Constant<Bits<K>> = Constant::new(((1_u64 << K) - 1).into()),
        rcb_dwords: Constant<Bits<6>> = Constant::new(32_u64.into()),
        our_bar: Constant<Bits<3>> = Constant::new((map::BAR as u64).into()),
        user_bar: Constant<Bits<3>> = Constant::new((map::USER_BAR as u64).into()),
        kind: Constant<Bits<4>> = Constant::new(TYPE_COMPLETION_HIGH.into()),
        success: Constant<Bits<3>> = Constant::new(STATUS_SC.into()),
        refused: Constant<Bits<3>> = Constant::new(STATUS_UR.into()),
    }
}

impl<const W: usize, const K: usize> Logic for Respond<W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, addr, left, todo, chunk, bytes, lead, outside, trail, lower);
        dff_setup!(self, clock, slot, last_at, over, is_flush, mark, caught_up, sure, out_row);
        self.state.rst.next = self.rst.val();
        self.sure.rst.next = self.rst.val();

        self.size.req.next = self.np.val();
        self.arrived.next =
            (self.state.q.val() == RespondState::Wait) & (self.r_done.val() | self.is_flush.q.val());
        self.datum.next = self.r_data.val();
        if self.is_flush.q.val() {
            self.datum.next = 0.into();
        }
        self.np_done.next = false;
        self.r_valid.next = (self.state.q.val() == RespondState::Ask) & !self.is_flush.q.val();
        self.r_bar.next = self.our_bar.val();
        if self.np.val().user {
            self.r_bar.next = self.user_bar.val();
        }
        self.r_addr.next = bit_cast::<19, 17>(self.addr.q.val()) << 2;
        self.in_rcb.next = self.addr.q.val().get_bits::<5>(0);
        self.to_boundary.next = self.rcb_dwords.val() - bit_cast::<6, 5>(self.in_rcb.val());
        self.asked.next = self.np.val().addr;
        self.asked_rcb.next = self.asked.val().get_bits::<5>(0);
        // Bit 5: the boundary comes before the request's end, or with it.
        self.near.next =
            bit_cast::<6, 5>(self.left.q.val().get_bits::<5>(0)) + bit_cast::<6, 5>(self.in_rcb.val());
        self.left_high.next = self.left.q.val().get_bits::<6>(5);
        self.left_span.next = bit_cast::<13, 11>(self.left.q.val()) << 2;
        self.over.d.next = self.left.q.val() == 0;
        // Modulo 2^16; never that many writes are on their way.
        self.ahead.next = self.wr_sent.val() - self.mark.q.val();
        self.caught_up.d.next = !self.ahead.val().get_bit(15);
        self.sure.d.next = self.state.q.val() == RespondState::Hold;
        self.last_slot.next = self.chunk.q.val() - 1;
        self.lane.next = bit_cast::<4, 5>(self.slot.q.val()) & self.last_lane.val();
        self.row.next = bit_cast::<4, 5>(self.slot.q.val() >> self.lane_bits.val());
        self.end_lane.next = bit_cast::<4, 5>(self.last_at.q.val()) & self.last_lane.val();
        self.end_row.next = bit_cast::<4, 5>(self.last_at.q.val() >> self.lane_bits.val());
        self.is_last.next = self.out_row.q.val() == self.end_row.val();
        self.next_row.next = self.out_row.q.val();

        match self.state.q.val() {
            RespondState::Idle => {
                if self.np_valid.val() {
                    self.state.d.next = RespondState::Size;
                }
            }
            RespondState::Size => {
                self.addr.d.next = self.np.val().addr;
                self.left.d.next = self.size.dwords.val();
                self.bytes.d.next = self.size.bytes.val();
                self.lead.d.next = self.size.lead.val();
                self.outside.d.next =
                    bit_cast::<3, 2>(self.size.lead.val()) + bit_cast::<3, 2>(self.size.trail.val());
                self.trail.d.next = self.size.trail.val();
                self.is_flush.d.next = self.size.flush.val();
                self.mark.d.next = self.wr_issued.val();
                self.last_at.d.next = 0.into();
                self.next_row.next = 0.into();
                self.chunk.d.next = 0.into();
                self.lower.d.next = 0.into();
                if self.np.val().locked | self.np.val().read {
                    self.lower.d.next = (bit_cast::<7, 5>(self.asked_rcb.val()) << 2)
                        | bit_cast::<7, 2>(self.size.lead.val());
                }
                self.state.d.next = RespondState::Hold;
                if self.np.val().served {
                    self.state.d.next = RespondState::Plan;
                }
            }
            RespondState::Plan => {
                self.chunk.d.next = self.to_boundary.val();
                self.todo.d.next = self.to_boundary.val();
                if !self.left_high.val().any() & !self.near.val().get_bit(5) {
                    self.chunk.d.next = bit_cast::<6, 11>(self.left.q.val());
                    self.todo.d.next = bit_cast::<6, 11>(self.left.q.val());
                }
                self.bytes.d.next = self.left_span.val() - bit_cast::<13, 3>(self.outside.q.val());
                self.outside.d.next = bit_cast::<3, 2>(self.trail.q.val());
                self.lower.d.next =
                    (bit_cast::<7, 5>(self.in_rcb.val()) << 2) | bit_cast::<7, 2>(self.lead.q.val());
                self.lead.d.next = 0.into();
                self.slot.d.next = 0.into();
                self.next_row.next = 0.into();
                self.state.d.next = RespondState::Ask;
            }
            RespondState::Ask => {
                self.last_at.d.next = bit_cast::<5, 6>(self.last_slot.val());
                self.state.d.next = RespondState::Wait;
            }
            RespondState::Wait => {
                if self.arrived.val() {
                    self.addr.d.next = self.addr.q.val() + 1;
                    self.left.d.next = self.left.q.val() - 1;
                    self.todo.d.next = self.todo.q.val() - 1;
                    self.slot.d.next = self.slot.q.val() + 1;
                    self.mark.d.next = self.wr_issued.val();
                    self.state.d.next = RespondState::Ask;
                    if self.todo.q.val() == 1 {
                        self.state.d.next = RespondState::Hold;
                    }
                }
            }
            RespondState::Hold => {
                if self.sure.q.val() & self.caught_up.q.val() & !self.hush.val() {
                    self.state.d.next = RespondState::Send;
                }
            }
            RespondState::Send => {
                if self.tx_cpl_ready.val() {
                    self.next_row.next = self.out_row.q.val() + 1;
                    if self.is_last.val() {
                        self.next_row.next = 0.into();
                        self.state.d.next = RespondState::Plan;
                        if self.over.q.val() | !self.np.val().served {
                            self.state.d.next = RespondState::Idle;
                            self.np_done.next = true;
                        }
                    }
                }
            }
        }

        self.out_row.d.next = self.next_row.val();
        self.joined.next = 0.into();
        for i in 0..K {
            self.bank[i].clock.next = self.clock.val();
            self.bank[i].waddr.next = self.row.val();
            self.bank[i].wdata.next = self.datum.val();
            self.bank[i].wen.next = self.arrived.val() & (self.lane.val().index() == i);
            self.bank[i].raddr.next = self.next_row.val();
            self.one_lane.next = self.bank[i].rdata.val();
            self.joined.next =
                (self.joined.val() >> 32) | (bit_cast::<W, 32>(self.one_lane.val()) << self.top_lane.val());
        }

        // Requester, tag, TC and attributes are the request's (2.2.9). A locked read is refused with CplLk (Table 2-3).
        self.header.next.length = bit_cast::<10, 6>(self.chunk.q.val());
        self.header.next.at = 0.into();
        self.header.next.attr = self.np.val().attr;
        self.header.next.plain = 0.into();
        self.header.next.ido = self.np.val().ido;
        self.header.next.tag8 = self.np.val().tag8;
        self.header.next.tc = self.np.val().tc;
        self.header.next.tag9 = self.np.val().tag9;
        self.header.next.locked = self.np.val().locked;
        self.header.next.kind = self.kind.val();
        self.header.next.four = false;
        self.header.next.data = self.np.val().served;
        self.header.next.prefix = false;
        self.header.next.byte_count = bit_cast::<12, 13>(self.bytes.q.val());
        self.header.next.bcm = false;
        self.header.next.status = self.refused.val();
        if self.np.val().served {
            self.header.next.status = self.success.val();
        }
        self.header.next.completer = self.cfg_requester_id.val();
        self.header.next.lower = self.lower.q.val();
        self.header.next.reserved = false;
        self.header.next.tag = self.np.val().tag;
        self.header.next.requester = self.np.val().requester;
        self.header.next.dw3 = 0.into();

        self.tx_cpl_hdr.next = self.header.val().into();
        self.tx_cpl_data.next = self.joined.val();
        self.tx_cpl_valid.next = self.state.q.val() == RespondState::Send;
        self.tx_cpl_first.next = self.out_row.q.val() == 0;
        self.tx_cpl_last.next = self.is_last.val();
        self.tx_cpl_error.next = false;
        self.unused.next = self.last_lane.val() - self.end_lane.val();
        self.tx_cpl_keep.next = self.ones.val();
        if self.is_last.val() {
            self.tx_cpl_keep.next = self.ones.val() >> self.unused.val();
        }
        if !self.np.val().served {
            self.tx_cpl_keep.next = 0.into();
        }
    }
}
