//! Between the pins of a Verilated model and [`Inputs`](crate::pins::Inputs) and [`Outputs`](crate::pins::Outputs), by
//! the names of the flat port. The model's port may have any width.

/// Sets the input pins of a Verilated model: `drive_pins!(model_in, inputs)`.
#[macro_export]
macro_rules! drive_pins {
    (@stream $to:expr, $beat:expr, $data:ident $hdr:ident $keep:ident $first:ident $last:ident $valid:ident $error:ident) => {{
        let beat: &$crate::pins::Beat = &$beat;
        $to.$valid = beat.valid.into();
        if beat.valid {
            let lanes = $to.$data.len();
            $to.$data.copy_from_slice(&beat.data[..lanes]);
            $to.$hdr = beat.hdr;
            $to.$keep = beat.keep.into();
            $to.$first = beat.first.into();
            $to.$last = beat.last.into();
            $to.$error = beat.error.into();
        }
    }};
    ($to:expr, $i:expr) => {{
        let (to, i): (_, &$crate::pins::Inputs) = (&mut $to, $i);
            to.rst = i.rst.into();
            $crate::drive_pins!(@stream to, i.rx_req, rx_req_data rx_req_hdr rx_req_keep rx_req_first rx_req_last rx_req_valid rx_req_error);
            $crate::drive_pins!(@stream to, i.rx_cpl, rx_cpl_data rx_cpl_hdr rx_cpl_keep rx_cpl_first rx_cpl_last rx_cpl_valid rx_cpl_error);
            to.rx_req_bar = i.rx_req_bar.into();
            to.rx_req_func = i.rx_req_func.into();
            to.tx_wr_ready = i.tx_wr_ready.into();
            to.tx_rd_ready = i.tx_rd_ready.into();
            to.tx_cpl_ready = i.tx_cpl_ready.into();
            to.tx_sent_valid = i.tx_sent_valid.into();
            to.tx_sent_seq = i.tx_sent_seq.into();
            to.cfg_link_up = i.cfg.link_up.into();
            to.cfg_link_speed = i.cfg.link_speed.into();
            to.cfg_link_width = i.cfg.link_width.into();
            to.cfg_requester_id = i.cfg.requester_id.into();
            to.cfg_mps = i.cfg.mps.into();
            to.cfg_mrrs = i.cfg.mrrs.into();
            to.cfg_rcb = i.cfg.rcb.into();
            to.cfg_ext_tag = i.cfg.ext_tag.into();
            to.cfg_tag10 = i.cfg.tag10.into();
            to.cfg_bus_master = i.cfg.bus_master.into();
            to.cfg_ro_enable = i.cfg.ro_enable.into();
            to.cfg_ns_enable = i.cfg.ns_enable.into();
            to.cfg_cpl_timeout = i.cfg.cpl_timeout.into();
            to.cfg_d0 = i.cfg.d0.into();
            to.cfg_msix_enable = i.cfg.msix_enable.into();
            to.cfg_msix_mask = i.cfg.msix_mask.into();
            to.cfg_fc_ph = i.fc.ph.into();
            to.cfg_fc_pd = i.fc.pd.into();
            to.cfg_fc_nph = i.fc.nph.into();
            to.cfg_fc_npd = i.fc.npd.into();
            to.cfg_fc_cplh = i.fc.cplh.into();
            to.cfg_fc_cpld = i.fc.cpld.into();
            to.cfg_flr_request = i.cfg_flr_request.into();
    }};
}

/// Takes the output pins of a Verilated model: `read_pins!(model_out, outputs)`.
#[macro_export]
macro_rules! read_pins {
    (@stream $from:expr, $beat:expr, $data:ident $hdr:ident $keep:ident $first:ident $last:ident $valid:ident $error:ident) => {{
        let beat: &mut $crate::pins::Beat = &mut $beat;
        beat.valid = $from.$valid != 0;
        if beat.valid {
            beat.data[..$from.$data.len()].copy_from_slice(&$from.$data);
            beat.hdr = $from.$hdr;
            beat.keep = $from.$keep as u8;
            beat.first = $from.$first != 0;
            beat.last = $from.$last != 0;
            beat.error = $from.$error != 0;
        }
    }};
    ($from:expr, $o:expr) => {{
        let (from, o): (_, &mut $crate::pins::Outputs) = (&$from, $o);
            $crate::read_pins!(@stream from, o.tx_wr, tx_wr_data tx_wr_hdr tx_wr_keep tx_wr_first tx_wr_last tx_wr_valid tx_wr_error);
            $crate::read_pins!(@stream from, o.tx_rd, tx_rd_data tx_rd_hdr tx_rd_keep tx_rd_first tx_rd_last tx_rd_valid tx_rd_error);
            $crate::read_pins!(@stream from, o.tx_cpl, tx_cpl_data tx_cpl_hdr tx_cpl_keep tx_cpl_first tx_cpl_last tx_cpl_valid tx_cpl_error);
            o.tx_wr_seq = from.tx_wr_seq as u8;
            o.rx_req_ready = from.rx_req_ready != 0;
            o.rx_np_ok = from.rx_np_ok != 0;
            o.rx_cpl_ready = from.rx_cpl_ready != 0;
            o.cfg_flr_ack = from.cfg_flr_ack != 0;
            o.cfg_trans_pending = from.cfg_trans_pending != 0;
    }};
}
