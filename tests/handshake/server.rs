//! §4.2  The opening handshake of a server: what it reads and what it answers.

use crate::support::{cuts, drain, lines};
use websocket_proto::handshake::{
    Acceptance, HandshakeError, Parameter, Request, Response, Server,
};
use websocket_proto::{Config, Connection, Event, State, Transmit};

const RESP: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

/// The header lines of a valid request.
const LINES: [&str; 5] = [
    "Host: server.example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];

fn head(request_line: &str, lines: &[&str]) -> String {
    format!("{request_line}\r\n{}\r\n\r\n", lines.join("\r\n"))
}

/// A valid request in which the lines of that name are replaced by these.
fn with(name: &str, replacement: &[&str]) -> String {
    let mut lines = LINES.to_vec();
    lines.retain(|line| !line.starts_with(&format!("{name}:")));
    lines.extend(replacement);
    head("GET /chat HTTP/1.1", &lines)
}

/// A valid request with lines added.
fn plus(added: &[&str]) -> String {
    head("GET /chat HTTP/1.1", &[&LINES[..], added].concat())
}

fn with_line(request_line: &str) -> String {
    head(request_line, &LINES)
}

/// Feeds the pieces; also what is left of the input behind the head.
fn feed(
    server: &mut Server,
    pieces: &[Vec<u8>],
) -> Result<Option<(Request, Vec<u8>)>, HandshakeError> {
    for (index, piece) in pieces.iter().enumerate() {
        let mut piece = piece.clone();
        let mut input = piece.as_mut_slice();
        if let Some(request) = server.receive(&mut input)? {
            return Ok(Some((request, [input.to_vec(), pieces[index + 1..].concat()].concat())));
        }
        assert!(input.is_empty(), "everything is taken until there is a request");
    }
    Ok(None)
}

fn request(bytes: &str) -> Request {
    let mut server = Server::new(Config::server());
    feed(&mut server, &[bytes.as_bytes().to_vec()]).unwrap().expect("a complete head").0
}

/// What the server answers, the same whatever pieces the request comes in.
fn serve(bytes: &str, acceptance: &Acceptance) -> String {
    let mut answers = cuts(bytes.as_bytes()).into_iter().map(|pieces| {
        let mut server = Server::new(Config::server());
        match feed(&mut server, &pieces) {
            Ok(Some((request, _))) => match request.accept(acceptance) {
                Ok(mut connection) => drain!(connection),
                Err(mut rejection) => drain!(rejection),
            },
            Ok(None) => "incomplete".to_owned(),
            Err(error) => {
                assert_eq!(server.error(), Some(error));
                let answer = drain!(server);
                let status = format!("HTTP/1.1 {} ", error.status().expect("a status"));
                assert!(answer.starts_with(&status), "{error:?}: {answer}");
                answer
            }
        }
    });
    let first = answers.next().expect("the request whole");
    for (index, answer) in answers.enumerate() {
        assert_eq!(answer, first, "in pieces, cut {index}, of {bytes:?}");
    }
    first
}

fn status(bytes: &str) -> u16 {
    let answer = serve(bytes, &Acceptance::new());
    answer.strip_prefix(CONTINUE).unwrap_or(&answer)[9..12].parse().expect("a status")
}

// R6455-4.2.2-09, R6455-4.2.2-11, R6455-4.2.1-11, R6455-4.2.2-08, R6455-9-02, R6455-9-01
#[test]
fn acceptance_is_exactly_four_lines() {
    assert_eq!(serve(&plus(&[]), &Acceptance::new()), RESP);
    let offer = plus(&["Sec-WebSocket-Extensions: permessage-deflate, x-foo"]);
    assert_eq!(serve(&offer, &Acceptance::new()), RESP, "no extension is answered");
    assert_eq!(request(&plus(&[])).extensions().count(), 0);
}

#[test]
fn requests_that_are_accepted() {
    let mut reversed = LINES.to_vec();
    reversed.reverse();
    let many = "X-Empty:\r\nX-Foo: bar".to_owned();
    let cases = [
        ("R6455-4.2.1-05 case", with("Upgrade", &["Upgrade: WebSocket"])),
        ("R6455-4.2.1-05 list", with("Upgrade", &["Upgrade: h2c, websocket"])),
        ("R6455-4.2.1-05 lines", with("Upgrade", &["Upgrade: h2c", "Upgrade: websocket"])),
        ("R6455-4.2.1-06 list", with("Connection", &["Connection: keep-alive, Upgrade"])),
        ("R6455-4.2.1-06 case", with("Connection", &["Connection: UPGRADE"])),
        (
            "R6455-4.2.1-06 lines",
            with("Connection", &["Connection: keep-alive", "Connection: upgrade"]),
        ),
        ("R9110-5.6.1-01 Connection", with("Connection", &["Connection: , Upgrade,"])),
        ("R9110-5.6.1-01 extensions", plus(&["Sec-WebSocket-Extensions: , permessage-deflate ,"])),
        (
            "R9110-5.6.1-01 only commas",
            plus(&["Sec-WebSocket-Extensions: ,, ,", "Sec-WebSocket-Protocol: ,"]),
        ),
        (
            "R6455-4.2.1-07 spare bits",
            with("Sec-WebSocket-Key", &["Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC=="]),
        ),
        (
            "R6455-4.2.1-07 spaces around",
            with("Sec-WebSocket-Key", &["Sec-WebSocket-Key:\t dGhlIHNhbXBsZSBub25jZQ== \t"]),
        ),
        ("R6455-4.2.1-12 unknown", plus(&["X-Foo: bar", "Sec-WebSocket-Foo: 1", "Cookie: a"])),
        ("R6455-4.2.1-12 empty value", plus(&[&many])),
        ("R6455-4.2.1-12 obs-text", plus(&["X-Name: J\u{f6}rg"])),
        ("R6455-4.2.1-03 absolute", with_line("GET http://server.example.com/chat HTTP/1.1")),
        (
            "R6455-4.2.1-03 default port",
            with_line("GET HTTPS://Server.Example.com:443/chat HTTP/1.1"),
        ),
        ("R9112-2.2-01 empty line before", format!("\r\n\r\n{}", plus(&[]))),
        ("R9112-2.2-01 the most empty lines", format!("{}{}", "\r\n".repeat(8), plus(&[]))),
        ("R9112-6-01 no length", plus(&["Content-Length: 0"])),
        ("R6455-4.1-29 order", head("GET /chat HTTP/1.1", &reversed)),
        (
            "R6455-4.1-29 lower",
            head(
                "GET /chat HTTP/1.1",
                &LINES
                    .map(|line| {
                        line.split_once(':')
                            .map(|(name, value)| format!("{}:{value}", name.to_lowercase()))
                            .unwrap()
                    })
                    .each_ref()
                    .map(String::as_str),
            ),
        ),
        (
            "R6455-4.1-29 upper",
            head(
                "GET /chat HTTP/1.1",
                &LINES
                    .map(|line| {
                        line.split_once(':')
                            .map(|(name, value)| format!("{}:{value}", name.to_uppercase()))
                            .unwrap()
                    })
                    .each_ref()
                    .map(String::as_str),
            ),
        ),
        ("R6455-9.1-01 implied space", plus(&["Sec-WebSocket-Extensions: a ; b = 1"])),
        ("R6455-4.3-01 quoted", plus(&["Sec-WebSocket-Extensions: pmd; bits=\"1\\0\""])),
        ("R6455-10.5-01 credentials", plus(&["Authorization: Basic dTpw"])),
        (
            "T-HS-06 name of a property",
            plus(&["Sec-WebSocket-Extensions: constructor; __proto__=1"]),
        ),
    ];
    for (name, bytes) in cases {
        assert_eq!(status(&bytes), 101, "{name}: {bytes}");
    }
}

// T-HS-15: the heads that two parties may read differently are among them.
#[test]
fn requests_that_are_refused() {
    let name = "Sec-WebSocket-Key";
    let long_key = format!("Sec-WebSocket-Key: {}", "A".repeat(1000));
    let cases: Vec<(&str, u16, String)> = vec![
        ("R6455-4.2.1-02 POST", 405, with_line("POST /chat HTTP/1.1")),
        ("R6455-4.2.1-02 get", 400, with_line("get /chat HTTP/1.1")),
        ("R6455-4.2.1-02 R9110-7.8-01 T-HS-15 HTTP/1.0", 400, with_line("GET /chat HTTP/1.0")),
        ("R6455-4.2.1-02 HTTP/0.9", 400, with_line("GET /chat")),
        ("R6455-4.2.1-02 HTTP/2.0", 400, with_line("GET /chat HTTP/2.0")),
        ("R6455-4.2.1-02 two spaces", 400, with_line("GET  /chat HTTP/1.1")),
        ("R6455-4.2.1-02 tab", 400, with_line("GET\t/chat HTTP/1.1")),
        ("R6455-4.2.1-03 ws", 400, with_line("GET ws://server.example.com/chat HTTP/1.1")),
        ("R6455-4.2.1-03 relative", 400, with_line("GET chat HTTP/1.1")),
        ("R6455-4.2.1-03 asterisk", 400, with_line("GET * HTTP/1.1")),
        ("R6455-4.2.1-03 authority", 400, with_line("GET server.example.com:80 HTTP/1.1")),
        ("R6455-4.2.1-03 userinfo", 400, with_line("GET http://u@server.example.com/ HTTP/1.1")),
        ("R6455-4.2.1-03 other host", 400, with_line("GET http://evil.example/chat HTTP/1.1")),
        ("T-HS-06 fragment", 400, with_line("GET /chat#x HTTP/1.1")),
        ("T-HS-06 not ASCII", 400, with_line("GET /ch\u{e4}t HTTP/1.1")),
        ("T-HS-06 control", 400, with_line("GET /ch\x01t HTTP/1.1")),
        ("T-HS-06 DEL", 400, with_line("GET /ch\x7ft HTTP/1.1")),
        ("R6455-4.2.1-04 R9112-3.2-01 no Host", 400, with("Host", &[])),
        ("R6455-4.2.1-04 R9112-3.2-01 two Hosts", 400, plus(&["Host: server.example.com"])),
        ("R9112-3.2-01 empty Host", 400, with("Host", &["Host:"])),
        ("R9112-3.2-01 space in Host", 400, with("Host", &["Host: a b"])),
        ("R9112-3.2-01 Host with path", 400, with("Host", &["Host: a/b"])),
        ("R9112-3.2-01 port too great", 400, with("Host", &["Host: a:65536"])),
        ("R9112-3.2-01 signed port", 400, with("Host", &["Host: a:+80"])),
        ("R9112-3.2-01 two ports", 400, with("Host", &["Host: a:80:80"])),
        ("T-HS-06 unclosed literal", 400, with("Host", &["Host: [::1"])),
        ("T-HS-06 no address", 400, with("Host", &["Host: [x]:80"])),
        ("T-HS-06 percent", 400, with("Host", &["Host: a%zz"])),
        ("R6455-4.2.1-06 absent", 400, with("Connection", &[])),
        ("R6455-4.2.1-06 keep-alive", 400, with("Connection", &["Connection: keep-alive"])),
        ("R6455-4.2.1-06 Upgraded", 400, with("Connection", &["Connection: Upgraded"])),
        ("R6455-4.2.1-06 x-upgrade", 400, with("Connection", &["Connection: x-upgrade"])),
        (
            "R6455-4.2.1-01 Connection not of tokens",
            400,
            with("Connection", &["Connection: keep alive, Upgrade"]),
        ),
        ("R9110-5.6.1-01 only commas", 400, with("Connection", &["Connection: ,,"])),
        ("R6455-4.2.1-07 absent", 400, with(name, &[])),
        ("R6455-4.2.1-07 T-HS-07 empty", 400, with(name, &["Sec-WebSocket-Key:"])),
        ("R6455-4.2.1-07 short", 400, with(name, &["Sec-WebSocket-Key: AAAA"])),
        ("R6455-4.2.1-07 15 bytes", 400, with(name, &["Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4P"])),
        (
            "R6455-4.2.1-07 20 bytes",
            400,
            with(name, &["Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEBESExQ="]),
        ),
        (
            "R6455-4.2.1-07 17 bytes",
            400,
            with(name, &["Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEBE="]),
        ),
        ("R6455-4.2.1-07 digit", 400, with(name, &["Sec-WebSocket-Key: !GhlIHNhbXBsZSBub25jZQ=="])),
        (
            "R6455-4.2.1-07 URL alphabet",
            400,
            with(name, &["Sec-WebSocket-Key: -_hlIHNhbXBsZSBub25jZQ=="]),
        ),
        (
            "R6455-4.2.1-07 inner space",
            400,
            with(name, &["Sec-WebSocket-Key: dGhlIHNhbX sZSBub25jZQ=="]),
        ),
        (
            "R6455-4.2.1-07 no padding",
            400,
            with(name, &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"]),
        ),
        ("T-HS-07 23", 400, with(name, &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ="])),
        ("T-HS-07 25", 400, with(name, &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==="])),
        ("T-HS-07 1000", 400, with(name, &[&long_key])),
        ("R6455-11.3.1-01 two keys", 400, plus(&[LINES[3]])),
        ("R6455-4.2.1-08 absent", 400, with("Sec-WebSocket-Version", &[])),
        ("R6455-4.2.1-08 12", 426, with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 12"])),
        ("R6455-4.2.1-08 14", 426, with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 14"])),
        (
            "R6455-4.2.1-08 T-HS-21 8",
            426,
            with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 8"]),
        ),
        ("R6455-4.2.1-08 0", 426, with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 0"])),
        ("R6455-4.2.1-08 255", 426, with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 255"])),
        (
            "R6455-4.2.1-08 R6455-4.3-02 013",
            400,
            with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 013"]),
        ),
        ("R6455-4.3-02 007", 400, with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 007"])),
        ("R6455-4.2.1-08 +13", 400, with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: +13"])),
        ("R6455-4.3-02 -1", 400, with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: -1"])),
        (
            "R6455-4.2.1-08 list",
            400,
            with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 13, 8"]),
        ),
        (
            "R6455-4.2.1-08 R6455-4.3-02 256",
            400,
            with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 256"]),
        ),
        ("R6455-4.2.1-08 x", 400, with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: x"])),
        ("R6455-4.3-02 1e1", 400, with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 1e1"])),
        ("R6455-4.2.1-08 empty", 400, with("Sec-WebSocket-Version", &["Sec-WebSocket-Version:"])),
        ("R6455-11.3.5-01 two versions", 400, plus(&[LINES[4]])),
        ("R6455-4.2.1-10 space", 400, plus(&["Sec-WebSocket-Protocol: a b"])),
        ("R6455-4.2.1-10 semicolon", 400, plus(&["Sec-WebSocket-Protocol: a;q"])),
        ("R6455-4.2.1-10 quoted", 400, plus(&["Sec-WebSocket-Protocol: \"a\""])),
        (
            "R6455-4.2.1-10 second line",
            400,
            plus(&["Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b c"]),
        ),
        (
            "T-HS-16 two Origins",
            400,
            plus(&["Origin: http://server.example.com", "Origin: http://server.example.com"]),
        ),
        ("R9112-5.1-01 space before colon", 400, with("Upgrade", &["Upgrade : websocket"])),
        (
            "R9112-5.1-01 tab before name",
            400,
            head("GET /chat HTTP/1.1", &[&["\tHost: x"], &LINES[1..]].concat()),
        ),
        ("R9112-5.1-01 space in name", 400, plus(&["X Y: a"])),
        ("T-HS-15 no name", 400, plus(&[": a"])),
        ("R6455-4.1-27 no colon", 400, plus(&["nonsense"])),
        ("R9112-5.2-01 folded", 400, with("Connection", &["Connection:", " Upgrade"])),
        ("R9112-5.2-01 folded by a tab", 400, plus(&["X: a", "\tb"])),
        ("R9112-2.2-01 bare LF throughout", 400, plus(&[]).replace("\r\n", "\n")),
        (
            "R9112-2.2-01 bare LF but at the end",
            400,
            format!("{}\r\n\r\n", plus(&[]).trim_end().replace("\r\n", "\n")),
        ),
        ("R9112-2.2-01 bare LF at the end", 400, plus(&["X: y\r\n\n"])),
        ("R9112-2.2-01 one bare LF", 400, plus(&["X: a\nY: b"])),
        ("R9112-2.2-01 bare CR", 400, plus(&["X: a\rb"])),
        ("R9112-2.2-01 two CR", 400, plus(&["X: a\r"])),
        ("R9112-2.2-01 empty lines without end", 400, format!("{}{}", "\r\n".repeat(9), plus(&[]))),
        ("R9110-5.5-01 T-HS-15 NUL", 400, plus(&["X: a\0b"])),
        ("R9110-5.5-01 DEL", 400, plus(&["X: a\x7fb"])),
        ("R9112-6-01 T-HS-08 body", 400, format!("{}hello", plus(&["Content-Length: 5"]))),
        ("T-HS-08 great body", 400, plus(&["Content-Length: 1000000000"])),
        ("R9112-6-01 T-HS-08 chunked", 400, plus(&["Transfer-Encoding: chunked"])),
        ("T-HS-09 two lengths", 400, plus(&["Content-Length: 0", "Content-Length: 0"])),
        ("T-HS-09 both framings", 400, plus(&["Content-Length: 0", "Transfer-Encoding: chunked"])),
        ("T-HS-09 length no number", 400, plus(&["Content-Length: -0"])),
        ("T-HS-09 list of lengths", 400, plus(&["Content-Length: 0, 0"])),
        (
            "T-HS-21 hixie-76",
            400,
            head(
                "GET /demo HTTP/1.1",
                &[
                    "Host: example.com",
                    "Connection: Upgrade",
                    "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00",
                    "Upgrade: WebSocket",
                    "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5",
                    "Origin: http://example.com",
                ],
            ) + "^n:ds[4U",
        ),
    ];
    for (name, expected, bytes) in cases {
        assert_eq!(status(&bytes), expected, "{name}: {bytes}");
    }
}

// R6455-4.2.2-09: for those who read heads themselves.
#[test]
fn the_accept_of_a_key() {
    use websocket_proto::handshake::sec_websocket_accept;

    let accept = sec_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(accept.as_ref(), Some(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    for wrong in ["", "short", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ==="] {
        assert_eq!(sec_websocket_accept(wrong), None, "{wrong}");
    }
}

// R9112-6-01 T-HS-09: of a request for a page, too.
#[test]
fn two_framings_of_a_page() {
    let framed = |lines: &[&str]| {
        let mut bytes = head("POST / HTTP/1.1", &[&["Host: a"], lines].concat()).into_bytes();
        Server::new(Config::server()).receive(&mut &mut bytes[..]).map(|request| request.is_some())
    };
    let chunked = "Transfer-Encoding: chunked";
    assert_eq!(framed(&["Content-Length: 5"]), Ok(true));
    assert_eq!(framed(&[chunked]), Ok(true));
    for lines in [[chunked, "Content-Length: 5"], ["Content-Length: 0", chunked]] {
        assert_eq!(framed(&lines), Err(HandshakeError::Malformed), "{lines:?}");
    }
    for length in ["-0", "0, 0", "", "0x5"] {
        let line = format!("Content-Length: {length}");
        assert_eq!(framed(&[&line]), Err(HandshakeError::Malformed), "{line}");
    }
}

// R6455-9.1-01, R6455-9.1-02, R6455-4.3-01, T-HS-05
#[test]
fn extension_lists_that_break_the_grammar() {
    for value in [
        ";a",
        "a;",
        "a;;b",
        "a; b=",
        "a; =1",
        "a b",
        "a; \"x\"",
        "a,;b",
        "a; b=\"",
        "a; b=\"10",
        "a; b=\"\"",
        "a; b=\" 10\"",
        "a; b=\"a b\"",
        "x-foo; a=\"b,c\"",
        "a; b=1 2",
        "a; b=\"1\"2",
        "a=1",
        "a; b=\"\\",
        "a; b==1",
        "\"a\"",
        "a; b=\"1;2\"",
        "a/b",
    ] {
        let bytes = plus(&[&format!("Sec-WebSocket-Extensions: {value}")]);
        assert_eq!(status(&bytes), 400, "{value}");
    }
}

// R6455-4.2.1-01, R6455-10.7-02, R9112-6-01, T-HS-09, T-HS-14
#[test]
fn an_error_gets_one_answer_and_the_end() {
    let marker = "zqxjkv";
    for (bytes, expected) in [
        (with("Sec-WebSocket-Key", &["Sec-WebSocket-Key: zqxjkv"]), 400),
        (with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 25", "X: zqxjkv"]), 426),
        (with_line("POST /zqxjkv HTTP/1.1"), 405),
        (plus(&["Content-Length: 6"]), 400),
    ] {
        let mut server = Server::new(Config::server());
        let mut input =
            format!("{bytes}GET /admin HTTP/1.1\r\nHost: {marker}\r\n\r\n").into_bytes();
        let mut input = input.as_mut_slice();
        let error = server.receive(&mut input).unwrap_err();
        assert!(input.is_empty());
        assert_eq!((error.status(), server.state()), (Some(expected), State::Closing));

        let answer = drain!(server);
        let headers = lines(&answer);
        assert!(answer.ends_with("\r\n\r\n"), "no body: {answer}");
        assert!(headers.contains(&("Content-Length", "0")), "{answer}");
        assert_eq!(headers.iter().filter(|(name, _)| *name == "Connection").count(), 1);
        assert!(
            headers.iter().any(|(name, value)| *name == "Connection" && value.contains("close"))
        );
        assert_eq!(headers.contains(&("Allow", "GET")), expected == 405);
        assert!(!answer.contains(marker), "nothing of the request is in the answer");

        assert!(matches!(server.transmit(), Transmit::Shutdown));
        assert!(matches!(server.transmit(), Transmit::Shutdown), "until it was carried out");
        server.transport_shut_down();
        let mut more = plus(&[]).into_bytes();
        let mut more = more.as_mut_slice();
        assert!(server.receive(&mut more).unwrap().is_none());
        assert!(more.is_empty(), "what follows is discarded");
        assert!(matches!(server.transmit(), Transmit::Idle));
        assert_eq!(server.state(), State::Closing);
        server.receive_eof();
        server.receive_eof();
        assert_eq!(server.state(), State::Closed);
        assert!(matches!(server.transmit(), Transmit::Idle));
    }
}

// R6455-4.2.2-05, R6455-4.4-01, R9110-7.8-02, R9110-15.5.22-01
#[test]
fn an_unsupported_version_gets_426_with_the_supported_one() {
    let answer =
        serve(&with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 25"]), &Acceptance::new());
    assert_eq!(
        answer,
        "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Connection: Upgrade, close\r\nContent-Length: 0\r\n\r\n"
    );
    // R6455-4.2.1-08
    let answer = serve(&with("Sec-WebSocket-Version", &[]), &Acceptance::new());
    assert!(lines(&answer).contains(&("Sec-WebSocket-Version", "13")));
    assert!(!answer.contains("Upgrade"));
}

// R6455-4.2.1-05, R9110-7.8-01, R9110-7.8-03, R9110-7.8-02
#[test]
fn a_request_that_is_no_upgrade_reaches_the_application() {
    let cases = [
        head("GET / HTTP/1.1", &["Host: a"]),
        head("GET / HTTP/1.1", &["Host: a:", "Sec-WebSocket-Key: bad"]),
        with("Upgrade", &[]),
        with("Upgrade", &["Upgrade: websockets"]),
        with("Upgrade", &["Upgrade: h2c"]),
        with("Upgrade", &["Upgrade: websocket/13"]),
        "GET / HTTP/1.0\r\n\r\n".to_owned(),
        head("HEAD / HTTP/1.1", &["Host: a"]),
        head("POST /form HTTP/1.1", &["Host: a", "Content-Length: 5"]) + "hello",
    ];
    for bytes in cases {
        assert!(!request(&bytes).is_upgrade(), "{bytes}");
        let answer = serve(&bytes, &Acceptance::new());
        assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
        assert!(lines(&answer).contains(&("Upgrade", "websocket")));
        assert!(lines(&answer).contains(&("Connection", "Upgrade, close")));
    }
    assert!(request(&plus(&[])).is_upgrade());
}

// R6455-4.2.1-03, R6455-4.2.1-09, R6455-4.2.1-12, R6455-10.5-01
#[test]
fn the_request_is_there_as_it_was_sent() {
    let bytes = plus(&["Cookie:  a=b ", "Origin: null", "X-Foo: 1", "x-foo: 2"])
        .replace("/chat", "/chat;b=1/%2e?q=%20?&");
    let parsed = request(&bytes);
    assert_eq!((parsed.method(), parsed.target()), ("GET", "/chat;b=1/%2e?q=%20?&"));
    assert_eq!((parsed.path(), parsed.query()), ("/chat;b=1/%2e", Some("q=%20?&")));
    assert_eq!(parsed.host(), Some("server.example.com"));
    assert_eq!(parsed.origin(), Some(&b"null"[..]));
    assert_eq!(parsed.header("COOKIE"), Some(&b"a=b"[..]));
    assert_eq!(parsed.header("x-FOO"), Some(&b"1"[..]));
    assert_eq!(parsed.header("absent"), None);
    assert_eq!(parsed.headers().count(), 9);
    assert_eq!(parsed.headers().last(), Some(("x-foo", &b"2"[..])));

    let plain = request(&plus(&[]));
    assert_eq!((plain.path(), plain.query(), plain.origin()), ("/chat", None, None));
    for (target, path, query) in [
        ("http://server.example.com/chat", "/chat", None),
        ("http://server.example.com", "/", None),
        ("https://server.example.com?x", "/", Some("x")),
        ("/?", "/", Some("")),
        ("//chat", "//chat", None),
    ] {
        let request = request(&with_line(&format!("GET {target} HTTP/1.1")));
        assert_eq!((request.path(), request.query()), (path, query), "{target}");
        assert_eq!(request.target(), target);
    }
}

// R6455-4.2.1-10, R6455-11.3.4-01, R6455-11.3.2-01, R6455-9.1-03, R6455-9.1-05, R6455-9-01, R6455-4.3-01
#[test]
fn lists_may_be_split_over_lines() {
    let parsed = request(&plus(&["Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Protocol: c"]));
    assert_eq!(parsed.subprotocols().collect::<Vec<_>>(), ["a", "b", "c"]);
    let parsed = request(&plus(&["Sec-WebSocket-Protocol: a,,b"]));
    assert_eq!(parsed.subprotocols().collect::<Vec<_>>(), ["a", "b"]);

    let list = |lines: &[&str]| -> Vec<String> {
        let request = request(&plus(lines));
        request.extensions().map(|extension| format!("{extension:?}")).collect()
    };
    let split = list(&["Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: bar; baz=2"]);
    let joined = list(&["Sec-WebSocket-Extensions: foo, bar; baz=2"]);
    assert_eq!((split.len(), &split), (2, &joined));

    let parsed = request(&plus(&["Sec-WebSocket-Extensions: pmd; bits=\"1\\0\"; flag; other=10"]));
    let extension = parsed.extensions().next().expect("one");
    let parameters: Vec<_> = extension.parameters().collect();
    assert_eq!(extension.name(), "pmd");
    assert_eq!(
        parameters.iter().map(Parameter::name).collect::<Vec<_>>(),
        ["bits", "flag", "other"]
    );
    assert!(parameters[0].value().is_some_and(|value| value == "10"));
    assert!(parameters[1].value().is_none());
    assert_eq!(parameters[2].value().map(|value| value.to_string()).as_deref(), Some("10"));
}

// R6455-4.2.2-06, R6455-4.2.2-07, R7936-2-01, R6455-11.3.4-01
#[test]
fn subprotocols() {
    let offer = |line: &str| plus(&[&format!("Sec-WebSocket-Protocol: {line}")]);
    let none = Acceptance::new();
    let one = Acceptance::new().subprotocol("chat");
    let empty = Acceptance::new().subprotocol("");
    let some = Acceptance::new().subprotocols(["superchat", "chat"]);
    let cases = [
        (offer("chat"), &none, Ok(None)),
        (offer("chat"), &one, Ok(Some("chat"))),
        (offer("superchat, chat"), &one, Ok(Some("chat"))),
        (offer("superchat"), &one, Err(500)),
        (offer("Chat"), &one, Err(500)),
        (plus(&[]), &one, Err(500)),
        (offer("chat"), &empty, Err(500)),
        (offer("x, chat, superchat"), &some, Ok(Some("chat"))),
        (offer("Chat"), &some, Ok(None)),
        (plus(&[]), &some, Ok(None)),
    ];
    for (bytes, acceptance, expected) in cases {
        let answer = serve(&bytes, acceptance);
        let chosen =
            lines(&answer).into_iter().filter(|(name, _)| *name == "Sec-WebSocket-Protocol");
        let chosen: Vec<_> = chosen.map(|(_, value)| value).collect();
        match expected {
            Ok(expected) => {
                assert!(answer.starts_with("HTTP/1.1 101 "), "{bytes}");
                assert_eq!(chosen, Vec::from_iter(expected), "{bytes}");
                let connection = request(&bytes).accept(acceptance).unwrap();
                assert_eq!(connection.subprotocol(), expected);
            }
            Err(status) => assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{bytes}"),
        }
    }
}

// R9110-7.8-04
#[test]
fn a_100_goes_before_the_101_where_it_is_expected() {
    let bytes = plus(&["Expect: 100-Continue"]);
    assert_eq!(serve(&bytes, &Acceptance::new()), format!("{CONTINUE}{RESP}"));
    let mut refused = request(&bytes).reject(&Response::new(404).unwrap());
    assert!(drain!(refused).starts_with("HTTP/1.1 404 "));
}

fn receive_text(connection: &mut Connection, mut input: &mut [u8]) -> Option<String> {
    match connection.receive(&mut input).unwrap() {
        Some(Event::Text(text)) => Some(text.to_string()),
        _ => None,
    }
}

// R6455-4.2.2-12, T-HS-11
#[test]
fn frames_behind_the_head_are_for_the_connection() {
    let bytes = [plus(&[]).as_bytes(), &[0x81, 0x81, 0, 0, 0, 0, b'a']].concat();
    for pieces in cuts(&bytes) {
        let mut server = Server::new(Config::server());
        let (request, mut rest) = feed(&mut server, &pieces).unwrap().expect("a request");
        assert_eq!(server.state(), State::Closed);
        let mut early = [1, 2, 3];
        let mut input = early.as_mut_slice();
        assert!(server.receive(&mut input).unwrap().is_none());
        assert_eq!(input.len(), 3, "it takes no more");

        let mut connection = request.accept(&Acceptance::new()).unwrap();
        assert_eq!(receive_text(&mut connection, &mut rest).as_deref(), Some("a"));
        connection.send_text("a").unwrap();
        assert_eq!(drain!(connection), format!("{RESP}\u{81}\x01a"));
    }
}

// T-HS-11
#[test]
fn frames_behind_a_rejected_head_are_discarded() {
    let mut rejection = request(&plus(&[])).reject(&Response::new(404).unwrap());
    let mut frame = [0x81, 0x81, 0, 0, 0, 0, b'a'];
    let mut input = frame.as_mut_slice();
    rejection.receive(&mut input);
    assert!(input.is_empty());
    assert!(drain!(rejection).starts_with("HTTP/1.1 404 "));
}

#[test]
fn the_end_of_the_peer() {
    // T-HS-22: before and inside the head.
    for bytes in ["", "GET", "GET / HTTP/1.1\r\nHost: a\r\n\r"] {
        let mut server = Server::new(Config::server());
        assert!(feed(&mut server, &[bytes.into()]).unwrap().is_none());
        assert_eq!(server.state(), State::Open);
        server.receive_eof();
        assert_eq!(server.state(), State::Closed);
        assert_eq!(server.error(), Some(HandshakeError::ConnectionEnded));
        assert!(matches!(server.transmit(), Transmit::Idle));
        let mut late = *b"GET / HTTP/1.1\r\n\r\n";
        let mut input = late.as_mut_slice();
        assert!(server.receive(&mut input).unwrap().is_none());
        assert!(input.is_empty());
    }
    // A client that has shut down its direction still gets its answer.
    let mut rejection = request(&plus(&[])).reject(&Response::new(404).unwrap());
    rejection.receive_eof();
    assert_eq!(rejection.state(), State::Closing);
    assert!(drain!(rejection).starts_with("HTTP/1.1 404 "));
    assert_eq!(rejection.state(), State::Closed);
    assert!(matches!(rejection.transmit(), Transmit::Idle));
}

#[test]
fn the_machines_may_go_to_other_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Server>();
    check::<Request>();
    check::<Acceptance>();
    check::<websocket_proto::handshake::Rejection>();
    check::<websocket_proto::handshake::Client>();
    check::<websocket_proto::handshake::Established>();
    check::<websocket_proto::handshake::Refusal>();
}
