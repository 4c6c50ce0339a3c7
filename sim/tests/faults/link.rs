//! Rows 11, 12, 17 and 18: the link runs dry, changes its sizes, slows down or goes away.

use std::sync::Arc;

use ferrolane::{
    Device, DeviceOptions, DmaAccess, Error, H2cRequest, Queue, QueueConfig, Transport, TransportError,
};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::global;
use ferrolane_sim::faults::{Fault, TimedKind};
use ferrolane_sim::{Direction, Options, SimTransport};

use crate::bare::Bare;
use crate::bed::{Bed, VICTIM};
use crate::feed::Feed;
use crate::job::{jobs, run, Shape};
use crate::lane::Setup;

/// What traffic has moved for some clocks.
fn under_way(bed: &mut Bed, steps: usize) {
    for _ in 0..steps {
        bed.step();
    }
}

#[test]
fn f11_without_credits_everything_waits_and_goes_on() {
    for steps in [3, 20, 60] {
        let mut bed = Bed::new("sim:jitter=300ns,split=random", steps as u64);
        under_way(&mut bed, steps);
        let fault = bed.timed(TimedKind::CreditsZero, Some(60_000));
        bed.bare.run(1_000);
        bed.take_log();
        bed.bare.run(10_000);
        let sent = bed.take_log().iter().filter(|seen| seen.direction == Direction::ToHost).count();
        assert_eq!((sent, bed.bare.machine.applied(fault)), (0, 1));
        bed.all_end_well();
        assert_eq!(bed.bare.take_errors(), 0);
    }
}

#[test]
fn f11_with_the_fewest_credits_and_a_port_that_stalls_nothing_stops() {
    for preset in ["sim:ph=1,pd=16,nph=1,card_ph=1,card_pd=16,card_nph=1", "sim:throttle=90%"] {
        let mut bed = Bed::new(preset, 2);
        bed.all_end_well();
        bed.recovers();
    }
}

/// The longest write and read on the wire since this was last asked, in DWORDs.
fn longest(bed: &mut Bed) -> (usize, usize) {
    let log = bed.take_log();
    let writes = log.iter().filter(|seen| seen.is_write()).map(|seen| seen.hdr.length()).max();
    let reads = log.iter().filter(|seen| seen.is_read()).map(|seen| seen.hdr.length()).max();
    (writes.unwrap_or(0), reads.unwrap_or(0))
}

#[test]
fn f12_payload_and_read_size_may_change_at_run_time() {
    for (steps, iova) in [(10, "low"), (40, "high")] {
        let mut bed = Bed::new(&format!("sim:mps=512,mrrs=1024,iova={iova}"), 3);
        under_way(&mut bed, steps);
        let faults = [bed.timed(TimedKind::Mps(128), None), bed.timed(TimedKind::Mrrs(512), None)];
        bed.all_end_well();
        assert!(faults.map(|fault| bed.bare.machine.applied(fault)) == [1, 1]);
        longest(&mut bed);
        let mut bed = Bed::on(bed.recovers(), 4);
        bed.all_end_well();
        assert_eq!(longest(&mut bed), (32, 128), "DWORDs of 128 and 512 bytes");
        bed.timed(TimedKind::Mps(256), None);
        bed.timed(TimedKind::Mrrs(4096), None);
        let mut bed = Bed::on(bed.recovers(), 5);
        bed.all_end_well();
        let (writes, reads) = longest(&mut bed);
        assert_eq!(writes, 64);
        assert!(reads > 128, "{reads} DWORDs");
    }
}

#[test]
fn f12_a_smaller_payload_counts_soon_at_full_rate_too() {
    let mut bare = Bare::new("sim:mps=256");
    let shape = Shape { seed: 1, packets: 40, longest: 16_000, piece: 16_000, irq: 0 };
    let setup = |direction| Setup::new(direction, VICTIM, Feed::Ring);
    let mut jobs = jobs(&mut bare, &[(setup(H2c), setup(C2h))], shape);
    while jobs[0].judged < 10 {
        jobs.iter_mut().for_each(|job| {
            job.step(&mut bare);
        });
        bare.run(16);
    }
    let now_ps = bare.now() * bare.machine.options.period_ps;
    let fault = bare.machine.inject(Fault::timed(TimedKind::Mps(128), now_ps, None));
    run(&mut bare, &mut jobs);
    assert_eq!(bare.machine.applied(fault), 1);
}

