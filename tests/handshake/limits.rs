//! §10.4 §10.1  How much of anything a peer can make a handshake hold or do, and for how long.

use std::sync::Arc;
use std::time::Duration;

use crate::support::drain;
use websocket_proto::handshake::{Client, ClientRequest, HandshakeError, Request, Server, Uri};
use websocket_proto::{Config, State, Transmit};

const START: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n";

type Outcome = Result<Option<Request>, HandshakeError>;

/// Whole and byte by byte; the outcome, and after how many bytes it was there.
fn serve(config: &Arc<Config>, bytes: &str) -> (Outcome, usize) {
    let mut whole = bytes.as_bytes().to_vec();
    let at_once = Server::new(config.clone()).receive(&mut whole.as_mut_slice());
    let mut server = Server::new(config.clone());
    for (index, byte) in bytes.bytes().enumerate() {
        let outcome = server.receive(&mut [byte].as_mut_slice());
        if !matches!(outcome, Ok(None)) {
            assert_eq!(outcome.as_ref().err(), at_once.as_ref().err());
            return (outcome, index + 1);
        }
    }
    assert!(matches!(at_once, Ok(None)));
    (at_once, bytes.len())
}

fn error(config: &Arc<Config>, bytes: &str) -> Option<HandshakeError> {
    serve(config, bytes).0.err()
}

/// A valid request of that many bytes.
fn request_of(length: usize) -> String {
    let fill = "x".repeat(length - START.len() - "Cookie: \r\n\r\n".len());
    let request = format!("{START}Cookie: {fill}\r\n\r\n");
    assert_eq!(request.len(), length);
    request
}

fn request_with_headers(count: usize) -> String {
    let fill = "X: y\r\n".repeat(count - 5);
    let upgrade = "Upgrade: websocket\r\n";
    format!("{}{fill}{upgrade}\r\n", START.replace(upgrade, ""))
}

/// A head that comes whole is read by another way than one that comes in pieces: they lead to the same.
#[test]
fn a_whole_head_is_judged_as_one_in_pieces() {
    let config = Arc::new(Config::server());
    let legal = format!("{START}Origin: http://server.example.com\r\nX:\r\n\r\n");
    assert!(matches!(serve(&config, &legal), (Ok(Some(_)), _)));
    assert!(matches!(serve(&config, &format!("\r\n\r\n{legal}")), (Ok(Some(_)), _)));
    assert!(matches!(serve(&config, &format!("{legal}\r\n\r\n")), (Ok(Some(_)), _)));
    // RFC 9112 §2.2: no bare LF, at the end of whichever line.
    for (at, _) in legal.match_indices("\r\n") {
        for end in ["\n", " \n", "\n\r\n"] {
            let head = format!("{}{end}{}", &legal[..at], &legal[at + 2..]);
            assert_eq!(error(&config, &head), Some(HandshakeError::Malformed), "{head:?}");
        }
    }
    // The table on the stack has room for 128.
    for (limit, counts) in [(100, [99, 100, 101]), (128, [127, 128, 129]), (200, [128, 129, 200])] {
        let mut config = Config::server();
        config.limits.max_headers = limit;
        for count in counts {
            let outcome = serve(&Arc::new(config.clone()), &request_with_headers(count)).0;
            let expected = (count > limit).then_some(HandshakeError::TooManyHeaders);
            assert_eq!(outcome.err(), expected, "{count} of {limit}");
        }
    }
    // What comes first is what is said: the line that is no header comes before the limit, but it takes the parser.
    let mut config = Config::server();
    config.limits.max_headers = 8;
    let config = Arc::new(config);
    let many = request_with_headers(9).replacen("X: y", "X y", 1);
    assert_eq!(error(&config, &many), Some(HandshakeError::TooManyHeaders));
    let fewer = request_with_headers(8).replacen("X: y", "X y", 1);
    assert_eq!(error(&config, &fewer), Some(HandshakeError::Malformed));
}

