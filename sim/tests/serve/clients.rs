//! Clients that come, go, die and ask for what can't be.

use std::os::fd::AsFd;
use std::sync::Arc;

use ferrolane::{Device, Transport, TransportError};
use ferrolane_abi::map::queue_regs;
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::{global, queue as regs};
use ferrolane_abi::{pci, status};
use ferrolane_sim::rng::Rng;
use ferrolane_sim::serve::{Dma, Notice};
use ferrolane_vfio_user::message::{Command, DmaMap, DmaUnmap, Header, RegionAccess, SetIrqs};
use ferrolane_vfio_user::{version, VfioUserTransport};
use rustix::fs::{ftruncate, memfd_create, MemfdFlags};

use crate::bed::Bed;
use crate::raw::Raw;
use crate::work::loopback;

const PCIE: u64 = pci::CAP_PCIE as u64;

fn works(bed: &Bed) {
    let transport: Arc<dyn Transport> = Arc::new(VfioUserTransport::open(&bed.socket).unwrap());
    assert_eq!(loopback(&Device::open(transport).unwrap(), 10_000, false), 10_000);
}

fn memory(bytes: u64) -> std::os::fd::OwnedFd {
    let fd = memfd_create("test", MemfdFlags::CLOEXEC).unwrap();
    ftruncate(&fd, bytes).unwrap();
    fd
}

fn map(raw: &mut Raw, flags: u32, iova: u64, fd: &impl AsFd, bytes: u64) -> Result<Vec<u8>, i32> {
    let map = DmaMap { argsz: DmaMap::BYTES as u32, flags, offset: 0, iova, len: bytes };
    raw.ask(Command::DmaMap, &map.to_bytes(), &[fd.as_fd()])
}

#[test]
fn configuration_space_has_its_write_masks() {
    let bed = Bed::start("sim:gen4x8", Dma::Mapped);
    let mut raw = Raw::open(&bed.socket);
    let ids = raw.config(0);
    raw.set_config(0, 0xFFFF_FFFF);
    assert_eq!(raw.config(0), ids, "ids are read-only");
    // The size of BAR0 and a 64-bit address, as an operating system finds them.
    raw.set_config(0x10, 0xFFFF_FFFF);
    raw.set_config(0x14, 0xFFFF_FFFF);
    assert_eq!(raw.config(0x10), !(512 * 1024 - 1) | 4);
    assert_eq!(raw.config(0x14), 0xFFFF_FFFF);
    // Where a guest puts the BAR is where it answers.
    raw.set_config(0x10, 0xC000_0000);
    raw.set_config(0x14, 0x12);
    assert_eq!(raw.register(global::MAGIC.offset.into()), global::MAGIC.reset());
    raw.write(7, 0x04, &[0]).unwrap();
    assert_eq!(raw.register(global::MAGIC.offset.into()), u32::MAX, "memory space is off");
    raw.write(7, 0x04, &[2]).unwrap();
    // Link status is the preset's and read-only; Max_Read_Request_Size is software's.
    assert_eq!(raw.config(PCIE + 0x10) >> 16 & 0x3FF, 4 | 8 << 4);
    raw.set_config(PCIE + 0x08, 5 << 12);
    assert_eq!(raw.config(PCIE + 0x08) >> 12 & 7, 5);
    // Capabilities end: each once.
    let (mut at, mut ids) = (raw.config(0x34) & 0xFF, Vec::new());
    while at != 0 {
        let header = raw.config(at.into());
        ids.push(header & 0xFF);
        at = header >> 8 & 0xFF;
    }
    assert_eq!(ids, [1, 0x11, 0x10], "PM, MSI-X, PCI Express");
    assert_eq!(raw.config(pci::ECAP_DSN.into()) & 0xFFFF, 3);
}

