//! The card's own registers and interrupts on the whole way: driver, link, engine's AXI4-Lite port, demo card. Through them
//! the card makes and checks packets.

use ferrolane::{C2hQueue, C2hRequest, DmaAccess, Error, H2cRequest, Queue, QueueConfig, TransportError};
use ferrolane_abi::card::{self, checker, generator, global, pattern};
use ferrolane_abi::map::{USER_BAR, USER_BAR_BYTES};
use ferrolane_abi::regs::global as engine;
use ferrolane_abi::table::{Access, Register};
use ferrolane_sim::rng::Rng;

use crate::rig::{rig, Rig};

/// Queue pairs of the card.
const QUEUES: u32 = 4;
/// The card's first vector; it has four, the last ones.
const FIRST_VECTOR: u32 = 12;
/// Longest packet here, and the size of a buffer.
const BUFFER: usize = 4096;
/// Device time that anything here may take, in nanoseconds.
const PATIENCE: u64 = 5_000_000;

impl Rig {
    pub fn user_read(&self, block: u64, register: &Register) -> u32 {
        self.device.user_read32(block + u64::from(register.offset)).unwrap_or_else(|e| panic!("{e}"))
    }

    pub fn user_write(&self, block: u64, register: &Register, value: u32) {
        self.device.user_write32(block + u64::from(register.offset), value).unwrap_or_else(|e| panic!("{e}"));
    }

    fn user_field(&self, block: u64, register: &'static Register, name: &str) -> u32 {
        register.field(name).unwrap().get(self.user_read(block, register))
    }

    /// Buffers for `count` packets or parts on a C2H queue.
    fn receive(&self, queue: u32, count: usize) -> C2hQueue {
        let entries = (count as u32).next_power_of_two().max(2);
        let config = QueueConfig { entries, interrupt: false, ..QueueConfig::default() };
        let mut c2h = self.device.open_c2h(queue, config).unwrap();
        let region = self.device.allocate(BUFFER * count, DmaAccess::DeviceWrites).unwrap();
        for i in 0..count {
            c2h.push(C2hRequest::new(region.buffer(i * BUFFER..(i + 1) * BUFFER).unwrap())).unwrap();
        }
        c2h.commit().unwrap();
        c2h
    }
}

/// Every register block of the card.
fn blocks() -> Vec<(u64, &'static [Register])> {
    let mut blocks = vec![(card::GLOBAL_PAGE, global::REGISTERS)];
    for queue in 0..QUEUES {
        blocks.push((card::checker_regs(queue), checker::REGISTERS));
        blocks.push((card::generator_regs(queue), generator::REGISTERS));
    }
    blocks
}

#[test]
fn registers_are_where_the_table_says_and_keep_what_is_written() {
    let rig = rig("sim:seed=21");
    let mut rng = Rng::new(21, "registers");
    let every = || {
        blocks()
            .into_iter()
            .flat_map(|(base, registers)| registers.iter().map(move |register| (base, register)))
    };
    for (base, register) in every().filter(|(_, register)| !register.volatile) {
        assert_eq!(rig.user_read(base, register), register.reset(), "{} at {base:#x}", register.name);
    }
    let mut written = vec![];
    for (base, register) in every() {
        // What runs changes its counters; runs have tests of their own.
        let run = if base != 0 && register.name == "CTRL" { 1 } else { 0 };
        let value = rng.next() as u32 & !run;
        rig.user_write(base, register, value);
        written.push(register.reset() & !register.mask(Access::Rw) | value & register.mask(Access::Rw));
    }
    for ((base, register), want) in every().zip(written) {
        let (have, all) =
            (rig.user_read(base, register), register.fields.iter().fold(0, |m, f| m | f.mask()));
        let fixed = if register.volatile { !all } else { u32::MAX };
        assert_eq!(have & fixed, want & fixed, "{} at {base:#x}", register.name);
    }
    let param = |name| rig.user_field(0, &global::PARAM_CARD, name);
    assert_eq!((param("QUEUES"), param("IRQS"), param("WIDTH")), (QUEUES, 4, 128));
}

