//! The simulated transport, link and root complex around a card in plain Rust.

mod fake;

use std::os::fd::AsFd;
use std::sync::Arc;

use fake::{FakeCard, DONE, GO, LENGTH, REFUSED, SOURCE, TARGET, VECTORS, WRITES, WRONG};
use ferrolane::memory::Memory;
use ferrolane::transport::{DmaAccess, Transport, TransportError, Woken};
use ferrolane_abi::{map, pci, regs};
use ferrolane_sim::pins::DEFAULT_LANES;
use ferrolane_sim::{Direction, Options, SimTransport, Violation};

const SCRATCH: u64 = regs::global::SCRATCH.offset as u64;
const BYTES: usize = 256 * 1024;

struct Setup {
    sim: SimTransport,
    source: Arc<Memory>,
    target: Arc<Memory>,
    from: u64,
    to: u64,
}

fn memory(bytes: usize) -> Arc<Memory> {
    Arc::new(Memory::new(memmap2::MmapOptions::new().len(bytes).map_anon().unwrap().into()))
}

fn open(preset: &str) -> SimTransport {
    open_on(preset, DEFAULT_LANES)
}

fn open_on(preset: &str, lanes: usize) -> SimTransport {
    let card = FakeCard::with_lanes(lanes);
    SimTransport::with_card(Options::parse(preset).unwrap(), Box::new(card)).unwrap()
}

fn setup(preset: &str) -> Setup {
    setup_on(preset, DEFAULT_LANES)
}

fn setup_on(preset: &str, lanes: usize) -> Setup {
    let sim = open_on(preset, lanes);
    let (source, target) = (memory(BYTES), memory(BYTES));
    source.write(0, &(0..BYTES as u64).map(|i| (i * 131 + (i >> 8)) as u8).collect::<Vec<_>>());
    let from = sim.facts().iova_ranges[0].start;
    let to = from + 0x100_0000;
    sim.map(&source, 0..BYTES, from, DmaAccess::DeviceReads).unwrap();
    sim.map(&target, 0..BYTES, to, DmaAccess::DeviceWrites).unwrap();
    sim.set_bus_master(true).unwrap();
    Setup { sim, source, target, from, to }
}

impl Setup {
    fn start(&self, from: u64, to: u64, len: usize, go: u32) {
        self.sim.mmio_write64(0, SOURCE, from).unwrap();
        self.sim.mmio_write64(0, TARGET, to).unwrap();
        self.sim.mmio_write32(0, LENGTH, len as u32).unwrap();
        self.sim.mmio_write32(0, GO, go).unwrap();
    }

    fn finish(&self) -> Result<(), TransportError> {
        let before = 0;
        for _ in 0..1000 {
            if self.sim.mmio_read32(0, DONE)? != before {
                return Ok(());
            }
            self.sim.relax(1000)?;
        }
        panic!("the copy did not end");
    }

    fn copy(&self, offset: usize, to: usize, len: usize) {
        self.start(self.from + offset as u64, self.to + to as u64, len, 3);
        self.finish().unwrap();
        // The read above was answered before the writes arrived only if they were overtaken.
        let (mut want, mut got) = (vec![0; len], vec![0; len + 2]);
        self.source.read(offset, &mut want);
        self.target.read(to - 1, &mut got);
        assert_eq!(got[1..=len], want[..], "offset {offset} to {to} length {len}");
        assert_eq!((got[0], got[len + 1]), (0, 0), "a byte too many");
    }
}

