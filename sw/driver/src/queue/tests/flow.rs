//! Data through the loopback: order, wrap, phase, full rings, what the device sees of it.

use proptest::prelude::*;

use super::*;
use ferrolane_abi::descriptor::MAX_LEN;

#[test]
fn a_packet_at_an_odd_address_comes_back_equal() {
    let bench = bench();
    let (mut h2c, mut c2h) = bench.pair(4);
    let region = bench.region(16384);
    let data = pattern(1, 4097);
    let mut out = region.buffer(3..3 + 4097).unwrap();
    out.copy_from(&data).unwrap();
    c2h.submit(C2hRequest::new(region.buffer(8191..16000).unwrap())).unwrap();
    h2c.submit(H2cRequest::packet(out).with_meta(0xABCD)).unwrap();
    let sent = h2c.poll_until(bench.soon()).unwrap();
    assert_eq!((sent.bytes, sent.index, sent.status), (4097, 0, StatusCode::OK));
    let received = c2h.poll_until(bench.soon()).unwrap();
    assert_eq!((received.bytes, received.meta, received.eop), (4097, 0xABCD, true));
    assert_eq!(received.buffer.to_vec(), data);
    assert_eq!(bench.card.counts().dma_faults, 0);
}

#[test]
fn a_packet_of_many_fragments_fills_many_buffers() {
    let bench = bench();
    let (mut h2c, mut c2h) = bench.pair(16);
    let region = bench.region(65536);
    let data = pattern(2, 5000);
    for (i, part) in data.chunks(1000).enumerate() {
        let mut buffer = region.buffer(i * 1001..i * 1001 + 1000).unwrap();
        buffer.copy_from(part).unwrap();
        h2c.push(H2cRequest::fragment(buffer, i == 0, i == 4)).unwrap();
    }
    h2c.commit().unwrap();
    for buffer in region.buffers(32768, 700, 701, 8).unwrap() {
        c2h.push(C2hRequest::new(buffer)).unwrap();
    }
    c2h.commit().unwrap();
    let mut got = Vec::new();
    loop {
        let done = c2h.poll_until(bench.soon()).unwrap();
        got.extend(done.buffer.to_vec());
        assert_eq!(done.eop, got.len() == data.len());
        if done.eop {
            break;
        }
    }
    assert_eq!(got, data);
}

/// `count` packets of `len` bytes through rings of `entries`, as many in flight as fit.
fn stream(bench: &Bench, h2c: &mut H2cQueue, c2h: &mut C2hQueue, count: u32, len: usize) {
    let entries = h2c.free() as usize;
    let out = bench.region(entries * (len + 1));
    let back = bench.region(entries * (len + 1));
    let mut idle = out.buffers(0, len, len + 1, entries).unwrap();
    for buffer in back.buffers(1, len, len + 1, entries - 1).unwrap() {
        c2h.submit(C2hRequest::new(buffer)).unwrap();
    }
    let (mut sent, mut received) = (0, 0);
    let mut rounds = 0;
    while received < count {
        rounds += 1;
        assert!(rounds < 100_000, "stuck after {received} of {count} packets");
        while let Some(mut buffer) = idle.pop_if(|_| sent < count) {
            buffer.copy_from(&pattern(sent, len)).unwrap();
            h2c.push(H2cRequest::packet(buffer).with_meta(sent)).unwrap();
            sent += 1;
        }
        h2c.commit().unwrap();
        while let Some(done) = h2c.try_complete().unwrap() {
            idle.push(done.buffer);
        }
        while let Some(done) = c2h.try_complete().unwrap() {
            assert_eq!((done.meta, done.buffer.to_vec()), (received, pattern(received, len)));
            received += 1;
            c2h.submit(C2hRequest::new(done.buffer)).unwrap();
        }
        bench.device.relax(16).unwrap();
    }
}

