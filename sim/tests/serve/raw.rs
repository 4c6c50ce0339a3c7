//! A client that does nothing by itself: it sends what a test says, and keeps what the server asks.

use std::collections::VecDeque;
use std::io::Write;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use ferrolane_abi::descriptor::{EOP, IRQ, SOP};
use ferrolane_abi::map::{queue_regs, Direction};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::table::Register;
use ferrolane_vfio_user::message::{
    Command, DmaAccess, Header, RegionAccess, SetIrqs, CONFIG_REGION, HEADER, MAX_DMA,
};
use ferrolane_vfio_user::{clock, version, Message, Socket};

/// The client.
pub struct Raw {
    socket: Socket,
    stream: UnixStream,
    next_id: u16,
    /// Requests of the server that wait for an answer.
    pub asked: VecDeque<Message>,
}

impl Raw {
    /// Connects and says nothing.
    pub fn connect(path: &Path) -> Raw {
        let stream = UnixStream::connect(path).unwrap();
        let socket = Socket::new(stream.try_clone().unwrap());
        Raw { socket, stream, next_id: 0, asked: VecDeque::new() }
    }

    /// Connects and exchanges versions.
    pub fn open(path: &Path) -> Raw {
        let mut raw = Raw::connect(path);
        raw.ask(Command::Version, &version::payload(), &[]).unwrap();
        raw
    }

    /// Sends bytes as they are.
    pub fn throw(&self, bytes: &[u8]) {
        // The server may have had enough.
        let _ = (&self.stream).write_all(bytes);
    }

    /// Whether the server has ended the connection; what it sends before is of no interest.
    pub fn is_cut_off(&self) -> bool {
        while let Ok(Some(_)) = self.socket.receive() {}
        true
    }

    /// Sends a request and gives the reply: its payload, or errno.
    pub fn ask(&mut self, command: Command, payload: &[u8], fds: &[BorrowedFd<'_>]) -> Result<Vec<u8>, i32> {
        self.next_id = self.next_id.wrapping_add(1);
        let header = Header::request(self.next_id, command, payload.len());
        self.socket.send(header, &[payload], fds).unwrap();
        loop {
            let message = self.socket.receive().unwrap().expect("the server answers");
            if message.header.is_reply() {
                assert_eq!(message.header.id, self.next_id);
                return message.header.failure().map_or(Ok(message.payload), Err);
            }
            self.keep(message);
        }
    }

    fn keep(&mut self, message: Message) {
        let limit = HEADER + DmaAccess::BYTES + MAX_DMA;
        assert!(message.header.size as usize <= limit, "{:?}", message.header);
        self.asked.push_back(message);
    }

    /// The server's next request.
    pub fn next(&mut self) -> Message {
        while self.asked.is_empty() {
            let message = self.socket.receive().unwrap().expect("the server asks");
            self.keep(message);
        }
        self.asked.pop_front().unwrap()
    }

    /// Answers a request of the server: reads get bytes counting up, writes are acknowledged.
    pub fn answer(&self, message: &Message) {
        let access = DmaAccess::parse(&message.payload).unwrap();
        let mut reply = access.to_bytes().to_vec();
        if message.header.command == Command::DmaRead as u16 {
            reply.extend((0..access.count).map(|i| (access.iova + i) as u8));
        }
        self.socket.send(message.header.reply(reply.len()), &[&reply], &[]).unwrap();
    }

    /// Refuses a request of the server.
    pub fn refuse(&self, message: &Message) {
        let errno = rustix::io::Errno::NODEV.raw_os_error();
        self.socket.send(message.header.refusal(errno), &[], &[]).unwrap();
    }

    pub fn read(&mut self, region: u32, offset: u64, count: u32) -> Result<Vec<u8>, i32> {
        let access = RegionAccess { offset, region, count };
        let reply = self.ask(Command::RegionRead, &access.to_bytes(), &[])?;
        Ok(reply[RegionAccess::BYTES..].to_vec())
    }

    pub fn write(&mut self, region: u32, offset: u64, data: &[u8]) -> Result<(), i32> {
        let access = RegionAccess { offset, region, count: data.len() as u32 };
        let mut payload = access.to_bytes().to_vec();
        payload.extend_from_slice(data);
        self.ask(Command::RegionWrite, &payload, &[]).map(|_| ())
    }

    pub fn config(&mut self, offset: u64) -> u32 {
        u32::from_le_bytes(self.read(CONFIG_REGION, offset, 4).unwrap().try_into().unwrap())
    }

    pub fn set_config(&mut self, offset: u64, value: u32) {
        self.write(CONFIG_REGION, offset, &value.to_le_bytes()).unwrap();
    }

    pub fn register(&mut self, offset: u64) -> u32 {
        u32::from_le_bytes(self.read(0, offset, 4).unwrap().try_into().unwrap())
    }

    pub fn queue(&mut self, direction: Direction, register: &Register) -> u32 {
        self.register(queue_regs(direction, 0) + u64::from(register.offset))
    }

    fn set(&mut self, direction: Direction, register: &Register, value: u32) {
        let offset = queue_regs(direction, 0) + u64::from(register.offset);
        self.write(0, offset, &value.to_le_bytes()).unwrap();
    }

    pub fn connect_interrupts(&mut self, start: u32, fds: &[BorrowedFd<'_>]) -> Result<(), i32> {
        let (argsz, count) = (SetIrqs::BYTES as u32, fds.len() as u32);
        let request = SetIrqs { argsz, flags: 0x24, index: 2, start, count };
        self.ask(Command::SetIrqs, &request.to_bytes(), fds).map(|_| ())
    }

    /// Turns bus mastering on and starts queue 0 in direct mode, records at `records`.
    pub fn start(&mut self, records: u64) {
        let command = self.config(4);
        self.set_config(4, command & 0xFFFF | 4);
        for (direction, ring) in [(Direction::H2c, records), (Direction::C2h, records + 4096)] {
            for (register, value) in [
                (&regs::CPL_BASE_LO, ring as u32),
                (&regs::CPL_BASE_HI, (ring >> 32) as u32),
                (&regs::RING_SIZE, 6 | 6 << 8),
                (&regs::MODE, regs::MODE.reset() | 3),
                (&regs::VECTOR, 1),
                (&regs::CTRL, 1),
            ] {
                self.set(direction, register, value);
            }
        }
    }

    /// Hands over a packet, or the room for one.
    pub fn go(&mut self, direction: Direction, iova: u64, len: u32) {
        let flags = IRQ | if direction == Direction::H2c { SOP | EOP } else { 0 };
        for (register, value) in [
            (&regs::FEED_ADDR_LO, iova as u32),
            (&regs::FEED_ADDR_HI, (iova >> 32) as u32),
            (&regs::FEED_LEN, len),
            (&regs::FEED_GO, u32::from(flags)),
        ] {
            self.set(direction, register, value);
        }
    }

    /// Lets clocks pass, whether there is work or not.
    pub fn run(&mut self, clocks: u64) {
        let now = |raw: &mut Raw| {
            let bytes = raw.read(clock::REGION, clock::CLOCKS, 8).unwrap();
            u64::from_le_bytes(bytes.try_into().unwrap())
        };
        let end = now(self) + clocks;
        while now(self) < end {
            self.write(clock::REGION, clock::RUN_CLOCKS, &clocks.to_le_bytes()).unwrap();
        }
    }
}
