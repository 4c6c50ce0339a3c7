//! A reference to memory that the device writes.
use ferrolane::DmaBuffer;

fn f(buffer: &DmaBuffer) -> &[u8] {
    buffer
}

fn main() {}
