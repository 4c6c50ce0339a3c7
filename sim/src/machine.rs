//! The simulated machine: card, hard block, link, root complex and checker, one clock at a time.

mod watch;

use crate::analyser::{Analyser, Surroundings};
use crate::checker::violation::Stream;
use crate::checker::Checker;
use crate::config_space::{Build, ConfigSpace, Saved};
use crate::control::Direction;
use crate::hard_block::{self, Receiver};
use crate::link::{Lane, Rate};
use crate::options::Options;
use crate::outcome::Failure;
use crate::patience::Patience;
use crate::pins::{CardModel, Inputs, Outputs};
use crate::rng::Rng;
use crate::root_complex::RootComplex;
use crate::tap::WireTap;
use crate::tlp::{Class, Pool, Tlp};
use crate::units::clocks;

/// Clocks of reset at power-up.
const RESET_CLOCKS: u32 = 16;
/// What the hard block has until the card is asked.
const FIRST_BUILD: Build = Build { vectors: 1, user_registers: false };
/// On `rx_req_bar` with a request that hits none.
const NO_BAR: u8 = 7;

/// Everything, in one place, driven by one thread at a time.
pub struct Machine {
    /// What it was made from.
    pub options: Options,
    /// The card's configuration space.
    pub config: ConfigSpace,
    /// The root complex.
    pub root: RootComplex,
    card: Box<dyn CardModel>,
    pub(crate) inputs: Inputs,
    outputs: Outputs,
    now: u64,
    pub(crate) up: Lane,
    pub(crate) down: Lane,
    pub(crate) receiver: Receiver,
    pub(crate) checker: Checker,
    pool: Pool,
    hold_off: Rng,
    failure: Option<Failure>,
    last_activity: u64,
    /// What is restored when a function-level reset is done.
    pub(crate) restore: Option<Saved>,
    patience: Patience,
    analyser: Option<Analyser>,
    /// Told of every TLP on the wires, if there is one.
    pub tap: Option<Box<dyn WireTap>>,
}

impl Machine {
    /// Powers the card up and lets firmware assign its resources. The clock has run through the reset.
    ///
    /// # Errors
    /// The card broke a rule or stopped.
    pub fn new(options: Options, card: Box<dyn CardModel>) -> Result<Self, Failure> {
        let rate = Rate::new(options.generation, options.lanes, options.period_ps);
        let delay = clocks(options.delay_ps, options.period_ps);
        let lanes = card.lanes();
        let mut machine = Machine {
            config: ConfigSpace::new(&options, FIRST_BUILD),
            root: RootComplex::new(&options),
            card,
            inputs: Inputs { rst: true, ..Inputs::default() },
            outputs: Outputs::default(),
            now: 0,
            up: Lane::new(rate, delay, options.host_credits),
            down: Lane::new(rate, delay, options.card_credits),
            receiver: Receiver::new(options.seed, options.throttle, lanes),
            checker: Checker::new(options.host_credits, options.faults, lanes),
            pool: Pool::default(),
            hold_off: Rng::new(options.seed, "hold off"),
            failure: None,
            last_activity: 0,
            restore: None,
            patience: Patience::default(),
            analyser: Analyser::new(&options).map_err(Failure::Log)?,
            tap: None,
            options,
        };
        machine.boot();
        for _ in 0..RESET_CLOCKS {
            machine.clock()?;
        }
        machine.inputs.rst = false;
        machine.clock()?;
        Ok(machine)
    }

    fn boot(&mut self) {
        self.config.firmware();
        self.configured();
        self.inputs.fc = hard_block::credit_pins(&self.up);
    }

    /// The card has `vectors` MSI-X vectors and no registers of its own.
    pub fn set_vectors(&mut self, vectors: u32) {
        self.set_build(Build { vectors, user_registers: false });
    }

    /// The card was built so: its configuration space says so from now on.
    pub fn set_build(&mut self, build: Build) {
        self.config = ConfigSpace::new(&self.options, build);
        self.boot();
    }

    /// To be called after any change of the configuration space.
    pub fn configured(&mut self) {
        self.inputs.cfg = self.config.pins();
        self.request_reset();
        self.checker.configure(self.inputs.cfg, self.now);
        if let Some(analyser) = &mut self.analyser {
            analyser.configured(self.now, self.inputs.cfg);
        }
        self.last_activity = self.now;
    }

