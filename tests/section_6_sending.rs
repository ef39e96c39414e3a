//! §5.4 §6  Messages in fragments of any size are the same messages.
#![cfg(feature = "alloc")]
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use websocket_proto::{Config, Connection, Event, MessageKind, SendError};

fn message(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

/// Queues a message in fragments of `size` bytes.
fn send(connection: &mut Connection, message: &[u8], size: usize) {
    let mut fragments = message.chunks(size).peekable();
    while let Some(fragment) = fragments.next() {
        let fin = fragments.peek().is_none();
        connection.fragment(MessageKind::Binary, fragment, fin).expect("open");
    }
}

fn output(connection: &mut Connection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(run) = connection.take_output() {
        bytes.extend_from_slice(&run);
    }
    bytes
}

/// R6455-6.1-03: 65,536 bytes in frames of 1,300 (Autobahn 10.1.1).
#[test]
fn a_message_may_go_out_in_several_frames() {
    let mut server = Connection::server(Config::server());
    send(&mut server, &message(65_536), 1_300);
    assert_eq!(server.sent().frames, 51);
    let bytes = output(&mut server);

    let mut rest = bytes.as_slice();
    for number in 1..=51 {
        let first = match number {
            1 => 0x02,
            51 => 0x80,
            _ => 0x00,
        };
        let length = if number == 51 { 536 } else { 1_300_u16 };
        let header = [&[first, 126], &length.to_be_bytes()[..]].concat();
        rest = rest.strip_prefix(header.as_slice()).expect("the header of a fragment");
        rest = rest.split_at(length.into()).1;
    }
    assert!(rest.is_empty());
}

/// R6455-5.4-04, R6455-5.4-11: whatever the fragments, the message is the same.
#[test]
fn fragments_of_any_size_are_the_same_message() {
    let message = message(300);
    for size in (1..=64).chain([299, 300]) {
        let mut client = Connection::client(Config::client(), [3; 32]);
        send(&mut client, &message, size);
        let mut bytes = output(&mut client);
        let mut server = Connection::server(Config::server());
        let mut input = bytes.as_mut_slice();
        match server.receive(&mut input) {
            Ok(Some(Event::Binary(data))) => assert_eq!(*data, *message, "fragments of {size}"),
            other => panic!("fragments of {size}: {other:?}"),
        }
        assert!(matches!(server.receive(&mut input), Ok(None)));
    }
}

/// §5.4: a message that one call has begun, any other goes on with, if it is of its kind.
#[test]
fn a_message_may_be_written_in_several_ways() {
    for kind in [MessageKind::Text, MessageKind::Binary] {
        let other = if kind == MessageKind::Text { MessageKind::Binary } else { MessageKind::Text };
        let mut server = Connection::server(Config::server());
        server.fragment(kind, b"one, ", false).expect("open");
        assert_eq!(server.message(other).map(drop), Err(SendError::KindMismatch));
        assert_eq!(server.fragment(other, b"", true), Err(SendError::KindMismatch));
        server.message(kind).expect("open").write(b"two, ").expect("room");
        server.fragment(kind, b"three, ", false).expect("open");
        server.message(kind).expect("open").finish(b"four").expect("room");

        let mut bytes = output(&mut server);
        let mut client = Connection::client(Config::client(), [3; 32]);
        let seen = client.receive(&mut &mut bytes[..]).expect("valid").expect("a message");
        let whole = match seen {
            Event::Text(text) => (MessageKind::Text, text.into_payload().into_bytes()),
            Event::Binary(data) => (MessageKind::Binary, data.into_bytes()),
            other => panic!("{other:?}"),
        };
        assert_eq!(whole, (kind, "one, two, three, four".into()));
    }
}
