//! Writing a buffer that was submitted.
use ferrolane::{C2hQueue, C2hRequest, DmaBuffer};

fn f(mut queue: C2hQueue, mut buffer: DmaBuffer) {
    queue.submit(C2hRequest::new(buffer)).unwrap();
    buffer.write_at(0, &[1]).unwrap();
}

fn main() {}
