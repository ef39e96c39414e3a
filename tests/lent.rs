//! §6.1  A message that is lent to the transport goes out as one that was queued, whatever the transport takes of it.
#![cfg(feature = "alloc")]

mod support;

use bytes::{Buf, Bytes};
use support::{
    BINARY, CLOSE, Frame, PING, TEXT, close_body, feed, frame, output, read_whole, seed,
};
use websocket_proto::{Config, Connection, MessageKind, Role, SendError, State, Transmit};

fn server() -> Connection {
    let mut config = Config::server();
    config.reference_threshold = 8;
    config.timeouts.ping_interval = None;
    Connection::server(config)
}

/// What may be queued before.
const BEFORE: [fn(&mut Connection); 5] = [
    |_| {},
    |connection| connection.send_text("before").unwrap(),
    |connection| {
        connection.send_shared(MessageKind::Binary, &Bytes::from_static(&[9; 20])).unwrap();
    },
    |connection| {
        connection.send_text("before").unwrap();
        connection.ping(b"first").unwrap();
    },
    |connection| {
        connection.send_shared(MessageKind::Binary, &Bytes::from_static(&[9; 20])).unwrap();
        connection.pong(b"").unwrap();
    },
];

/// Lends `data` and has the transport take `count` bytes in pieces of at most `step`.
fn lend(connection: &mut Connection, data: &[u8], count: usize, step: usize) -> Vec<u8> {
    let mut lent = connection.lend_binary(data).unwrap();
    let mut taken = Vec::new();
    while taken.len() < count {
        let part = lent.chunk().len().min(step).min(count - taken.len());
        taken.extend_from_slice(&lent.chunk()[..part]);
        let before = lent.remaining();
        lent.advance(part);
        assert_eq!(lent.remaining(), before - part);
    }
    taken
}

fn data(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + 3) as u8).collect()
}

fn without_pings(frames: Vec<Frame>) -> Vec<(u8, Vec<u8>)> {
    let data = frames.into_iter().filter(|frame| !frame.is_control());
    data.map(|frame| (frame.opcode, frame.payload)).collect()
}

/// For each number of bytes that the transport takes at once: the rest is queued, what comes then follows, and a Ping
/// overtakes at a frame boundary only.
#[test]
fn at_every_byte() {
    for before in BEFORE {
        for length in [0, 1, 100, 125, 126, 300] {
            let data = data(length);
            let mut whole = server();
            before(&mut whole);
            whole.send_binary(&data).unwrap();
            let size = whole.unsent();
            let expected = read_whole(Role::Server, &output(&mut whole));
            for count in 0..=size {
                let mut connection = server();
                before(&mut connection);
                let mut bytes = lend(&mut connection, &data, count, 1 + count % 50);
                assert_eq!(bytes.len(), count);
                assert_eq!(connection.unsent(), size - count);
                assert_eq!(connection.sent().bytes, count as u64);
                connection.ping(b"then").unwrap();
                connection.send_text("behind").unwrap();
                bytes.extend(output(&mut connection));
                let frames = read_whole(Role::Server, &bytes);
                assert_eq!(connection.sent().frames, frames.len() as u64);
                assert!(
                    frames.iter().any(|frame| frame.opcode == PING && frame.payload == b"then")
                );
                let mut found = without_pings(frames);
                assert_eq!(found.pop(), Some((TEXT, b"behind".to_vec())));
                assert_eq!(found, without_pings(expected.clone()), "{length} {count}");
            }
        }
    }
}

/// R6455-5.5.1-01: a Close that answers the peer's goes out behind a frame that was begun, never inside it.
#[test]
fn a_close_behind_a_message_that_was_begun() {
    let data = data(300);
    for before in BEFORE {
        for count in 0..=304 {
            let mut connection = server();
            before(&mut connection);
            let mut bytes = lend(&mut connection, &data, count, 100);
            feed(&mut connection, &frame(Role::Client, true, CLOSE, &close_body(1000, "")));
            bytes.extend(output(&mut connection));
            let frames = read_whole(Role::Server, &bytes);
            assert_eq!(frames.last().map(|frame| frame.opcode), Some(CLOSE), "{count}");
            let whole = frames.iter().any(|frame| frame.payload == data);
            // Looked at in any case but the first; begun only if something of it was taken.
            let begun = bytes.windows(100).any(|part| part == &data[..100]);
            assert!(whole || !begun, "{count}");
        }
    }
}

