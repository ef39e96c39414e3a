//! What holds of the types: threads, borrows, sizes, errors, what `Debug` shows.
#![cfg(feature = "alloc")]

mod support;

use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use support::{BINARY, CLOSE, PING, TEXT, close_body, feed, frame, header, output, seed};
use websocket_proto::{
    Close, CloseCode, CloseInformation, Config, Connection, Event, Incoming, MessageKind, Outgoing,
    Parts, Payload, Prepared, ProtocolError, Reply, Role, SendError, State, Text, Utf8Bytes,
};

/// T-CT-12: any thread may own one, and `&mut` keeps two from using it.
#[test]
fn threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Connection>();
    shared::<Incoming>();
    shared::<Outgoing>();
    shared::<Reply>();
    shared::<Parts>();
    shared::<Prepared>();
    shared::<Utf8Bytes>();
    shared::<Config>();
    shared::<ProtocolError>();
    shared::<SendError>();
    shared::<Event<'static>>();
    fn copied<T: Copy>() {}
    copied::<ProtocolError>();
    copied::<SendError>();
    copied::<CloseCode>();
    copied::<CloseInformation<'static>>();
}

/// An event borrows the input alone: it outlives the use of the connection, and the connection.
#[test]
fn an_event_borrows_only_the_input() {
    fn next<'i>(input: &mut &'i mut [u8]) -> Event<'i> {
        let mut connection = Connection::server(Config::server());
        connection.receive(input).expect("valid").expect("an event")
    }
    let mut buffer = frame(Role::Client, true, TEXT, b"held").repeat(2);
    let mut input = &mut buffer[..];
    let first = next(&mut input);
    let second = next(&mut input);

    let mut connection = Connection::server(Config::server());
    let mut buffer = frame(Role::Client, true, BINARY, b"and answered");
    let mut input = &mut buffer[..];
    let event = connection.receive(&mut input).expect("valid").expect("an event");
    let (Event::Text(text), Event::Binary(mut data)) = (first, event) else { panic!("{second:?}") };
    connection.send_text(&text).expect("room");
    data.make_ascii_uppercase();
    connection.send_binary(&data).expect("room");
    assert_eq!(connection.receive(&mut input), Ok(None));
    drop(connection.split());
    assert_eq!((&*text, &*data), ("held", &b"AND ANSWERED"[..]));
}

