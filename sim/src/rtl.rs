//! The engine's Verilog as the card.

use ferrolane::transport::TransportError;

use crate::options::Options;
use crate::pins::{Beat, CardModel, Inputs, Outputs};
use crate::transport::SimTransport;

verilated::model! {
    /// The module `ferrolane_card`.
    pub mod card;
}

/// The Verilated card.
pub struct RtlCard {
    model: card::Model,
    input: card::In,
    output: card::Out,
}

impl RtlCard {
    /// Creates it in its power-up state, random by seed if the options say so.
    ///
    /// # Errors
    /// A waveform was asked for and can't be written, or this build has none.
    pub fn new(options: &Options) -> Result<Self, verilated::Error> {
        let model = card::Model::new(&verilated::Options {
            seed: options.seed,
            randomize: options.randomize,
            trace: options.trace.clone(),
            period_ps: options.period_ps,
        })?;
        Ok(RtlCard { model, input: card::In::default(), output: card::Out::default() })
    }
}

/// Fills the pins of one receive stream.
macro_rules! receive {
    ($to:expr, $beat:expr, $data:ident $hdr:ident $keep:ident $first:ident $last:ident $valid:ident $error:ident) => {{
        let beat: &Beat = &$beat;
        $to.$valid = beat.valid.into();
        if beat.valid {
            $to.$data = beat.data;
            $to.$hdr = beat.hdr;
            $to.$keep = beat.keep.into();
            $to.$first = beat.first.into();
            $to.$last = beat.last.into();
            $to.$error = beat.error.into();
        }
    }};
}

/// Reads the pins of one transmit stream.
macro_rules! transmit {
    ($from:expr, $beat:expr, $data:ident $hdr:ident $keep:ident $first:ident $last:ident $valid:ident $error:ident) => {{
        let beat: &mut Beat = &mut $beat;
        beat.valid = $from.$valid != 0;
        if beat.valid {
            beat.data = $from.$data;
            beat.hdr = $from.$hdr;
            beat.keep = $from.$keep as u8;
            beat.first = $from.$first != 0;
            beat.last = $from.$last != 0;
            beat.error = $from.$error != 0;
        }
    }};
}

impl CardModel for RtlCard {
    fn step(&mut self, i: &Inputs, o: &mut Outputs) -> Result<(), String> {
        let to = &mut self.input;
        to.rst = i.rst.into();
        receive!(to, i.rx_req, rx_req_data rx_req_hdr rx_req_keep rx_req_first rx_req_last rx_req_valid rx_req_error);
        receive!(to, i.rx_cpl, rx_cpl_data rx_cpl_hdr rx_cpl_keep rx_cpl_first rx_cpl_last rx_cpl_valid rx_cpl_error);
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
        to.card_stop = i.card_stop;
        self.model.step(&self.input, &mut self.output).map_err(|error| error.to_string())?;
        let from = &self.output;
        transmit!(from, o.tx_wr, tx_wr_data tx_wr_hdr tx_wr_keep tx_wr_first tx_wr_last tx_wr_valid tx_wr_error);
        transmit!(from, o.tx_rd, tx_rd_data tx_rd_hdr tx_rd_keep tx_rd_first tx_rd_last tx_rd_valid tx_rd_error);
        transmit!(from, o.tx_cpl, tx_cpl_data tx_cpl_hdr tx_cpl_keep tx_cpl_first tx_cpl_last tx_cpl_valid tx_cpl_error);
        o.tx_wr_seq = from.tx_wr_seq as u8;
        o.rx_req_ready = from.rx_req_ready != 0;
        o.rx_np_ok = from.rx_np_ok != 0;
        o.rx_cpl_ready = from.rx_cpl_ready != 0;
        o.cfg_flr_ack = from.cfg_flr_ack != 0;
        o.cfg_trans_pending = from.cfg_trans_pending != 0;
        Ok(())
    }

    fn finish(&mut self) {
        // The model has said in `step` what there is to say; a trace that can't be flushed is cut short.
        let _ = self.model.flush_trace();
    }
}

impl SimTransport {
    /// Opens the simulated card behind the link that `options` describe.
    ///
    /// # Errors
    /// [`TransportError::Simulation`] if the model can't be created or misbehaves from the start,
    /// [`TransportError::Io`] if there is no thread for the pump.
    pub fn open(options: Options) -> Result<Self, TransportError> {
        let card = RtlCard::new(&options).map_err(|error| TransportError::Simulation(error.to_string()))?;
        SimTransport::with_card(options, Box::new(card))
    }
}
