//! Host memory that is reached by messages: no memory is shared, the other end translates and copies.
//!
//! ```text
//!  RootComplex ── MessageMemory ── Messages ── DMA_READ, DMA_WRITE ──► client
//!     ▲  Fetch ◄──────────────────────┘ ▲                               │
//!  interrupts ◄── held until acknowledged └───────── replies ◄──────────┘
//! ```
//!
//! Nobody waits for a reply with the machine in hand: the clock goes on for register accesses, which a client may need
//! answered before it can answer. Requests go out in order and are performed in order by every client known; the
//! window is so small that it always fits the socket's buffer.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ferrolane_vfio_user::message::{Command, DmaAccess, Header, MAX_DMA};
use ferrolane_vfio_user::version::DmaData;
use ferrolane_vfio_user::Socket;

use crate::host_memory::{Fetch, HostMemory, Refused};

/// Most messages under way.
const WINDOW: usize = 32;
/// Most bytes of data under way.
const WINDOW_BYTES: usize = MAX_DMA;

struct Request {
    iova: u64,
    len: usize,
    kind: Kind,
}

enum Kind {
    Read(Fetch),
    Write { number: u64, data: Vec<u8> },
}

#[derive(Default)]
struct State {
    next_id: u16,
    waiting: VecDeque<Request>,
    sent: HashMap<u16, Request>,
    bytes: usize,
    /// Writes so far, and the numbers of those that are not acknowledged.
    writes: u64,
    open: BTreeSet<u64>,
    /// Interrupts, each behind the write with this number.
    held: VecDeque<(u64, u32)>,
    broken: bool,
}

/// The messages to one client.
pub struct Messages {
    socket: Arc<Socket>,
    data: Mutex<DmaData>,
    state: Mutex<State>,
}

/// What a reply has brought about.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// IOVA and length of a write that was refused.
    pub refused: Option<(u64, u64)>,
    /// Vectors of interrupts whose turn has come.
    pub interrupts: Vec<u32>,
}

