//! §4.2.2 §10.2  What a server may decide: origins, hosts, its own responses and headers.

use std::time::Duration;

use crate::origins::{ORIGINS, policies};
use crate::support::{drain, lines};
use websocket_proto::handshake::{
    Acceptance, HandshakeError, InvalidHeader, InvalidOrigin, InvalidStatus, Origin, OriginPolicy,
    Rejection, Request, Response, Server,
};
use websocket_proto::{Config, State, Transmit};

fn request(method: &str, host: &str, added: &[&str]) -> Request {
    let mut bytes = format!(
        "{method} /chat HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    );
    if method != "GET" {
        bytes = bytes.replace("Upgrade: websocket\r\n", "");
    }
    for line in added {
        bytes.push_str(&format!("{line}\r\n"));
    }
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    let mut server = Server::new(Config::server());
    server.receive(&mut bytes.as_mut_slice()).unwrap().expect("a complete head")
}

fn upgrade(added: &[&str]) -> Request {
    request("GET", "good.com", added)
}

fn status(request: Request, acceptance: &Acceptance) -> u16 {
    match request.accept(acceptance) {
        Ok(mut connection) => {
            assert!(drain!(connection).starts_with("HTTP/1.1 101 "));
            101
        }
        Err(mut rejection) => {
            let answer = drain!(rejection);
            assert!(answer.starts_with(&format!("HTTP/1.1 {} ", rejection.status())));
            assert!(rejection.reason().is_some());
            rejection.status()
        }
    }
}

// T-HS-16, R6455-4.2.2-02, R6455-4.2.2-03, R6455-10.2-01
#[test]
fn origins() {
    let policies = policies();
    for (host, origin, expected) in ORIGINS {
        let line = origin.map(|origin| format!("Origin: {origin}"));
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        for (policy, expected) in policies.iter().zip(expected) {
            let acceptance = Acceptance::new().origin(policy.clone());
            let actual = status(request("GET", host, &line), &acceptance);
            assert_eq!(actual, expected, "{host} {origin:?} {policy:?}");
        }
    }
    let refused = upgrade(&["Origin: http://evil"]).accept(&Acceptance::new()).unwrap_err();
    assert_eq!(refused.reason(), Some(HandshakeError::OriginRefused));
}

#[test]
fn origins_that_cannot_be_listed() {
    for text in [
        "",
        "good.com",
        "http://",
        "http://good.com/",
        "://good.com",
        "1://a",
        "http://a b",
        "http://u@a",
        "*",
    ] {
        assert_eq!(text.parse::<Origin>(), Err(InvalidOrigin), "{text}");
        assert_eq!(OriginPolicy::list(["http://a", text]), Err(InvalidOrigin));
    }
    let parse = |text: &str| text.parse::<Origin>().unwrap();
    assert_eq!(parse("https://A.com"), parse("HTTPS://a.com:443"));
    assert_ne!(parse("https://a.com"), parse("http://a.com"));
    assert_eq!(parse("chrome-extension://abc").to_string(), "chrome-extension://abc");
}

// T-HS-17
#[test]
fn hosts() {
    let local = Acceptance::new().allowed_hosts(["localhost", "[::1]", "exact:9001"]);
    let cases = [
        ("localhost", 101),
        ("LocalHost:8080", 101),
        ("[::1]:8080", 101),
        ("exact:9001", 101),
        ("exact:9002", 403),
        ("exact", 403),
        ("attacker.example", 403),
        ("localhost.attacker.example", 403),
        ("xlocalhost", 403),
    ];
    for (host, expected) in cases {
        let origin = format!("Origin: http://{host}");
        assert_eq!(status(request("GET", host, &[&origin]), &local), expected, "{host}");
    }
    let none = Acceptance::new().allowed_hosts([""; 0]);
    assert_eq!(status(upgrade(&[]), &none), 403);
}

fn respond(method: &str, response: &Response) -> String {
    let mut rejection = request(method, "good.com", &[]).reject(response);
    assert_eq!(rejection.status(), response.status());
    assert_eq!(rejection.reason(), None);
    let answer = drain!(rejection);
    assert!(matches!(rejection.transmit(), Transmit::Shutdown));
    rejection.transport_shut_down();
    rejection.receive_eof();
    assert_eq!(rejection.state(), State::Closed);
    answer
}

// R6455-4.2.2-01, R6455-4.2.2-04, R6455-10.5-01
#[test]
fn responses_of_the_application() {
    let new = |status| Response::new(status).unwrap();
    assert_eq!(
        respond("GET", &new(401).header("WWW-Authenticate", "Basic").unwrap()),
        "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\
         WWW-Authenticate: Basic\r\n\r\n"
    );
    assert_eq!(
        respond("GET", &new(302).header("Location", " /x ").unwrap()),
        "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: /x\r\n\r\n"
    );
    assert_eq!(
        respond("GET", &new(404).body("no such room")),
        "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 12\r\n\r\nno such room"
    );
    assert_eq!(
        respond("HEAD", &new(200).body("0123456789")),
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n"
    );
    assert_eq!(
        respond("GET", &new(204).body("x")),
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(
        respond("GET", &new(304).body("x")),
        "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
    );
    assert!(respond("GET", &new(205).body("x")).ends_with("Content-Length: 0\r\n\r\n"));
    assert!(respond("GET", &new(599)).starts_with("HTTP/1.1 599 \r\n"));
    // R9110-15.5.22-01, R9110-7.8-02
    let answer = respond("GET", &new(426).body("upgrade"));
    assert!(lines(&answer).contains(&("Upgrade", "websocket")));
    assert!(lines(&answer).contains(&("Connection", "Upgrade, close")));
    assert!(lines(&answer).contains(&("Sec-WebSocket-Version", "13")));
    for status in [0, 100, 101, 103, 199, 600, u16::MAX] {
        assert_eq!(Response::new(status).unwrap_err(), InvalidStatus, "{status}");
    }
}

// T-HS-13, R9110-5.5-01, R6455-4.1-18
#[test]
fn headers_that_cannot_be_added() {
    let cases = [
        ("X", "a\r\nY: b", InvalidHeader::Value),
        ("X", "a\r", InvalidHeader::Value),
        ("X", "a\n", InvalidHeader::Value),
        ("X", "a\0", InvalidHeader::Value),
        ("X", "a\x7f", InvalidHeader::Value),
        ("", "a", InvalidHeader::Name),
        ("X Y", "a", InvalidHeader::Name),
        ("X:", "a", InvalidHeader::Name),
        ("X\r\nY", "a", InvalidHeader::Name),
        ("X\0", "a", InvalidHeader::Name),
        ("X\u{2028}", "a", InvalidHeader::Name),
        ("Host", "a", InvalidHeader::Reserved),
        ("UPGRADE", "a", InvalidHeader::Reserved),
        ("connection", "a", InvalidHeader::Reserved),
        ("Content-length", "0", InvalidHeader::Reserved),
        ("Transfer-Encoding", "chunked", InvalidHeader::Reserved),
        ("sec-WebSocket-Accept", "a", InvalidHeader::Reserved),
        ("Sec-WebSocket-Anything", "a", InvalidHeader::Reserved),
    ];
    for (name, value, expected) in cases {
        let response = Response::new(200).unwrap();
        assert_eq!(response.header(name, value).unwrap_err(), expected, "{name:?} {value:?}");
        let acceptance = Acceptance::new();
        assert_eq!(acceptance.header(name, value).unwrap_err(), expected, "{name:?} {value:?}");
    }
}

#[test]
fn headers_of_the_101() {
    let acceptance = Acceptance::new().header("X-One", "a b").unwrap();
    let acceptance = acceptance.header("Set-Cookie", b"a=\xff".as_slice()).unwrap();
    let mut connection = upgrade(&[]).accept(&acceptance).unwrap();
    let answer = drain!(connection);
    assert_eq!(&lines(&answer)[3..], [("X-One", "a b"), ("Set-Cookie", "a=\u{ff}")]);
}

// T-HS-14
#[test]
fn nothing_of_the_request_is_reflected() {
    let added = [
        "Origin: http://zqxjkv",
        "Cookie: zqxjkv",
        "Sec-WebSocket-Protocol: zqxjkv, chat",
        "Sec-WebSocket-Extensions: zqxjkv; zqxjkv=zqxjkv",
        "zqxjkv: zqxjkv",
    ];
    for acceptance in [
        Acceptance::new(),
        Acceptance::new().origin(OriginPolicy::Any).subprotocols(["chat"]),
        Acceptance::new().origin(OriginPolicy::Any).subprotocol("other"),
        Acceptance::new().allowed_hosts(["other"]),
    ] {
        let answer = match request("GET", "zqxjkv.example", &added).accept(&acceptance) {
            Ok(mut connection) => drain!(connection),
            Err(mut rejection) => drain!(rejection),
        };
        assert!(!answer.contains("zqxjkv"), "{answer}");
    }
}

fn rejection(body: &'static str) -> Rejection {
    upgrade(&[]).reject(&Response::new(404).unwrap().body(body))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_rejection_does_not_wait_for_ever() {
    // The client takes nothing.
    let mut stalled = rejection("");
    assert_eq!(stalled.tick(seconds(5)), Some(seconds(35)));
    assert_eq!(stalled.tick(seconds(34)), Some(seconds(35)));
    assert_eq!(stalled.tick(seconds(1)), Some(seconds(35)), "T-GN-03: time never goes back");
    assert_eq!(stalled.tick(seconds(35)), None);
    assert!(matches!(stalled.transmit(), Transmit::Abort));
    assert!(matches!(stalled.transmit(), Transmit::Abort), "until it was carried out");
    assert_eq!(stalled.state(), State::Closing);
    stalled.transport_shut_down();
    assert_eq!(stalled.state(), State::Closed);
    assert!(matches!(stalled.transmit(), Transmit::Idle));

    // It takes a byte now and then.
    let mut slow = rejection("0123456789");
    slow.tick(seconds(0));
    if let Transmit::Write(mut output) = slow.transmit() {
        bytes::Buf::advance(&mut output, 1);
    }
    assert_eq!(slow.tick(seconds(20)), Some(seconds(50)));

    // It takes the response and never ends.
    let mut open = rejection("");
    open.tick(seconds(0));
    drain!(open);
    assert_eq!(open.tick(seconds(1)), Some(seconds(11)));
    open.transport_shut_down();
    assert_eq!(open.tick(seconds(2)), Some(seconds(12)));
    assert!(matches!(open.transmit(), Transmit::Idle));
    assert_eq!(open.tick(seconds(12)), None);
    assert!(matches!(open.transmit(), Transmit::Abort));
    open.receive_eof();
    assert_eq!(open.state(), State::Closed);
}