// T-GN-04
#[test]
fn defaults() {
    for config in [Config::server(), Config::client()] {
        let limits = config.limits;
        assert_eq!((limits.max_head_size, limits.max_request_line), (16 << 10, 8 << 10));
        assert_eq!((limits.max_headers, limits.max_interim_responses), (100, 8));
        assert_eq!((limits.max_extensions, limits.max_extension_parameters), (32, 16));
        assert_eq!((limits.max_subprotocols, limits.max_refusal_body), (64, 4096));
        assert_eq!(config.timeouts.handshake, Some(Duration::from_secs(10)));
    }
}

// T-HS-01
#[test]
fn head_size() {
    let config = Arc::new(Config::server());
    let limit = 16 << 10;
    assert!(matches!(serve(&config, &request_of(limit)), (Ok(Some(_)), at) if at == limit));
    let (outcome, at) = serve(&config, &request_of(limit + 1));
    assert_eq!((outcome.err(), at), (Some(HandshakeError::HeadTooLarge), limit + 1));
    let endless = format!("{START}X: {}", "x".repeat(limit));
    let (outcome, at) = serve(&config, &endless);
    assert_eq!((outcome.err(), at), (Some(HandshakeError::HeadTooLarge), limit + 1));
    assert_eq!(HandshakeError::HeadTooLarge.status(), Some(431));

    let mut config = Config::server();
    config.limits.max_head_size = START.len() + 2;
    let exact = format!("{START}\r\n");
    assert!(matches!(serve(&Arc::new(config.clone()), &exact), (Ok(Some(_)), _)));
    config.limits.max_head_size -= 1;
    assert_eq!(error(&Arc::new(config), &exact), Some(HandshakeError::HeadTooLarge));
}

// T-HS-01
#[test]
fn request_line() {
    let config = Arc::new(Config::server());
    let of = |length: usize| {
        let fill = "x".repeat(length - "GET /chat HTTP/1.1\r\n".len());
        format!("{START}\r\n").replace("/chat", &format!("/chat{fill}"))
    };
    assert!(matches!(serve(&config, &of(8192)), (Ok(Some(_)), _)));
    let (outcome, at) = serve(&config, &of(8193));
    assert_eq!((outcome.err(), at), (Some(HandshakeError::RequestLineTooLong), 8193));
    assert_eq!(HandshakeError::RequestLineTooLong.status(), Some(414));
    assert_eq!(error(&config, &"x".repeat(10_000)), Some(HandshakeError::RequestLineTooLong));
}

// T-HS-02, T-HS-03
#[test]
fn headers() {
    let config = Arc::new(Config::server());
    let (outcome, _) = serve(&config, &request_with_headers(100));
    assert!(outcome.unwrap().expect("complete").is_upgrade());
    for count in [101, 5000] {
        assert_eq!(
            error(&config, &request_with_headers(count)),
            Some(HandshakeError::TooManyHeaders)
        );
    }
    assert_eq!(HandshakeError::TooManyHeaders.status(), Some(431));

    // More than the table on the stack has.
    let mut config = Config::server();
    config.limits.max_headers = usize::MAX;
    config.limits.max_head_size = usize::MAX;
    let config = Arc::new(config);
    for count in [127, 128, 129, 5000] {
        let (outcome, _) = serve(&config, &request_with_headers(count));
        let request = outcome.unwrap().expect("complete");
        assert_eq!((request.headers().count(), request.is_upgrade()), (count, true));
    }
}

// T-HS-05, R6455-9.1-01
#[test]
fn lists() {
    let config = Arc::new(Config::server());
    let list = |name: &str, element: &str, count: usize, separator: &str| {
        let value = vec![element; count].join(separator);
        format!("{START}{name}: {value}\r\n\r\n")
    };
    let extensions = "Sec-WebSocket-Extensions";
    let protocols = "Sec-WebSocket-Protocol";
    for (bytes, expected) in [
        (list(extensions, "a", 32, ","), None),
        (list(extensions, "a", 33, ","), Some(HandshakeError::Extensions)),
        (list(extensions, "a", 17, ";"), None),
        (list(extensions, "a", 18, ";"), Some(HandshakeError::Extensions)),
        (list(protocols, "a", 64, ", "), None),
        (list(protocols, "a", 65, ", "), Some(HandshakeError::Subprotocols)),
        (
            format!("{START}{}\r\n", format!("{extensions}: a, b\r\n").repeat(17)),
            Some(HandshakeError::Extensions),
        ),
    ] {
        assert_eq!(error(&config, &bytes), expected, "{bytes}");
    }
}

