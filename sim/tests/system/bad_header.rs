//! BAD_HEADER through the card: what came in last that was refused or dropped, as it stood at the pins.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use ferrolane_abi::map::GLOBAL_PAGE;
use ferrolane_abi::regs::global;
use ferrolane_abi::table::Register;
use ferrolane_sim::pins::{Beat, CardModel, Inputs, Outputs};
use ferrolane_sim::rtl::RtlCard;

use crate::bare::Bare;

/// A TLP that no root complex would send: a request, or a completion.
#[derive(Clone, Copy)]
enum Bad {
    Request([u32; 4]),
    Completion([u32; 4]),
}

/// Puts TLPs of one beat in where the hard block has none.
struct Intruder {
    card: RtlCard,
    waiting: Arc<Mutex<VecDeque<Bad>>>,
}

impl CardModel for Intruder {
    fn step(&mut self, i: &Inputs, o: &mut Outputs) -> Result<(), String> {
        let mut inner = *i;
        let mut waiting = self.waiting.lock().unwrap();
        let beat = |hdr| Beat { valid: true, first: true, last: true, keep: 1, hdr, ..Beat::default() };
        let mine = match waiting.front() {
            Some(Bad::Request(hdr)) if !i.rx_req.valid => {
                inner.rx_req = beat(*hdr);
                true
            }
            Some(Bad::Completion(hdr)) if !i.rx_cpl.valid => {
                inner.rx_cpl = beat(*hdr);
                true
            }
            _ => false,
        };
        self.card.step(&inner, o)?;
        let taken = match waiting.front() {
            Some(Bad::Request(_)) => o.rx_req_ready,
            _ => true,
        };
        if mine && taken {
            waiting.pop_front();
        }
        Ok(())
    }

    fn finish(&mut self) {
        self.card.finish();
    }
}

#[test]
fn the_last_bad_header_can_be_read() {
    let waiting = Arc::new(Mutex::new(VecDeque::new()));
    let mut bare = Bare::behind("sim", |card| Box::new(Intruder { card, waiting: Arc::clone(&waiting) }));
    let field =
        |bare: &mut Bare, register: &Register, name| register.field(name).unwrap().get(bare.global(register));
    assert_eq!(field(&mut bare, &global::BAD_HEADER, "CAUSE"), 0, "none yet");
    let requester = u32::from(bare.machine.config.pins().requester_id);
    let scratch = GLOBAL_PAGE + u64::from(global::SCRATCH.offset);
    bare.write(scratch, 0x1234_5678);
    // Layouts: PCIe Base Spec r5 2.2.1, 2.2.9. Poisoned writes of a DWORD with three and with four DWORDs of header, and a
    // completion for another function: none of them is answered, so the root complex hears nothing of it.
    let cases = [
        (Bad::Request([0x4000_4001, 0x0000_000F, scratch as u32, 0]), 2, 1),
        (Bad::Request([0x6000_4001, 0x0000_000F, 1, scratch as u32]), 2, 1),
        (Bad::Completion([0x4A00_0001, 0x0000_0004, (requester ^ 8) << 16 | 0x0300, 0]), 3, 0),
    ];
    for (number, (bad, cause, scratched)) in cases.into_iter().enumerate() {
        waiting.lock().unwrap().push_back(bad);
        bare.run(500);
        assert!(waiting.lock().unwrap().is_empty());
        let (Bad::Request(hdr) | Bad::Completion(hdr)) = bad;
        let got =
            [&global::BAD_HEADER_0, &global::BAD_HEADER_1, &global::BAD_HEADER_2, &global::BAD_HEADER_3]
                .map(|register| bare.global(register));
        assert_eq!(got, hdr, "case {number}");
        assert_eq!(field(&mut bare, &global::BAD_HEADER, "CAUSE"), cause, "case {number}");
        assert_eq!(field(&mut bare, &global::BAD_HEADER, "COUNT"), number as u32 + 1);
        let unexpected = bare.global(&global::CNT_UNEXPECTED_CPL);
        assert_eq!(unexpected, 1 - scratched, "case {number}");
        assert_eq!(bare.read(scratch), 0x1234_5678, "a poisoned write counts");
    }
}
