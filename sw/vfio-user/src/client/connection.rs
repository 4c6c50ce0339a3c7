//! Requests and their replies, and the server's requests meanwhile.
//!
//! ```text
//!  callers ── request ──────────────► socket
//!     ▲ reply, by id                    │
//!     └──────── reader thread ◄─────────┘
//!                   └ DMA_READ, DMA_WRITE ── Mappings ── reply
//! ```
//!
//! The reader takes messages in the order they come, so what the device wrote before it answered a register read is in
//! memory when the read returns.

use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::sync::mpsc::{sync_channel, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ferrolane::TransportError;
use rustix::io::Errno;

use super::dma::Mappings;
use crate::message::{Command, DmaAccess, Header, MAX_TRANSFER};
use crate::{Message, Socket};

/// Longest wait for a reply. A server answers within a simulated millisecond, which takes it about a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a request failed.
#[derive(Debug)]
pub enum CallError {
    /// The server refuses it.
    Refused(Errno),
    /// There is no server any more.
    Lost(String),
}

impl CallError {
    /// As the driver knows it; `what` was being done.
    pub fn explain(self, what: &str) -> TransportError {
        match self {
            CallError::Refused(errno) => TransportError::Io {
                what: format!("{what}, which the server refuses (its standard error says why)"),
                source: errno.into(),
            },
            CallError::Lost(why) => TransportError::DeviceLost(format!("{what}: {why}")),
        }
    }
}

#[derive(Default)]
struct Waiting {
    next_id: u16,
    replies: HashMap<u16, SyncSender<Message>>,
    lost: Option<String>,
}

/// A connection with its reader.
pub struct Connection {
    socket: Arc<Socket>,
    waiting: Arc<Mutex<Waiting>>,
    reader: Option<JoinHandle<()>>,
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    /// Over a socket; the server's requests go to `mappings`.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn new(socket: Socket, mappings: Arc<Mappings>) -> std::io::Result<Connection> {
        let socket = Arc::new(socket);
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        let (inner, shared) = (Arc::clone(&socket), Arc::clone(&waiting));
        let reader = std::thread::Builder::new()
            .name("ferrolane-vfio-user".into())
            .spawn(move || read(&inner, &shared, &mappings))?;
        Ok(Connection { socket, waiting, reader: Some(reader) })
    }

    /// Sends a request and waits for its reply.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn call(
        &self,
        command: Command,
        parts: &[&[u8]],
        fds: &[BorrowedFd<'_>],
    ) -> Result<Vec<u8>, CallError> {
        let (sender, receiver) = sync_channel(1);
        let id = {
            let mut waiting = lock(&self.waiting);
            if let Some(why) = &waiting.lost {
                return Err(CallError::Lost(why.clone()));
            }
            waiting.next_id = waiting.next_id.wrapping_add(1);
            let id = waiting.next_id;
            waiting.replies.insert(id, sender);
            id
        };
        let header = Header::request(id, command, parts.iter().map(|part| part.len()).sum());
        // Where sending fails the server may have said why before; the reader gets to that, and to the end.
        let _ = self.socket.send(header, parts, fds);
        let message = match receiver.recv_timeout(PATIENCE) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => {
                lock(&self.waiting).replies.remove(&id);
                return Err(CallError::Lost(format!("no reply within {} s", PATIENCE.as_secs())));
            }
            Err(RecvTimeoutError::Disconnected) => {
                let why = lock(&self.waiting).lost.clone();
                return Err(CallError::Lost(why.unwrap_or_else(|| "the connection ended".into())));
            }
        };
        match message.header.failure() {
            Some(errno) => Err(CallError::Refused(Errno::from_raw_os_error(errno))),
            None => Ok(message.payload),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.socket.shut_down();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

fn read(socket: &Socket, waiting: &Mutex<Waiting>, mappings: &Mappings) {
    let why = loop {
        let message = match socket.receive() {
            Ok(Some(message)) => message,
            Ok(None) => break "the server has closed the connection".to_string(),
            Err(error) => break format!("the connection to the server: {error}"),
        };
        if message.header.is_reply() {
            // Who waited may have given up.
            if let Some(sender) = lock(waiting).replies.remove(&message.header.id) {
                let _ = sender.send(message);
            }
        } else if let Err(error) = serve(socket, &message, mappings) {
            break format!("the connection to the server: {error}");
        }
    };
    let mut waiting = lock(waiting);
    waiting.lost = Some(why);
    waiting.replies.clear();
}

/// Answers a request of the server.
fn serve(socket: &Socket, message: &Message, mappings: &Mappings) -> std::io::Result<()> {
    let header = message.header;
    let result = match (Command::from_number(header.command), DmaAccess::parse(&message.payload)) {
        (Some(Command::DmaRead), Some(access)) if access.count <= MAX_TRANSFER => {
            let mut reply = vec![0; DmaAccess::BYTES + access.count as usize];
            reply[..DmaAccess::BYTES].copy_from_slice(&access.to_bytes());
            mappings.read(access.iova, &mut reply[DmaAccess::BYTES..]).map(|()| reply)
        }
        (Some(Command::DmaWrite), Some(access)) => match &message.payload[DmaAccess::BYTES..] {
            data if data.len() as u64 == access.count => {
                mappings.write(access.iova, data).map(|()| access.to_bytes().into())
            }
            _ => Err(Errno::INVAL),
        },
        _ => Err(Errno::INVAL),
    };
    match result {
        _ if header.wants_none() => Ok(()),
        Ok(payload) => socket.send(header.reply(payload.len()), &[&payload], &[]),
        Err(errno) => socket.send(header.refusal(errno.raw_os_error()), &[], &[]),
    }
}
