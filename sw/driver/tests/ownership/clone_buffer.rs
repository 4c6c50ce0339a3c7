//! A second owner of the same bytes.
use ferrolane::DmaBuffer;

fn f(buffer: &DmaBuffer) -> DmaBuffer {
    buffer.clone()
}

fn main() {}
