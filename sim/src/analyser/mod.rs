//! A protocol analyser on the link: writes every TLP into a log and stops the process at those that it was told to watch for.
//!
//! ```text
//!  Machine ── TLPs as they start onto the wire, changes of the configuration ──► Analyser ─┬─ Log: `tlps=FILE`
//!                                                                                         └─ Trigger: `break=WHAT`
//! ```

mod line;
mod place;
pub mod trigger;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::checker::queues::Queues;
use crate::config_space::ConfigSpace;
use crate::control::Direction;
use crate::options::Options;
use crate::pins::CfgPins;
use crate::tlp::Tlp;
use line::Lines;
use trigger::Trigger;

/// What the analyser knows of the card when it sees a TLP.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Where the BARs are.
    pub config: &'a ConfigSpace,
    /// What the host has told the queues.
    pub queues: &'a Queues,
}

impl Surroundings<'_> {
    /// The BAR that an address is in, and the offset there.
    fn offset(&self, address: u64) -> Option<(u8, u64)> {
        let bar = self.config.bar_hit(address, 4)?;
        Some((bar, address - self.config.bar_base(bar)?))
    }
}

/// What stops the process until somebody lets it go on.
type Stop = fn(&str);

/// The instrument.
pub struct Analyser {
    /// Each line is written at once: it can be followed, and is there when the process is killed.
    log: Option<(PathBuf, File)>,
    triggers: Vec<Trigger>,
    lines: Lines,
    period_ps: u64,
    cfg: CfgPins,
    /// TLPs that are to be stopped at, as lines.
    hits: Vec<String>,
    /// The log could not be written.
    error: Option<String>,
    stop: Stop,
}

impl Analyser {
    /// What the options ask for, if they do.
    ///
    /// # Errors
    /// The log can't be created.
    pub fn new(options: &Options) -> Result<Option<Self>, String> {
        if options.tlps.is_none() && options.breaks.is_empty() {
            return Ok(None);
        }
        let mut analyser = Analyser {
            log: None,
            triggers: options.breaks.clone(),
            lines: Lines::default(),
            period_ps: options.period_ps,
            cfg: CfgPins::default(),
            hits: Vec::new(),
            error: None,
            stop: stop_process,
        };
        if let Some(path) = &options.tlps {
            let file =
                File::create(path).map_err(|error| format!("the log of TLPs {}: {error}", path.display()))?;
            analyser.log = Some((path.clone(), file));
            analyser.write(&format!("{}\n", line::HEADING));
        }
        Ok(Some(analyser))
    }

    /// A TLP starts onto the wire of `direction` in clock `now`.
    pub fn on_wire(&mut self, now: u64, direction: Direction, tlp: &Tlp, around: Surroundings<'_>) {
        // All of them count.
        let hit =
            self.triggers.iter_mut().fold(false, |hit, trigger| trigger.hits(direction, tlp, around) | hit);
        let text = self.lines.tlp(direction, tlp, around);
        if hit || self.log.is_some() {
            let line = self.stamped(now, &text);
            self.write(&line);
            if hit {
                self.hits.push(line);
            }
        }
    }

    /// The configuration space has changed, perhaps.
    pub fn configured(&mut self, now: u64, cfg: CfgPins) {
        let changes = line::changes(&self.cfg, &cfg);
        self.cfg = cfg;
        if !changes.is_empty() {
            self.note(now, &format!("config {}", changes.join(", ")));
        }
    }

    /// Something else that explains what follows.
    pub fn note(&mut self, now: u64, text: &str) {
        let line = self.stamped(now, text);
        self.write(&line);
    }

    /// At the end of a clock: whether it is to be stopped at.
    ///
    /// # Errors
    /// The log can't be written: what it lacks would be taken for what did not happen.
    pub fn settle(&mut self) -> Result<bool, String> {
        match self.error.take() {
            Some(error) => Err(error),
            None => Ok(!self.hits.is_empty()),
        }
    }

    /// Stops the process at what has hit; goes on when somebody continues it. `waveform` is what can be looked at meanwhile.
    pub fn stop(&mut self, waveform: Option<&Path>) {
        let mut hits = std::mem::take(&mut self.hits);
        if let Some(path) = waveform {
            hits.push(format!("waveform up to here: {}\n", path.display()));
        }
        (self.stop)(&hits.concat());
    }

    fn stamped(&self, now: u64, text: &str) -> String {
        let nanos = u128::from(now) * u128::from(self.period_ps) / 1000;
        format!("{now:>10} {nanos:>10} {text}\n")
    }

    fn write(&mut self, line: &str) {
        if let Some((path, file)) = &mut self.log {
            if let Err(error) = file.write_all(line.as_bytes()) {
                self.error = Some(format!("the log of TLPs {}: {error}", path.display()));
            }
        }
    }
}

/// Says where, and stops this process as a terminal's Ctrl-Z does; a debugger that is attached gets the signal first.
fn stop_process(hits: &str) {
    eprint!("break:\n{hits}stopped; `fg` or `kill -CONT {}` goes on\n", std::process::id());
    // To this thread: a signal to the process would let it run on until another thread has taken it.
    if let Err(error) = signal_hook::low_level::raise(signal_hook::consts::SIGSTOP) {
        eprintln!("break: this process can't be stopped: {error}");
    }
}

#[cfg(test)]
mod tests;