#[test]
fn rings_of_every_small_size_wrap_many_times() {
    for entries in [2, 4, 8, 64] {
        let bench = bench();
        let (mut h2c, mut c2h) = bench.pair(entries);
        stream(&bench, &mut h2c, &mut c2h, 300, 33);
        assert_eq!(bench.card.counts().invalid_doorbells, 0, "{entries} entries");
    }
}

#[test]
fn indices_wrap_at_31_and_32_bits() {
    for start in [0x7FFF_FFF0, 0xFFFF_FFF0] {
        let bench = bench();
        let (mut h2c, mut c2h) = bench.pair(4);
        for (direction, ring) in [(Direction::H2c, &mut h2c.ring), (Direction::C2h, &mut c2h.ring)] {
            bench.card.force_index(direction, 0, start);
            (ring.produced, ring.rung, ring.consumed, ring.returned) = (start, start, start, start);
        }
        stream(&bench, &mut h2c, &mut c2h, 100, 17);
        assert_eq!(bench.card.counts().invalid_doorbells, 0);
    }
}

#[test]
fn no_register_is_read_in_steady_state() {
    let bench = bench();
    let (mut h2c, mut c2h) = bench.pair(64);
    let before = bench.card.counts();
    stream(&bench, &mut h2c, &mut c2h, 1000, 64);
    assert_eq!(bench.card.counts().reads, before.reads);
}

#[test]
fn a_small_completion_ring_never_blocks_the_queue() {
    let bench = bench();
    let mut h2c = bench.device.open_h2c(0, QueueConfig { completions: Some(2), ..config(64) }).unwrap();
    let mut c2h = bench.device.open_c2h(0, QueueConfig { completions: Some(4), ..config(64) }).unwrap();
    stream(&bench, &mut h2c, &mut c2h, 500, 10);
    assert_eq!(bench.card.counts().invalid_doorbells, 0);
}

#[test]
fn one_batch_is_one_doorbell_and_the_rest_stays() {
    let bench = bench();
    let (mut h2c, _c2h) = bench.pair(4);
    let region = bench.region(4096);
    let mut requests: VecDeque<_> =
        region.buffers(0, 100, 100, 6).unwrap().into_iter().map(H2cRequest::packet).collect();
    let before = bench.card.counts().doorbells;
    assert_eq!(h2c.submit_batch(&mut requests).unwrap(), 4);
    assert_eq!(bench.card.counts().doorbells, before + 1);
    assert_eq!((requests.len(), h2c.free(), h2c.in_flight()), (2, 0, 4));
    assert_eq!(h2c.submit_batch(&mut requests).unwrap(), 0);
    let iovas: Vec<u64> = requests.iter().map(|r| r.buffer.iova()).collect();
    let rejected = h2c.submit(requests.pop_front().unwrap()).unwrap_err();
    assert!(matches!(rejected.error, Error::RingFull { entries: 4, .. }), "{rejected}");
    assert_eq!(rejected.request.unwrap().buffer.iova(), iovas[0]);
}

#[test]
fn what_cannot_be_submitted_comes_back_with_the_reason() {
    let bench = bench();
    let other = self::bench();
    let (mut h2c, mut c2h) = bench.pair(4);
    let reads = bench.device.allocate(64, DmaAccess::DeviceReads).unwrap();
    let writes = bench.device.allocate(64, DmaAccess::DeviceWrites).unwrap();
    let refused = |r: Rejected<H2cRequest>| (r.error, r.request.unwrap().buffer.len());

    let (error, len) = refused(h2c.submit(H2cRequest::packet(writes.buffer(0..9).unwrap())).unwrap_err());
    assert!(matches!(error, Error::BufferAccess { .. }) && len == 9, "{error}");
    let error = c2h.submit(C2hRequest::new(reads.buffer(0..9).unwrap())).unwrap_err().error;
    assert!(matches!(error, Error::BufferAccess { .. }), "{error}");

    let foreign = other.region(64).buffer(0..5).unwrap();
    let (error, _) = refused(h2c.submit(H2cRequest::packet(foreign)).unwrap_err());
    assert!(matches!(error, Error::ForeignBuffer { .. }), "{error}");

    let mut empty = reads.buffer(0..9).unwrap();
    empty.set_len(0).unwrap();
    let (error, _) = refused(h2c.submit(H2cRequest::packet(empty)).unwrap_err());
    assert!(error.to_string().contains("1 to 16777215 bytes"), "{error}");

    let huge = bench.device.allocate(MAX_LEN as usize + 1, DmaAccess::Both).unwrap();
    let (error, len) =
        refused(h2c.submit(H2cRequest::packet(huge.buffer(0..huge.len()).unwrap())).unwrap_err());
    assert!(matches!(error, Error::BufferLength { .. }) && len == MAX_LEN as usize + 1, "{error}");
    assert_eq!(h2c.in_flight(), 0);
}