/// What nobody has looked at is not stuck: a Close goes behind it, as behind everything else.
#[test]
fn never_looked_at_is_not_stuck() {
    for looked in [false, true] {
        let mut connection = server();
        connection.send_text("answer").unwrap();
        let lent = connection.lend_text("last").unwrap();
        if looked {
            assert!(!lent.chunk().is_empty());
        }
        drop(lent);
        feed(&mut connection, &frame(Role::Client, true, CLOSE, &close_body(1000, "")));
        let frames = read_whole(Role::Server, &output(&mut connection));
        let opcodes: Vec<_> = frames.iter().map(|frame| frame.opcode).collect();
        assert_eq!(opcodes, if looked { vec![CLOSE] } else { vec![TEXT, TEXT, CLOSE] });
    }
}

/// Whatever is left of it when everything before was taken, counts as shown, too.
#[test]
fn what_is_left_was_shown() {
    let mut connection = server();
    connection.send_text("answer").unwrap();
    let mut bytes = lend(&mut connection, b"last", 8, 8);
    feed(&mut connection, &frame(Role::Client, true, CLOSE, &close_body(1000, "")));
    bytes.extend(output(&mut connection));
    let frames = read_whole(Role::Server, &bytes);
    let opcodes: Vec<_> = frames.iter().map(|frame| frame.opcode).collect();
    assert_eq!(opcodes, [TEXT, CLOSE], "cut at the next boundary");
}

/// T-CT-02: a refusal lasts until half of what there is was transmitted, the lent message included.
#[test]
fn full_until_half_of_it_is_gone() {
    for lent in [false, true] {
        let mut config = Config::server();
        config.limits.max_write_buffer = 1000;
        let mut connection = Connection::server(config);
        connection.send_binary(&[0; 98]).unwrap();
        assert_eq!(connection.send_binary(&[0; 950]), Err(SendError::Full));
        send_and_advance(&mut connection, lent, 104);
        assert_eq!(connection.unsent(), 850);
        assert!(connection.is_full(), "lent {lent}");
    }
}

/// Leaked, it is not sent; leaked with a part of it taken, nothing more is; with all of it taken, it was sent.
#[test]
fn leaked() {
    for count in 0..=12 {
        let mut connection = server();
        let mut lent = connection.lend_binary(&[1; 10]).unwrap();
        let mut bytes = Vec::new();
        lent.advance(0);
        while bytes.len() < count {
            bytes.push(lent.chunk()[0]);
            lent.advance(1);
        }
        std::mem::forget(lent);
        if matches!(count, 1..12) {
            assert_eq!(connection.send_text("then"), Err(SendError::Closed));
            assert!(matches!(connection.transmit(), Transmit::Abort));
            connection.transport_shut_down();
            assert_eq!(connection.state(), State::Closed);
        } else {
            assert_eq!(connection.state(), State::Open, "{count} taken");
            connection.send_text("then").unwrap();
            bytes.extend(output(&mut connection));
            assert_eq!(read_whole(Role::Server, &bytes).len(), if count == 0 { 1 } else { 2 });
        }
    }
}

/// A transport that took all of it is not behind: what is queued then goes out in front of an answer to a Close.
#[test]
fn what_was_taken_is_not_waiting() {
    let mut connection = server();
    let mut lent = connection.lend_binary(&[1; 10]).unwrap();
    let mut bytes = Vec::new();
    while lent.has_remaining() {
        bytes.extend_from_slice(lent.chunk());
        lent.advance(lent.chunk().len());
    }
    drop(lent);
    connection.send_text("then").unwrap();
    feed(&mut connection, &frame(Role::Client, true, CLOSE, &close_body(1000, "")));
    bytes.extend(output(&mut connection));
    let opcodes: Vec<_> =
        read_whole(Role::Server, &bytes).iter().map(|frame| frame.opcode).collect();
    assert_eq!(opcodes, [BINARY, TEXT, CLOSE]);
}

/// A queue that is more than half full is not full unless a send was refused.
#[test]
fn more_than_half_is_not_full() {
    for lent in [false, true] {
        let mut config = Config::server();
        config.limits.max_write_buffer = 1000;
        let mut connection = Connection::server(config);
        send_and_advance(&mut connection, lent, 1);
        assert_eq!(connection.unsent(), 853);
        assert!(!connection.is_full(), "lent {lent}");
    }
}

/// From a refused send until no more than half is left.
#[test]
fn full_until_no_more_than_half_is_left() {
    for most in [1000, 1001] {
        let mut config = Config::server();
        config.limits.max_write_buffer = most;
        let mut connection = Connection::server(config);
        connection.send_binary(&[0; 850]).unwrap();
        assert_eq!(connection.send_binary(&[0; 850]), Err(SendError::Full));
        let mut left = connection.unsent();
        while left > 0 {
            assert_eq!(connection.is_full(), left > most / 2, "{left} of {most}");
            advance(&mut connection, 1);
            left -= 1;
        }
        assert!(!connection.is_full());
    }
}

