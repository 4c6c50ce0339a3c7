//! The Verilated socket as the simulator's card.

use ferrolane::TransportError;
use ferrolane_sim::pins::{CardModel, Inputs, Outputs};
use ferrolane_sim::{Options, SimTransport};

verilated::model! {
    /// The module `ferrolane_socket` with `user_logic` in it.
    pub mod socket;
}

/// The engine with the user's own logic.
pub struct UserCard {
    model: socket::Model,
    input: socket::In,
    output: socket::Out,
}

impl UserCard {
    /// Creates it in its power-up state, random by seed if the options say so.
    ///
    /// # Errors
    /// A waveform was asked for and can't be written, or this build has none.
    pub fn new(options: &Options) -> Result<Self, verilated::Error> {
        let model = socket::Model::new(&verilated::Options {
            seed: options.seed,
            randomize: options.randomize,
            trace: options.trace.clone(),
            period_ps: options.period_ps,
        })?;
        Ok(UserCard { model, input: socket::In::default(), output: socket::Out::default() })
    }
}

impl CardModel for UserCard {
    fn step(&mut self, i: &Inputs, o: &mut Outputs) -> Result<(), String> {
        ferrolane_sim::drive_pins!(self.input, i);
        self.model.step(&self.input, &mut self.output).map_err(|error| error.to_string())?;
        ferrolane_sim::read_pins!(self.output, o);
        Ok(())
    }

    fn finish(&mut self) {
        // The model has said in `step` what there is to say; a trace that can't be flushed is cut short.
        let _ = self.model.flush_trace();
    }
}

/// Puts the card behind the link that `options` describe.
///
/// # Errors
/// [`TransportError::Simulation`] if the model can't be created or misbehaves from the start.
pub fn open(options: Options) -> Result<SimTransport, TransportError> {
    let card = UserCard::new(&options).map_err(|error| TransportError::Simulation(error.to_string()))?;
    SimTransport::with_card(options, Box::new(card))
}