#[test]
fn queues_work_from_two_threads() {
    let bench = bench();
    let (mut h2c, mut c2h) = bench.pair(16);
    let region = bench.region(8192);
    let mut outgoing = region.buffers(0, 100, 101, 16).unwrap();
    let incoming = region.buffers(4096, 100, 101, 16).unwrap();
    let device = bench.device.clone();
    let receiver = std::thread::spawn(move || {
        let mut got = Vec::new();
        for buffer in incoming {
            c2h.submit(C2hRequest::new(buffer)).unwrap();
        }
        while got.len() < 500 {
            let done = c2h.wait_until(device.deadline(1_000_000_000)).unwrap();
            got.push(done.meta);
            c2h.submit(C2hRequest::new(done.buffer)).unwrap();
        }
        got
    });
    for i in 0..500 {
        let buffer = match outgoing.pop() {
            Some(buffer) => buffer,
            None => h2c.wait_until(bench.device.deadline(1_000_000_000)).unwrap().buffer,
        };
        h2c.submit(H2cRequest::packet(buffer).with_meta(i)).unwrap();
    }
    assert_eq!(receiver.join().unwrap(), (0..500).collect::<Vec<_>>());
    assert_eq!(bench.card.counts().invalid_doorbells, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_cut_of_any_data_comes_back(
        cuts in prop::collection::vec(1usize..3000, 1..20),
        room in 1usize..2000,
        log2 in 1u32..6,
        offset in 0usize..64,
    ) {
        let bench = bench();
        let (mut h2c, mut c2h) = bench.pair(1 << log2);
        let total: usize = cuts.iter().sum();
        let data = pattern(9, total);
        let out = bench.region(total + 64);
        let back = bench.region(room + 64);
        let mut spare = Some(back.buffer(offset..offset + room).unwrap());
        let mut place = 0;
        let mut requests: VecDeque<H2cRequest> = cuts.iter().enumerate().map(|(i, len)| {
            let mut buffer = out.buffer(offset + place..offset + place + len).unwrap();
            buffer.copy_from(&data[place..place + len]).unwrap();
            place += len;
            H2cRequest::fragment(buffer, i == 0, i + 1 == cuts.len())
        }).collect();
        let mut got = Vec::new();
        let mut rounds = 0;
        while got.len() < total {
            rounds += 1;
            prop_assert!(rounds < 1_000_000, "stuck after {} of {total} bytes", got.len());
            h2c.submit_batch(&mut requests).unwrap();
            while h2c.try_complete().unwrap().is_some() {}
            if let Some(buffer) = spare.take() {
                c2h.submit(C2hRequest::new(buffer)).unwrap();
            }
            if let Some(done) = c2h.try_complete().unwrap() {
                got.extend(done.buffer.to_vec());
                prop_assert_eq!(done.eop, got.len() == total);
                spare = Some(done.buffer);
            }
            bench.device.relax(1).unwrap();
        }
        prop_assert_eq!(got, data);
        prop_assert_eq!(bench.card.counts().dma_faults + bench.card.counts().invalid_doorbells, 0);
    }
}
