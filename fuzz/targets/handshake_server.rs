//! The server's handshake: any bytes, in any pieces, lead to a request or to one well-formed answer,
//! and the pieces make no difference.

#![no_main]

use bytes::{Buf, Bytes};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;
use websocket_proto::handshake::{
    Acceptance, HandshakeError, OriginPolicy, Request, Response, Server,
};
use websocket_proto::{Config, Connection, State, Transmit};
use websocket_proto_fuzz::{Script, held, peak_of};

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let choices = script.byte();
    let cuts = Script::new(script.short());
    let bytes = script.rest().to_vec();
    measure(choices, cuts.clone().pieces(bytes.clone()));
    let whole = play(choices, bytes.clone(), Script::new(&[]));
    let cut = play(choices, bytes, cuts);
    assert_eq!(whole, cut);
});

#[derive(Debug, Default, PartialEq)]
struct Outcome {
    error: Option<HandshakeError>,
    request: Option<Read>,
    status: u16,
    /// What came behind the head.
    left: Vec<u8>,
    output: Vec<u8>,
}

/// What can be read of a request.
#[derive(Debug, PartialEq)]
struct Read {
    method: String,
    target: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, Vec<u8>)>,
    subprotocols: Vec<String>,
    extensions: Vec<String>,
    is_upgrade: bool,
}

impl Read {
    fn of(request: &Request) -> Self {
        let _ = (request.host(), request.origin(), format!("{request:?}"));
        Self {
            method: request.method().into(),
            target: request.target().into(),
            path: request.path().into(),
            query: request.query().map(Into::into),
            headers: request.headers().map(|(name, value)| (name.into(), value.into())).collect(),
            subprotocols: request.subprotocols().map(Into::into).collect(),
            extensions: request.extensions().map(|extension| format!("{extension:?}")).collect(),
            is_upgrade: request.is_upgrade(),
        }
    }
}

fn config(choices: u8) -> Config {
    let mut config = Config::server();
    if choices & 1 != 0 {
        config.limits.max_head_size = 300;
        config.limits.max_request_line = 40;
        config.limits.max_headers = 8;
        config.limits.max_extensions = 2;
        config.limits.max_extension_parameters = 2;
        config.limits.max_subprotocols = 2;
    }
    config
}

fn acceptance(choices: u8) -> Acceptance {
    let acceptance = Acceptance::new().header("X-Served-By", "fuzz").unwrap();
    let acceptance = match choices >> 1 & 3 {
        0 => acceptance.origin(OriginPolicy::Any),
        1 => acceptance,
        2 => acceptance.origin(OriginPolicy::list(["https://example.com", "null"]).unwrap()),
        _ => acceptance.allowed_hosts(["localhost", "[::1]"]),
    };
    match choices >> 3 & 3 {
        0 => acceptance,
        1 => acceptance.subprotocol("chat"),
        _ => acceptance.subprotocols(["superchat", "chat"]),
    }
}

/// Until there is a request, nothing but a head is held, within its limit.
fn measure(choices: u8, mut pieces: Vec<Vec<u8>>) {
    // Buffers grow to twice what they hold; an answer, the request's list of headers.
    let most = 2 * config(choices).limits.max_head_size + 1024;
    let before = held();
    let ((), peak) = peak_of(|| {
        let mut server = Server::new(config(choices));
        for piece in &mut pieces {
            if matches!(server.receive(&mut piece.as_mut_slice()), Ok(Some(_))) {
                break;
            }
        }
    });
    assert!(peak <= most as isize, "{peak} bytes of {most}");
    assert_eq!(held(), before, "everything is freed");
}

