//! Freeing a buffer that was submitted.
use ferrolane::{DmaBuffer, H2cQueue, H2cRequest};

fn f(mut queue: H2cQueue, buffer: DmaBuffer) {
    queue.push(H2cRequest::packet(buffer)).unwrap();
    drop(buffer);
}

fn main() {}
