//! DMA by messages, seen from a client that answers when it likes.

use std::os::fd::AsFd;

use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::{global, queue as regs};
use ferrolane_sim::serve::Dma;
use ferrolane_vfio_user::message::{Command, DmaMap, DmaUnmap};
use rustix::event::{eventfd, poll, EventfdFlags, PollFd, PollFlags, Timespec};

use crate::bed::Bed;
use crate::raw::Raw;

const RECORDS: u64 = 0x10_0000;
const DATA: u64 = 0x20_0000;

fn is_readable(fd: &impl AsFd, seconds: i64) -> bool {
    let mut set = [PollFd::new(fd, PollFlags::IN)];
    poll(&mut set, Some(&Timespec { tv_sec: seconds, tv_nsec: 0 })).unwrap() == 1
}

#[test]
fn registers_and_unmaps_are_answered_while_a_reply_is_out() {
    let bed = Bed::start("sim:seed=2", Dma::Messages);
    let mut raw = Raw::open(&bed.socket);
    let argsz = DmaMap::BYTES as u32;
    let map = DmaMap { argsz, flags: 3, offset: 0, iova: DATA, len: 4096 };
    raw.ask(Command::DmaMap, &map.to_bytes(), &[]).unwrap();
    raw.start(RECORDS);
    raw.go(H2c, DATA, 1000);
    let first = raw.next();
    assert_eq!(first.header.command, Command::DmaRead as u16);
    for i in 0..50u32 {
        let scratch = u64::from(global::SCRATCH.offset);
        raw.write(0, scratch, &i.to_le_bytes()).unwrap();
        assert_eq!(raw.register(scratch), i);
    }
    assert_eq!(raw.queue(H2c, &regs::FINISHED), 0);
    let unmap = DmaUnmap { argsz: DmaUnmap::BYTES as u32, flags: 0, iova: DATA, len: 4096 };
    raw.ask(Command::DmaUnmap, &unmap.to_bytes(), &[]).unwrap();
    raw.answer(&first);
    while raw.queue(H2c, &regs::FINISHED) == 0 {
        while let Some(message) = raw.asked.pop_front() {
            raw.answer(&message);
        }
    }
    assert_eq!(raw.queue(H2c, &regs::RESULT_BYTES), 1000);
}

#[test]
fn an_interrupt_waits_for_the_writes_before_it() {
    let bed = Bed::start("sim:seed=2", Dma::Messages);
    let mut raw = Raw::open(&bed.socket);
    let event = eventfd(0, EventfdFlags::NONBLOCK).unwrap();
    raw.connect_interrupts(1, &[event.as_fd()]).unwrap();
    raw.start(RECORDS);
    raw.go(C2h, DATA, 4096);
    raw.go(H2c, DATA + 8192, 100);
    let mut held = Vec::new();
    // Data, and a record for each direction.
    while held.len() < 3 {
        let message = raw.next();
        match message.header.command == Command::DmaRead as u16 {
            true => raw.answer(&message),
            false => held.push(message),
        }
    }
    raw.run(20_000);
    assert_eq!(bed.control.interrupts(), (0, 0), "nothing was acknowledged");
    assert!(!is_readable(&event, 0));
    held.iter().for_each(|message| raw.answer(message));
    assert!(is_readable(&event, 60));
}

#[test]
fn a_client_that_refuses_is_a_fault() {
    let bed = Bed::start("sim:seed=2", Dma::Messages);
    let mut raw = Raw::open(&bed.socket);
    raw.start(RECORDS);
    raw.go(H2c, DATA, 64);
    let first = raw.next();
    raw.refuse(&first);
    let said = bed.wait_for(|notice| matches!(notice, ferrolane_sim::serve::Notice::Fault(_)));
    assert!(said.to_string().contains("read of 64 bytes at IOVA 0x200000"), "{said}");
}
