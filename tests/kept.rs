//! Text and bytes to keep, and those that were lent: what they compare with and turn into.
#![cfg(feature = "alloc")]

mod support;

use std::collections::BTreeSet;

use bytes::{Bytes, BytesMut};
use support::{BINARY, TEXT, frame, output};
use websocket_proto::{
    Chunk, Config, Connection, Delivery, Event, Payload, Prepared, Role, Utf8Bytes,
};

/// Hands the event of a frame that a server receives to `look`.
fn with_event(config: Config, mut frame: Vec<u8>, look: impl FnOnce(Event<'_>)) {
    let mut connection = Connection::server(config);
    look(connection.receive(&mut &mut frame[..]).expect("valid").expect("an event"));
}

#[test]
fn kept_text_is_text() {
    let text = Utf8Bytes::from("café");
    let other = Utf8Bytes::from(String::from("cafés"));
    assert_eq!(text, *"café");
    assert_eq!(text, "café");
    assert_eq!(text, String::from("café"));
    assert_ne!(other, *"café");
    assert_ne!(other, "café");
    assert_ne!(other, String::from("café"));
    assert_eq!((text.as_str(), text.as_ref()), ("café", "café"));
    assert_eq!(format!("{text} {text:?}"), "café \"café\"");
    assert_eq!(text.as_bytes(), "café".as_bytes());
    assert_eq!(Bytes::from(text.clone()), text.clone().into_bytes());
    assert_eq!(String::from(text.clone()), "café");
    assert_eq!(Utf8Bytes::default(), "");
    let ordered = BTreeSet::from([other.clone(), text.clone()]);
    assert_eq!(ordered.first(), Some(&text));

    let mutable = |bytes: &[u8]| Utf8Bytes::try_from(BytesMut::from(bytes));
    assert_eq!(mutable("café".as_bytes()).expect("UTF-8"), text);
    assert!(mutable(b"caf\xC3").is_err());
    assert_eq!(Utf8Bytes::try_from(text.as_bytes().clone()).expect("UTF-8"), text);
}

#[test]
fn lent_text_is_text() {
    with_event(Config::server(), frame(Role::Client, true, TEXT, b"lent"), |event| {
        let Event::Text(text) = event else { panic!("{event:?}") };
        assert_eq!((text.as_str(), text.as_ref()), ("lent", "lent"));
        assert_eq!(format!("{text} {text:?}"), "lent \"lent\"");
        assert_eq!(*text.into_payload(), b"lent"[..]);
    });
}

#[test]
fn payloads_are_bytes() {
    let (mut lent, mut same, mut other) = (*b"abc", *b"abc", *b"abd");
    let mut borrowed = Payload::Borrowed(&mut lent);
    assert_eq!(borrowed, Payload::Owned(BytesMut::from(&b"abc"[..])));
    assert_eq!(borrowed, Payload::Borrowed(&mut same));
    assert_ne!(borrowed, Payload::Borrowed(&mut other));
    assert_eq!(borrowed.as_ref(), b"abc");
    assert_eq!(format!("{borrowed:?}"), "[97, 98, 99]");
    borrowed[0] = b'X';
    let mut owned = Payload::Owned(BytesMut::from(&b"abc"[..]));
    owned[2] = b'Z';
    assert_eq!((&*borrowed, &*owned), (&b"Xbc"[..], &b"abZ"[..]));
    assert_eq!(Bytes::from(owned), &b"abZ"[..]);
}

/// What fills half of its buffer keeps it; what fills less is copied, so that the rest is not held.
#[test]
fn a_payload_that_is_kept_holds_at_most_twice_its_size() {
    for (capacity, length, is_copied) in [(200, 100, false), (200, 99, true), (202, 100, true)] {
        let mut bytes = BytesMut::with_capacity(capacity);
        assert_eq!(bytes.capacity(), capacity);
        bytes.resize(length, b'x');
        let place = bytes.as_ptr();
        let kept = Payload::Owned(bytes).into_bytes();
        assert_eq!(kept.len(), length);
        assert_eq!(kept.as_ptr() != place, is_copied, "{length} of {capacity}");
    }
}

#[test]
fn chunks_say_what_they_are() {
    let mut config = Config::server();
    config.delivery = Delivery::Chunks;
    with_event(config, frame(Role::Client, false, BINARY, b"abc"), |event| {
        let Event::Chunk(chunk) = event else { panic!("{event:?}") };
        let Chunk { first, last, .. } = chunk;
        assert!(first && !last);
        let shown = format!("{chunk:?}");
        assert_eq!(shown, "Chunk { kind: Binary, data: [97, 98, 99], first: true, last: false }");
    });
}

/// All ways to send a text make the same frame.
#[test]
fn a_text_by_any_way() {
    let mut sent = Vec::new();
    for way in 0..4 {
        let mut server = Connection::server(Config::server());
        let kept = Utf8Bytes::from_static("by any way");
        match way {
            0 => server.send_text("by any way").unwrap(),
            1 => server.send_shared_text(&kept).unwrap(),
            2 => server.send_prepared(&Prepared::text(kept)).unwrap(),
            _ => server.send_prepared(&Prepared::from_static_text("by any way")).unwrap(),
        }
        sent.push(output(&mut server));
    }
    assert!(sent.iter().all(|frames| *frames == [b"\x81\x0A", &b"by any way"[..]].concat()));
}
