//! The card's memory and the queues that reach it.

use ferrolane_abi::descriptor::{self, Descriptor};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::status;

use super::State;
use crate::transport::DmaAccess;

/// Bytes of a beat of the port.
const BEAT: u64 = 16;
/// Bytes of a page.
const PAGE: u64 = 4096;
/// Flags that no descriptor of a memory queue may carry.
const REFUSED: u8 = descriptor::SOP | descriptor::EOP | descriptor::LINK | descriptor::END | descriptor::EXT;

/// Where the bytes of a descriptor lie in the card's memory.
#[derive(Clone, Copy)]
struct Place {
    first: u64,
    fixed: bool,
}

impl Place {
    /// The address of byte `i`: a fixed access goes round in one beat.
    fn at(self, i: u64) -> u64 {
        self.first.wrapping_add(if self.fixed { i % BEAT } else { i })
    }
}

impl State {
    fn has_card_memory(&self, address: u64) -> bool {
        self.identity.card_memory.iter().any(|range| range.contains(&address))
    }

    pub(super) fn card_byte(&self, address: u64) -> u8 {
        self.pages.get(&(address / PAGE)).map_or(0, |page| page[(address % PAGE) as usize])
    }

    fn set_card_byte(&mut self, address: u64, value: u8) {
        let page = self.pages.entry(address / PAGE).or_insert_with(|| vec![0; PAGE as usize]);
        page[(address % PAGE) as usize] = value;
    }

    pub(super) fn is_memory_queue(&self, at: usize) -> bool {
        let mode = regs::MODE.field("MEMORY").expect("a field of the table");
        mode.get(self.queues[at].register(&regs::MODE)) == 1
    }

    /// One descriptor of a memory queue of either direction.
    pub(super) fn step_memory(&mut self, at: usize) {
        let descriptor = match self.next(at, REFUSED) {
            None => return,
            Some(Err(code)) => return self.record(at, 0, 0, 0, code, false),
            Some(Ok(descriptor)) => descriptor,
        };
        let base = self.queues[at].base(&regs::CARD_BASE_LO, &regs::CARD_BASE_HI);
        let first = base.wrapping_add(u64::from(descriptor.card));
        let place = Place { first, fixed: descriptor.flags & descriptor::FIXED != 0 };
        let (bytes, code) = match place {
            Place { fixed: true, first } if first % BEAT != 0 => (0, status::BAD_CARD_ADDRESS),
            place if at < self.identity.queues as usize => self.copy_in(&descriptor, place),
            place => self.copy_out(&descriptor, place),
        };
        self.record(at, bytes, 0, 0, code, descriptor.flags & descriptor::IRQ != 0)
    }

    /// Every beat is offered to the memory, and the worst answer counts.
    fn copy_in(&mut self, descriptor: &Descriptor, place: Place) -> (u32, u8) {
        let mut bytes = vec![0; descriptor.len as usize];
        if self.dma_read(descriptor.host_addr, &mut bytes).is_none() {
            return (0, status::DATA_UR);
        }
        let mut code = status::OK;
        for (i, byte) in bytes.into_iter().enumerate() {
            let address = place.at(i as u64);
            if self.has_card_memory(address) {
                self.set_card_byte(address, byte);
            } else {
                code = status::CARD_WRITE_ERROR;
            }
        }
        (descriptor.len, code)
    }

    /// What comes before the first beat with an error goes to the host.
    fn copy_out(&mut self, descriptor: &Descriptor, place: Place) -> (u32, u8) {
        let known = (0..u64::from(descriptor.len)).take_while(|i| self.has_card_memory(place.at(*i)));
        let bytes: Vec<u8> = known.map(|i| self.card_byte(place.at(i))).collect();
        if self.dma(descriptor.host_addr, bytes.len(), DmaAccess::DeviceWrites).is_some() {
            self.dma_write(descriptor.host_addr, &bytes);
        }
        let whole = bytes.len() == descriptor.len as usize;
        (bytes.len() as u32, if whole { status::OK } else { status::CARD_READ_ERROR })
    }
}
