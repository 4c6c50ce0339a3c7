//! `ferrolane serve`.

pub mod args;

use anyhow::Result;

use self::args::ServeArgs;
use crate::args::Args;

#[cfg(feature = "sim")]
pub use with_sim::run;

/// There is no simulator to serve.
#[cfg(not(feature = "sim"))]
pub fn run(_: &Args, _: &ServeArgs) -> Result<()> {
    Err(crate::device::no_sim().into())
}

#[cfg(feature = "sim")]
mod with_sim {
    use anyhow::Context;
    use clap::ValueEnum;
    use ferrolane_sim::serve::{Dma, Notice, Pace, ServeError, ServeOptions, Server};
    use serde::Serialize;

    use super::*;
    use crate::exit::Usage;
    use crate::output::{self, json};
    use crate::{device, transfer};

    #[derive(Serialize)]
    struct Listening {
        device: String,
        socket: String,
        dma: String,
        pace: String,
    }

    /// Runs it.
    pub fn run(args: &Args, options: &ServeArgs) -> Result<()> {
        let sim = device::sim_options(&args.device)?;
        let stop = transfer::stop_on_signals()?;
        let dma = match options.dma {
            args::Dma::Mapped => Dma::Mapped,
            args::Dma::Messages => Dma::Messages,
        };
        let pace = match options.pace {
            args::Pace::Free => Pace::Free,
            args::Pace::Realtime => Pace::RealTime,
        };
        let socket = options.socket.clone();
        let server = Server::open(ServeOptions { socket, sim, dma, pace }).map_err(explain)?;
        let name = |value: Option<clap::builder::PossibleValue>| {
            value.map_or_else(String::new, |value| value.get_name().into())
        };
        let listening = Listening {
            device: args.device.clone(),
            socket: options.socket.display().to_string(),
            dma: name(options.dma.to_possible_value()),
            pace: name(options.pace.to_possible_value()),
        };
        if args.json {
            json("serve", &listening)?;
        } else {
            output::print(&format!("serving {} on {}\n", listening.device, listening.socket))?;
        }
        let control = server.control();
        let result = server.run(&stop, &|notice: Notice| output::complain(notice));
        device::report_faults(&control);
        result.map_err(explain).context("serving the card")
    }

    /// An error of the card keeps its exit code.
    fn explain(error: ServeError) -> anyhow::Error {
        match error {
            ServeError::Card(error) => error.into(),
            error @ ServeError::Socket { .. } => Usage(error.to_string()).into(),
            error @ ServeError::System { .. } => error.into(),
        }
    }
}
