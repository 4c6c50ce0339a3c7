//! One end of a connection: whole messages with their file descriptors.

use std::io::{self, IoSlice, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

use rustix::net::{
    recvmsg, sendmsg, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};

use crate::message::{Header, HEADER, MAX_FDS, MAX_PAYLOAD};

/// A message that came.
#[derive(Debug)]
pub struct Message {
    /// Its header.
    pub header: Header,
    /// What is behind the header.
    pub payload: Vec<u8>,
    /// File descriptors that came with it.
    pub fds: Vec<OwnedFd>,
}

/// A connection. Messages are sent whole from any thread; one thread receives.
pub struct Socket {
    stream: UnixStream,
    sending: Mutex<()>,
}

impl Socket {
    /// Over a stream.
    pub fn new(stream: UnixStream) -> Socket {
        Socket { stream, sending: Mutex::new(()) }
    }

    /// Sends a message whose payload is `parts` one behind the other, which `header` counts.
    ///
    /// # Errors
    /// The system's; the connection is then of no more use.
    pub fn send(&self, header: Header, parts: &[&[u8]], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        debug_assert_eq!(header.size as usize, HEADER + parts.iter().map(|p| p.len()).sum::<usize>());
        let mut bytes = Vec::with_capacity(header.size as usize);
        bytes.extend_from_slice(&header.to_bytes());
        for part in parts {
            bytes.extend_from_slice(part);
        }
        let _whole = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sent = self.send_some(&bytes, fds)?;
        while sent < bytes.len() {
            sent += self.send_some(&bytes[sent..], &[])?;
        }
        Ok(())
    }

    fn send_some(&self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{} file descriptors in a message; {MAX_FDS} are the most", fds.len()),
            ));
        }
        loop {
            match sendmsg(&self.stream, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL) {
                Err(rustix::io::Errno::INTR) => continue,
                result => return Ok(result?),
            }
        }
    }

    /// The next message; nothing if the other end has closed the connection.
    ///
    /// # Errors
    /// The system's, or the stream makes no sense: then nothing behind it does.
    pub fn receive(&self) -> io::Result<Option<Message>> {
        let mut header = [0; HEADER];
        let mut fds = Vec::new();
        let mut have = 0;
        while have < HEADER {
            match self.receive_some(&mut header[have..], &mut fds)? {
                0 if have == 0 => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => have += n,
            }
        }
        let header = Header::from_bytes(&header);
        let payload = (header.size as usize).checked_sub(HEADER).filter(|n| *n <= MAX_PAYLOAD);
        let Some(payload) = payload else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "a message of {} bytes; {HEADER} to {} are possible",
                    header.size,
                    HEADER + MAX_PAYLOAD
                ),
            ));
        };
        let mut bytes = vec![0; payload];
        (&self.stream).read_exact(&mut bytes)?;
        Ok(Some(Message { header, payload: bytes, fds }))
    }

    fn receive_some(&self, into: &mut [u8], fds: &mut Vec<OwnedFd>) -> io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut parts = [IoSliceMut::new(into)];
        let got = loop {
            match recvmsg(&self.stream, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC) {
                Err(rustix::io::Errno::INTR) => continue,
                result => break result?,
            }
        };
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(received) = message {
                fds.extend(received);
            }
        }
        Ok(got.bytes)
    }

    /// Ends the connection for both ends; who waits for a message gets nothing.
    pub fn shut_down(&self) {
        // Only fails where it has ended already.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::message::Command;

    fn pair() -> (Socket, Socket) {
        let (a, b) = UnixStream::pair().unwrap();
        (Socket::new(a), Socket::new(b))
    }

    #[test]
    fn a_message_comes_with_its_descriptors() {
        let (a, b) = pair();
        let fds = [a.as_fd(), b.as_fd()];
        a.send(Header::request(3, Command::DmaMap, 5), &[b"abc", b"de"], &fds).unwrap();
        let message = b.receive().unwrap().unwrap();
        assert_eq!((message.header.id, &message.payload[..], message.fds.len()), (3, &b"abcde"[..], 2));
        a.shut_down();
        assert!(b.receive().unwrap().is_none());
    }

    #[test]
    fn what_makes_no_sense_is_an_error() {
        for size in [0u32, 15, u32::MAX, (HEADER + MAX_PAYLOAD + 1) as u32] {
            let (a, b) = pair();
            let header = Header { size, ..Header::request(1, Command::Version, 0) };
            (&a.stream).write_all(&header.to_bytes()).unwrap();
            assert_eq!(b.receive().unwrap_err().kind(), io::ErrorKind::InvalidData, "{size}");
        }
        let (a, b) = pair();
        (&a.stream).write_all(&[1, 2, 3]).unwrap();
        a.shut_down();
        assert_eq!(b.receive().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
