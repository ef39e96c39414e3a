//! What can be asked of a connection, and what its `Debug` shows: no payload, and no key.

use std::fmt::Debug;
use std::net::TcpStream;

use websocket_proto::adapter::blocking::{Message, WebSocket};
use websocket_proto::{CloseCode, MessageKind, Role, State};

use crate::support::*;

const SECRET: &str = "the launch code is 0000";

/// What is shown, which is to have the name and nothing of the secret, as text or as numbers.
fn shown(value: &impl Debug, name: &str) -> String {
    let shown = format!("{value:?}");
    assert!(shown.starts_with(name), "{shown}");
    assert!(!shown.contains("launch") && !shown.contains("108, 97, 117"), "{shown}");
    shown
}

/// A server that has read one of two messages, and holds one that is not written yet.
fn busy() -> (WebSocket<TcpStream>, TcpStream) {
    let (mut server, mut peer) = server_and_raw_client(server_config());
    write(&mut peer, &masked(0x81, SECRET.as_bytes()).repeat(2));
    assert_eq!(server.read().expect("read"), Some(SECRET.into()));
    server.feed(SECRET).expect("room");
    (server, peer)
}

#[test]
fn debug_shows_no_payload() {
    let (mut server, _peer) = busy();
    let text = shown(&server, "WebSocket");
    assert!(text.contains("Server") && text.contains("unsent: 25"), "{text}");
    let batch = server.read_batch().expect("read").expect("a batch");
    // A frame of 23 bytes, its header and its key.
    assert_eq!(shown(&batch, "Batch"), "Batch(29 bytes left)");
    let (reader, writer) = server.split().expect("split");
    assert!(shown(&reader, "Reader").contains("Server"));
    assert!(shown(&writer, "Writer").contains("Server"));
}

#[test]
fn debug_shows_why_the_transport_failed() {
    let (mut server, peer) = server_and_raw_client(server_config());
    assert!(format!("{server:?}").contains("failure: None"));
    drop(peer);
    // The first one may still be taken.
    while server.send_text("x").is_ok() {}
    assert!(format!("{server:?}").contains("writable: false"), "{server:?}");
}

#[test]
fn a_message_can_be_looked_at() {
    let (text, data) = (Message::from("hé"), Message::from(&b"\xFF\0"[..]));
    assert_eq!((text.kind(), data.kind()), (MessageKind::Text, MessageKind::Binary));
    assert_eq!((text.as_text(), data.as_text()), (Some("hé"), None));
    assert_eq!(&**text.as_bytes(), "hé".as_bytes());
    assert_eq!(&**data.as_bytes(), b"\xFF\0");
    let Message::Text(inner) = text.clone() else { panic!("no text") };
    assert_eq!(Message::from(inner), text);
    // Without a copy.
    for message in [text, data] {
        let before = message.as_bytes().as_ptr();
        assert_eq!(message.into_bytes().as_ptr(), before);
    }
}

#[test]
fn what_went_through_is_counted() {
    let (mut server, mut peer) = busy();
    server.flush().expect("flush");
    assert_eq!(read_bytes(&mut peer, 25)[2..], *SECRET.as_bytes());
    assert_eq!((server.sent().bytes, server.sent().frames), (25, 1));
    assert_eq!(server.received().frames, 1, "what is unread does not count");
    assert_eq!(server.read().expect("read"), Some(SECRET.into()));
    assert_eq!((server.received().bytes, server.received().frames), (58, 2));
    assert_eq!((server.role(), server.subprotocol()), (Role::Server, None));
    assert_eq!((server.state(), server.close_information()), (State::Open, None));
}

#[test]
fn messages_of_both_kinds_are_queued_by_every_handle() {
    let kinds = || [Message::from("text"), Message::from(vec![0xFF])];
    let expected = b"\x81\x04text\x82\x01\xFF";
    let (mut server, mut peer) = server_and_raw_client(server_config());
    for message in kinds() {
        server.feed(message).expect("room");
    }
    server.flush().expect("flush");
    assert_eq!(read_bytes(&mut peer, 9), expected);

    write(&mut peer, &masked(0x89, b""));
    let mut batch = server.read_batch().expect("read").expect("a batch");
    assert!(batch.next_event().expect("an event").is_some());
    for message in kinds() {
        batch.feed(message).expect("room");
    }
    batch.flush().expect("flush");
    // While the batch is there: the Pong, too.
    assert_eq!(read_bytes(&mut peer, 11), [&b"\x8A\0"[..], expected].concat());

    let (mut reader, writer) = server.split().expect("split");
    write(&mut peer, &masked(0x89, b""));
    let mut batch = reader.read_batch().expect("read").expect("a batch");
    assert!(batch.next_event().expect("an event").is_some());
    for message in kinds() {
        batch.feed(message).expect("room");
    }
    batch.flush().expect("flush");
    assert_eq!(read_bytes(&mut peer, 11), [&b"\x8A\0"[..], expected].concat());

    let [text, data] = kinds();
    writer.feed(text).expect("room");
    writer.feed_binary(b"").expect("room");
    writer.send(data).expect("sent");
    assert_eq!(read_bytes(&mut peer, 11), b"\x81\x04text\x82\0\x82\x01\xFF");
    assert_eq!(writer.state(), State::Open);
    writer.close(CloseCode::NORMAL, "").expect("sent");
    assert_eq!(writer.state(), State::Closing);
}

#[test]
fn a_reader_takes_as_much_as_it_is_told_to() {
    let (server, mut peer) = server_and_raw_client(server_config());
    let (mut reader, _) = server.split().expect("split");
    reader.set_read_buffer_size(10);
    write(&mut peer, &masked(0x81, SECRET.as_bytes()));
    let mut batches = 0;
    loop {
        let mut batch = reader.read_batch().expect("read").expect("a batch");
        batches += 1;
        if let Some(message) = batch.next_message().expect("a message") {
            assert_eq!(message, SECRET.into());
            break;
        }
    }
    assert_eq!(batches, 3, "29 bytes");
    // Another handle for sending, from where the messages come.
    reader.writer().send(SECRET).expect("sent");
    assert_eq!(read_bytes(&mut peer, 25)[2..], *SECRET.as_bytes());
}

#[cfg(feature = "deflate")]
#[test]
fn compression_is_told_and_chosen() {
    use websocket_proto::deflate::{Agreement, Compress, Compression};
    let with = |mut config: websocket_proto::Config| {
        config.compression = Some(Compression::default());
        config
    };
    let (server, mut client) = pair(with(server_config()), with(client_config()));
    let agreed = Some(Agreement::default());
    assert_eq!((server.compression(), client.compression()), (agreed, agreed));
    let long = "a".repeat(1000);
    let compressed = client.sent().bytes;
    client.send_text(&long).expect("sent");
    let compressed = client.sent().bytes - compressed;
    assert!(compressed < 100, "{compressed}");
    assert_eq!(client.set_compress(Compress::Never), Compress::Above(64));
    client.send_text(&long).expect("sent");
    assert_eq!(client.sent().bytes, compressed + 1008, "a header of 8 bytes");
    let (mut reader, writer) = server.split().expect("split");
    assert_eq!(writer.compression(), agreed);
    for _ in 0..2 {
        assert_eq!(reader.read().expect("read"), Some(long.as_str().into()));
    }
    let (plain, _peer) = server_and_raw_client(server_config());
    assert_eq!(plain.compression(), None);
    let (_reader, writer) = plain.split().expect("split");
    assert_eq!(writer.compression(), None);
}
