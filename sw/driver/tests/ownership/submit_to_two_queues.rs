//! Having the card read and write one buffer at the same time.
use ferrolane::{C2hQueue, C2hRequest, DmaBuffer, H2cQueue, H2cRequest};

fn f(mut h2c: H2cQueue, mut c2h: C2hQueue, buffer: DmaBuffer) {
    h2c.submit(H2cRequest::packet(buffer)).unwrap();
    c2h.submit(C2hRequest::new(buffer)).unwrap();
}

fn main() {}