// T-HS-05: megabytes of each, on which anything worse than linear does not end. (`.ci/linear` counts the work.)
#[test]
fn hostile_lists_come_to_an_end() {
    let mut config = Config::server();
    config.limits.max_head_size = 2 << 20;
    let config = Arc::new(config);
    for name in ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Connection", "Upgrade"] {
        for (start, repeated) in [
            ("a; b=\"", "\\a"),
            ("a; b=\"", "a"),
            ("", " "),
            ("a", " "),
            ("", ","),
            ("", " ,"),
            ("", "a;"),
            ("", "a,"),
            ("", "\""),
            ("a; b=", "\"\\"),
            ("", "a;b="),
            ("", "a\t"),
        ] {
            let fill = repeated.repeat((1 << 20) / repeated.len());
            let mut bytes = format!("{START}{name}: {start}{fill}\r\n\r\n").into_bytes();
            let outcome = Server::new(config.clone()).receive(&mut bytes.as_mut_slice());
            assert!(!matches!(outcome, Ok(None)), "{name}: {start}{repeated}");
        }
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

// T-HS-04
#[test]
fn a_server_gives_up_on_a_slow_client() {
    let mut server = Server::new(Config::server());
    let origin = seconds(100);
    assert_eq!(server.tick(origin), Some(seconds(110)));
    for (second, byte) in (0..10).zip(START.bytes()) {
        assert_eq!(server.tick(origin + seconds(second)), Some(seconds(110)));
        assert!(server.receive(&mut [byte].as_mut_slice()).unwrap().is_none());
    }
    assert_eq!(server.tick(seconds(1)), Some(seconds(110)), "T-GN-03: time never goes back");
    assert_eq!(server.error(), None);
    // The answer has a deadline of its own: nobody may ever take it.
    assert_eq!(server.tick(seconds(110)), Some(seconds(140)));
    assert_eq!(server.error(), Some(HandshakeError::Timeout));
    assert_eq!(server.state(), State::Closing);
    assert!(drain!(server).starts_with("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"));
    assert!(matches!(server.transmit(), Transmit::Shutdown));
    server.transport_shut_down();
    assert_eq!(server.tick(seconds(111)), Some(seconds(121)));
    assert_eq!(server.tick(seconds(121)), None);
    assert!(matches!(server.transmit(), Transmit::Abort));
    server.transport_shut_down();
    assert_eq!((server.state(), server.tick(seconds(200))), (State::Closed, None));

    let mut done = Server::new(Config::server());
    done.tick(seconds(0));
    assert!(done.receive(&mut request_of(300).into_bytes().as_mut_slice()).unwrap().is_some());
    assert_eq!((done.tick(seconds(60)), done.error()), (None, None));

    let mut config = Config::server();
    config.timeouts.handshake = None;
    let mut patient = Server::new(config);
    assert_eq!(patient.tick(seconds(0)), None);
    assert_eq!((patient.tick(Duration::MAX), patient.state()), (None, State::Open));
}

// T-HS-04
#[test]
fn a_client_gives_up_on_a_slow_server() {
    let request = ClientRequest::new(Uri::parse("ws://h/").unwrap());
    let mut client = Client::new(&request, Config::client(), [7; 32]);
    assert_eq!(client.tick(seconds(1)), Some(seconds(11)));
    drain!(client);
    for byte in *b"HTTP/1.1 " {
        assert!(client.receive(&mut [byte].as_mut_slice()).unwrap().is_none());
        assert_eq!(client.tick(seconds(10)), Some(seconds(11)));
    }
    assert_eq!(client.tick(seconds(11)), None);
    assert_eq!(client.error(), Some(HandshakeError::Timeout));
    assert!(matches!(client.transmit(), Transmit::Abort));
    assert_eq!(client.state(), State::Closing);
    client.transport_shut_down();
    assert_eq!(client.state(), State::Closed);
    assert!(matches!(client.transmit(), Transmit::Idle));
}
