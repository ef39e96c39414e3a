//! The two buffers of a fixed size against bytes, cut in every way, and against a whole `Connection`.

use no_std_example::{Event, Incoming, Outgoing, Refused};
use websocket_proto::frame::{Header, Opcode};
use websocket_proto::{
    CloseCode, CloseStatus, Config, Connection, MessageKind, ProtocolError, Role,
};

/// What a server of 16 bytes a message has seen of some bytes, and answered.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    events: Vec<String>,
    violation: Option<ProtocolError>,
    answer: Vec<u8>,
    over: bool,
}

/// Gives the bytes to a server in pieces of this size; what it queues is taken as it comes.
fn serve(bytes: &[u8], piece: usize) -> Seen {
    let mut incoming = Incoming::<16>::new(Role::Server);
    let mut outgoing = Outgoing::<512>::server();
    let mut seen = Seen::default();
    for piece in bytes.to_vec().chunks_mut(piece) {
        let mut input = piece;
        loop {
            match incoming.receive(&mut input, &mut outgoing) {
                Ok(Some(event)) => seen.events.push(format!("{event:?}")),
                Ok(None) => break,
                Err(violation) => assert_eq!(seen.violation.replace(violation), None, "once"),
            }
        }
        assert!(input.is_empty());
        seen.answer.extend_from_slice(outgoing.bytes());
        outgoing.advance(outgoing.bytes().len());
    }
    seen.over = outgoing.is_over();
    seen
}

/// A client's frame; the key is the first one of §5.7.
fn frame(opcode: Opcode, fin: bool, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xFA, 0x21, 0x3D];
    let length = payload.len() as u64;
    let header = Header { fin, rsv1: false, opcode, mask: Some(mask), length }.encode();
    let masked = payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key);
    header.iter().copied().chain(masked).collect()
}

/// The same, whole and however it is cut.
fn check(bytes: &[u8], events: &[&str], violation: Option<ProtocolError>, answer: &[u8]) {
    for piece in 1..=bytes.len() {
        let seen = serve(bytes, piece);
        assert_eq!(seen.events, events, "in pieces of {piece}");
        assert_eq!(seen.violation, violation, "in pieces of {piece}");
        assert_eq!(seen.answer, answer, "in pieces of {piece}");
        assert_eq!(seen.over, answer.contains(&0x88), "in pieces of {piece}");
    }
}

#[test]
fn messages_are_put_together_and_pings_answered_between_their_fragments() {
    let bytes = [
        frame(Opcode::Text, true, b"Hello"),
        frame(Opcode::Text, false, b"caf\xC3"),
        frame(Opcode::Ping, true, b"?"),
        frame(Opcode::Continuation, false, b""),
        frame(Opcode::Continuation, true, b"\xA9!"),
        frame(Opcode::Pong, true, b"unasked"),
        frame(Opcode::Binary, true, b""),
        frame(Opcode::Binary, true, &[7; 16]),
        frame(Opcode::Ping, true, &[b'p'; 125]),
    ]
    .concat();
    let events =
        ["Text(\"Hello\")", "Text(\"café!\")", "Binary([])", &format!("Binary({:?})", [7; 16])];
    let pongs = [b"\x8A\x01?\x8A\x7D".to_vec(), vec![b'p'; 125]].concat();
    check(&bytes, &events, None, &pongs);
}

#[test]
fn a_close_is_answered_with_its_code_and_ends_all() {
    let behind = frame(Opcode::Text, true, b"late");
    let bytes = [frame(Opcode::Close, true, b"\x03\xE9bye"), behind.clone()].concat();
    check(&bytes, &["Close(Some((CloseCode(1001), \"bye\")))"], None, b"\x88\x02\x03\xE9");
    let bytes = [frame(Opcode::Close, true, b""), behind].concat();
    check(&bytes, &["Close(None)"], None, b"\x88\x00");
}

#[test]
fn violations_are_told_with_their_code() {
    let late = frame(Opcode::Text, true, b"late");
    let cases: [(Vec<u8>, ProtocolError, u16); 9] = [
        (b"\x81\x05Hello".to_vec(), ProtocolError::UnmaskedFrame, 1002),
        (frame(Opcode::Continuation, true, b"?"), ProtocolError::UnexpectedContinuation, 1002),
        (
            [frame(Opcode::Text, false, b"a"), frame(Opcode::Binary, true, b"b")].concat(),
            ProtocolError::UnfinishedMessage,
            1002,
        ),
        (frame(Opcode::Close, true, b"\x03"), ProtocolError::ClosePayloadTooShort, 1002),
        (frame(Opcode::Close, true, b"\x03\xED"), ProtocolError::InvalidCloseCode, 1002),
        (frame(Opcode::Close, true, b"\x03\xE8\xFF"), ProtocolError::InvalidCloseReason, 1007),
        (frame(Opcode::Text, true, b"caf\xC3"), ProtocolError::InvalidUtf8, 1007),
        (frame(Opcode::Binary, true, &[7; 17]), ProtocolError::MessageTooLarge, 1009),
        (
            [frame(Opcode::Binary, false, &[7; 9]), frame(Opcode::Continuation, true, &[7; 8])]
                .concat(),
            ProtocolError::MessageTooLarge,
            1009,
        ),
    ];
    for (bytes, violation, code) in cases {
        let bytes = [bytes, late.clone()].concat();
        let close = [b"\x88\x02".as_slice(), &code.to_be_bytes()].concat();
        check(&bytes, &[], Some(violation), &close);
    }
}