impl Messages {
    /// None under way.
    pub fn new(socket: Arc<Socket>, data: DmaData) -> Self {
        Messages { socket, data: Mutex::new(data), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether more waits to be sent than a clock adds.
    pub fn is_congested(&self) -> bool {
        self.state().waiting.len() >= WINDOW
    }

    /// Keeps an interrupt until all writes before it are acknowledged; false if they are.
    pub fn hold_back(&self, vector: u32) -> bool {
        let mut state = self.state();
        if state.open.is_empty() {
            return false;
        }
        let behind = state.writes;
        state.held.push_back((behind, vector));
        true
    }

    fn read(&self, iova: u64, len: usize) -> Fetch {
        let fetch = Fetch::default();
        let mut state = self.state();
        if state.broken {
            fetch.answer(Err(Refused));
            return fetch;
        }
        state.waiting.push_back(Request { iova, len, kind: Kind::Read(fetch.clone()) });
        self.send(&mut state);
        fetch
    }

    fn write(&self, iova: u64, bytes: &[u8]) -> Result<(), Refused> {
        let mut state = self.state();
        if state.broken {
            return Err(Refused);
        }
        // What has to wait anyway goes along with its neighbour.
        if let Some(Request { iova: first, len, kind: Kind::Write { data, .. } }) = state.waiting.back_mut() {
            if *first + *len as u64 == iova && *len + bytes.len() <= MAX_DMA {
                data.extend_from_slice(bytes);
                *len += bytes.len();
                return Ok(());
            }
        }
        state.writes += 1;
        let number = state.writes;
        state.open.insert(number);
        let kind = Kind::Write { number, data: bytes.to_vec() };
        state.waiting.push_back(Request { iova, len: bytes.len(), kind });
        self.send(&mut state);
        Ok(())
    }

    /// Sends what fits the window.
    fn send(&self, state: &mut State) {
        while let Some(next) = state.waiting.front() {
            if !state.sent.is_empty() && (state.sent.len() >= WINDOW || state.bytes + next.len > WINDOW_BYTES)
            {
                return;
            }
            let Some(request) = state.waiting.pop_front() else { return };
            state.next_id = state.next_id.wrapping_add(1);
            let id = state.next_id;
            if self.send_one(id, &request).is_err() {
                // The session sees the end of the connection too, and says so.
                state.sent.insert(id, request);
                Self::fail(state);
                return;
            }
            state.bytes += request.len;
            state.sent.insert(id, request);
        }
    }

    fn send_one(&self, id: u16, request: &Request) -> std::io::Result<()> {
        let access = DmaAccess { iova: request.iova, count: request.len as u64 }.to_bytes();
        match &request.kind {
            Kind::Read(_) => {
                self.socket.send(Header::request(id, Command::DmaRead, access.len()), &[&access], &[])
            }
            Kind::Write { data, .. } => {
                let header = Header::request(id, Command::DmaWrite, access.len() + data.len());
                let (head, rest) = access.split_at(self.layout().offset());
                self.socket.send(header, &[head, data, rest], &[])
            }
        }
    }

    fn layout(&self) -> DmaData {
        *self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reply has come; nothing if it answers nothing.
    pub fn reply(&self, header: Header, payload: &[u8]) -> Option<Outcome> {
        let mut state = self.state();
        let request = state.sent.remove(&header.id)?;
        state.bytes -= request.len;
        let mut outcome = Outcome::default();
        match request.kind {
            Kind::Read(fetch) => {
                let data = if header.failure().is_some() { None } else { self.data_of(payload, request.len) };
                fetch.answer(data.map(<[u8]>::to_vec).ok_or(Refused));
            }
            Kind::Write { number, .. } => {
                state.open.remove(&number);
                outcome.refused = header.failure().map(|_| (request.iova, request.len as u64));
            }
        }
        let done = state.open.first().map_or(u64::MAX, |number| number - 1);
        while state.held.front().is_some_and(|held| held.0 <= done) {
            outcome.interrupts.extend(state.held.pop_front().map(|held| held.1));
        }
        self.send(&mut state);
        Some(outcome)
    }

    /// The data in the reply to a read of `len` bytes. A reply that can't have the layout that is expected has the
    /// other one, and so have all from then on: the upper half of a count that fits a message is 0, and so are the
    /// bytes behind the data.
    fn data_of<'a>(&self, payload: &'a [u8], len: usize) -> Option<&'a [u8]> {
        if payload.len() != len + DmaAccess::BYTES {
            return None;
        }
        let mut layout = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        let other = match *layout {
            DmaData::AfterCount64 if payload[12..16] != [0; 4] => DmaData::AfterCount32,
            DmaData::AfterCount32 if payload[len + 12..] != [0; 4] => DmaData::AfterCount64,
            same => same,
        };
        *layout = other;
        payload.get(other.offset()..other.offset() + len)
    }

    /// The client is gone: what was asked for is refused, and what comes from now on too.
    pub fn end(&self) {
        Self::fail(&mut self.state());
    }

    fn fail(state: &mut State) {
        state.broken = true;
        let requests = state.waiting.drain(..).chain(state.sent.drain().map(|(_, request)| request));
        for request in requests {
            if let Kind::Read(fetch) = request.kind {
                fetch.answer(Err(Refused));
            }
        }
        state.bytes = 0;
        state.open.clear();
        state.held.clear();
    }
}

/// Memory of the other end from some IOVA on.
pub struct MessageMemory {
    messages: Arc<Messages>,
    iova: u64,
    len: u64,
}

impl MessageMemory {
    /// `len` bytes from `iova` on.
    pub fn new(messages: Arc<Messages>, iova: u64, len: u64) -> Self {
        MessageMemory { messages, iova, len }
    }
}

impl HostMemory for MessageMemory {
    fn len(&self) -> u64 {
        self.len
    }

    fn takes_time(&self) -> bool {
        true
    }

    fn fetch(&self, offset: u64, len: usize) -> Option<Fetch> {
        Some(self.messages.read(self.iova + offset, len))
    }

    fn read(&self, _offset: u64, _into: &mut [u8]) -> Result<(), Refused> {
        Err(Refused) // nothing is here at once
    }

    fn write(&self, offset: u64, from: &[u8]) -> Result<(), Refused> {
        self.messages.write(self.iova + offset, from)
    }
}

#[cfg(test)]
mod tests;
