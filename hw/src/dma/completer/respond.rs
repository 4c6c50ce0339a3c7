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
    /// A read of length 1 without byte enables is a flush (2.2.5): nothing is read, one DWORD of 0 is the answer.
    pub struct Respond<const W: usize, const K: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub np_valid: Signal<In, Bit> = Default::default(),
        pub np_ready: Signal<Out, Bit> = Default::default(),
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
        req: Reg<Request> = Default::default(),
        size: Size = Default::default(),
        // One bank per lane holds the completion's payload, so a DWORD is stored where it will leave.
        bank: [Bram<Bits<32>, 4>; K] = array_init::array_init(|_| Default::default()),
        addr: Reg<Bits<17>> = Default::default(),
        // DWORDs still to read of the request, and of this completion.
        left: Reg<Bits<11>> = Default::default(),
        todo: Reg<Bits<6>> = Default::default(),
        chunk: Reg<Bits<6>> = Default::default(),
        // Bytes not yet answered, and disabled bytes in front of the first.
        bytes: Reg<Bits<13>> = Default::default(),
        lead: Reg<Bits<2>> = Default::default(),
        lower: Reg<Bits<7>> = Default::default(),
        lane: Reg<Bits<4>> = Default::default(),
        row: Reg<Bits<4>> = Default::default(),
        // Where the completion's last DWORD stands.
        end_lane: Reg<Bits<4>> = Default::default(),
        end_row: Reg<Bits<4>> = Default::default(),
        mark: Reg<Bits<16>> = Default::default(),
        out_row: Reg<Bits<4>> = Default::default(),
        next_row: Signal<Local, Bits<4>> = Default::default(),
        header: Signal<Local, CompletionHeader> = Default::default(),
        flush: Signal<Local, Bit> = Default::default(),
        arrived: Signal<Local, Bit> = Default::default(),
        datum: Signal<Local, Bits<32>> = Default::default(),
        in_rcb: Signal<Local, Bits<5>> = Default::default(),
        asked: Signal<Local, Bits<17>> = Default::default(),
        asked_rcb: Signal<Local, Bits<5>> = Default::default(),
        to_boundary: Signal<Local, Bits<6>> = Default::default(),
        whole: Signal<Local, Bits<11>> = Default::default(),
        ahead: Signal<Local, Bits<16>> = Default::default(),
        chunk_bytes: Signal<Local, Bits<13>> = Default::default(),
        lead_bytes: Signal<Local, Bits<13>> = Default::default(),
        is_last: Signal<Local, Bit> = Default::default(),
        unused: Signal<Local, Bits<4>> = Default::default(),
        joined: Signal<Local, Bits<W>> = Default::default(),
        one_lane: Signal<Local, Bits<32>> = Default::default(),
        top_lane: Constant<Bits<12>> = Constant::new((W as u64 - 32).into()),
        last_lane: Constant<Bits<4>> = Constant::new((K as u64 - 1).into()),
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
        dff_setup!(self, clock, state, req, addr, left, todo, chunk, bytes, lead, lower);
        dff_setup!(self, clock, lane, row, end_lane, end_row, mark, out_row);
        self.state.rst.next = self.rst.val();

        self.size.req.next = self.req.q.val();
        self.flush.next = self.size.flush.val();
        self.arrived.next =
            (self.state.q.val() == RespondState::Wait) & (self.r_done.val() | self.flush.val());
        self.datum.next = self.r_data.val();
        if self.flush.val() {
            self.datum.next = 0.into();
        }
        self.np_ready.next = self.state.q.val() == RespondState::Idle;
        self.np_done.next = false;
        self.r_valid.next = (self.state.q.val() == RespondState::Ask) & !self.flush.val();
        self.r_bar.next = self.our_bar.val();
        if self.req.q.val().user {
            self.r_bar.next = self.user_bar.val();
        }
        self.r_addr.next = bit_cast::<19, 17>(self.addr.q.val()) << 2;
        self.in_rcb.next = self.addr.q.val().get_bits::<5>(0);
        self.to_boundary.next = self.rcb_dwords.val() - bit_cast::<6, 5>(self.in_rcb.val());
        self.asked.next = self.req.q.val().addr;
        self.asked_rcb.next = self.asked.val().get_bits::<5>(0);
        self.whole.next = bit_cast::<11, 6>(self.to_boundary.val());
        self.ahead.next = self.wr_sent.val() - self.mark.q.val();
        self.chunk_bytes.next = bit_cast::<13, 6>(self.chunk.q.val()) << 2;
        self.lead_bytes.next = bit_cast::<13, 2>(self.lead.q.val());
        self.is_last.next = self.out_row.q.val() == self.end_row.q.val();
        self.next_row.next = self.out_row.q.val();

        match self.state.q.val() {
            RespondState::Idle => {
                self.req.d.next = self.np.val();
                if self.np_valid.val() {
                    self.state.d.next = RespondState::Size;
                }
            }
            RespondState::Size => {
                self.addr.d.next = self.req.q.val().addr;
                self.left.d.next = self.size.dwords.val();
                self.bytes.d.next = self.size.bytes.val();
                self.lead.d.next = self.size.lead.val();
                self.mark.d.next = self.wr_issued.val();
                self.end_row.d.next = 0.into();
                self.next_row.next = 0.into();
                self.chunk.d.next = 0.into();
                self.lower.d.next = 0.into();
                if self.req.q.val().locked | self.req.q.val().read {
                    self.lower.d.next = (bit_cast::<7, 5>(self.asked_rcb.val()) << 2)
                        | bit_cast::<7, 2>(self.size.lead.val());
                }
                self.state.d.next = RespondState::Hold;
                if self.req.q.val().served {
                    self.state.d.next = RespondState::Plan;
                }
            }
            RespondState::Plan => {
                self.chunk.d.next = self.to_boundary.val();
                self.todo.d.next = self.to_boundary.val();
                if self.left.q.val() < self.whole.val() {
                    self.chunk.d.next = bit_cast::<6, 11>(self.left.q.val());
                    self.todo.d.next = bit_cast::<6, 11>(self.left.q.val());
                }
                self.lower.d.next =
                    (bit_cast::<7, 5>(self.in_rcb.val()) << 2) | bit_cast::<7, 2>(self.lead.q.val());
                self.lane.d.next = 0.into();
                self.row.d.next = 0.into();
                self.next_row.next = 0.into();
                self.state.d.next = RespondState::Ask;
            }
            RespondState::Ask => {
                self.state.d.next = RespondState::Wait;
            }
            RespondState::Wait => {
                if self.arrived.val() {
                    self.addr.d.next = self.addr.q.val() + 1;
                    self.left.d.next = self.left.q.val() - 1;
                    self.todo.d.next = self.todo.q.val() - 1;
                    self.lane.d.next = self.lane.q.val() + 1;
                    if self.lane.q.val() == self.last_lane.val() {
                        self.lane.d.next = 0.into();
                        self.row.d.next = self.row.q.val() + 1;
                    }
                    self.end_lane.d.next = self.lane.q.val();
                    self.end_row.d.next = self.row.q.val();
                    self.mark.d.next = self.wr_issued.val();
                    self.state.d.next = RespondState::Ask;
                    if self.todo.q.val() == 1 {
                        self.state.d.next = RespondState::Hold;
                    }
                }
            }
            RespondState::Hold => {
                // Modulo 2^16; never that many writes are on their way.
                if !self.ahead.val().get_bit(15) {
                    self.state.d.next = RespondState::Send;
                }
            }
            RespondState::Send => {
                if self.tx_cpl_ready.val() {
                    self.next_row.next = self.out_row.q.val() + 1;
                    if self.is_last.val() {
                        self.next_row.next = 0.into();
                        self.bytes.d.next =
                            self.bytes.q.val() - self.chunk_bytes.val() + self.lead_bytes.val();
                        self.lead.d.next = 0.into();
                        self.state.d.next = RespondState::Plan;
                        if (self.left.q.val() == 0) | !self.req.q.val().served {
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
            self.bank[i].waddr.next = self.row.q.val();
            self.bank[i].wdata.next = self.datum.val();
            self.bank[i].wen.next = self.arrived.val() & (self.lane.q.val().index() == i);
            self.bank[i].raddr.next = self.next_row.val();
            self.one_lane.next = self.bank[i].rdata.val();
            self.joined.next =
                (self.joined.val() >> 32) | (bit_cast::<W, 32>(self.one_lane.val()) << self.top_lane.val());
        }

        // Requester, tag, TC and attributes are the request's (2.2.9). A locked read is refused with CplLk (Table 2-3).
        self.header.next.length = bit_cast::<10, 6>(self.chunk.q.val());
        self.header.next.at = 0.into();
        self.header.next.attr = self.req.q.val().attr;
        self.header.next.plain = 0.into();
        self.header.next.ido = self.req.q.val().ido;
        self.header.next.tag8 = self.req.q.val().tag8;
        self.header.next.tc = self.req.q.val().tc;
        self.header.next.tag9 = self.req.q.val().tag9;
        self.header.next.locked = self.req.q.val().locked;
        self.header.next.kind = self.kind.val();
        self.header.next.four = false;
        self.header.next.data = self.req.q.val().served;
        self.header.next.prefix = false;
        self.header.next.byte_count = bit_cast::<12, 13>(self.bytes.q.val());
        self.header.next.bcm = false;
        self.header.next.status = self.refused.val();
        if self.req.q.val().served {
            self.header.next.status = self.success.val();
        }
        self.header.next.completer = self.cfg_requester_id.val();
        self.header.next.lower = self.lower.q.val();
        self.header.next.reserved = false;
        self.header.next.tag = self.req.q.val().tag;
        self.header.next.requester = self.req.q.val().requester;
        self.header.next.dw3 = 0.into();

        self.tx_cpl_hdr.next = self.header.val().into();
        self.tx_cpl_data.next = self.joined.val();
        self.tx_cpl_valid.next = self.state.q.val() == RespondState::Send;
        self.tx_cpl_first.next = self.out_row.q.val() == 0;
        self.tx_cpl_last.next = self.is_last.val();
        self.tx_cpl_error.next = false;
        self.unused.next = self.last_lane.val() - self.end_lane.q.val();
        self.tx_cpl_keep.next = self.ones.val();
        if self.is_last.val() {
            self.tx_cpl_keep.next = self.ones.val() >> self.unused.val();
        }
        if !self.req.q.val().served {
            self.tx_cpl_keep.next = 0.into();
        }
    }
}