#[test]
fn a_message_that_will_not_fit_is_refused_at_its_header() {
    // A gigabyte is announced; not a byte of it has come.
    let header = b"\x82\xFF\0\0\0\0\x40\0\0\0\x01\x02\x03\x04";
    let seen = serve(header, header.len());
    assert_eq!(seen, Seen::default());
    // The first one that does is enough.
    let seen = serve(&[header.as_slice(), b"x"].concat(), 1);
    assert_eq!(seen.violation, Some(ProtocolError::MessageTooLarge));
    assert_eq!(seen.answer, b"\x88\x02\x03\xF1");
}

#[test]
fn what_does_not_fit_is_refused_and_a_close_always_fits() {
    let mut incoming = Incoming::<16>::new(Role::Server);
    let mut outgoing = Outgoing::<512>::server();
    assert_eq!(outgoing.send(MessageKind::Binary, &[0; 512]), Err(Refused::Full));
    let mut messages = 0;
    while outgoing.send(MessageKind::Binary, &[7; 100]) == Ok(()) {
        messages += 1;
    }
    assert_eq!(messages, 2);
    // Messages leave room for a Pong; the second Ping finds none, and the third takes its place.
    let mut pings: Vec<u8> = Vec::new();
    for payload in [[b'1'; 125], [b'2'; 125], [b'3'; 125]] {
        pings.extend(frame(Opcode::Ping, true, &payload));
    }
    assert_eq!(incoming.receive(&mut &mut pings[..], &mut outgoing), Ok(None));
    assert!(outgoing.is_full());
    assert_eq!(outgoing.send(MessageKind::Binary, &[]), Err(Refused::Full));

    // Written a byte at a time.
    let mut written = Vec::new();
    while let Some(&byte) = outgoing.bytes().first() {
        written.push(byte);
        outgoing.advance(1);
        if written.len() == 200 {
            outgoing.close(Some(CloseCode::NORMAL));
            outgoing.close(Some(CloseCode::GOING_AWAY));
            assert_eq!(outgoing.send(MessageKind::Binary, &[]), Err(Refused::Closed));
            assert!(!outgoing.is_over(), "the peer's Close has not come");
        }
    }
    assert!(!outgoing.is_full());
    let message = [b"\x82\x64".as_slice(), &[7; 100]].concat();
    let pong = |payload: u8| [b"\x8A\x7D".as_slice(), &[payload; 125]].concat();
    let pongs = [pong(b'1'), pong(b'3')];
    let close = b"\x88\x02\x03\xE8".to_vec();
    let [pong_1, pong_3] = pongs;
    assert_eq!(written, [message.clone(), message, pong_1, pong_3, close].concat());
    let mut close = frame(Opcode::Close, true, b"\x03\xE8");
    let event = incoming.receive(&mut &mut close[..], &mut outgoing);
    assert_eq!(event, Ok(Some(Event::Close(Some((CloseCode::NORMAL, ""))))));
    assert!(outgoing.is_over() && outgoing.bytes().is_empty());
}

/// As a client of a whole `Connection`, with a transport that takes and gives a few bytes at a time.
#[test]
fn it_talks_with_a_whole_connection() {
    let mut incoming = Incoming::<64>::new(Role::Client);
    // A device has a generator.
    let mut outgoing = Outgoing::<512>::client(|| [0x37, 0xFA, 0x21, 0x3D]);
    let mut server = Connection::server(Config::server());
    server.fragment(MessageKind::Text, b"Hel", false).unwrap();
    server.ping(b"ping").unwrap();
    server.fragment(MessageKind::Text, b"lo", true).unwrap();

    let (mut at_client, mut at_server) = (Vec::new(), Vec::new());
    let mut to_client = Vec::new();
    for round in 0..200 {
        while let Some(run) = server.take_output() {
            to_client.extend_from_slice(&run);
        }
        let rest = to_client.split_off(to_client.len().min(3));
        let mut input = &mut to_client[..];
        while let Some(event) = incoming.receive(&mut input, &mut outgoing).unwrap() {
            at_client.push(format!("{event:?}"));
            if let Event::Text(text) = event {
                outgoing.send(MessageKind::Text, text.as_bytes()).unwrap();
            }
        }
        to_client = rest;

        let mut bytes = outgoing.bytes().iter().copied().take(5).collect::<Vec<_>>();
        outgoing.advance(bytes.len());
        let mut input = &mut bytes[..];
        while let Some(event) = server.receive(&mut input).unwrap() {
            at_server.push(format!("{event:?}"));
        }
        if round == 100 {
            server.close(CloseCode::NORMAL, "done").unwrap();
        }
    }
    assert_eq!(at_client, ["Text(\"Hello\")", "Close(Some((CloseCode(1000), \"done\")))"]);
    assert_eq!(at_server.len(), 3, "Pong, the message, the Close: {at_server:?}");
    assert!(outgoing.is_over() && outgoing.bytes().is_empty());
    server.transport_shut_down();
    let end = server.close_information().unwrap();
    assert_eq!((end.received, end.clean), (CloseStatus::Code(CloseCode::NORMAL), true));
}

#[test]
fn pings_are_answered_until_the_peer_has_closed() {
    let mut incoming = Incoming::<16>::new(Role::Server);
    let mut outgoing = Outgoing::<512>::server();
    outgoing.close(None);
    let ping = frame(Opcode::Ping, true, b"?");
    let mut bytes = [ping.clone(), frame(Opcode::Close, true, b""), ping].concat();
    let mut input = &mut bytes[..];
    assert_eq!(incoming.receive(&mut input, &mut outgoing), Ok(Some(Event::Close(None))));
    assert!(input.is_empty());
    assert_eq!(outgoing.bytes(), b"\x88\x00\x8A\x01?");
}
