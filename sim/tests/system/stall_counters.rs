//! The counters of waiting: each reason alone, with the card held up for just that, and the port's against its pins.

use std::sync::{Arc, Mutex};

use ferrolane_abi::descriptor::{Descriptor, EOP, FENCE, SOP};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::global_counters as counters;
use ferrolane_abi::table::Register;
use ferrolane_sim::pins::{Beat, CardModel, Inputs, Outputs};
use ferrolane_sim::rtl::RtlCard;

use crate::bare::Bare;
use crate::counters::of;
use crate::feed::{Feed, FEEDS};
use crate::job::{jobs, run, Shape};
use crate::lane::{Lane, Setup};

/// Why an engine waits.
const REASONS: [&Register; 8] = [
    &counters::H2C_NO_TAG,
    &counters::H2C_NO_ROOM,
    &counters::H2C_NO_PLACE,
    &counters::H2C_FENCE,
    &counters::C2H_NO_DESCRIPTOR,
    &counters::C2H_NO_PLACE,
    &counters::C2H_FENCE,
    &counters::C2H_SEND_FULL,
];

/// Lets `clocks` pass: only the reasons named in `wanted` may count, each in at least its percentage of the clocks.
fn only(bare: &mut Bare, clocks: u64, wanted: &[(&Register, u64)]) {
    let before = REASONS.map(|reason| of(bare, reason));
    bare.run(clocks);
    for (reason, before) in REASONS.into_iter().zip(before) {
        let waited = u64::from(of(bare, reason).wrapping_sub(before));
        match wanted.iter().find(|(register, _)| register.name == reason.name) {
            Some((_, percent)) => {
                assert!(waited * 100 >= clocks * percent, "{}: {waited} of {clocks} clocks", reason.name)
            }
            None => assert_eq!(waited, 0, "{} in {clocks} clocks", reason.name),
        }
    }
}

/// Gives a queue `count` descriptors of `len` bytes each.
pub fn load(bare: &mut Bare, lane: &mut Lane, count: u64, len: u32, flags: u8) {
    let region = bare.region((count * u64::from(len)) as usize);
    lane.waiting.extend((0..count).map(|i| Descriptor {
        host_addr: region.iova + i * u64::from(len),
        len,
        flags,
        card: 0,
    }));
    lane.feed(bare);
}

/// A queue pair 0, its C2H side without a buffer.
fn pair(bare: &mut Bare, h2c: Setup, c2h: Setup) -> (Lane, Lane) {
    (Lane::new(bare, h2c), Lane::new(bare, c2h))
}

#[test]
fn a_card_that_takes_nothing_is_want_of_room_and_of_a_buffer() {
    let mut bare = Bare::new("sim");
    let mut h2c = Lane::new(&mut bare, Setup::new(H2c, 0, Feed::Ring));
    load(&mut bare, &mut h2c, 20, 4096, SOP | EOP);
    bare.run(10_000);
    only(&mut bare, 5_000, &[(&counters::H2C_NO_ROOM, 99)]);
    // The same with the way back running, which has no buffer for what comes.
    let c2h = Lane::new(&mut bare, Setup::new(C2h, 0, Feed::Ring));
    only(&mut bare, 5_000, &[(&counters::H2C_NO_ROOM, 99), (&counters::C2H_NO_DESCRIPTOR, 20)]);
    c2h.set(&mut bare, &ferrolane_abi::regs::queue::CTRL, 0);
}

#[test]
fn reads_that_last_long_use_up_the_tags() {
    // 24 data tags of 128 bytes are less than a share of the FIFO.
    let mut bare = Bare::new("sim:latency=8us,mrrs=128,exttag=off");
    let mut h2c = Lane::new(&mut bare, Setup::new(H2c, 0, Feed::Push));
    load(&mut bare, &mut h2c, 4, 4096, SOP | EOP);
    bare.run(500);
    only(&mut bare, 3_000, &[(&counters::H2C_NO_TAG, 95)]);
}

#[test]
fn records_that_nobody_takes_are_want_of_places() {
    for direction in [H2c, C2h] {
        let mut bare = Bare::new("sim");
        let (mut small, large) = (Setup::new(direction, 0, Feed::Push), |d| Setup::new(d, 0, Feed::Push));
        small.log2 = 2;
        let setups = if direction == H2c { (small, large(C2h)) } else { (large(H2c), small) };
        let (mut h2c, mut c2h) = pair(&mut bare, setups.0, setups.1);
        load(&mut bare, &mut c2h, 8, 256, 0);
        load(&mut bare, &mut h2c, 8, 64, SOP | EOP);
        bare.run(10_000);
        let missing = if direction == H2c { &counters::H2C_NO_PLACE } else { &counters::C2H_NO_PLACE };
        only(&mut bare, 5_000, &[(missing, 20)]);
        let lane = if direction == H2c { &mut h2c } else { &mut c2h };
        assert_eq!(std::iter::from_fn(|| lane.take()).count(), 4, "records");
        lane.tell(&mut bare, false);
        bare.run(5_000);
        only(&mut bare, 5_000, &[]);
    }
}

