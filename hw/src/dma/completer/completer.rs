//! The completer: requests of the host in, completions out.

use rust_hdl::prelude::*;

use super::packet_fifo::PacketFifo;
use super::pcie::CAUSE_UNSUPPORTED;
use super::receive::Receive;
use super::request_fifo::RequestFifo;
use super::respond::Respond;
use super::unpack::Unpack;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Serves the host's requests to the BARs over a write bus and a read bus.
    ///
    /// ```text
    /// rx_req ─► Receive ─► PacketFifo ─► Unpack ─┬─► w_*
    ///             └► bad_req_*                   └─► FIFO ─► Respond ◄─► r_*
    ///                                                           └─► tx_cpl
    /// ```
    ///
    /// - Writes are applied in order, each once it has come whole: a TLP that ends with `error` changes nothing.
    /// - A read is served after all writes that came before it; writes never wait for a read.
    /// - A completion waits until all writes issued before its data was sampled are reported sent.
    /// - Refused TLPs pulse `ur`: other types, BARs that are not there, poisoned writes, and writes that no FIFO holds; all
    ///   but those with `error` also `bad_req_valid`.
    /// - `w_valid` comes five clocks after a write's last beat where nothing waits in front of it, and then a DWORD per
    ///   clock, a row of the port every other clock at best.
    ///
    /// `w_bar`/`r_bar` is the BAR hit (0, or 2 for the user registers), `w_addr`/`r_addr` the byte offset in it, modulo
    /// 512 KiB. `r_bar` and `r_addr` are stable from `r_valid` to `r_done`.
    pub struct Completer<const W: usize, const K: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub rx_req_data: Signal<In, Bits<W>> = Default::default(),
        pub rx_req_hdr: Signal<In, Bits<128>> = Default::default(),
        /// Not used: the header's length tells how many DWORDs there are.
        pub rx_req_keep: Signal<In, Bits<K>> = Default::default(),
        pub rx_req_first: Signal<In, Bit> = Default::default(),
        pub rx_req_last: Signal<In, Bit> = Default::default(),
        pub rx_req_valid: Signal<In, Bit> = Default::default(),
        pub rx_req_error: Signal<In, Bit> = Default::default(),
        pub rx_req_bar: Signal<In, Bits<3>> = Default::default(),
        pub rx_req_ready: Signal<Out, Bit> = Default::default(),
        pub rx_np_ok: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_data: Signal<Out, Bits<W>> = Default::default(),
        pub tx_cpl_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub tx_cpl_keep: Signal<Out, Bits<K>> = Default::default(),
        pub tx_cpl_first: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_last: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_valid: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_error: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_ready: Signal<In, Bit> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
        /// Begin no completion.
        pub hush: Signal<In, Bit> = Default::default(),
        /// Drop requests that begin.
        pub deaf: Signal<In, Bit> = Default::default(),
        pub w_valid: Signal<Out, Bit> = Default::default(),
        pub w_ready: Signal<In, Bit> = Default::default(),
        pub w_bar: Signal<Out, Bits<3>> = Default::default(),
        pub w_addr: Signal<Out, Bits<19>> = Default::default(),
        pub w_data: Signal<Out, Bits<32>> = Default::default(),
        pub w_be: Signal<Out, Bits<4>> = Default::default(),
        pub r_valid: Signal<Out, Bit> = Default::default(),
        pub r_bar: Signal<Out, Bits<3>> = Default::default(),
        pub r_addr: Signal<Out, Bits<19>> = Default::default(),
        pub r_done: Signal<In, Bit> = Default::default(),
        pub r_data: Signal<In, Bits<32>> = Default::default(),
        /// Writes accepted onto tx_wr, and of these reported sent; free-running.
        pub wr_issued: Signal<In, Bits<16>> = Default::default(),
        pub wr_sent: Signal<In, Bits<16>> = Default::default(),
        /// Pulse: a request was refused.
        pub ur: Signal<Out, Bit> = Default::default(),
        /// Pulse: one with this header, and why: as BAD_HEADER.CAUSE.
        pub bad_req_valid: Signal<Out, Bit> = Default::default(),
        pub bad_req_cause: Signal<Out, Bits<4>> = Default::default(),
        pub bad_req_hdr: Signal<Out, Bits<128>> = Default::default(),
        receive: Receive<W> = Default::default(),
        rows: PacketFifo<W, 8, 9, 8> = Default::default(),
        unpack: Unpack<W, K> = Default::default(),
        reads: RequestFifo = Default::default(),
        respond: Respond<W, K> = Default::default(),
        refused: Dffr<Bit> = Default::default(),
        bad: Dffr<Bit> = Default::default(),
        bad_cause: Reg<Bits<4>> = Default::default(),
        bad_hdr: Reg<Bits<128>> = Default::default(),
        unsupported: Constant<Bits<4>> = Constant::new(CAUSE_UNSUPPORTED.into()),
    }
}

