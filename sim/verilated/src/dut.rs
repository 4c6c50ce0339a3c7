use std::collections::HashMap;

use crate::{Core, Direction, Error, Port};

/// A model whose ports are found by name, for tests of a block. It panics where a test should fail anyway: an unknown
/// port, a value wider than its port, a design that stops.
///
/// Inputs keep their value from step to step and start at 0. Outputs are those of the last step.
#[derive(Debug)]
pub struct Dut {
    core: Core,
    ports: HashMap<&'static str, Port>,
    input: Vec<u32>,
    output: Vec<u32>,
    steps: u64,
}

impl Dut {
    /// Wraps a generated model.
    pub fn new(model: impl Into<Core>) -> Self {
        let core = model.into();
        let words = |d| core.ports().iter().filter(|p| p.direction == d).map(Port::words).sum();
        let (input, output) = (vec![0; words(Direction::Input)], vec![0; words(Direction::Output)]);
        let ports = core.ports().iter().map(|p| (p.name, *p)).collect();
        Dut { core, ports, input, output, steps: 0 }
    }

    /// Sets an input of any width to `value`, bits above 63 to 0.
    pub fn set(&mut self, name: &str, value: impl Into<u64>) {
        let (port, value) = (self.input_port(name), value.into());
        assert!(port.holds(value), "{value:#x} doesn't fit port {name} of {} bits", port.width);
        let words = &mut self.input[port.offset..][..port.words()];
        words.fill(0);
        words[0] = value as u32;
        if let Some(high) = words.get_mut(1) {
            *high = (value >> 32) as u32;
        }
    }

    /// Sets an input from 32-bit words, least significant first; missing words are 0.
    pub fn set_wide(&mut self, name: &str, value: &[u32]) {
        let port = self.input_port(name);
        let fits = value.iter().enumerate().all(|(i, &word)| {
            let bits = (port.width as usize).saturating_sub(32 * i).min(32);
            u64::from(word) >> bits == 0
        });
        assert!(fits, "{value:#x?} doesn't fit port {name} of {} bits", port.width);
        let words = &mut self.input[port.offset..][..port.words()];
        words.fill(0);
        for (to, from) in words.iter_mut().zip(value) {
            *to = *from;
        }
    }

    /// Value of a port of up to 64 bits: an output as of the last step, an input as set.
    pub fn get(&self, name: &str) -> u64 {
        let port = self.port(name);
        assert!(port.width <= 64, "port {name} has {} bits; use get_wide", port.width);
        let words = self.value(&port);
        words.iter().rev().fold(0, |value, &word| value << 32 | u64::from(word))
    }

    /// Whether a port is not 0.
    pub fn is_set(&self, name: &str) -> bool {
        self.value(&self.port(name)).iter().any(|&word| word != 0)
    }

    /// Value of a port of any width as 32-bit words, least significant first.
    pub fn get_wide(&self, name: &str) -> Vec<u32> {
        self.value(&self.port(name)).to_vec()
    }

    /// One clock.
    #[track_caller]
    pub fn step(&mut self) {
        if let Err(error) = self.try_step() {
            panic!("{error}");
        }
    }

    /// `n` clocks.
    #[track_caller]
    pub fn steps(&mut self, n: u64) {
        for _ in 0..n {
            self.step();
        }
    }

    /// Steps until `name` is not 0 in a step, and says how many steps before that one passed.
    ///
    /// # Panics
    /// If it stays 0 for `limit` steps.
    #[track_caller]
    pub fn step_until(&mut self, name: &str, limit: u64) -> u64 {
        for waited in 0..limit {
            self.step();
            if self.is_set(name) {
                return waited;
            }
        }
        panic!("{name} of {} stayed 0 for {limit} clocks, up to clock {}", self.core.name(), self.steps);
    }

    /// One clock, for tests of what stops a design.
    ///
    /// # Errors
    /// [`Error::Stopped`].
    pub fn try_step(&mut self) -> Result<(), Error> {
        self.core.step_words(&self.input, &mut self.output)?;
        self.steps += 1;
        Ok(())
    }

    /// Holds `name` (a reset, say) at 1 for `n` clocks, then at 0.
    #[track_caller]
    pub fn pulse(&mut self, name: &str, n: u64) {
        self.set(name, 1u64);
        self.steps(n);
        self.set(name, 0u64);
    }

    /// How many clocks it has run.
    pub fn clocks(&self) -> u64 {
        self.steps
    }

    /// The model inside.
    pub fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    fn value(&self, port: &Port) -> &[u32] {
        let words = if port.direction == Direction::Input { &self.input } else { &self.output };
        &words[port.offset..][..port.words()]
    }

    fn input_port(&self, name: &str) -> Port {
        let port = self.port(name);
        assert!(port.direction == Direction::Input, "port {name} of {} is an output", self.core.name());
        port
    }

    fn port(&self, name: &str) -> Port {
        *self.ports.get(name).unwrap_or_else(|| {
            let list = |d| {
                let names = self.core.ports().iter().filter(|p| p.direction == d);
                names.map(|p| format!("{}[{}]", p.name, p.width)).collect::<Vec<_>>().join(", ")
            };
            panic!(
                "model {} has no port {name}; inputs: {}; outputs: {}",
                self.core.name(),
                list(Direction::Input),
                list(Direction::Output)
            )
        })
    }
}