#[test]
fn fences_are_counted_where_they_are() {
    for (flags, percent) in [(FENCE, 90), (0, 0)] {
        let mut bare = Bare::new("sim:latency=4us");
        let mut h2c = Lane::new(&mut bare, Setup::new(H2c, 0, Feed::Push));
        load(&mut bare, &mut h2c, 32, 64, SOP | EOP | flags);
        let wanted = [(&counters::H2C_FENCE, percent)];
        only(&mut bare, 10_000, if flags == 0 { &[] } else { &wanted });
    }
    for (flags, percent) in [(FENCE, 10), (0, 0)] {
        // A few packets wait in the share for buffers; writes go slowly.
        let mut bare = Bare::new("sim:gen1x1");
        let (mut h2c, mut c2h) =
            pair(&mut bare, Setup::new(H2c, 0, Feed::Push), Setup::new(C2h, 0, Feed::Push));
        load(&mut bare, &mut h2c, 16, 256, SOP | EOP);
        bare.run(40_000);
        load(&mut bare, &mut c2h, 16, 256, flags);
        let before = of(&mut bare, &counters::C2H_FENCE);
        bare.run(5_000);
        let waited = of(&mut bare, &counters::C2H_FENCE) - before;
        println!("FENCE {flags}: {waited}");
        assert!(if flags == 0 { waited == 0 } else { waited > 50 * percent }, "{waited}");
    }
}

#[test]
fn writes_without_credit_wait_behind_each_other() {
    let mut bare = Bare::new("sim:ph=1,delay=1us");
    let (mut h2c, mut c2h) = pair(&mut bare, Setup::new(H2c, 0, Feed::Ring), Setup::new(C2h, 0, Feed::Ring));
    load(&mut bare, &mut c2h, 60, 4096, 0);
    load(&mut bare, &mut h2c, 60, 4096, SOP | EOP);
    bare.run(20_000);
    only(&mut bare, 10_000, &[(&counters::C2H_SEND_FULL, 50), (&counters::H2C_NO_ROOM, 50)]);
}

/// What the port's streams did, as its pins show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pins {
    write_beats: u32,
    write_stalls: u32,
    read_stalls: u32,
    completion_stalls: u32,
    completion_beats: u32,
}

/// Counts at the card's pins.
struct Watch {
    card: RtlCard,
    pins: Arc<Mutex<Pins>>,
}

impl CardModel for Watch {
    fn step(&mut self, i: &Inputs, o: &mut Outputs) -> Result<(), String> {
        self.card.step(i, o)?;
        let mut pins = self.pins.lock().unwrap();
        if i.rst {
            *pins = Pins::default();
            return Ok(());
        }
        let waits = |beat: &Beat, ready: bool| u32::from(beat.valid && !ready);
        pins.write_beats += u32::from(o.tx_wr.valid && i.tx_wr_ready);
        pins.write_stalls += waits(&o.tx_wr, i.tx_wr_ready);
        pins.read_stalls += waits(&o.tx_rd, i.tx_rd_ready);
        pins.completion_stalls += waits(&o.tx_cpl, i.tx_cpl_ready);
        pins.completion_beats += u32::from(i.rx_cpl.valid);
        Ok(())
    }

    fn finish(&mut self) {
        self.card.finish();
    }
}

#[test]
fn beats_and_waits_of_the_port_are_those_of_its_pins() {
    for preset in ["sim:throttle=30%,jitter=400ns,split=random", "sim:gen1x1,throttle=10%"] {
        let pins = Arc::new(Mutex::new(Pins::default()));
        let mut bare = Bare::behind(preset, |card| Box::new(Watch { card, pins: Arc::clone(&pins) }));
        let setups: Vec<_> = FEEDS
            .into_iter()
            .enumerate()
            .map(|(i, feed)| (Setup::new(H2c, i as u32, feed), Setup::new(C2h, i as u32, Feed::Ring)))
            .collect();
        let shape = Shape { seed: 8, packets: 20, longest: 4_000, piece: 1_000, irq: 5 };
        let mut jobs = jobs(&mut bare, &setups, shape);
        run(&mut bare, &mut jobs);
        let exact = |bare: &mut Bare, register: &Register, of_pins: fn(&Pins) -> u32| {
            bare.settle();
            let seen = of_pins(&pins.lock().unwrap());
            let counted = of(bare, register);
            println!("{preset}: {} {counted}", register.name);
            assert_eq!(counted, seen, "{preset}: {}", register.name);
            assert!(counted > 0, "{preset}: {} shows nothing", register.name);
        };
        exact(&mut bare, &counters::WRITE_BEATS, |pins| pins.write_beats);
        exact(&mut bare, &counters::WRITE_STALLS, |pins| pins.write_stalls);
        exact(&mut bare, &counters::READ_STALLS, |pins| pins.read_stalls);
        exact(&mut bare, &counters::COMPLETION_STALLS, |pins| pins.completion_stalls);
        exact(&mut bare, &counters::COMPLETION_BEATS, |pins| pins.completion_beats);
    }
}
