//! §10.1 §10.4  What a peer makes an opening handshake hold, in bytes of heap.

use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use websocket_proto::handshake::{
    Acceptance, Client, ClientRequest, HandshakeError, ProxyConnect, Response, Server, Uri,
};
use websocket_proto::{Config, Event, State, Transmit};

use crate::support::{Random, peak_of, seed, usage};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n";

/// A client whose request is transmitted.
fn waiting(config: &Arc<Config>) -> Client {
    let request = ClientRequest::new(Uri::parse("ws://h/").expect("a URI"));
    let mut client = Client::new(&request, config.clone(), seed(1));
    while let Transmit::Write(mut output) = client.transmit() {
        let count = output.remaining();
        output.advance(count);
    }
    client
}

/// Feeds a machine the bytes in reads of so many, until it refuses them; the error.
macro_rules! feed {
    ($machine:expr, $bytes:expr, $read:expr) => {{
        let mut error = None;
        for read in $bytes.chunks_mut($read) {
            let mut input = read;
            match $machine.receive(&mut input) {
                Ok(outcome) => assert!(outcome.is_none(), "the head does not end"),
                Err(refused) => error = error.or(Some(refused)),
            }
            assert!(input.is_empty());
        }
        error
    }};
}

/// T-HS-01 T-HS-02: header lines without end, in reads of any size, to either side. What is kept is not more than a head
/// may have, and while it grows not more than twice that; behind the refusal it is next to nothing.
#[test]
fn an_endless_head_is_not_kept() {
    let config = Arc::new(Config::server());
    let line = format!("X: {}\r\n", "y".repeat(1000));
    for (lines, expected) in [
        ("X: y\r\n".repeat(MIB / 6), HandshakeError::TooManyHeaders),
        (line.repeat(MIB / 1005), HandshakeError::HeadTooLarge),
        (format!("X: {}", "y".repeat(MIB)), HandshakeError::HeadTooLarge),
    ] {
        for read in [7, 1000, 64 * KIB, 2 * MIB] {
            let mut request = format!("{REQUEST}{lines}").into_bytes();
            let mut response = format!("HTTP/1.1 101 Switching Protocols\r\n{lines}").into_bytes();
            let mut server = Server::new(config.clone());
            let mut client = waiting(&config);
            let before = usage();
            let (error, of_request) = peak_of(|| feed!(server, request, read));
            assert_eq!(error, Some(expected));
            let (error, of_response) = peak_of(|| feed!(client, response, read));
            assert_eq!(error, Some(expected));
            println!("{expected:?} in reads of {read}: {of_request} and {of_response} bytes");
            assert!(of_request.max(of_response) <= 2 * 16 * KIB as isize);
            assert!(usage().bytes_over(before) <= KIB as isize, "of which nothing stays");
        }
    }
}

/// T-HS-04: what waits for the rest of a head holds the bytes of it that came, and 1 KiB ahead.
#[test]
fn a_slow_head_is_all_that_is_held() {
    let config = Arc::new(Config::server());
    let before = usage();
    let mut server = Server::new(config.clone());
    let mut client = waiting(&config);
    client.tick(Duration::from_secs(1));
    let heap_of_the_client = usage().bytes_over(before);
    println!(
        "a server {} bytes, a client {} and {heap_of_the_client} of heap",
        size_of::<Server>(),
        size_of::<Client>()
    );
    assert!(size_of::<Server>() <= KIB / 4);
    assert!(size_of::<Client>() + heap_of_the_client.unsigned_abs() <= KIB);

    let head = format!("{REQUEST}Cookie: {}", "x".repeat(15 * KIB));
    let before = usage();
    for (received, mut byte) in head.bytes().map(|byte| [byte]).enumerate() {
        assert!(server.receive(&mut &mut byte[..]).expect("a head").is_none());
        let held = usage().bytes_over(before).unsigned_abs();
        assert!(held <= received + 1 + KIB, "{held} for {received}");
    }
    let head = format!("HTTP/1.1 200 OK\r\nCookie: {}", "x".repeat(15 * KIB));
    let before = usage();
    for (received, mut byte) in head.bytes().map(|byte| [byte]).enumerate() {
        assert!(client.receive(&mut &mut byte[..]).expect("a head").is_none());
        let held = usage().bytes_over(before).unsigned_abs();
        assert!(held <= received + 1 + KIB, "{held} for {received}");
    }
}

/// T-HS-08 T-HS-09: a body that was announced comes all the same, and another request in it.
#[test]
fn a_body_is_not_kept() {
    let config = Arc::new(Config::server());
    let before = usage();
    let mut server = Server::new(config);
    let mut head = format!("{REQUEST}Content-Length: 1000000000\r\n\r\n").into_bytes();
    let error = server.receive(&mut &mut head[..]).expect_err("a body");
    assert_eq!(error, HandshakeError::Body);
    drop(head);
    let mut body = format!("{REQUEST}\r\n").repeat(300).into_bytes();
    for _ in 0..10 {
        let held = usage();
        let (error, peak) = peak_of(|| feed!(server, body, 1000));
        assert_eq!((error, peak), (None, 0));
        assert_eq!(usage().bytes_over(held), 0);
    }
    let Transmit::Write(output) = server.transmit() else { panic!("an answer") };
    assert_eq!(output.chunk().windows(9).filter(|part| part == b"HTTP/1.1 ").count(), 1);
    drop(body);
    assert!(usage().bytes_over(before) <= KIB as isize);
}