#[test]
fn registers_read_back() {
    let sim = open("sim");
    sim.mmio_write32(0, SCRATCH, 0x1234_5678).unwrap();
    assert_eq!(sim.mmio_read32(0, SCRATCH).unwrap(), 0x1234_5678);
    sim.mmio_write64(0, 0x7100, 0x1122_3344_5566_7788).unwrap();
    assert_eq!(sim.mmio_read64(0, 0x7100).unwrap(), 0x1122_3344_5566_7788);
    assert_eq!(sim.mmio_read32(0, 0x7104).unwrap(), 0x1122_3344);
    for (bar, offset) in [(0, 2), (0, map::BAR0_BYTES), (2, 0), (0, u64::MAX - 3)] {
        assert!(matches!(sim.mmio_read32(bar, offset), Err(TransportError::BadOffset { .. })));
        assert!(matches!(sim.mmio_write32(bar, offset, 0), Err(TransportError::BadOffset { .. })));
    }
    assert!(sim.mmio_read64(0, 4).is_err());
    // A read behind many writes sees them all, whatever the link does.
    for i in 0..100 {
        sim.mmio_write32(0, SCRATCH, i).unwrap();
    }
    assert_eq!(sim.mmio_read32(0, SCRATCH).unwrap(), 99);
}

#[test]
fn configuration_space_tells_the_vectors_of_the_card() {
    let sim = open("sim:gen2x8");
    assert_eq!(sim.config_read32(0).unwrap(), u32::from(pci::VENDOR_ID) | u32::from(pci::DEVICE_ID) << 16);
    assert_eq!(sim.config_read32(pci::CAP_MSIX.into()).unwrap() >> 16 & 0x7FF, VECTORS - 1);
    assert!(sim.config_read32(4096).is_err() && sim.config_read32(2).is_err());
    let facts = sim.facts();
    assert_eq!((facts.link_generation, facts.link_lanes, facts.max_payload), (2, 8, 256));
}

#[test]
fn copies_are_exact_on_every_kind_of_link_and_port() {
    let presets = [
        "sim",
        "sim:gen1x1,delay=1us,latency=5us",
        "sim:gen5x16,mps=1024,mrrs=4096",
        "sim:mps=128,mrrs=128,rcb=128,exttag=off",
        "sim:split=rcb,seed=2",
        "sim:split=random,reorder=50%,jitter=800ns,seed=3",
        "sim:split=random,reorder=100%,jitter=2us,throttle=40%,seed=4,iova=high",
        "sim:ph=1,pd=16,nph=1,throttle=10%,seed=5",
        "sim:reads=1,latency=0ns,delay=0ns",
        "sim:cplh=1,cpld=16,card_ph=1,card_pd=16,card_nph=1",
    ];
    for (preset, lanes) in presets.into_iter().flat_map(|preset| [2, 4, 8].map(|lanes| (preset, lanes))) {
        let text = format!("{preset}{}faults=fail", if preset == "sim" { ":" } else { "," });
        let setup = setup_on(&text, lanes);
        setup.copy(3, 5, 20_001);
        let stats = setup.sim.control().statistics();
        assert!(
            stats.judged > 20 && stats.faults == 0 && stats.reads_refused == 0,
            "{preset} {lanes}: {stats:?}"
        );
        assert!(setup.sim.control().checker_report().is_none());
    }
}

