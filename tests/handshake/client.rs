//! §4.1  The opening handshake of a client: what it asks and what it takes for an answer.

use crate::support::{cuts, drain, lines, request};
use websocket_proto::handshake::{
    Acceptance, Client, ClientRequest, Established, HandshakeError, InvalidHeader,
    InvalidSubprotocol, OriginPolicy, ProxyConnect, Server,
};
use websocket_proto::{Config, Event, State, Transmit};

/// The key of a request and the answer that fits it, by a server of our own.
fn key_and_accept(text: &str) -> (String, String) {
    let mut bytes = text.as_bytes().to_vec();
    let mut server = Server::new(Config::server());
    let request = server.receive(&mut bytes.as_mut_slice()).unwrap().expect("complete");
    let key = String::from_utf8(request.header("sec-websocket-key").unwrap().to_vec()).unwrap();
    let mut connection = request.accept(&Acceptance::new().origin(OriginPolicy::Any)).unwrap();
    let answer = drain!(connection);
    (key, lines(&answer)[2].1.to_owned())
}

/// A client that has transmitted its request, and the fitting value of `Sec-WebSocket-Accept`.
fn waiting(request: &ClientRequest) -> (Client, String) {
    let mut client = Client::new(request, Config::client(), [7; 32]);
    let text = drain!(client);
    (client, key_and_accept(&text).1)
}

fn offering(names: &[&str]) -> ClientRequest {
    request("ws://h/").subprotocols(names).unwrap()
}

type Outcome = Result<Option<Established>, HandshakeError>;

fn feed(client: &mut Client, pieces: &[Vec<u8>]) -> (Outcome, Vec<u8>) {
    for (index, piece) in pieces.iter().enumerate() {
        let mut piece = piece.clone();
        let mut input = piece.as_mut_slice();
        match client.receive(&mut input) {
            Ok(None) => assert!(input.is_empty()),
            outcome => return (outcome, [input.to_vec(), pieces[index + 1..].concat()].concat()),
        }
    }
    (Ok(None), Vec::new())
}

/// The outcome of a response in which `{accept}` stands for the fitting value: the subprotocol or the
/// error, the same whatever pieces it comes in.
fn outcome(request: &ClientRequest, response: &str) -> Result<Option<String>, HandshakeError> {
    let (_, accept) = waiting(request);
    let response = response.replace("{accept}", &accept);
    let mut outcomes = cuts(response.as_bytes()).into_iter().map(|pieces| {
        let (mut client, _) = waiting(request);
        assert_eq!(client.state(), State::Open);
        let (outcome, _) = feed(&mut client, &pieces);
        match outcome {
            Ok(Some(established)) => {
                assert_eq!((client.state(), client.error()), (State::Closed, None));
                assert_eq!(established.response.status(), 101);
                Ok(established.connection.subprotocol().map(str::to_owned))
            }
            Ok(None) => panic!("incomplete: {response}"),
            Err(error) => {
                // R6455-4.1-27: no further bytes, the transport is dropped.
                assert_eq!((client.state(), client.error()), (State::Closing, Some(error)));
                assert!(matches!(client.transmit(), Transmit::Abort));
                assert!(client.receive(&mut [0x81, 0].as_mut_slice()).unwrap().is_none());
                client.transport_shut_down();
                assert_eq!(client.state(), State::Closed);
                assert!(matches!(client.transmit(), Transmit::Idle));
                Err(error)
            }
        }
    });
    let first = outcomes.next().expect("whole");
    assert!(outcomes.all(|outcome| outcome == first), "in pieces: {response}");
    first
}

const LINES: [&str; 3] =
    ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}"];

fn head(status_line: &str, lines: &[&str]) -> String {
    format!("{status_line}\r\n{}\r\n\r\n", lines.join("\r\n"))
}

fn switching(lines: &[&str]) -> String {
    head("HTTP/1.1 101 Switching Protocols", lines)
}

fn with(name: &str, replacement: &[&str]) -> String {
    let mut lines = LINES.to_vec();
    lines.retain(|line| !line.starts_with(&format!("{name}:")));
    lines.extend(replacement);
    switching(&lines)
}

fn plus(added: &[&str]) -> String {
    switching(&[&LINES[..], added].concat())
}

