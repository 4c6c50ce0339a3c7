//! A buffer for the card to fill on a queue that sends.
use ferrolane::{C2hRequest, H2cQueue};

fn f(mut queue: H2cQueue, request: C2hRequest) {
    queue.submit(request).unwrap();
}

fn main() {}