/// T-HS-11: a megabyte behind the head, before the application has decided: nothing of it is taken, and so nothing is
/// held. Then all of it is there.
#[test]
fn what_comes_early_stays_with_the_caller() {
    let config = Arc::new(Config::server());
    let message = [&[0x82, 0xFF, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0][..], &[7; MIB]].concat();
    let wire = [REQUEST.as_bytes(), b"\r\n", &message].concat();
    for decision in ["accept", "reject"] {
        let mut wire = wire.clone();
        let mut input = &mut wire[..];
        let before = usage();
        let mut server = Server::new(config.clone());
        let request = server.receive(&mut input).expect("a head").expect("whole");
        for _ in 0..100 {
            assert!(server.receive(&mut input).expect("over").is_none());
        }
        assert_eq!(input.len(), message.len());
        assert!(usage().bytes_over(before) <= KIB as isize, "the head and no more");
        if decision == "accept" {
            let mut connection = request.accept(&Acceptance::new()).expect("accepted");
            match connection.receive(&mut input).expect("a message") {
                Some(Event::Binary(data)) => assert!(data.len() == MIB && *data == [7; MIB]),
                other => panic!("{other:?}"),
            }
        } else {
            let mut rejection = request.reject(&Response::new(404).expect("a status"));
            let ((), peak) = peak_of(|| rejection.receive(&mut input));
            assert_eq!((peak, input.len()), (0, 0));
        }
    }
}

/// T-HS-20: interim responses of the greatest size, and a body of an error without end. No more is held than one head
/// and so much of the body as is kept; and none of it gains the server time.
#[test]
fn an_endless_refusal_is_not_kept() {
    let config = Arc::new(Config::client());
    let interim = format!("HTTP/1.1 103 Early Hints\r\nLink: {}\r\n\r\n", "x".repeat(16_000));
    for framing in ["Content-Length: 1073741824", "Transfer-Encoding: chunked", "X: y"] {
        let mut client = waiting(&config);
        let deadline = client.tick(Duration::from_secs(1));
        assert_eq!(deadline, Some(Duration::from_secs(11)));
        let chunk = if framing.contains("chunked") { "40000000\r\n" } else { "" };
        let start = format!("HTTP/1.1 401 Unauthorized\r\n{framing}\r\n\r\n{chunk}");
        let mut wire = [interim.repeat(8), start].concat().into_bytes();
        let (error, peak) = peak_of(|| feed!(client, wire, 1000));
        assert_eq!(error, None);
        assert!(peak <= 17 * KIB as isize, "{peak}");
        for second in 2..6 {
            let mut body = [b'x'; KIB - 1];
            assert!(client.receive(&mut &mut body[..]).expect("a part of it").is_none());
            assert_eq!(client.tick(Duration::from_secs(second)), deadline);
        }
        let mut rest = vec![b'x'; MIB];
        let held = usage();
        let (error, peak) = peak_of(|| feed!(client, rest, MIB));
        assert_eq!(error, Some(HandshakeError::Refused { status: 401 }));
        assert!(peak <= 4 * KIB as isize);
        assert_eq!(client.refusal().expect("a refusal").body().len(), 4 * KIB);
        let kept = usage().bytes_over(held);
        assert!(kept <= 4 * KIB as isize, "{kept}");
        // A deadline ends a body that goes on for too long, too.
        let mut slow = waiting(&config);
        slow.tick(Duration::from_secs(1));
        let mut head = format!("HTTP/1.1 401 x\r\n{framing}\r\n\r\n").into_bytes();
        assert_eq!(feed!(slow, head, 9), None);
        assert_eq!(slow.tick(Duration::from_secs(11)), None);
        assert_eq!((slow.state(), slow.error().is_some()), (State::Closing, true));
    }
}

/// T-H2-04, for HTTP/1.1: handshakes that are begun and dropped, at any byte, leave nothing.
#[test]
fn a_handshake_that_is_dropped_leaves_nothing() {
    let config = Arc::new(Config::server());
    let request = ClientRequest::new(Uri::parse("ws://h/").expect("a URI"));
    let mut random = Random::new(0);
    let head = format!("{REQUEST}\r\n");
    let before = usage();
    for number in 0..20_000 {
        let mut part = head.clone().into_bytes();
        part.truncate(random.below(head.len() + 1));
        let mut server = Server::new(config.clone());
        let asked = server.receive(&mut &mut part[..]).expect("a head");
        let answered = asked.map(|asked| match number % 3 {
            0 => drop(asked.accept(&Acceptance::new())),
            1 => drop(asked.reject(&Response::new(404).expect("a status"))),
            _ => drop(asked),
        });
        drop((part, server, answered, Client::new(&request, config.clone(), seed(number))));
        assert_eq!(usage().bytes_over(before), 0);
    }
    assert_eq!(usage().blocks_over(before), 0);
}

/// T-HS-20 T-FR-09: the same of the answer of a proxy; and what comes behind a refusal is discarded.
#[test]
fn an_endless_answer_of_a_proxy_is_not_kept() {
    let config = Arc::new(Config::client());
    let endless = format!("HTTP/1.1 200 x\r\n{}", "X: y\r\n".repeat(MIB / 6));
    let interim = "HTTP/1.1 103 x\r\n\r\n".repeat(9);
    let refusal = "HTTP/1.1 407 x\r\nContent-Length: 1073741824\r\n\r\n".to_owned();
    for (answer, expected) in [
        (endless, HandshakeError::TooManyHeaders),
        (interim, HandshakeError::TooManyInterimResponses),
        (refusal + &"x".repeat(MIB), HandshakeError::Refused { status: 407 }),
    ] {
        for read in [7, 1000, 2 * MIB] {
            let mut answer = answer.clone().into_bytes();
            let mut proxy = ProxyConnect::new(config.clone());
            let (error, peak) = peak_of(|| feed!(proxy, answer, read));
            assert_eq!((error, proxy.error()), (Some(expected), Some(expected)));
            assert!(peak <= 9 * KIB as isize, "{peak}");
        }
    }
}
