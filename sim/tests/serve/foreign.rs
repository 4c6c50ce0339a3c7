//! A client that is not ours: the one of the crate `vfio_user`.

use std::os::fd::AsRawFd;

use ferrolane_abi::pci;
use ferrolane_abi::regs::global;
use ferrolane_sim::serve::Dma;
use rustix::event::{eventfd, EventfdFlags};
use vfio_user::Client;

use crate::bed::Bed;

const CONFIG: u32 = 7;

fn read32(client: &mut Client, region: u32, offset: u64) -> u32 {
    let mut bytes = [0; 4];
    client.region_read(region, offset, &mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}

#[test]
fn it_finds_the_card() {
    let bed = Bed::start("sim:gen3x8,seed=3", Dma::Mapped);
    let mut client = Client::new(&bed.socket).unwrap();
    assert_eq!(client.region(0).unwrap().size, ferrolane_abi::map::BAR0_BYTES);
    assert_eq!(client.region(CONFIG).unwrap().size, 4096);
    assert_eq!(client.region(1).unwrap().size, 0);
    let id = u32::from(pci::VENDOR_ID) | u32::from(pci::DEVICE_ID) << 16;
    assert_eq!(read32(&mut client, CONFIG, 0), id);
    assert_eq!(read32(&mut client, 0, u64::from(global::MAGIC.offset)), global::MAGIC.reset());
    let scratch = u64::from(global::SCRATCH.offset);
    client.region_write(0, scratch, &0x1234_5678u32.to_le_bytes()).unwrap();
    client.region_write(0, scratch + 1, &[0xAB]).unwrap();
    assert_eq!(read32(&mut client, 0, scratch), 0x1234_AB78);
    let mut byte = [0];
    client.region_read(0, scratch + 1, &mut byte).unwrap();
    assert_eq!(byte, [0xAB]);
    let vectors = client.get_irq_info(2).unwrap().count;
    assert!(vectors > 1);
    let fds: Vec<_> = (0..vectors).map(|_| eventfd(0, EventfdFlags::NONBLOCK).unwrap()).collect();
    let raw: Vec<_> = fds.iter().map(|fd| fd.as_raw_fd()).collect();
    for (i, chunk) in raw.chunks(16).enumerate() {
        client.set_irqs(2, 0x24, 16 * i as u32, chunk.len() as u32, chunk).unwrap();
    }
    // The engine's table, as the server has filled it.
    assert_eq!(read32(&mut client, 0, ferrolane_abi::map::MSIX_TABLE_PAGE + 12), 0);
    client.reset().unwrap();
    assert_eq!(read32(&mut client, 0, scratch), 0);
    client.shutdown().unwrap();
}
