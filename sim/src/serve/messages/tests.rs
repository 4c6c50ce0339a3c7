use std::os::unix::net::UnixStream;

use super::*;

fn pair(data: DmaData) -> (Arc<Messages>, Socket) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (Arc::new(Messages::new(Arc::new(Socket::new(ours)), data)), Socket::new(theirs))
}

fn next(client: &Socket) -> (Header, Vec<u8>) {
    let message = client.receive().unwrap().unwrap();
    (message.header, message.payload)
}

fn reply_with(access: u64, data: &[u8], layout: DmaData) -> Vec<u8> {
    let mut payload = vec![0; DmaAccess::BYTES + data.len()];
    payload[..8].copy_from_slice(&access.to_le_bytes());
    payload[8..12].copy_from_slice(&(data.len() as u32).to_le_bytes());
    payload[layout.offset()..layout.offset() + data.len()].copy_from_slice(data);
    payload
}

#[test]
fn either_layout_is_understood_and_kept_to() {
    let layouts = [DmaData::AfterCount64, DmaData::AfterCount32];
    for (expected, actual) in layouts.into_iter().flat_map(|a| layouts.map(|b| (a, b))) {
        let (messages, client) = pair(expected);
        let memory = MessageMemory::new(Arc::clone(&messages), 0x1000, 0x1000);
        let fetch = memory.fetch(16, 8).unwrap();
        let (header, payload) = next(&client);
        assert_eq!(DmaAccess::parse(&payload), Some(DmaAccess { iova: 0x1010, count: 8 }));
        let reply = reply_with(0x1010, &[1, 2, 3, 4, 5, 6, 7, 8], actual);
        messages.reply(header.reply(reply.len()), &reply).unwrap();
        let mut bytes = [0; 4];
        fetch.read(2, &mut bytes).unwrap();
        assert_eq!(bytes, [3, 4, 5, 6], "{expected:?} {actual:?}");
        memory.write(0, &[9; 8]).unwrap();
        assert_eq!(next(&client).1, reply_with(0x1000, &[9; 8], actual), "{expected:?} {actual:?}");
    }
}

#[test]
fn the_window_is_kept_and_neighbours_go_together() {
    let (messages, client) = pair(DmaData::AfterCount64);
    let memory = MessageMemory::new(Arc::clone(&messages), 0, u64::MAX);
    for i in 0..WINDOW as u64 {
        memory.write(0x10_0000 * i, &[1; 256]).unwrap();
    }
    for i in 0..8 {
        memory.write(0x5000 + 256 * i, &[i as u8; 256]).unwrap();
    }
    assert!(messages.hold_back(3));
    let headers: Vec<Header> = (0..WINDOW).map(|_| next(&client).0).collect();
    let mut last = Outcome::default();
    for header in headers {
        last = messages.reply(header.reply(0), &[]).unwrap();
    }
    assert_eq!(last, Outcome::default(), "one write is open");
    let (header, payload) = next(&client);
    assert_eq!(DmaAccess::parse(&payload), Some(DmaAccess { iova: 0x5000, count: 8 * 256 }));
    let end = messages.reply(header.refusal(14), &[]).unwrap();
    assert_eq!(end, Outcome { refused: Some((0x5000, 8 * 256)), interrupts: vec![3] });
    assert!(!messages.hold_back(3), "nothing is open");
    assert_eq!(messages.reply(header.reply(0), &[]), None, "answered before");
}

#[test]
fn a_client_that_is_gone_refuses_everything() {
    let (messages, client) = pair(DmaData::AfterCount64);
    let memory = MessageMemory::new(Arc::clone(&messages), 0, u64::MAX);
    let fetch = memory.fetch(0, 64).unwrap();
    drop(client);
    messages.end();
    assert_eq!(fetch.read(0, &mut [0; 4]), Err(Refused));
    assert!(memory.fetch(0, 64).unwrap().is_done());
    assert_eq!(memory.write(0, &[0; 4]), Err(Refused));
}