#[test]
fn a_reset_by_configuration_write_ends_a_transfer() {
    for dma in [Dma::Mapped, Dma::Messages] {
        let bed = Bed::start("sim:seed=4", dma);
        let mut raw = Raw::open(&bed.socket);
        map(&mut raw, 3, 0x10_0000, &memory(1 << 20), 1 << 20).unwrap();
        raw.start(0x10_0000);
        for _ in 0..8 {
            raw.go(C2h, 0x12_0000, 8192);
            raw.go(H2c, 0x14_0000, 8192);
        }
        raw.set_config(PCIE + 0x08, 1 << 15);
        raw.write(7, 0x04, &[2, 0]).unwrap();
        // The BARs stay: a client that assigns them itself does not write them anew.
        assert_eq!(raw.config(0x10) & !0xF, 0xE000_0000);
        assert_eq!(raw.config(0x04) & 4, 0);
        raw.write(7, 0x04, &[2, 0]).unwrap();
        assert_eq!(raw.queue(H2c, &regs::CTRL) & 1, 0);
        drop(raw);
        works(&bed);
    }
}

#[test]
fn holes_and_read_only_memory_are_faults() {
    let bed = Bed::start("sim:seed=4", Dma::Mapped);
    let mut raw = Raw::open(&bed.socket);
    map(&mut raw, 3, 0x10_0000, &memory(1 << 20), 1 << 20).unwrap();
    map(&mut raw, 1, 0x30_0000, &memory(8192), 8192).unwrap();
    raw.start(0x10_0000);
    raw.go(C2h, 0x30_0000, 4096);
    raw.go(H2c, 0x14_0000, 256);
    let said = bed.wait_for(|n| matches!(n, Notice::Fault(fault) if fault.write));
    assert!(said.to_string().contains("write of 256 bytes at IOVA 0x300000"), "{said}");
    raw.go(H2c, 0x50_0000, 64);
    let said = bed.wait_for(|n| matches!(n, Notice::Fault(fault) if !fault.write));
    assert!(said.to_string().contains("read of 64 bytes at IOVA 0x500000"), "{said}");
}

#[test]
fn a_client_that_dies_leaves_the_card_to_the_next() {
    for dma in [Dma::Mapped, Dma::Messages] {
        let bed = Bed::start("sim:seed=4", dma);
        for round in 0..3u64 {
            let mut raw = Raw::open(&bed.socket);
            map(&mut raw, 3, 0x10_0000, &memory(1 << 20), 1 << 20).unwrap();
            raw.start(0x10_0000);
            for _ in 0..8 {
                raw.go(C2h, 0x12_0000, 8192);
                raw.go(H2c, 0x14_0000, 8192);
            }
            if round > 0 && dma == Dma::Mapped {
                raw.run(round * 100);
            }
            drop(raw);
            works(&bed);
        }
        let said = bed.stop();
        assert!(!said.iter().any(|n| matches!(n, Notice::Failed(_))), "{said:?}");
    }
}

#[test]
fn a_second_client_is_turned_away() {
    let bed = Bed::start("sim:seed=4", Dma::Mapped);
    let mut raw = Raw::open(&bed.socket);
    let error = VfioUserTransport::open(&bed.socket).err().unwrap();
    assert!(matches!(&error, TransportError::Permission(text) if text.contains("another client")), "{error}");
    // One that says nothing does not keep others out.
    let silent = Raw::connect(&bed.socket);
    assert!(silent.is_cut_off());
    assert_eq!(raw.register(global::MAGIC.offset.into()), global::MAGIC.reset());
    drop(raw);
    works(&bed);
}