    /// Asks the card for a function-level reset where the host has asked for one. A request that follows another waits
    /// until the card has taken its acknowledgement back, or it would see one long request.
    fn request_reset(&mut self) {
        let began = self.inputs.cfg_flr_request || !self.outputs.cfg_flr_ack;
        let request = self.config.flr_requested() && began;
        if request && !self.inputs.cfg_flr_request {
            self.note("function-level reset begins");
        }
        self.inputs.cfg_flr_request = request;
    }

    /// Why the run is void, if it is.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Clocks since power-up.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Width of the card's port in DWORDs.
    pub fn lanes(&self) -> usize {
        self.card.lanes()
    }

    /// The card has a read that is unanswered.
    pub fn transactions_pending(&self) -> bool {
        self.outputs.cfg_trans_pending
    }

    /// Stops or frees an H2C queue on the card's side.
    pub fn card_stop(&mut self, queue: u32, stop: bool) {
        let bit = 1u32.checked_shl(queue).unwrap_or(0);
        self.inputs.card_stop = self.inputs.card_stop & !bit | if stop { bit } else { 0 };
        self.last_activity = self.now;
    }

    /// One clock.
    ///
    /// # Errors
    /// The card broke a rule or stopped, now or earlier.
    #[inline]
    pub fn clock(&mut self) -> Result<(), Failure> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let result = self.step();
        if let Err(failure) = &result {
            self.failure = Some(failure.clone());
            self.failed(&failure.to_string());
        }
        result
    }

    fn step(&mut self) -> Result<(), Failure> {
        let now = self.now;
        while let Some(edge) = self.root.injector.edge(now) {
            self.timed_fault(edge);
        }
        self.drive();
        if self.config.flr_requested() {
            self.request_reset();
        }
        self.card.step(&self.inputs, &mut self.outputs).map_err(Failure::Model)?;
        self.receive();
        let sent =
            self.checker.clock(&self.inputs, &self.outputs, now, &mut self.pool).map_err(Failure::Rule)?;
        if sent.iter().any(Option::is_some) {
            self.transmit(sent)?;
        }
        self.link()?;
        self.root.tick(now, &mut self.up, &mut self.down, &mut self.checker, &mut self.pool);
        if self.inputs.cfg_flr_request && self.outputs.cfg_flr_ack {
            self.config.flr_done();
            self.note("function-level reset done");
            self.checker.function_reset();
            self.patience.reset();
            if let Some(saved) = self.restore.take() {
                self.config.restore(&saved);
            }
            self.configured();
        }
        self.now += 1;
        self.stop_if_asked()
    }

    /// Sets the input pins of this clock.
    fn drive(&mut self) {
        self.receiver.drive(&mut self.inputs);
        let throttle = self.options.throttle;
        let (up, checker, rng) = (&self.up, &self.checker, &mut self.hold_off);
        let mut ready = |stream, class| {
            let room = checker.inside(stream) || up.queued(class) < hard_block::BUFFERED;
            room && !rng.chance(throttle)
        };
        self.inputs.tx_wr_ready = ready(Stream::Write, Class::Posted);
        self.inputs.tx_rd_ready = ready(Stream::Read, Class::NonPosted);
        self.inputs.tx_cpl_ready = ready(Stream::Completion, Class::Completion);
        match self.up.sent(self.now) {
            Some(seq) => (self.inputs.tx_sent_valid, self.inputs.tx_sent_seq) = (true, seq),
            None => self.inputs.tx_sent_valid = false,
        }
    }

    /// What has moved into the card.
    fn receive(&mut self) {
        let (now, i, o) = (self.now, &self.inputs, &self.outputs);
        if !(i.rx_req.valid || i.rx_cpl.valid) {
            self.receiver.after(i, o);
            return;
        }
        self.last_activity = now;
        let delivered = self.receiver.after(i, o);
        if let Some((class, tlp)) = delivered.request {
            let base = self.config.bar_base(tlp.side).unwrap_or(0);
            self.checker.host_request(&tlp, base, now);
            for (offset, value) in tlp.dwords(base) {
                self.patience.write(tlp.side, offset, value);
            }
            self.down.release(now, class, &tlp.hdr);
            self.pool.give(tlp);
        }
        if let Some(tlp) = delivered.completion {
            self.checker.delivered(&tlp, now);
            self.down.release(now, Class::Completion, &tlp.hdr);
            self.pool.give(tlp);
        }
    }

    /// TLPs that have come out of the card go into the transmit buffers.
    fn transmit(&mut self, sent: crate::checker::Sent) -> Result<(), Failure> {
        let streams = [
            (Stream::Write, Class::Posted),
            (Stream::Read, Class::NonPosted),
            (Stream::Completion, Class::Completion),
        ];
        self.last_activity = self.now;
        for ((stream, class), tlp) in streams.into_iter().zip(sent) {
            let Some(tlp) = tlp else { continue };
            self.checker.judge(stream, &tlp, &mut self.root.iommu, self.now).map_err(Failure::Rule)?;
            self.up.push(class, tlp);
        }
        self.inputs.fc = hard_block::credit_pins(&self.up);
        Ok(())
    }

    fn link(&mut self) -> Result<(), Failure> {
        let now = self.now;
        let settling = self.up.credits.settling();
        let (config, mut broken) = (&self.config, None);
        let (checker, tap, analyser) = (&mut self.checker, &mut self.tap, &mut self.analyser);
        self.up.tick(now, |class, tlp| {
            if let Some(tap) = tap {
                tap.on_wire(now, Direction::ToHost, class, &tlp.hdr);
            }
            if let Some(analyser) = analyser {
                let around = Surroundings { config, queues: &checker.queues };
                analyser.on_wire(now, Direction::ToHost, tlp, around);
            }
            if let Err(report) = checker.on_wire(class, &tlp.hdr, now) {
                broken.get_or_insert(report);
            }
        });
        if let Some(report) = broken {
            return Err(Failure::Rule(report));
        }
        if settling {
            self.inputs.fc = hard_block::credit_pins(&self.up);
        }
        while let Some(tlp) = self.up.arrive(now) {
            self.last_activity = now;
            if tlp.nullified {
                self.pool.give(tlp);
            } else {
                self.root.receive(tlp, now, &mut self.up, &mut self.checker, &mut self.pool);
            }
        }
        let checker = &self.checker;
        self.down.tick(now, |class, tlp| {
            if let Some(tap) = tap {
                tap.on_wire(now, Direction::ToCard, class, &tlp.hdr);
            }
            if let Some(analyser) = analyser {
                let around = Surroundings { config, queues: &checker.queues };
                analyser.on_wire(now, Direction::ToCard, tlp, around);
            }
        });
        // The host has no use for reports of its own writes; kept, they would look like work to do.
        while self.down.sent(now).is_some() {}
        while let Some(tlp) = self.down.arrive(now) {
            self.receiver.arrive(tlp);
        }
        Ok(())
    }

    /// Sends a write of the host to an offset in BAR0.
    pub fn host_write(&mut self, offset: u64, data: &[u32]) {
        self.host_write_at(self.bar0() + offset, data, 0xF);
    }

    /// Sends a read of the host of an offset in BAR0, as [`Machine::host_read_at`].
    pub fn host_read(&mut self, offset: u64, dws: usize) -> Option<usize> {
        self.host_read_at(self.bar0() + offset, dws, 0xF)
    }

    fn bar0(&self) -> u64 {
        self.config.bar_base(ferrolane_abi::map::BAR).unwrap_or(0)
    }

    /// Sends a write of the host to the card; `be` are the byte enables of its first DWORD.
    pub fn host_write_at(&mut self, address: u64, data: &[u32], be: u8) {
        let hdr = self.root.host.write(address, data.len(), be);
        let mut tlp = self.pool.take(hdr);
        tlp.data[..data.len()].copy_from_slice(data);
        tlp.len = data.len();
        self.send(Class::Posted, tlp);
    }

    /// Sends a read of the host to the card and gives its tag; nothing if all tags are in use. `be` are
    /// the byte enables of its first DWORD.
    pub fn host_read_at(&mut self, address: u64, dws: usize, be: u8) -> Option<usize> {
        let (tag, hdr) = self.root.host.read(address, dws, be)?;
        let tlp = self.pool.take(hdr);
        self.send(Class::NonPosted, tlp);
        Some(tag)
    }

    fn send(&mut self, class: Class, mut tlp: Box<Tlp>) {
        if !self.config.link_up() {
            self.root.host.refuse_all();
            self.pool.give(tlp);
            return;
        }
        // What hits no BAR is for the hard block to refuse; a driver has no way to send it.
        tlp.side = self.config.bar_hit(tlp.hdr.address(), 4 * tlp.hdr.length() as u64).unwrap_or(NO_BAR);
        self.last_activity = self.now;
        self.down.push(class, tlp);
    }

    /// Writes of the host that wait for the link.
    pub fn writes_waiting(&self) -> usize {
        self.down.queued(Class::Posted)
    }

    /// Ends the model: writes out its trace.
    pub fn finish(&mut self) {
        self.card.finish();
    }
}