#[test]
fn accesses_of_64_bits_are_two_registers() {
    let rig = rig("sim:seed=22");
    let at = u64::from(global::PATTERN_LO.offset) - 4;
    rig.transport.mmio_write64(USER_BAR, at, 0x0000_0005_1234_5678).unwrap();
    assert_eq!(rig.user_read(0, &global::SCRATCH), 0x1234_5678);
    assert_eq!(rig.user_read(0, &global::PATTERN_LO), 5);
    assert_eq!(rig.transport.mmio_read64(USER_BAR, at).unwrap(), 0x0000_0005_1234_5678);
}

#[test]
fn an_access_that_the_card_refuses_gives_all_ones_and_is_counted() {
    let rig = rig("sim:seed=23");
    let errors = || rig.device.read_global(&engine::CNT_AXIL_ERROR).unwrap();
    let before = errors();
    for hole in [0x28, 0x2000, card::checker_regs(QUEUES), card::generator_regs(0) + 0x28, USER_BAR_BYTES - 4]
    {
        assert_eq!(rig.device.user_read32(hole).unwrap(), u32::MAX, "{hole:#x}");
        rig.device.user_write32(hole, 1).unwrap();
    }
    rig.user_read(0, &global::MAGIC);
    assert_eq!(errors().wrapping_sub(before), 10);
    assert_eq!(rig.user_read(0, &global::MAGIC), card::MAGIC_VALUE, "goes on");
}

#[test]
fn addresses_outside_of_the_bars_are_refused() {
    let rig = rig("sim:seed=24");
    for (bar, offset) in [(USER_BAR, USER_BAR_BYTES), (USER_BAR, 2), (USER_BAR, u64::MAX - 3), (1, 0), (3, 0)]
    {
        let refused = |result| matches!(result, Err(TransportError::BadOffset { .. }));
        assert!(refused(rig.transport.mmio_read32(bar, offset)), "BAR{bar} {offset:#x}");
        assert!(refused(rig.transport.mmio_write32(bar, offset, 0).map(|()| 0)), "BAR{bar} {offset:#x}");
    }
    let end = USER_BAR_BYTES - 4;
    assert!(matches!(rig.transport.mmio_read64(USER_BAR, end), Err(TransportError::BadOffset { .. })));
    assert!(matches!(rig.device.user_read32(USER_BAR_BYTES), Err(Error::Transport(_))));
    // BAR2 in the configuration space: memory, 32 bit, not prefetchable, assigned to a multiple of its size.
    let bar2 = rig.transport.config_read32(0x18).unwrap();
    assert_eq!(bar2 & 0xF, 0);
    assert!(bar2 != 0 && u64::from(bar2) % USER_BAR_BYTES == 0, "{bar2:#010x}");
}

#[test]
fn user_registers_outlive_a_reset_of_the_function() {
    let rig = rig("sim:seed=25");
    rig.user_write(0, &global::SCRATCH, 77);
    // A write that is still under way may be lost with the reset.
    assert_eq!(rig.user_read(0, &global::SCRATCH), 77);
    rig.transport.reset().unwrap();
    assert_eq!(rig.user_read(0, &global::SCRATCH), 77, "a function-level reset is the engine's alone");
}