#[test]
fn an_idle_card_stands_still() {
    let bed = Bed::start("sim:seed=4", Dma::Mapped);
    works(&bed);
    let mut raw = Raw::open(&bed.socket);
    raw.register(global::MAGIC.offset.into());
    // The clock stops by itself; then it stays, client or no client.
    let mut clocks = 0;
    while bed.control.clocks() != clocks {
        clocks = bed.control.clocks();
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    for _ in 0..20 {
        assert_eq!(raw.config(0) & 0xFFFF, u32::from(pci::VENDOR_ID));
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(bed.control.clocks(), clocks, "configuration reads take no clock");
}

#[test]
fn requests_that_make_no_sense_are_refused_one_by_one() {
    let bed = Bed::start("sim:seed=4", Dma::Mapped);
    let mut raw = Raw::connect(&bed.socket);
    let access = |region, offset, count| RegionAccess { offset, region, count }.to_bytes();
    assert!(raw.ask(Command::RegionRead, &access(0, 0, 4), &[]).is_err(), "before versions");
    assert!(raw.ask(Command::Version, &[9, 0, 0, 0], &[]).is_err());
    assert!(raw.ask(Command::Version, b"\0\0\0\0{nonsense", &[]).is_err());
    raw.ask(Command::Version, &version::payload(), &[]).unwrap();
    assert!(raw.ask(Command::Version, &version::payload(), &[]).is_err(), "twice");
    for (region, offset, count) in [
        (0, 0, u32::MAX),
        (0, u64::MAX, 4),
        (0, 512 * 1024 - 2, 4),
        (7, 4095, 2),
        (7, u64::MAX - 1, 4),
        (9, 4096, 8),
        (3, 0, 1),
        (10, 0, 1),
        (u32::MAX, 0, 4),
    ] {
        assert!(raw.ask(Command::RegionRead, &access(region, offset, count), &[]).is_err());
        assert!(raw.ask(Command::RegionWrite, &access(region, offset, count), &[]).is_err());
    }
    let mut long = access(0, 0x40, 4).to_vec();
    long.extend([0; 8]);
    assert!(raw.ask(Command::RegionWrite, &long, &[]).is_err(), "more data than it says");
    for command in [Command::RegionRead, Command::DmaMap, Command::DmaUnmap, Command::SetIrqs] {
        assert!(raw.ask(command, &[1, 2, 3], &[]).is_err(), "{command:?} too short");
    }
    assert!(raw.ask(Command::DmaRead, &[0; 16], &[]).is_err(), "is for the device to ask");
    let fd = memory(8192);
    for (flags, iova, bytes) in [
        (0, 0x10_0000, 4096),
        (3, 0x10_0800, 4096),
        (3, 0x10_0000, 0),
        (3, 0x10_0000, 100),
        (3, 0x10_0000, 1 << 40),
        (3, 0xFEE0_0000, 4096),
        (3, u64::MAX - 4095, 4096),
        (3, 0x10_0000, u64::MAX),
    ] {
        assert!(map(&mut raw, flags, iova, &fd, bytes).is_err(), "{flags} {iova:#x} {bytes}");
    }
    let (pipe, _keep) = std::io::pipe().unwrap();
    assert!(map(&mut raw, 3, 0x10_0000, &pipe, 4096).is_err());
    map(&mut raw, 3, 0x10_0000, &fd, 8192).unwrap();
    assert!(map(&mut raw, 3, 0x10_1000, &fd, 4096).is_err(), "overlaps");
    let unmap = |iova, len, flags| DmaUnmap { argsz: 24, flags, iova, len }.to_bytes();
    assert!(raw.ask(Command::DmaUnmap, &unmap(0x10_0000, 4096, 0), &[]).is_err(), "cuts a mapping");
    assert!(raw.ask(Command::DmaUnmap, &unmap(u64::MAX, 4096, 0), &[]).is_err());
    assert!(raw.ask(Command::DmaUnmap, &unmap(0, 1 << 40, 0), &[]).is_ok());
    assert!(raw.ask(Command::DmaUnmap, &unmap(0, 0, 2), &[]).is_ok());
    for (flags, index, start, count) in
        [(0x24, 2, 0, u32::MAX), (0x24, 2, u32::MAX, 2), (0x24, 0, 0, 1), (0, 2, 0, 1), (0xFFFF, 2, 0, 1)]
    {
        let request = SetIrqs { argsz: 20, flags, index, start, count };
        assert!(raw.ask(Command::SetIrqs, &request.to_bytes(), &[]).is_err());
    }
    assert_eq!(raw.register(global::MAGIC.offset.into()), global::MAGIC.reset(), "still served");
}

#[test]
fn streams_that_make_no_sense_end_and_the_server_goes_on() {
    let bed = Bed::start("sim:seed=4", Dma::Messages);
    let mut rng = Rng::new(1, "hostile");
    for round in 0..60 {
        let mut raw = Raw::connect(&bed.socket);
        if round % 2 == 0 {
            raw.ask(Command::Version, &version::payload(), &[]).unwrap();
        }
        match round % 3 {
            // Anything.
            0 => {
                let bytes: Vec<u8> = (0..rng.below(500)).map(|_| rng.next() as u8).collect();
                raw.throw(&bytes);
            }
            // Headers of known commands with anything behind, and wild sizes.
            1 => {
                for _ in 0..20 {
                    let payload: Vec<u8> = (0..rng.below(64)).map(|_| rng.next() as u8).collect();
                    let mut header = Header::request(rng.next() as u16, Command::Version, payload.len());
                    header.command = rng.below(18) as u16;
                    header.flags = [0, 1, 0x10, 0x21, rng.next() as u32][rng.below(5) as usize];
                    raw.throw(&header.to_bytes());
                    raw.throw(&payload);
                }
                let size = [0, 15, u32::MAX, 1 << 30][rng.below(4) as usize];
                raw.throw(&Header { size, ..Header::request(1, Command::DmaMap, 0) }.to_bytes());
            }
            // A message that never ends.
            _ => raw.throw(&Header::request(1, Command::RegionWrite, 4096).to_bytes()),
        }
    }
    works(&bed);
    let said = bed.stop();
    assert!(said.iter().any(|n| matches!(n, Notice::CutOff(_))));
    assert!(!said.iter().any(|n| matches!(n, Notice::Failed(_))), "{said:?}");
}

/// Clocks that pass until the clock stands still, since it showed `from`.
fn clocks_until_rest(bed: &Bed, from: u64) -> u64 {
    let mut clocks = u64::MAX;
    while bed.control.clocks() != clocks {
        clocks = bed.control.clocks();
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    clocks - from
}

#[test]
fn the_clock_runs_while_a_time_does_that_a_queue_was_set_to() {
    let bed = Bed::start("sim:seed=4", Dma::Mapped);
    let mut raw = Raw::open(&bed.socket);
    let from = bed.control.clocks();
    let coalesce = queue_regs(H2c, 0) + u64::from(regs::COALESCE.offset);
    raw.write(0, coalesce, &(20_000u32 << 16).to_le_bytes()).unwrap();
    let passed = clocks_until_rest(&bed, from);
    assert!(passed >= 320_000, "{passed}");
    // A reset forgets it.
    raw.set_config(PCIE + 0x08, 1 << 15);
    let from = bed.control.clocks();
    raw.write(7, 0x04, &[2, 0]).unwrap();
    raw.register(global::MAGIC.offset.into());
    let passed = clocks_until_rest(&bed, from);
    assert!(passed < 20_000, "{passed}");
}

#[test]
fn the_clock_runs_until_a_read_that_is_never_answered_is_given_up() {
    let bed = Bed::start("sim:fault=data-drop-answer@1,cpl_timeout=100us", Dma::Mapped);
    let mut raw = Raw::open(&bed.socket);
    map(&mut raw, 3, 0x10_0000, &memory(1 << 20), 1 << 20).unwrap();
    raw.start(0x10_0000);
    let from = bed.control.clocks();
    raw.go(H2c, 0x14_0000, 256);
    // 50 us at least.
    let passed = clocks_until_rest(&bed, from);
    assert!(passed >= 12_500, "{passed}");
    let code = regs::STATUS.field("CODE").unwrap().get(raw.queue(H2c, &regs::STATUS));
    assert_eq!(code, u32::from(status::DATA_TIMEOUT));
}
