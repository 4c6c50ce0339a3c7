//! Writing through a shared reference.
use ferrolane::DmaBuffer;

fn f(buffer: &DmaBuffer) {
    buffer.write_at(0, &[1]).unwrap();
}

fn main() {}