#[test]
fn generated_packets_arrive_whole_and_numbered() {
    for (preset, length, spread, packets) in [
        ("sim:seed=26", 1, 0x7FF, 60),
        ("sim:seed=27,throttle=20%,jitter=300ns", 64, 0x3F, 40),
        ("sim:mps=128", 4096, 0, 20),
    ] {
        let rig = rig(preset);
        let mut queues: Vec<C2hQueue> = (0..QUEUES).map(|q| rig.receive(q, packets as usize)).collect();
        rig.user_write(0, &global::PATTERN_LO, 0xF);
        rig.user_write(0, &global::GATE, 0);
        for q in 0..QUEUES {
            let block = card::generator_regs(q);
            for (register, value) in [
                (&generator::LENGTH, length),
                (&generator::SPREAD, spread),
                (&generator::COUNT, packets),
                (&generator::SEED, 9 + q),
                (&generator::CTRL, 1),
            ] {
                rig.user_write(block, register, value);
            }
        }
        rig.user_write(0, &global::GATE, 1);
        let mut bytes = [0; QUEUES as usize];
        for packet in 0..packets {
            for (q, c2h) in queues.iter_mut().enumerate() {
                let done = c2h.wait_until(rig.device.deadline(PATIENCE)).unwrap_or_else(|e| panic!("{e}"));
                let want = pattern::length(length, spread, packet);
                let place = format!("{preset}: queue {q}, packet {packet}");
                assert!(done.status.is_ok() && done.eop, "{place}: {}", done.status);
                assert_eq!((done.bytes, done.meta), (want, packet), "{place}");
                for (i, byte) in done.buffer.to_vec().into_iter().enumerate() {
                    assert_eq!(
                        byte,
                        pattern::byte(9 + q as u32, q as u32, packet, i as u32),
                        "{place}, byte {i}"
                    );
                }
                bytes[q] += want;
            }
        }
        for q in 0..QUEUES {
            let block = card::generator_regs(q);
            assert_eq!(rig.user_read(block, &generator::STATUS), 0b10, "done");
            assert_eq!(rig.user_read(block, &generator::BYTES_LO), bytes[q as usize]);
            assert_eq!(rig.user_read(block, &generator::PACKETS), packets);
            assert_eq!(rig.user_read(block, &generator::LOST_PACKETS), 0);
        }
    }
}

/// Sends `packets` packets of the pattern on a queue, each changed by `change`, and waits until they were sent.
fn send(rig: &Rig, queue: u32, packets: u32, length: u32, change: impl Fn(u32, &mut [u8])) {
    let config = QueueConfig { entries: 64, interrupt: false, ..QueueConfig::default() };
    let mut h2c = rig.device.open_h2c(queue, config).unwrap();
    let region = rig.device.allocate(BUFFER * packets as usize, DmaAccess::DeviceReads).unwrap();
    for packet in 0..packets {
        let mut data: Vec<u8> = (0..length).map(|i| pattern::byte(3, queue, packet, i)).collect();
        change(packet, &mut data);
        let start = packet as usize * BUFFER;
        let mut buffer = region.buffer(start..start + data.len()).unwrap();
        buffer.copy_from(&data).unwrap();
        h2c.push(H2cRequest::packet(buffer)).unwrap();
    }
    h2c.commit().unwrap();
    for _ in 0..packets {
        let done = h2c.wait_until(rig.device.deadline(PATIENCE)).unwrap_or_else(|e| panic!("{e}"));
        assert!(done.status.is_ok(), "{}", done.status);
    }
    // A record tells that the data was read from memory; the checker has it a little later.
    rig.device.relax(2_000).unwrap();
}

#[test]
fn the_checker_finds_nothing_in_the_pattern_and_the_one_byte_that_is_wrong() {
    const LENGTH: u32 = 1000;
    const PACKETS: u32 = 24;
    let rig = rig("sim:seed=28,split=random,reorder=40%");
    rig.user_write(0, &global::PATTERN_LO, 0xF);
    // Queue, packet and byte that are wrong.
    for (queue, wrong) in [(0, None), (1, Some((7, 0))), (2, Some((23, 999))), (3, Some((0, 500)))] {
        let block = card::checker_regs(queue);
        for (register, value) in [
            (&checker::LENGTH, LENGTH),
            (&checker::COUNT, PACKETS),
            (&checker::SEED, 3),
            (&checker::CTRL, 1 | 1 << 2),
        ] {
            rig.user_write(block, register, value);
        }
        send(&rig, queue, PACKETS, LENGTH, |packet, data| match wrong {
            Some((at, byte)) if at == packet => data[byte as usize] ^= 0x10,
            _ => (),
        });
        assert_eq!(rig.user_read(block, &checker::BYTES_LO), PACKETS * LENGTH);
        assert_eq!(rig.user_read(block, &checker::PACKETS), PACKETS);
        let status = rig.user_read(block, &checker::STATUS);
        let errors = rig.user_read(block, &checker::ERRORS);
        match wrong {
            None => assert_eq!((status, errors), (0b10, 0)),
            Some((packet, byte)) => {
                assert_eq!((status, errors), (0b110 | 1 << 8, 1), "queue {queue}");
                assert_eq!(rig.user_read(block, &checker::FIRST_PACKET), packet);
                assert_eq!(rig.user_read(block, &checker::FIRST_OFFSET), byte & !15);
            }
        }
    }
}

