//! Reading a buffer that was submitted.
use ferrolane::{DmaBuffer, H2cQueue, H2cRequest};

fn f(mut queue: H2cQueue, buffer: DmaBuffer) {
    queue.submit(H2cRequest::packet(buffer)).unwrap();
    buffer.to_vec();
}

fn main() {}
