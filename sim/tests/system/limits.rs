//! The longest there is.

use ferrolane::{C2hRequest, DmaAccess, H2cRequest, Queue, QueueConfig};
use ferrolane_abi::descriptor;
use ferrolane_sim::rng::Rng;

use crate::rig::rig;

#[test]
fn the_longest_descriptor() {
    let rig = rig("sim:mrrs=4096,mps=512,gen3x8");
    let config = QueueConfig { entries: 2, interrupt: false, ..QueueConfig::default() };
    let mut h2c = rig.device.open_h2c(1, config.clone()).unwrap();
    let mut c2h = rig.device.open_c2h(1, config).unwrap();
    let len = descriptor::MAX_LEN as usize;
    let region = |access| rig.device.allocate(len + 8192, access).unwrap();
    let (out, back) = (region(DmaAccess::DeviceReads), region(DmaAccess::DeviceWrites));
    let mut rng = Rng::new(1, "bytes");
    let data: Vec<u8> = (0..len.div_ceil(8)).flat_map(|_| rng.next().to_le_bytes()).take(len).collect();
    let mut buffer = out.buffer(4095..4095 + len).unwrap();
    buffer.copy_from(&data).unwrap();
    c2h.submit(C2hRequest::new(back.buffer(17..17 + len).unwrap())).unwrap();
    h2c.submit(H2cRequest::packet(buffer).with_meta(7)).unwrap();
    let deadline = rig.device.deadline(100_000_000);
    let done = h2c.poll_until(deadline).unwrap_or_else(|e| panic!("{e}"));
    assert!(done.status.is_ok() && done.bytes as usize == len, "{} bytes, {}", done.bytes, done.status);
    let done = c2h.poll_until(deadline).unwrap_or_else(|e| panic!("{e}"));
    assert!(done.status.is_ok() && done.bytes as usize == len && done.eop && done.meta == 7);
    assert!(done.buffer.to_vec() == data);
    // Neither byte beside it was written.
    for at in [0..17, 17 + len..len + 8192] {
        assert!(back.buffer(at).unwrap().to_vec().iter().all(|b| *b == 0));
    }
    h2c.stop().unwrap();
    c2h.stop().unwrap();
}