#[test]
fn a_packet_of_another_length_is_found() {
    let rig = rig("sim:seed=29");
    rig.user_write(0, &global::PATTERN_LO, 1);
    let block = card::checker_regs(0);
    rig.user_write(block, &checker::LENGTH, 100);
    rig.user_write(block, &checker::SEED, 3);
    rig.user_write(block, &checker::CTRL, 1 | 1 << 2);
    send(&rig, 0, 5, 101, |_, _| ());
    let status = rig.user_read(block, &checker::STATUS);
    assert_eq!(checker::STATUS.field("LENGTH").unwrap().get(status), 1, "{status:#x}");
}

#[test]
fn user_interrupts_come_at_their_vectors() {
    let rig = rig("sim:seed=30");
    let mut vectors: Vec<_> = (0..4).map(|i| rig.device.user_interrupt(FIRST_VECTOR + i).unwrap()).collect();
    for raise in [0b0001, 0b1000, 0b0110, 0b1111] {
        rig.user_write(0, &global::USER_IRQ, raise);
        for (i, vector) in vectors.iter_mut().enumerate() {
            let wait = if raise >> i & 1 == 1 { PATIENCE } else { 20_000 };
            let came = vector.wait_until(rig.device.deadline(wait)).unwrap();
            assert_eq!(came, raise >> i & 1 == 1, "vector {} after {raise:#06b}", vector.vector());
        }
    }
    // The end of a run, and the first error of one.
    rig.user_write(0, &global::PATTERN_LO, 0b11);
    let _c2h = rig.receive(1, 2);
    let generator = card::generator_regs(1);
    rig.user_write(generator, &generator::COUNT, 2);
    rig.user_write(generator, &generator::CTRL, 1 | 1 << 4 | 2 << 8);
    assert!(vectors[2].wait_until(rig.device.deadline(PATIENCE)).unwrap());
    let checker = card::checker_regs(0);
    rig.user_write(checker, &checker::CTRL, 1 | 1 << 5 | 3 << 8);
    send(&rig, 0, 3, 64, |_, data| data[5] ^= 1);
    assert!(vectors[3].wait_until(rig.device.deadline(PATIENCE)).unwrap());
    assert!(!vectors[0].take().unwrap() && !vectors[1].take().unwrap());
}

#[test]
fn a_rate_in_the_register_is_the_rate_on_the_queue() {
    // Ten times a burst of 1,024 clocks and its pause.
    const CLOCKS: u64 = 10 * 2_048;
    for (eighths, burst, pause) in [(4, 0, 0), (13, 0, 0), (24, 0, 0), (32, 4096, 1024)] {
        let rig = rig("sim:seed=31");
        let _c2h = rig.receive(2, 32);
        rig.user_write(0, &global::PATTERN_LO, 1 << 2);
        let block = card::generator_regs(2);
        for (register, value) in [
            (&generator::LENGTH, BUFFER as u32),
            (&generator::RATE, eighths << (card::RATE_FRACTION - 3)),
            (&generator::BURST, burst),
            (&generator::PAUSE, pause),
            (&generator::CTRL, 1),
        ] {
            rig.user_write(block, register, value);
        }
        let look = || (rig.control.clocks(), u64::from(rig.user_read(block, &generator::BYTES_LO)));
        let first = look();
        while rig.control.clocks() < first.0 + CLOCKS {
            rig.device.relax(10).unwrap();
        }
        let last = look();
        let rate = (last.1 - first.1) as f64 / (last.0 - first.0) as f64;
        let full = f64::from(eighths) / 8.0;
        let want = match burst {
            0 => full,
            _ => f64::from(burst) / (f64::from(burst) / full + f64::from(pause)),
        };
        let off = (rate / want - 1.0).abs();
        assert!(off <= 0.02, "{rate:.4} bytes per clock instead of {want:.4}");
        assert!(last.1 < 32 * BUFFER as u64, "the buffers lasted");
    }
}