/// Sends 850 bytes, by lending or not, and has the transport take so many of what is queued then.
fn send_and_advance(connection: &mut Connection, lent: bool, count: usize) {
    if lent {
        connection.lend_binary(&[0; 850]).unwrap().advance(count);
    } else {
        connection.send_binary(&[0; 850]).unwrap();
        advance(connection, count);
    }
}

fn advance(connection: &mut Connection, count: usize) {
    let Transmit::Write(mut output) = connection.transmit() else { panic!("nothing to write") };
    output.advance(count);
}

/// From the sending half, and with a violation of the peer's in between.
#[test]
fn from_the_sending_half() {
    let (mut incoming, mut outgoing) = server().split();
    let data = data(300);
    let mut lent = outgoing.lend_binary(&data).unwrap();
    let mut bytes = lent.chunk().to_vec();
    let count = bytes.len();
    lent.advance(count);
    bytes.extend_from_slice(&lent.chunk()[..100]);
    lent.advance(100);
    drop(lent);
    let mut wrong = [0xC1, 0x80, 0, 0, 0, 0];
    assert!(incoming.receive(&mut &mut wrong[..]).is_err());
    outgoing.apply(incoming.take_reply().unwrap());
    while let Some(run) = outgoing.take_output() {
        bytes.extend_from_slice(&run);
    }
    let frames = read_whole(Role::Server, &bytes);
    assert_eq!(frames.len(), 2);
    assert_eq!((frames[0].opcode, &frames[0].payload), (BINARY, &data));
    assert_eq!(frames[1].opcode, CLOSE);
}

#[cfg(feature = "std")]
fn joined(parts: &[std::io::IoSlice<'_>]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.iter().copied()).collect()
}

#[cfg(feature = "std")]
#[test]
fn one_vectored_write_takes_it_all() {
    use std::io::IoSlice;

    let data = data(70_000);
    for (index, before) in BEFORE.into_iter().enumerate() {
        let mut connection = server();
        before(&mut connection);
        let mut expected = server();
        before(&mut expected);
        expected.send_binary(&data).unwrap();
        let expected = output(&mut expected);
        let mut lent = connection.lend_binary(&data).unwrap();
        let mut parts = [IoSlice::new(&[]); 16];
        let filled = lent.chunks_vectored(&mut parts);
        // The very bytes that were lent.
        assert_eq!(parts[filled - 1].as_ptr(), data.as_ptr(), "{index}");
        assert_eq!(joined(&parts[..filled]), expected);
        // And with too few places, none is left out in the middle.
        for places in 0..filled {
            let filled = lent.chunks_vectored(&mut parts[..places]);
            assert_eq!(filled, places);
            assert!(expected.starts_with(&joined(&parts[..filled])));
        }
        lent.advance(usize::MAX);
        assert_eq!(lent.remaining(), 0);
        assert!(lent.chunk().is_empty());
        drop(lent);
        assert_eq!(connection.sent().bytes, expected.len() as u64);
        assert!(matches!(connection.transmit(), Transmit::Idle));
    }
}

/// §5.1: a client masks what it sends, and so queues it.
#[test]
fn a_client_queues_it() {
    let mut client = Connection::client(Config::client(), seed(0));
    let lent = client.lend_text("masked").unwrap();
    assert_eq!(lent.remaining(), 12);
    drop(lent);
    let frames = read_whole(Role::Client, &output(&mut client));
    assert_eq!(without_pings(frames), [(TEXT, b"masked".to_vec())]);
}

#[test]
fn refused_like_any_other() {
    let mut config = Config::server();
    config.limits.max_write_buffer = 1000;
    let mut connection = Connection::server(config);
    connection.lend_binary(&[1; 5000]).map(drop).expect("fits an empty output");
    assert_eq!(connection.lend_binary(b"x").map(drop), Err(SendError::Full));
    output(&mut connection);
    connection.fragment(MessageKind::Binary, b"open", false).unwrap();
    assert_eq!(connection.lend_text("x").map(drop), Err(SendError::MessageOpen));
    connection.fragment(MessageKind::Binary, b"", true).unwrap();
    connection.close_without_code().unwrap();
    assert_eq!(connection.lend_text("x").map(drop), Err(SendError::Closed));
    let frames = read_whole(Role::Server, &output(&mut connection));
    assert_eq!(frames.iter().map(|frame| frame.opcode).collect::<Vec<_>>(), [BINARY, 0, CLOSE]);
}