fn play(choices: u8, bytes: Vec<u8>, mut cuts: Script<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let all = bytes.clone();
    let mut server = Server::new(config(choices));
    server.tick(Duration::ZERO);
    let mut pieces = cuts.pieces(bytes).into_iter();
    let mut request = None;
    for mut piece in &mut pieces {
        let mut input = piece.as_mut_slice();
        match server.receive(&mut input) {
            Ok(Some(complete)) => {
                assert_eq!(outcome.error, None, "nothing comes after an error");
                assert_eq!(server.state(), State::Closed);
                outcome.left.extend_from_slice(input);
                request = Some(complete);
                break;
            }
            Ok(None) => assert!(input.is_empty(), "the input is always taken"),
            Err(error) => {
                assert!(input.is_empty(), "the input is always taken");
                assert_eq!(outcome.error, None, "an error is told once");
                assert_eq!(server.error(), Some(error));
                outcome.error = Some(error);
            }
        }
    }
    for piece in pieces {
        outcome.left.extend_from_slice(&piece);
    }
    match request {
        Some(request) => {
            let head = all.strip_suffix(outcome.left.as_slice()).expect("what is behind the head");
            assert!(head.ends_with(b"\n\r\n"), "the head, to its end");
            answer(choices, request, &mut outcome);
        }
        None => {
            if outcome.error.is_none() && choices & 0x80 != 0 {
                server.tick(Duration::from_secs(11));
                assert_eq!(server.error(), Some(HandshakeError::Timeout));
                outcome.error = server.error();
            }
            while drain(server.transmit(), &mut outcome.output) {}
            match outcome.error {
                Some(error) => {
                    assert!(matches!(server.transmit(), Transmit::Shutdown));
                    server.transport_shut_down();
                    check(&outcome.output, error.status().expect("it has an answer"));
                }
                None => assert!(outcome.output.is_empty()),
            }
            server.receive_eof();
            assert_eq!(server.state(), State::Closed);
        }
    }
    outcome
}

fn answer(choices: u8, request: Request, outcome: &mut Outcome) {
    let is_upgrade = request.is_upgrade();
    outcome.request = Some(Read::of(&request));
    let answer = if is_upgrade || choices & 0x20 != 0 {
        request.accept(&acceptance(choices))
    } else {
        let status = 200 + u16::from(choices >> 6) * 4;
        Err(request.reject(&Response::new(status).unwrap().body(Bytes::from_static(b"page"))))
    };
    match answer {
        Ok(connection) => {
            assert!(is_upgrade);
            open(connection, outcome);
        }
        Err(mut rejection) => {
            outcome.status = rejection.status();
            while drain(rejection.transmit(), &mut outcome.output) {}
            check(&outcome.output, outcome.status);
            assert!(matches!(rejection.transmit(), Transmit::Shutdown));
            rejection.transport_shut_down();
            rejection.receive(&mut outcome.left.clone().as_mut_slice());
            assert!(matches!(rejection.transmit(), Transmit::Idle));
            rejection.receive_eof();
            assert_eq!(rejection.state(), State::Closed);
        }
    }
}

fn open(mut connection: Connection, outcome: &mut Outcome) {
    outcome.status = 101;
    while drain(connection.transmit(), &mut outcome.output) {}
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
    check(outcome.output.strip_prefix(interim).unwrap_or(&outcome.output), 101);
    let mut left = outcome.left.clone();
    let mut input = left.as_mut_slice();
    while let Ok(Some(_)) = connection.receive(&mut input) {}
    assert!(input.is_empty());
}

/// Adds what there is to write to the output; says whether there was anything.
fn drain(transmit: Transmit<'_>, output: &mut Vec<u8>) -> bool {
    let Transmit::Write(mut more) = transmit else { return false };
    assert!(more.has_remaining());
    output.extend_from_slice(more.chunk());
    more.advance(more.chunk().len());
    true
}

/// One response, with nothing in it that the peer chose.
fn check(response: &[u8], status: u16) {
    let response = std::str::from_utf8(response).expect("our responses are ASCII");
    let (head, body) = response.split_once("\r\n\r\n").expect("the head is complete");
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap();
    assert!(line.starts_with(&format!("HTTP/1.1 {status} ")), "{line}");
    let mut length = 0;
    for line in lines {
        assert!(!line.contains(['\r', '\n']));
        let (name, value) = line.split_once(": ").expect("a header line");
        match name {
            "Content-Length" => length = value.parse().unwrap(),
            "Connection" => assert!(["close", "Upgrade", "Upgrade, close"].contains(&value)),
            "Upgrade" => assert_eq!(value, "websocket"),
            "Sec-WebSocket-Version" => assert_eq!(value, "13"),
            "Sec-WebSocket-Accept" => assert_eq!(value.len(), 28),
            "Sec-WebSocket-Protocol" => assert!(["chat", "superchat"].contains(&value)),
            "X-Served-By" => assert_eq!(value, "fuzz"),
            "Allow" => assert_eq!(value, "GET"),
            _ => panic!("{line}"),
        }
    }
    assert!(body.len() == length || body.is_empty(), "{response}");
}
