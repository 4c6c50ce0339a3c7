//! The engine's Verilog as the card.

use std::path::PathBuf;

use ferrolane::transport::TransportError;

use crate::options::{numbered, Options};
use crate::pins::{CardModel, Inputs, Outputs};
use crate::serve::{ServeError, ServeOptions, Server};
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
    /// The waveform that was asked for, and how many files it has come to.
    trace: Option<PathBuf>,
    parts: u32,
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
        Ok(RtlCard {
            model,
            input: card::In::default(),
            output: card::Out::default(),
            trace: options.trace.clone(),
            parts: 1,
        })
    }
}

impl CardModel for RtlCard {
    fn step(&mut self, i: &Inputs, o: &mut Outputs) -> Result<(), String> {
        crate::drive_pins!(self.input, i);
        self.input.card_stop = i.card_stop;
        self.model.step(&self.input, &mut self.output).map_err(|error| error.to_string())?;
        crate::read_pins!(self.output, o);
        Ok(())
    }

    fn complete_trace(&mut self) -> Result<Option<PathBuf>, String> {
        let Some(path) = &self.trace else { return Ok(None) };
        let whole =
            if self.parts == 1 { path.clone() } else { numbered(path, &format!("part{}", self.parts)) };
        self.parts += 1;
        let next = numbered(path, &format!("part{}", self.parts));
        self.model.open_trace(&next).map_err(|error| error.to_string())?;
        Ok(Some(whole))
    }

    fn finish(&mut self) {
        // The model has said in `step` what there is to say; a trace that can't be flushed is cut short.
        let _ = self.model.flush_trace();
    }
}

fn make(options: &Options) -> Result<Box<dyn CardModel>, TransportError> {
    let card = RtlCard::new(options).map_err(|error| TransportError::Simulation(error.to_string()))?;
    Ok(Box::new(card))
}

impl SimTransport {
    /// Opens the simulated card behind the link that `options` describe.
    ///
    /// # Errors
    /// [`TransportError::Simulation`] if the model can't be created or misbehaves from the start,
    /// [`TransportError::Io`] if there is no thread for the pump.
    pub fn open(options: Options) -> Result<Self, TransportError> {
        let card = make(&options)?;
        SimTransport::with_card(options, card)
    }
}

impl Server {
    /// Powers the simulated card up and listens.
    ///
    /// # Errors
    /// [`ServeError`].
    pub fn open(options: ServeOptions) -> Result<Self, ServeError> {
        Server::with_card(options, Box::new(make))
    }
}