#[test]
fn small_and_odd_copies() {
    for len in [1, 2, 3, 4, 5, 63, 64, 65, 255, 4095, 4096, 4097] {
        for (from, to) in [(0, 1), (1, 6), (4093, 3), (2, 4094)] {
            setup("sim:faults=fail").copy(from, to, len);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_clock() {
    let run = |preset: &str| {
        let setup = setup(preset);
        setup.copy(1, 2, 30_000);
        setup.sim.control().clocks()
    };
    let preset = "sim:split=random,reorder=30,jitter=1us,throttle=20,seed=";
    assert_eq!(run(&format!("{preset}11")), run(&format!("{preset}11")));
    assert_ne!(run(&format!("{preset}11")), run(&format!("{preset}12")));
}

#[test]
fn a_wait_ends_with_the_interrupt_in_the_same_clock_each_time() {
    let run = || {
        let setup = setup("sim:jitter=300ns,seed=5");
        let events = setup.sim.enable_interrupts(VECTORS).unwrap();
        setup.start(setup.from, setup.to, 10_000, 3 | 2 << 8);
        let fds: Vec<_> = events.iter().map(AsFd::as_fd).collect();
        assert_eq!(setup.sim.wait(&fds, setup.sim.now() + 1_000_000).unwrap(), Woken::Ready(2));
        let at = setup.sim.control().clocks();
        // All data went before the interrupt.
        let (mut want, mut got) = (vec![0; 10_000], vec![0; 10_000]);
        setup.source.read(0, &mut want);
        setup.target.read(0, &mut got);
        assert_eq!(want, got);
        assert_eq!(setup.sim.control().interrupts(), (1, 0));
        at
    };
    assert_eq!(run(), run());
}

#[test]
fn a_wait_without_event_ends_at_its_deadline() {
    let setup = setup("sim");
    let events = setup.sim.enable_interrupts(1).unwrap();
    let deadline = setup.sim.now() + 123_456;
    assert_eq!(setup.sim.wait(&[events[0].as_fd()], deadline).unwrap(), Woken::Deadline);
    assert!((deadline..deadline + 4).contains(&setup.sim.now()));
    let clocks = setup.sim.control().clocks();
    setup.sim.relax(17).unwrap();
    assert_eq!(setup.sim.control().clocks(), clocks + 17);
    assert!(setup.sim.enable_interrupts(VECTORS + 1).is_err());
    setup.sim.disable_interrupts().unwrap();
    assert_eq!(setup.sim.mmio_read32(0, map::MSIX_TABLE_PAGE + 12).unwrap(), 1, "masked again");
}

#[test]
fn latency_is_what_was_asked_for() {
    // From the read on the wire to its first completion: the fake card needs a fixed few clocks besides.
    let run = |preset: &str| {
        let setup = setup(preset);
        let events = setup.sim.enable_interrupts(2).unwrap();
        setup.start(setup.from, setup.to, 64, 1 | 1 << 8);
        let before = setup.sim.control().clocks();
        setup.sim.wait(&[events[1].as_fd()], 1_000_000_000).unwrap();
        setup.sim.control().clocks() - before
    };
    let base = run("sim:latency=500ns");
    assert_eq!(run("sim:latency=1us"), base + 125);
    assert_eq!(run("sim:latency=2us"), base + 375);
    // Less delay: only the way of the doorbell and the interrupt becomes shorter.
    assert_eq!(run("sim:latency=500ns,delay=10ns"), base - 2 * 10);
}

#[test]
fn the_link_is_filled_and_never_overfilled() {
    for (preset, lanes, least) in [
        ("sim", 4, 0.97),
        ("sim:gen2x4", 4, 0.97),
        ("sim:gen3x8", 4, 0.95),
        ("sim:gen3x8", 8, 0.95),
        ("sim:gen3x4", 2, 0.95),
        ("sim:mps=128,split=random,reorder=20", 4, 0.7),
    ] {
        for (go, direction) in [(1, Direction::ToCard), (2, Direction::ToHost)] {
            let setup = setup_on(preset, lanes);
            let control = setup.sim.control();
            let events = setup.sim.enable_interrupts(2).unwrap();
            let before = control.statistics();
            setup.start(setup.from, setup.to, BYTES, go | 1 << 8);
            let start = control.clocks();
            setup.sim.wait(&[events[1].as_fd()], u64::MAX).unwrap();
            let (after, clocks) = (control.statistics(), (control.clocks() - start) as f64);
            let payload = match direction {
                Direction::ToCard => after.to_card.payload[2] - before.to_card.payload[2],
                Direction::ToHost => after.to_host.payload[0] - before.to_host.payload[0],
            };
            assert!(payload >= BYTES as u64);
            let share = BYTES as f64 / clocks / control.payload_bound_bytes_per_clock(direction);
            assert!((least..=1.0).contains(&share), "{preset} {lanes} {direction:?}: {share} of the bound");
        }
    }
}

#[test]
fn the_bound_follows_the_link_and_the_port() {
    let bound_on = |preset: &str, direction, lanes| {
        open_on(preset, lanes).control().payload_bound_bytes_per_clock(direction)
    };
    let bound = |preset: &str, direction| bound_on(preset, direction, DEFAULT_LANES);
    let near = |value: f64, want: f64| assert!((value - want).abs() < 1e-3, "{value} {want}");
    near(bound("sim", Direction::ToCard), 1024.0 / 65.0 * 256.0 / 276.0);
    near(bound("sim:iova=high", Direction::ToHost), 1024.0 / 65.0 * 256.0 / 280.0);
    near(bound("sim:gen3x16", Direction::ToCard), 16.0);
    near(bound_on("sim:gen3x16", Direction::ToCard, 8), 32.0);
    near(bound_on("sim:gen3x8", Direction::ToCard, 8), 2048.0 / 65.0 * 256.0 / 276.0);
}

#[test]
fn an_unmapped_access_is_refused_and_recorded() {
    let setup = setup("sim");
    setup.start(setup.from + BYTES as u64, setup.to, 4096, 1);
    setup.finish().unwrap();
    assert_eq!(setup.sim.mmio_read32(0, REFUSED).unwrap(), 8, "reads of 512 bytes");
    setup.start(setup.from, setup.from, 256, 2);
    setup.sim.relax(1000).unwrap();
    let faults = setup.sim.control().faults();
    assert_eq!(faults.len(), 9);
    assert_eq!((faults[0].iova, faults[0].write), (setup.from + BYTES as u64, false));
    assert_eq!((faults[8].iova, faults[8].len, faults[8].write), (setup.from, 256, true));
    assert!(setup.sim.control().checker_report().is_none());
    let mut byte = [0];
    setup.source.read(0, &mut byte);
    assert_eq!(byte, [0], "dropped");
}

#[test]
fn a_fault_can_fail_the_run() {
    let setup = setup("sim:faults=fail");
    setup.start(setup.from, setup.to, 4096, 1);
    setup.finish().unwrap();
    setup.sim.unmap(setup.from, BYTES as u64).unwrap();
    setup.start(setup.from, setup.to, 4096, 1);
    assert!(matches!(setup.sim.relax(1000), Err(TransportError::Simulation(_))));
    assert_eq!(setup.sim.control().checker_report().unwrap().violation, Violation::Unmapped);
}

#[test]
fn an_illegal_packet_voids_the_run_for_good() {
    for (what, violation) in [(1, Violation::PayloadOverMps), (2, Violation::MsixUnknown)] {
        let setup = setup("sim");
        let _events = setup.sim.enable_interrupts(1).unwrap();
        setup.sim.mmio_write64(0, TARGET, setup.to).unwrap();
        setup.sim.mmio_write32(0, WRONG, what).unwrap();
        let error = setup.sim.relax(1000).unwrap_err().to_string();
        assert!(error.contains("MWr32") && error.contains(violation.rule()), "{error}");
        assert_eq!(setup.sim.control().checker_report().unwrap().violation, violation);
        let clocks = setup.sim.control().clocks();
        for result in [
            setup.sim.relax(1),
            setup.sim.mmio_write32(0, SCRATCH, 0),
            setup.sim.mmio_read32(0, SCRATCH).map(|_| ()),
            setup.sim.config_read32(0).map(|_| ()),
            setup.sim.wait(&[], u64::MAX).map(|_| ()),
            setup.sim.set_bus_master(false),
        ] {
            assert_eq!(result.unwrap_err().to_string(), error);
        }
        assert_eq!(setup.sim.control().clocks(), clocks);
        setup.sim.unmap(setup.to, BYTES as u64).unwrap();
    }
}

#[test]
fn no_request_without_bus_mastering() {
    let setup = setup("sim");
    setup.sim.set_bus_master(false).unwrap();
    setup.sim.relax(1000).unwrap();
    setup.start(setup.from, setup.to, 256, 2);
    setup.sim.relax(1000).unwrap_err();
    assert_eq!(setup.sim.control().checker_report().unwrap().violation, Violation::BusMaster);
}

#[test]
fn an_unanswered_read_returns_all_ones() {
    let mut card = FakeCard::new();
    card.mute = true;
    let options = Options::parse("sim:mmio_timeout=10us").unwrap();
    let sim = SimTransport::with_card(options, Box::new(card)).unwrap();
    let before = sim.now();
    assert_eq!(sim.mmio_read32(0, SCRATCH).unwrap(), u32::MAX);
    assert_eq!(sim.mmio_read64(0, SCRATCH).unwrap(), u64::MAX);
    assert_eq!(sim.now() - before, 20_000);
    assert_eq!(sim.control().statistics().mmio_timeouts, 3, "one of them at power-up");
}

#[test]
fn reads_wait_for_np_ok_and_writes_pass_them() {
    let mut card = FakeCard::new();
    card.np_every = 4000;
    let sim = Arc::new(SimTransport::with_card(Options::default(), Box::new(card)).unwrap());
    let before = sim.mmio_read32(0, WRITES).unwrap();
    let clocks = sim.control().clocks();
    sim.mmio_write32(0, SCRATCH, 1).unwrap();
    assert_eq!(sim.mmio_read32(0, WRITES).unwrap(), before + 1);
    assert!(sim.control().clocks() - clocks > 1000, "the read was held off");
}

#[test]
fn a_reset_puts_the_function_back() {
    let setup = setup("sim");
    let _events = setup.sim.enable_interrupts(1).unwrap();
    setup.sim.mmio_write32(0, SCRATCH, 7).unwrap();
    setup.sim.mmio_read32(0, SCRATCH).unwrap();
    setup.sim.reset().unwrap();
    assert_eq!(setup.sim.mmio_read32(0, SCRATCH).unwrap(), 0);
    assert_eq!(setup.sim.config_read32(4).unwrap() & 0b110, 0b010, "memory space on, bus master off");
    assert_eq!(setup.sim.config_read32(pci::CAP_MSIX.into()).unwrap() >> 31, 0);
    setup.sim.set_bus_master(true).unwrap();
    setup.copy(0, 1, 5000);
}

#[test]
fn maps_are_checked() {
    let setup = setup("sim");
    let memory = memory(8192);
    let map = |range, iova| setup.sim.map(&memory, range, iova, DmaAccess::Both);
    assert!(matches!(map(0..8192, setup.from), Err(TransportError::Map { .. })));
    assert!(matches!(map(0..100, setup.from + 0x200_0000), Err(TransportError::Map { .. })));
    map(0..8192, setup.from + 0x200_0000).unwrap();
    assert!(setup.sim.unmap(setup.from + 0x200_0000, 4096).is_err());
    setup.sim.unmap(setup.from + 0x200_0000, 8192).unwrap();
    assert_eq!(Arc::strong_count(&memory), 1);
}

#[test]
fn a_pump_runs_the_clock_by_itself() {
    let setup = setup("sim:pump=thread");
    let events = setup.sim.enable_interrupts(3).unwrap();
    for round in 1..=20 {
        setup.start(setup.from, setup.to, 50_000, 3 | 2 << 8);
        // Nobody calls the simulator: the kernel wakes this thread.
        let mut set = [rustix::event::PollFd::new(&events[2], rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut set, None).unwrap();
        let mut count = [0; 8];
        rustix::io::read(&events[2], &mut count).unwrap();
        assert_eq!(u64::from_ne_bytes(count), 1);
        let (mut want, mut got) = (vec![0; 50_000], vec![0; 50_000]);
        setup.source.read(0, &mut want);
        setup.target.read(0, &mut got);
        assert_eq!(want, got);
        assert_eq!(setup.sim.mmio_read32(0, DONE).unwrap(), round);
    }
    let until = setup.sim.now() + 1_000_000;
    assert_eq!(setup.sim.wait(&[events[0].as_fd()], until).unwrap(), Woken::Deadline);
    assert!(setup.sim.now() >= until);
}

#[test]
fn a_pump_sleeps_when_nothing_moves() {
    let setup = setup("sim:pump=thread");
    setup.copy(0, 1, 1000);
    let control = setup.sim.control();
    // It goes on for some thousand clocks and then stands still; a busy machine may take its time to get there.
    let mut last = control.clocks();
    let mut still = 0;
    for _ in 0..5000 {
        std::thread::sleep(std::time::Duration::from_millis(2));
        let now = control.clocks();
        still = if now == last { still + 1 } else { 0 };
        last = now;
        if still == 5 {
            break;
        }
    }
    assert_eq!(still, 5, "the clock still runs");
    assert!(last > 1000);
}
