//! Submitting the same buffer twice.
use ferrolane::{H2cQueue, H2cRequest};

fn f(mut queue: H2cQueue, request: H2cRequest) {
    queue.submit(request).unwrap();
    queue.submit(request).unwrap();
}

fn main() {}