/// DESIGN.md §2 §4
#[test]
fn sizes() {
    for (name, size, most) in [
        ("Connection", size_of::<Connection>(), 384),
        ("Event", size_of::<Event<'_>>(), 40),
        ("ProtocolError", size_of::<ProtocolError>(), 1),
        ("Result<Option<Event>, ProtocolError>", receive_result_size(), 48),
        ("SendError", size_of::<SendError>(), 1),
        ("CloseCode", size_of::<CloseCode>(), 2),
    ] {
        println!("{name}: {size} bytes");
        assert!(size <= most, "{name}: {size} bytes");
    }
}

fn receive_result_size() -> usize {
    size_of::<Result<Option<Event<'_>>, ProtocolError>>()
}

/// Errors say what is wrong, in one line, and can be boxed.
#[test]
fn errors() {
    let protocol: Box<dyn Error + Send + Sync> = ProtocolError::InvalidUtf8.into();
    let send: Box<dyn Error + Send + Sync> = SendError::Full.into();
    for error in [protocol, send] {
        let text = error.to_string();
        assert!(!text.is_empty() && !text.contains('\n'), "{text}");
        assert!(error.source().is_none());
    }
    fn error<T: Error>() {}
    error::<websocket_proto::frame::InvalidCloseCode>();
    error::<websocket_proto::utf8::InvalidUtf8>();
}

/// `Debug` shows neither payloads nor keys nor what is queued (DESIGN.md §2).
#[test]
fn debug_shows_no_payload_and_no_key() {
    let secret = "s3cr3t";
    let numbers = format!("{:?}", secret.as_bytes());
    let numbers = numbers.trim_matches(['[', ']']);
    let shows_nothing = |value: &dyn Debug| {
        let shown = format!("{value:?} {value:#?}");
        assert!(shown.starts_with(char::is_uppercase), "the name of the type: {shown}");
        assert!(!shown.contains(secret) && !shown.contains(numbers), "{shown}");
        assert!(!shown.contains("7, 7, 7"), "the seed: {shown}");
    };
    for mut connection in
        [Connection::server(Config::server()), Connection::client(Config::client(), [7; 32])]
    {
        let sender = connection.role().peer();
        connection.send_text(secret).expect("room");
        connection.ping(secret.as_bytes()).expect("room");
        let incomplete = header(sender, false, BINARY, 100);
        feed(&mut connection, &[&incomplete, secret.as_bytes()].concat());
        shows_nothing(&connection);
        shows_nothing(&connection.transmit());
        shows_nothing(&connection.message(MessageKind::Text).expect("open"));
        shows_nothing(&connection.into_parts());
    }
    let client = Connection::client(Config::client(), [7; 32]);
    let (mut incoming, outgoing) = client.split();
    let mut ping = frame(Role::Server, true, PING, secret.as_bytes());
    let _event = incoming.receive(&mut &mut ping[..]).expect("valid");
    shows_nothing(&incoming);
    shows_nothing(&outgoing);
    shows_nothing(&incoming.take_reply().expect("a Ping to answer"));
    shows_nothing(&Prepared::text(secret));
}

/// T-CT-09 R6455-5.5.1-03: the peer chose the reason; nothing of it reaches a terminal as it is.
#[test]
fn debug_escapes_the_peers_reason() {
    let mut connection = Connection::client(Config::client(), seed(0));
    let mut close = frame(Role::Server, true, CLOSE, &close_body(1000, "\x1B[2J\r\nlog: fine"));
    let event = connection.receive(&mut &mut close[..]).expect("valid").expect("a Close");
    let shown = format!("{event:?} {:?}", connection.close_information());
    assert!(!shown.contains(['\x1B', '\r', '\n']), "{shown:?}");
    assert!(!ProtocolError::InvalidCloseReason.to_string().contains("log"));
    fn reason<'a>(close: &'a Close<'_>) -> &'a str {
        close.reason()
    }
    let Event::Close(close) = event else { panic!("{event:?}") };
    assert!(reason(&close).ends_with("log: fine"));
}

/// What is borrowed is copied to keep it; what is owned is not, unless it would hold much for little.
#[test]
fn payloads_to_keep() {
    let mut bytes = *b"borrowed";
    let place = bytes.as_ptr();
    let kept = Payload::Borrowed(&mut bytes).into_bytes();
    assert_ne!(kept.as_ptr(), place);
    let owned = BytesMut::from(&b"owned"[..]);
    let place = owned.as_ptr();
    assert_eq!(Payload::Owned(owned).into_bytes().as_ptr(), place);
    let mut little = BytesMut::with_capacity(1 << 20);
    little.extend_from_slice(b"little");
    let place = little.as_ptr();
    assert_ne!(Bytes::from(Payload::Owned(little)).as_ptr(), place);

    let mut connection = Connection::server(Config::server());
    let mut buffer = frame(Role::Client, true, TEXT, "café".as_bytes());
    let event = connection.receive(&mut &mut buffer[..]).expect("valid");
    let Some(Event::Text(text)) = event else { panic!("{event:?}") };
    assert_eq!(text.to_string(), "café");
    fn kept_text(text: Text<'_>) -> Utf8Bytes {
        text.into()
    }
    let text = kept_text(text);
    buffer.fill(0);
    assert_eq!(text, "café");
    assert_eq!(Utf8Bytes::try_from(Bytes::from_static(b"caf\xC3")).ok(), None);
}

/// The connection is handed on in the middle of a header.
#[test]
fn parts() {
    for (mut connection, sender) in [
        (Connection::server(Config::server()), Role::Client),
        (Connection::client(Config::client(), seed(0)), Role::Server),
    ] {
        let whole = frame(sender, true, BINARY, &[1; 300]);
        connection.send_text("unsent").expect("room");
        let mut other = Connection::server(Config::server());
        other.send_text("unsent").expect("room");
        assert_eq!(feed(&mut connection, &whole[..3]), []);
        let parts = connection.into_parts();
        assert_eq!(parts.unread, whole[..3]);
        assert!(!parts.inside_message);
        assert!(parts.unsent.len() >= output(&mut other).len());

        let mut connection = match sender {
            Role::Client => Connection::server(Config::server()),
            Role::Server => Connection::client(Config::client(), seed(0)),
        };
        feed(&mut connection, &whole[..100]);
        let parts = connection.into_parts();
        assert!(parts.unread.is_empty() && parts.inside_message && parts.unsent.is_empty());
    }
}

/// Counters tell what went over the wire.
#[test]
fn counters() {
    let config = Arc::new(Config::server());
    let mut connection = Connection::server(config);
    assert_eq!((connection.received().bytes, connection.sent().frames), (0, 0));
    let bytes = frame(Role::Client, true, PING, b"x").repeat(3);
    feed(&mut connection, &bytes[..bytes.len() - 1]);
    assert_eq!(connection.received().bytes, bytes.len() as u64 - 1);
    assert_eq!(connection.received().frames, 3);
    assert_eq!((connection.sent().bytes, connection.sent().frames), (0, 2));
    let sent = output(&mut connection).len();
    assert_eq!(connection.sent().bytes, sent as u64);
    assert_eq!((connection.role(), connection.state()), (Role::Server, State::Open));
    assert_eq!((connection.subprotocol(), connection.close_information()), (None, None));
}

/// Two clients seeded by the operating system share no masking key.
#[cfg(feature = "std")]
#[test]
fn clients_seeded_by_the_operating_system() {
    let masked = || {
        let mut client = Connection::client_from_os(Config::client()).expect("random bytes");
        assert_eq!(client.role(), Role::Client);
        client.send_binary(&[0; 64]).expect("room");
        output(&mut client)
    };
    let (one, other) = (masked(), masked());
    assert_eq!(one[..2], other[..2]);
    assert_ne!(one[2..6], other[2..6]);
}