impl<const W: usize, const K: usize> Logic for Completer<W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, refused, bad, bad_cause, bad_hdr);
        self.refused.rst.next = self.rst.val();
        self.bad.rst.next = self.rst.val();
        self.receive.clock.next = self.clock.val();
        self.receive.rst.next = self.rst.val();
        self.rows.clock.next = self.clock.val();
        self.rows.rst.next = self.rst.val();
        self.unpack.clock.next = self.clock.val();
        self.unpack.rst.next = self.rst.val();
        self.reads.clock.next = self.clock.val();
        self.reads.rst.next = self.rst.val();
        self.respond.clock.next = self.clock.val();
        self.respond.rst.next = self.rst.val();

        self.receive.deaf.next = self.deaf.val();
        self.receive.rx_req_data.next = self.rx_req_data.val();
        self.receive.rx_req_hdr.next = self.rx_req_hdr.val();
        self.receive.rx_req_bar.next = self.rx_req_bar.val();
        self.receive.rx_req_first.next = self.rx_req_first.val();
        self.receive.rx_req_last.next = self.rx_req_last.val();
        self.receive.rx_req_error.next = self.rx_req_error.val();
        self.receive.rx_req_valid.next = self.rx_req_valid.val();
        self.rx_req_ready.next = self.receive.rx_req_ready.val();
        self.rx_np_ok.next = self.receive.rx_np_ok.val();
        self.receive.row_room.next = self.rows.in_room.val();
        self.receive.np_done.next = self.respond.np_done.val();
        // Both never in one clock: a TLP that is refused commits no write.
        self.refused.d.next = self.receive.ur.val() | self.rows.oversize.val();
        self.ur.next = self.refused.q.val();
        self.bad.d.next = self.receive.bad.val() | self.rows.oversize.val();
        self.bad_cause.d.next = self.receive.bad_cause.val();
        if self.rows.oversize.val() {
            self.bad_cause.d.next = self.unsupported.val();
        }
        self.bad_hdr.d.next = self.receive.bad_hdr.val();
        self.bad_req_valid.next = self.bad.q.val();
        self.bad_req_cause.next = self.bad_cause.q.val();
        self.bad_req_hdr.next = self.bad_hdr.q.val();

        self.rows.in_data.next = self.receive.row_data.val();
        self.rows.in_row.next = self.receive.row.val();
        self.rows.in_put.next = self.receive.row_put.val();
        self.rows.in_commit.next = self.receive.row_commit.val();
        self.rows.in_discard.next = self.receive.row_discard.val();

        self.unpack.row_data.next = self.rows.out_data.val();
        self.unpack.row.next = self.rows.out_row.val();
        self.unpack.row_valid.next = self.rows.out_valid.val();
        self.rows.out_ready.next = self.unpack.row_ready.val();
        self.w_valid.next = self.unpack.w_valid.val();
        self.unpack.w_ready.next = self.w_ready.val();
        self.w_bar.next = self.unpack.w_bar.val();
        self.w_addr.next = self.unpack.w_addr.val();
        self.w_data.next = self.unpack.w_data.val();
        self.w_be.next = self.unpack.w_be.val();

        self.reads.in_row.next = self.unpack.np.val();
        self.unpack.np_ready.next = self.reads.in_ready.val();
        self.reads.in_valid.next = self.unpack.np_valid.val();
        self.respond.np.next = self.reads.out_row.val();
        self.respond.np_valid.next = self.reads.out_valid.val();
        self.reads.out_take.next = self.respond.np_done.val();

        self.r_valid.next = self.respond.r_valid.val();
        self.r_bar.next = self.respond.r_bar.val();
        self.r_addr.next = self.respond.r_addr.val();
        self.respond.r_done.next = self.r_done.val();
        self.respond.r_data.next = self.r_data.val();
        self.respond.wr_issued.next = self.wr_issued.val();
        self.respond.wr_sent.next = self.wr_sent.val();
        self.respond.hush.next = self.hush.val();
        self.respond.cfg_requester_id.next = self.cfg_requester_id.val();
        self.tx_cpl_data.next = self.respond.tx_cpl_data.val();
        self.tx_cpl_hdr.next = self.respond.tx_cpl_hdr.val();
        self.tx_cpl_keep.next = self.respond.tx_cpl_keep.val();
        self.tx_cpl_first.next = self.respond.tx_cpl_first.val();
        self.tx_cpl_last.next = self.respond.tx_cpl_last.val();
        self.tx_cpl_valid.next = self.respond.tx_cpl_valid.val();
        self.tx_cpl_error.next = self.respond.tx_cpl_error.val();
        self.respond.tx_cpl_ready.next = self.tx_cpl_ready.val();
    }
}
