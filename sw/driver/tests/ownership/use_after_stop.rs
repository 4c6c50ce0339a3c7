//! Submitting to a queue that was stopped.
use ferrolane::{H2cQueue, H2cRequest};

fn f(mut queue: H2cQueue, request: H2cRequest) {
    queue.stop().unwrap();
    queue.submit(request).unwrap();
}

fn main() {}