#[test]
fn f12_headers_have_three_or_four_dwords_by_address() {
    for (iova, dws) in [("low", 3), ("high", 4)] {
        let mut bed = Bed::new(&format!("sim:iova={iova},split=random"), 6);
        bed.all_end_well();
        let log = bed.take_log();
        let requests: Vec<_> = log.iter().filter(|seen| seen.is_read() || seen.is_write()).collect();
        assert!(requests.len() > 100 && requests.iter().all(|seen| seen.hdr.dws() == dws), "{iova}");
    }
}

#[test]
fn f17_behind_a_link_that_went_down_the_card_starts_anew() {
    for steps in [1, 15, 50] {
        let mut bed = Bed::new("sim:jitter=500ns,reorder=40%", steps as u64);
        under_way(&mut bed, steps);
        let fault = bed.timed(TimedKind::LinkDown, Some(4_000));
        bed.bare.clock();
        assert!(!bed.bare.machine.config.link_up());
        bed.bare.run(2_000);
        assert!(bed.bare.machine.config.link_up() && bed.bare.machine.applied(fault) == 1);
        bed.bare.machine.config.set_bus_master(true);
        bed.bare.machine.configured();
        let mut bed = Bed::on(bed.bare, 9);
        bed.all_end_well();
        bed.recovers();
    }
}

#[test]
fn f17_a_card_that_is_gone_reads_all_ones_and_is_told_as_lost() {
    let sim = SimTransport::open(Options::parse("sim").unwrap()).unwrap();
    let control = sim.control();
    let transport: Arc<dyn Transport> = Arc::new(sim);
    let device = Device::open_with(Arc::clone(&transport), DeviceOptions::default()).unwrap();
    let config = QueueConfig { interrupt: false, ..QueueConfig::default() };
    let mut h2c = device.open_h2c(1, config).unwrap();
    let region = device.allocate(4096, DmaAccess::DeviceReads).unwrap();
    let at_ps = 1_000 * control.nanos(control.clocks());
    let fault = control.inject(Fault::timed(TimedKind::LinkDown, at_ps, None));
    h2c.submit(H2cRequest::packet(region.buffer(0..4096).unwrap())).unwrap();
    assert_eq!(transport.config_read32(0).unwrap(), u32::MAX);
    let error = h2c.poll_until(device.deadline(1_000_000)).unwrap_err();
    assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    let start = control.clocks();
    assert!(matches!(transport.reset(), Err(TransportError::DeviceLost(_))));
    assert!(h2c.stop().is_err());
    assert!(control.clocks() < start + 100, "nobody waits for a card that is gone");
    assert_eq!(control.applied()[fault].count, 1);
}

#[test]
fn f18_on_a_link_that_fell_back_everything_goes_on_slower() {
    let clocks = |steps: Option<usize>| {
        let mut bed = Bed::new("sim:gen3x4", 7);
        let start = bed.bare.now();
        if let Some(steps) = steps {
            under_way(&mut bed, steps);
            bed.timed(TimedKind::Retrain(1, 1), None);
        }
        bed.all_end_well();
        let took = bed.bare.now() - start;
        let link = bed.bare.global(&global::LINK);
        let field = |name| global::LINK.field(name).unwrap().get(link);
        assert_eq!((field("SPEED"), field("WIDTH")), if steps.is_some() { (1, 1) } else { (3, 4) });
        bed.recovers();
        took
    };
    let (fast, slow) = (clocks(None), clocks(Some(30)));
    assert!(slow > 2 * fast, "{fast} clocks, and {slow} on a sixteenth of the rate");
}