// R6455-4.1-06, R6455-4.1-07, R6455-4.1-10, R6455-4.1-11, R6455-4.1-12, R6455-4.1-14, R6455-4.1-15,
// R6455-4.1-16, R6455-4.1-17, R6455-9.1-04, R6455-9.1-06, R6455-11.3.1-01
#[test]
fn the_request_is_exactly_this() {
    let text_of = |request: &ClientRequest| {
        let mut client = Client::new(request, Config::client(), [7; 32]);
        let text = drain!(client);
        assert!(matches!(client.transmit(), Transmit::Idle), "the request and nothing else");
        let (key, _) = key_and_accept(&text);
        assert_eq!((key.len(), text.matches(&key).count()), (24, 1));
        text.replace(&key, "{key}")
    };
    assert_eq!(
        text_of(&request("ws://server.example.com/chat")),
        "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    let full = request("wss://[::1]:9001/a;b=1/%2e?q=%20").subprotocols(["chat", "superchat"]);
    let full = full.unwrap().origin("http://www.example.com").unwrap();
    let full = full.header("Cookie", "a=b").unwrap().header("X-Y", "\u{f6} z").unwrap();
    assert_eq!(
        text_of(&full),
        "GET /a;b=1/%2e?q=%20 HTTP/1.1\r\nHost: [::1]:9001\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: chat, superchat\r\nOrigin: http://www.example.com\r\n\
         Cookie: a=b\r\nX-Y: \u{c3}\u{b6} z\r\n\r\n"
    );
    assert_eq!(text_of(&offering(&[])), text_of(&request("ws://h/")), "no empty header");
}

// R6455-4.1-09
#[test]
fn host_has_the_port_unless_it_is_the_usual_one() {
    for (uri, expected) in [
        ("ws://h:80/", "h"),
        ("ws://h:443/", "h:443"),
        ("wss://h:443/", "h"),
        ("wss://h:80/", "h:80"),
    ] {
        let mut client = Client::new(&request(uri), Config::client(), [7; 32]);
        assert_eq!(lines(&drain!(client))[0], ("Host", expected), "{uri}");
    }
}

// R6455-4.1-13, T-HS-19
#[test]
fn each_attempt_has_a_key_of_its_own() {
    let request = request("ws://h/");
    let key = |mut client: Client| key_and_accept(&drain!(client)).0;
    let of_seed = |byte| key(Client::new(&request, Config::client(), [byte; 32]));
    assert_ne!(of_seed(1), of_seed(2));
    assert_eq!(of_seed(1), of_seed(1), "the seed is all that decides");
    #[cfg(feature = "std")]
    {
        let from_os = || key(Client::from_os(&request, Config::client()).unwrap());
        assert_ne!(from_os(), from_os());
    }
}

// R6455-4.1-16, T-HS-13
#[test]
fn subprotocols_that_cannot_be_offered() {
    for names in
        [&[""][..], &["a b"], &["a,b"], &["a\r\nX:y"], &["ok", "a;b"], &["\u{e9}"], &["a\0"]]
    {
        let error = request("ws://h/").subprotocols(names).unwrap_err();
        assert!(matches!(error, InvalidSubprotocol::NotAToken(_)), "{names:?}");
    }
    let error = request("ws://h/").subprotocols(["chat", "chat"]).unwrap_err();
    assert_eq!(error, InvalidSubprotocol::Duplicate("chat".to_owned()));
    assert!(offering(&["chat"]).subprotocols(["chat"]).is_err());
    assert!(offering(&["chat"]).subprotocols(["Chat"]).is_ok(), "R7936-2-01");
}

// R6455-4.1-18, R9110-5.5-01, T-HS-13
#[test]
fn headers_that_cannot_be_sent() {
    for name in [
        "Host",
        "UPGRADE",
        "connection",
        "Sec-WebSocket-Key",
        "sec-websocket-foo",
        "Content-Length",
        "transfer-encoding",
        "Origin",
    ] {
        let error = request("ws://h/").header(name, "a").unwrap_err();
        assert_eq!(error, InvalidHeader::Reserved, "{name}");
    }
    for bad in ["a\r", "a\n", "a\r\nX: y", "a\0"] {
        assert_eq!(request("ws://h/").header("X", bad).unwrap_err(), InvalidHeader::Value);
        assert_eq!(request("ws://h/").origin(bad).unwrap_err(), InvalidHeader::Value);
        assert_eq!(request("ws://h/").header(bad, "x").unwrap_err(), InvalidHeader::Name);
    }
    assert_eq!(request("ws://h/").header("\u{2028}", "x").unwrap_err(), InvalidHeader::Name);
}

#[test]
fn responses_that_establish() {
    let plain = request("ws://h/");
    let chat = offering(&["chat", "other"]);
    let mut reversed = LINES;
    reversed.reverse();
    let cases = [
        ("plain", &plain, plus(&[]), None),
        ("no reason", &plain, head("HTTP/1.1 101 ", &LINES), None),
        ("other reason", &plain, head("HTTP/1.1 101 Web Socket Protocol Handshake", &LINES), None),
        ("R6455-4.1-21", &plain, with("Upgrade", &["upgrade:WebSocket "]), None),
        ("R6455-4.1-22", &plain, with("Connection", &["Connection: keep-alive, UPGRADE"]), None),
        (
            "R6455-4.1-22 lines",
            &plain,
            with("Connection", &["Connection: x", "Connection: upgrade"]),
            None,
        ),
        ("R9110-5.6.1-01", &plain, with("Connection", &["Connection: , Upgrade,"]), None),
        (
            "R6455-4.1-23",
            &plain,
            with("Sec-WebSocket-Accept", &["Sec-WebSocket-Accept: \t{accept} \t"]),
            None,
        ),
        ("R6455-4.1-25", &chat, plus(&["Sec-WebSocket-Protocol: chat"]), Some("chat")),
        ("R6455-4.1-25 second", &chat, plus(&["Sec-WebSocket-Protocol:  other "]), Some("other")),
        ("R6455-4.1-26", &chat, plus(&[]), None),
        ("R6455-4.1-29 order", &plain, switching(&reversed), None),
        (
            "R6455-4.1-29 case",
            &plain,
            switching(&[
                "UPGRADE: websocket",
                "connection: Upgrade",
                "SEC-websocket-ACCEPT: {accept}",
            ]),
            None,
        ),
        (
            "unknown headers",
            &plain,
            plus(&["Server: x", "Sec-WebSocket-Foo: 1", "Set-Cookie: a"]),
            None,
        ),
        ("R9110-15.2-01 100", &plain, format!("HTTP/1.1 100 Continue\r\n\r\n{}", plus(&[])), None),
        (
            "R9110-15.2-01 103",
            &plain,
            format!("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{}", plus(&[])),
            None,
        ),
        ("R9110-15.2-01 eight", &plain, "HTTP/1.1 103 x\r\n\r\n".repeat(8) + &plus(&[]), None),
        ("R9110-5.6.1-01 extensions", &plain, plus(&["Sec-WebSocket-Extensions: , "]), None),
    ];
    for (name, request, response, expected) in cases {
        let established = outcome(request, &response);
        assert_eq!(established, Ok(expected.map(str::to_owned)), "{name}: {response}");
    }
}

// T-HS-15, T-HS-18
#[test]
fn responses_that_fail_the_handshake() {
    use HandshakeError as E;
    let plain = request("ws://h/");
    let chat = offering(&["chat"]);
    let accept = "Sec-WebSocket-Accept";
    let extensions = |value: &str| plus(&[&format!("Sec-WebSocket-Extensions: {value}")]);
    let protocol = |value: &str| plus(&[&format!("Sec-WebSocket-Protocol: {value}")]);
    let cases = [
        ("R6455-4.1-21 absent", &plain, with("Upgrade", &[]), E::Upgrade),
        ("R6455-4.1-21 other", &plain, with("Upgrade", &["Upgrade: websocket2"]), E::Upgrade),
        ("R6455-4.1-21 h2c", &plain, with("Upgrade", &["Upgrade: h2c"]), E::Upgrade),
        ("R6455-4.1-21 list", &plain, with("Upgrade", &["Upgrade: websocket, h2c"]), E::Upgrade),
        ("R6455-4.1-21 twice", &plain, plus(&["Upgrade: websocket"]), E::Upgrade),
        ("R6455-4.1-22 absent", &plain, with("Connection", &[]), E::Connection),
        ("R6455-4.1-22 close", &plain, with("Connection", &["Connection: close"]), E::Connection),
        (
            "R6455-4.1-22 upgraded",
            &plain,
            with("Connection", &["Connection: upgraded"]),
            E::Connection,
        ),
        (
            "R6455-4.1-22 x-upgrade",
            &plain,
            with("Connection", &["Connection: x-upgrade"]),
            E::Connection,
        ),
        (
            "R6455-4.1-22 no tokens",
            &plain,
            with("Connection", &["Connection: a b, Upgrade"]),
            E::Connection,
        ),
        ("R6455-4.1-23 T-HS-18 missing", &plain, with(accept, &[]), E::Accept),
        ("R6455-4.1-23 empty", &plain, with(accept, &["Sec-WebSocket-Accept:"]), E::Accept),
        (
            "R6455-4.1-23 other",
            &plain,
            with(accept, &["Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]),
            E::Accept,
        ),
        ("R6455-11.3.3-01 T-HS-18 twice", &plain, plus(&[LINES[2]]), E::DuplicateHeader),
        ("R6455-4.1-24", &plain, extensions("permessage-deflate"), E::UnexpectedExtension),
        ("R6455-4.1-24 T-HS-06", &plain, extensions("x-foo; a=\"1\""), E::UnexpectedExtension),
        (
            "R6455-11.3.2-01 two lines",
            &plain,
            plus(&["Sec-WebSocket-Extensions:", "Sec-WebSocket-Extensions: b; c=1"]),
            E::UnexpectedExtension,
        ),
        ("R6455-9.1-01", &plain, extensions("a;"), E::Extensions),
        ("R6455-9.1-02", &plain, extensions("x-foo; a=\"b,c\""), E::Extensions),
        ("R6455-4.3-01", &plain, extensions("a; b=\"\""), E::Extensions),
        ("R6455-4.1-25 other", &chat, protocol("superchat"), E::UnexpectedSubprotocol),
        ("R6455-4.1-25 R7936-2-01 case", &chat, protocol("Chat"), E::UnexpectedSubprotocol),
        ("R7936-2-01 upper", &chat, protocol("CHAT"), E::UnexpectedSubprotocol),
        ("R6455-4.1-25 empty", &chat, protocol(""), E::UnexpectedSubprotocol),
        ("R6455-4.1-25 list", &chat, protocol("chat, superchat"), E::UnexpectedSubprotocol),
        ("R6455-4.1-25 none offered", &plain, protocol("chat"), E::UnexpectedSubprotocol),
        (
            "R6455-11.3.4-01",
            &chat,
            plus(&["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"]),
            E::DuplicateHeader,
        ),
        ("R6455-4.1-27 HTTP/1.0", &plain, head("HTTP/1.0 101 x", &LINES), E::HttpVersion),
        ("R6455-4.1-27 HTTP/2", &plain, head("HTTP/2 101 x", &LINES), E::Malformed),
        ("R6455-4.1-27 no colon", &plain, plus(&["nonsense"]), E::Malformed),
        ("R6455-4.1-27 no status", &plain, head("HTTP/1.1 Switching", &LINES), E::Malformed),
        ("R6455-4.1-27 099", &plain, head("HTTP/1.1 099 x", &LINES), E::Malformed),
        ("R6455-4.1-27 no HTTP", &plain, "SSH-2.0-OpenSSH\r\n\r\n".to_owned(), E::Malformed),
        ("R9112-5.2-01", &plain, with("Connection", &["Connection:", " Upgrade"]), E::Malformed),
        ("R9112-5.1-01", &plain, plus(&["X : y"]), E::Malformed),
        ("R9112-2.2-01 LF", &plain, plus(&["X: y\nZ: a"]), E::Malformed),
        ("R9112-2.2-01 CR", &plain, plus(&["X: y\rz"]), E::Malformed),
        ("R9112-2.2-01 empty line", &plain, format!("\r\n{}", plus(&[])), E::Malformed),
        ("R9110-5.5-01", &plain, plus(&["X: a\0b"]), E::Malformed),
        (
            "R9110-15.2-01 T-HS-20 nine",
            &plain,
            "HTTP/1.1 103 x\r\n\r\n".repeat(9) + &plus(&[]),
            E::TooManyInterimResponses,
        ),
    ];
    for (name, request, response, expected) in cases {
        assert_eq!(outcome(request, &response), Err(expected), "{name}: {response}");
    }
}

// R6455-4.1-23, T-HS-18
#[test]
fn each_character_of_the_accept_counts() {
    let plain = request("ws://h/");
    let (_, accept) = waiting(&plain);
    let mut others: Vec<String> = (0..accept.len())
        .map(|at| {
            let mut other = accept.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(other).unwrap()
        })
        .collect();
    others.push(accept.trim_end_matches('=').to_owned());
    others.push(accept.to_lowercase());
    others.push(accept.to_uppercase());
    others.push(format!("{accept}, {accept}"));
    for other in others {
        let (mut client, _) = waiting(&plain);
        let response = plus(&[]).replace("{accept}", &other).into_bytes();
        assert_eq!(
            feed(&mut client, &[response]).0.unwrap_err(),
            HandshakeError::Accept,
            "{other}"
        );
    }
}

// R6455-4.1-20, T-HS-10, T-HS-20, T-HS-23 (no redirect is followed)
#[test]
fn another_status_never_establishes() {
    let plain = request("ws://h/");
    for status in [200, 204, 301, 302, 304, 401, 407, 426, 500, 999] {
        let response =
            head(&format!("HTTP/1.1 {status} x"), &[&LINES[..], &["Content-Length: 0"]].concat());
        assert_eq!(outcome(&plain, &response), Err(HandshakeError::Refused { status }));
    }
}

/// The status, the headers and the body of a refusal, the same whatever pieces it comes in.
fn refused(response: &str, then_end: bool) -> (u16, usize, String) {
    let mut refusals = cuts(response.as_bytes()).into_iter().map(|pieces| {
        let (mut client, _) = waiting(&request("ws://h/"));
        let (outcome, _) = feed(&mut client, &pieces);
        match outcome {
            Ok(None) => {
                assert!(then_end, "incomplete: {response}");
                assert_eq!((client.state(), client.refusal().is_none()), (State::Open, true));
                client.receive_eof();
                assert_eq!(client.state(), State::Closed);
            }
            outcome => {
                let error = outcome.unwrap_err();
                assert!(!then_end, "complete: {response}");
                assert_eq!(client.error(), Some(error));
            }
        }
        let refusal = client.refusal().expect("a refusal");
        let status = refusal.status();
        assert_eq!(client.error(), Some(HandshakeError::Refused { status }));
        let body = String::from_utf8(refusal.body().to_vec()).unwrap();
        (status, refusal.headers().count(), body)
    });
    let first = refusals.next().expect("whole");
    assert!(refusals.all(|refusal| refusal == first), "in pieces: {response}");
    first
}

// R6455-4.1-20
#[test]
fn the_body_of_a_refusal() {
    let expected = |headers| (401, headers, "hello".to_owned());
    let start = "HTTP/1.1 401 Unauthorized\r\n";
    assert_eq!(refused(&format!("{start}Content-Length: 5\r\n\r\nhello"), false), expected(1));
    assert_eq!(
        refused(&format!("{start}Content-Length: 5\r\n\r\nhello, HTTP/1.1"), false),
        expected(1)
    );
    assert_eq!(refused(&format!("{start}Content-Length: 9\r\n\r\nhello"), true), expected(1));
    assert_eq!(refused(&format!("{start}\r\nhello"), true), expected(0));
    assert_eq!(refused(&format!("{start}Transfer-Encoding: gzip\r\n\r\nhello"), true), expected(1));
    let chunked = format!("{start}Transfer-Encoding: Chunked\r\nX: y\r\n\r\n");
    assert_eq!(refused(&format!("{chunked}5\r\nhello\r\n0\r\n\r\n"), false), expected(2));
    assert_eq!(
        refused(&format!("{chunked}2;a=b\r\nhe\r\n003\r\nllo\r\n0\r\nT: x\r\n\r\n"), false),
        expected(2)
    );
    assert_eq!(refused(&format!("{chunked}5\r\nhello"), true), expected(2));
    assert_eq!(refused(&format!("{chunked}5\r\nhellooo"), false), expected(2));
    assert_eq!(refused(&format!("{chunked}5\r\nhello\r\nx\r\n"), false), expected(2));
    assert_eq!(refused(&format!("{chunked}5\r\nhello\r\n{}", "0".repeat(200)), false), expected(2));

    let nothing = |status, headers| (status, headers, String::new());
    assert_eq!(refused(&format!("{start}Content-Length: 0\r\n\r\n"), false), nothing(401, 1));
    assert_eq!(
        refused(&format!("{start}Content-Length: 5, 5\r\n\r\nhello"), false),
        nothing(401, 1)
    );
    let twice = "Content-Length: 5\r\nContent-Length: 6";
    assert_eq!(refused(&format!("{start}{twice}\r\n\r\nhello"), false), nothing(401, 2));
    assert_eq!(
        refused(&format!("{start}Content-Length: 99999999999999999999\r\n\r\nhello"), false),
        nothing(401, 1)
    );
    assert_eq!(refused("HTTP/1.1 204 No Content\r\n\r\n", false), nothing(204, 0));
    assert_eq!(refused("HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n", false), nothing(304, 1));
    assert_eq!(refused("HTTP/1.0 400 x\r\n\r\nhello", true), (400, 0, "hello".to_owned()));
}

// T-HS-20
#[test]
fn the_body_of_a_refusal_is_kept_up_to_a_limit() {
    for (framing, before) in [
        ("Content-Length: 1073741824", ""),
        ("Transfer-Encoding: chunked", "fffffff\r\n"),
        ("X: until the end", ""),
    ] {
        let (mut client, _) = waiting(&request("ws://h/"));
        let head = format!("HTTP/1.1 302 Found\r\nLocation: /x\r\n{framing}\r\n\r\n{before}");
        assert!(feed(&mut client, &[head.into_bytes()]).0.unwrap().is_none());
        assert!(feed(&mut client, &[vec![b'a'; 4095]]).0.unwrap().is_none());
        let (outcome, rest) = feed(&mut client, &[vec![b'a'; 100_000]]);
        assert_eq!(outcome.unwrap_err(), HandshakeError::Refused { status: 302 });
        assert!(rest.is_empty());
        let refusal = client.refusal().expect("a refusal");
        assert_eq!(refusal.body().len(), 4096);
        assert_eq!(refusal.header("location"), Some(&b"/x"[..]));
    }
    let mut config = Config::client();
    config.limits.max_refusal_body = 0;
    let mut client = Client::new(&request("ws://h/"), config, [7; 32]);
    drain!(client);
    let outcome = feed(&mut client, &[b"HTTP/1.1 500 x\r\n\r\n".to_vec()]).0;
    assert_eq!(outcome.unwrap_err(), HandshakeError::Refused { status: 500 });
}

// R6455-4.4-02, R6455-4.3-02, R6455-11.3.5-01
#[test]
fn the_versions_of_a_refusal() {
    for (status, lines, expected) in [
        (426, &["13", "8, 7"][..], &[13, 8, 7][..]),
        (400, &["13", "8, 7"], &[13, 8, 7]),
        (426, &[""], &[]),
        (426, &[], &[]),
        (426, &["007, 256, -1, 1e1, +5, 0, 255"], &[0, 255]),
    ] {
        let lines: Vec<_> =
            lines.iter().map(|line| format!("Sec-WebSocket-Version: {line}\r\n")).collect();
        let response =
            format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\n{}\r\n", lines.concat());
        let (mut client, _) = waiting(&request("ws://h/"));
        let outcome = feed(&mut client, &[response.into_bytes()]).0;
        assert_eq!(outcome.unwrap_err(), HandshakeError::Refused { status });
        let versions: Vec<u8> = client.refusal().expect("a refusal").versions().collect();
        assert_eq!(versions, expected);
    }
}

// R6455-4.1-28, T-HS-11
#[test]
fn frames_behind_the_head_are_for_the_connection() {
    let plain = request("ws://h/");
    let (_, accept) = waiting(&plain);
    let response = plus(&["Server: x"]).replace("{accept}", &accept);
    let bytes = [response.as_bytes(), &[0x81, 5], b"Hello"].concat();
    for pieces in cuts(&bytes) {
        let (mut client, _) = waiting(&plain);
        let (outcome, mut rest) = feed(&mut client, &pieces);
        let mut established = outcome.unwrap().expect("established");
        assert_eq!(established.response.header("server"), Some(&b"x"[..]));
        assert_eq!(established.response.headers().count(), 4);
        let mut input = rest.as_mut_slice();
        match established.connection.receive(&mut input).unwrap() {
            Some(Event::Text(text)) => assert_eq!(&*text, "Hello"),
            other => panic!("{other:?}"),
        }
        let mut frames = [0x81, 0];
        let mut input = frames.as_mut_slice();
        assert!(client.receive(&mut input).unwrap().is_none());
        assert_eq!(input.len(), 2, "the client takes nothing more");
    }
}

// T-HS-12: an answer to half a request is none.
#[test]
fn a_response_before_the_request_is_transmitted() {
    let plain = request("ws://h/");
    let (_, accept) = waiting(&plain);
    let response = plus(&[]).replace("{accept}", &accept).into_bytes();
    let mut client = Client::new(&plain, Config::client(), [7; 32]);
    let error = feed(&mut client, &[response]).0.unwrap_err();
    assert_eq!(error, HandshakeError::EarlyResponse);
    // A refusal may come early.
    let mut client = Client::new(&plain, Config::client(), [7; 32]);
    let outcome = feed(&mut client, &[b"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n".to_vec()]).0;
    assert_eq!(outcome.unwrap_err(), HandshakeError::Refused { status: 503 });
}

// R6455-4.1-02 (the state that a gate needs), R6455-4.1-04, R6455-4.1-19, T-HS-22
#[test]
fn every_other_end() {
    let plain = request("ws://h/");
    let mut failed = Client::new(&plain, Config::client(), [7; 32]);
    failed.transport_failed();
    assert_eq!(
        (failed.state(), failed.error()),
        (State::Closed, Some(HandshakeError::TransportFailed))
    );
    assert!(matches!(failed.transmit(), Transmit::Idle), "no bytes");

    for bytes in ["", "HTTP/1.1 101", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let (mut ended, _) = waiting(&plain);
        assert!(feed(&mut ended, &[bytes.into()]).0.unwrap().is_none());
        ended.receive_eof();
        ended.receive_eof();
        assert_eq!(
            (ended.state(), ended.error()),
            (State::Closed, Some(HandshakeError::ConnectionEnded))
        );
        assert!(matches!(ended.transmit(), Transmit::Idle));
    }

    let mut aborted = Client::new(&plain, Config::client(), [7; 32]);
    aborted.abort();
    aborted.abort();
    assert!(matches!(aborted.transmit(), Transmit::Abort), "no Close frame, no request");
    assert_eq!(aborted.error(), Some(HandshakeError::Aborted));
    aborted.receive_eof();
    assert_eq!((aborted.state(), aborted.error()), (State::Closed, Some(HandshakeError::Aborted)));
}

// T-HS-01, T-HS-02, T-HS-03
#[test]
fn limits_of_the_response() {
    let plain = request("ws://h/");
    let (_, accept) = waiting(&plain);
    let empty = plus(&["X: "]).replace("{accept}", &accept);
    let of =
        |length: usize| empty.replace("X: ", &format!("X: {}", "x".repeat(length - empty.len())));
    let many = |count: usize| empty.replace("X: \r\n", &"X: y\r\n".repeat(count - 3));
    for (response, expected) in [
        (of(16 << 10), None),
        (of((16 << 10) + 1), Some(HandshakeError::HeadTooLarge)),
        (many(100), None),
        (many(101), Some(HandshakeError::TooManyHeaders)),
        (many(5000), Some(HandshakeError::TooManyHeaders)),
    ] {
        for pieces in
            [vec![response.clone().into_bytes()], response.bytes().map(|byte| vec![byte]).collect()]
        {
            let (mut client, _) = waiting(&plain);
            assert_eq!(feed(&mut client, &pieces).0.err(), expected);
        }
    }
}

// R6455-4.1-03
#[test]
fn a_proxy_opens_the_tunnel_or_does_not() {
    let answer = |response: &str| {
        let mut answers = cuts(response.as_bytes()).into_iter().map(|pieces| {
            let mut proxy = ProxyConnect::new(Config::client());
            for piece in pieces {
                let mut piece = piece;
                match proxy.receive(&mut piece.as_mut_slice()) {
                    Ok(None) => {}
                    Ok(Some(response)) => return Ok(response.status()),
                    Err(error) => return Err(error),
                }
            }
            proxy.receive_eof();
            Err(proxy.error().expect("an error"))
        });
        let first = answers.next().expect("whole");
        assert!(answers.all(|answer| answer == first));
        first
    };
    assert_eq!(answer("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n"), Ok(200));
    assert_eq!(answer("HTTP/1.0 200\r\n\r\n"), Ok(200));
    // R9110-9.3.6-01
    for framing in ["Content-Length: 5", "Transfer-Encoding: chunked"] {
        assert_eq!(answer(&format!("HTTP/1.1 200 x\r\n{framing}\r\n\r\n")), Ok(200));
    }
    assert_eq!(answer("HTTP/1.1 100 x\r\n\r\nHTTP/1.1 204 x\r\n\r\n"), Ok(204));
    for status in [101, 301, 407, 502] {
        let expected = HandshakeError::Refused { status };
        assert_eq!(answer(&format!("HTTP/1.1 {status} x\r\n\r\n")), Err(expected), "{status}");
    }
    assert_eq!(
        answer(&"HTTP/1.1 102 x\r\n\r\n".repeat(9)),
        Err(HandshakeError::TooManyInterimResponses)
    );
    assert_eq!(answer("nonsense\r\n\r\n"), Err(HandshakeError::Malformed));
}

#[test]
fn a_proxy_that_refuses_is_heard_out() {
    let refused = HandshakeError::Refused { status: 407 };
    let answer = "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"x\"\r\n";
    for (body, is_over) in [
        ("Content-Length: 4\r\n\r\nwho?", true),
        ("Content-Length: 4\r\n\r\nwho? and more", true),
        ("Transfer-Encoding: chunked\r\n\r\n4\r\nwho?\r\n0\r\n\r\n", true),
        ("Content-Length: 5\r\n\r\nwho?", false),
        ("\r\nwho?", false),
    ] {
        for pieces in cuts([answer, body].concat().as_bytes()) {
            let mut proxy = ProxyConnect::new(Config::client());
            let mut results = pieces.into_iter().map(|mut piece| {
                let mut input = piece.as_mut_slice();
                let result = proxy.receive(&mut input);
                assert!(input.is_empty());
                result.map(|response| assert!(response.is_none()))
            });
            let error = results.find_map(Result::err);
            assert_eq!(error, is_over.then_some(refused), "{body}");
            drop(results);
            proxy.receive_eof();
            proxy.receive_eof();
            assert_eq!(proxy.error(), Some(refused));
            let refusal = proxy.refusal().expect("a refusal");
            assert_eq!((refusal.status(), refusal.body()), (407, &b"who?"[..]));
            assert_eq!(refusal.header("proxy-authenticate"), Some(&b"Basic realm=\"x\""[..]));
        }
    }
    let mut proxy = ProxyConnect::new(Config::client());
    proxy.receive_eof();
    assert_eq!(proxy.error(), Some(HandshakeError::ConnectionEnded));
    assert!(proxy.refusal().is_none());
}

#[test]
fn debug_shows_no_credentials() {
    let request = request("ws://h/").header("Authorization", "Bearer zqxjkv").unwrap();
    let client = Client::new(&request, Config::client(), [7; 32]);
    let mut server = Server::new(Config::server());
    let mut part = *b"GET / HTTP/1.1\r\nCookie: zqxjkv";
    assert!(server.receive(&mut part.as_mut_slice()).unwrap().is_none());
    let text = format!("{request:?} {client:?} {server:?}");
    assert!(!text.contains("zqxjkv") && !text.contains(&format!("{:?}", b"zqxjkv")), "{text}");
}
