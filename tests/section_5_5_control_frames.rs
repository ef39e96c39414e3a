//! §5.5  What a close reason may get into, and Pongs of every length.
#![cfg(feature = "alloc")]
#![allow(clippy::indexing_slicing, clippy::expect_used, reason = "a test fails by panicking")]

use websocket_proto::{CloseCode, Config, Connection, Event};

/// A frame without a mask.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short payload");
    [&[first, length], payload].concat()
}

/// R6455-5.5.3-01: over all lengths, the Pong is the Ping.
#[test]
fn a_pong_repeats_its_ping_at_every_length() {
    for length in 0..=125 {
        let payload: Vec<u8> = (0..length).map(|at| at ^ 0xA5).collect();
        let mut client = Connection::client(Config::client(), [1; 32]);
        let mut input = frame(0x89, &payload);
        assert!(matches!(client.receive(&mut &mut input[..]), Ok(Some(Event::Ping(_)))));
        let mut pong = client.take_output().expect("a Pong").to_vec();
        assert_eq!(pong[..2], [0x8A, 0x80 | length]);

        // The server unmasks it.
        let mut server = Connection::server(Config::server());
        match server.receive(&mut &mut pong[..]) {
            Ok(Some(Event::Pong(data))) => assert_eq!(*data, *payload),
            other => panic!("{other:?}"),
        }
        assert!(server.take_output().is_none(), "a Pong is not answered");

        let mut server = Connection::server(Config::server());
        client.ping(&payload).expect("open");
        let mut ping = client.take_output().expect("a Ping").to_vec();
        assert!(matches!(server.receive(&mut &mut ping[..]), Ok(Some(Event::Ping(_)))));
        assert_eq!(server.take_output().expect("a Pong"), frame(0x8A, &payload));
    }
}

const REASON: &str = "\u{1b}[2J\r\nSet-Cookie: a\0 \u{202e}reversed";

/// R6455-5.5.1-03 T-CT-09: the peer's reason reaches the application as data; printed for debugging it cannot
/// drive a terminal or forge a line of a log.
#[test]
fn a_reason_is_data_and_escaped_when_it_is_printed() {
    let mut client = Connection::client(Config::client(), [1; 32]);
    let mut input = frame(0x88, &[&[0x03, 0xE8], REASON.as_bytes()].concat());
    let mut input = &mut input[..];
    let event = client.receive(&mut input).expect("valid").expect("a Close");
    let Event::Close(close) = &event else { panic!("{event:?}") };
    assert_eq!(close.reason(), REASON);
    assert_eq!(close.code(), Some(CloseCode::NORMAL));
    let information = client.close_information().expect("closing");
    assert_eq!(information.reason, REASON);
    for shown in [format!("{event:?}"), format!("{information:?}"), format!("{client:?}")] {
        let harmless = |c: char| !c.is_control() && c != '\u{202e}';
        assert!(shown.chars().all(harmless), "{shown:?}");
    }
}

/// R6455-5.5.1-03: no error text has it.
#[test]
fn a_reason_is_in_no_error() {
    let mut client = Connection::client(Config::client(), [1; 32]);
    let mut input = frame(0x88, &[&[0x03, 0xE8], &b"secret \xFF"[..]].concat());
    let error = client.receive(&mut &mut input[..]).expect_err("not UTF-8");
    assert!(!format!("{error} {error:?}").contains("secret"));

    let error = client.close(CloseCode::NORMAL, &"secret".repeat(30)).expect_err("too long");
    assert!(!format!("{error} {error:?}").contains("secret"));
}
