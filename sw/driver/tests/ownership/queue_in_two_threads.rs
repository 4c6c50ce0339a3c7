//! One queue used by two threads at once.
use ferrolane::{H2cQueue, H2cRequest};

fn f(mut queue: H2cQueue, one: H2cRequest, two: H2cRequest) {
    std::thread::scope(|scope| {
        scope.spawn(|| queue.submit(one).unwrap());
        scope.spawn(|| queue.submit(two).unwrap());
    });
}

fn main() {}
