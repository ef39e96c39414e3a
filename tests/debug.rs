//! What `Debug` shows: the name of the type and what helps, and nothing that is anybody's secret.
#![cfg(feature = "alloc")]

mod support;

use std::fmt::Debug;
use std::time::Duration;

use bytes::Buf;
use support::seed;
use websocket_proto::frame::{Decoder, Header, Opcode};
use websocket_proto::handshake::{
    Acceptance, Client, ClientRequest, HandshakeError, Origin, Proxy, ProxyConnect, Request,
    Response, Server, Uri,
};
use websocket_proto::{Backoff, CloseCode, Config, Connection, Role, Transmit};

const SECRET: &str = "s3cr3t";

/// It begins with `name`, and the secret is not in it.
fn shows(value: &dyn Debug, name: &str) -> String {
    let shown = format!("{value:?}");
    assert!(shown.starts_with(name), "{name}: {shown}");
    assert!(!shown.contains(SECRET) && !format!("{value:#?}").contains(SECRET), "{shown}");
    shown
}

#[test]
fn of_frames() {
    let mask = Some(*b"s3cr");
    let header = Header { fin: true, rsv1: false, opcode: Opcode::Ping, mask, length: 5 };
    let shown = shows(&header, "Header");
    assert_eq!(shown, "Header { fin: true, rsv1: false, opcode: Ping, masked: true, length: 5 }");
    assert_eq!(shows(&header.encode(), "EncodedHeader"), "EncodedHeader(6 bytes)");
    let mut decoder = Decoder::new(Role::Client);
    let mut bytes = *b"\x01\x09s3cr3t";
    decoder.decode(&mut &mut bytes[..]).expect("valid");
    let shown = shows(&decoder, "Decoder");
    assert!(shown.contains("Client") && shown.contains("missing: 3"), "{shown}");
}

#[test]
fn of_handshakes() {
    let uri = Uri::parse("ws://example.com/chat").expect("a URI");
    let request = ClientRequest::new(uri).header("Authorization", SECRET).expect("a header");
    assert!(shows(&request, "ClientRequest").contains("ExtraHeaders(23 bytes)"));
    shows(&Client::new(&request, Config::client(), seed(0)), "Client");
    shows(&Server::new(Config::server()), "Server");
    shows(&Acceptance::new().header("X-Token", SECRET).expect("a header"), "Acceptance");
    let response =
        Response::new(403).expect("a status").header("X-Token", SECRET).expect("a header");
    assert_eq!(response.status(), 403);
    let shown = shows(&response.body(SECRET), "Response");
    assert!(shown.contains("403") && shown.contains("6 bytes"), "{shown}");
    let origin: Origin = "https://example.com".parse().expect("an origin");
    assert_eq!(shows(&origin, "Origin"), "Origin(https://example.com)");
    assert_eq!(origin.to_string(), "https://example.com");
    let proxy = Proxy::new("proxy.example", 3128).expect("a proxy");
    let proxy = proxy.basic_authorization("user", SECRET).expect("credentials");
    shows(&proxy, "Proxy");
    shows(&ProxyConnect::new(Config::client()), "ProxyConnect");
}

/// A request that a server has received.
fn received(extra: &str) -> Request {
    let head = format!(
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{extra}\r\n"
    );
    let mut head = head.into_bytes();
    let mut server = Server::new(Config::server());
    server.receive(&mut &mut head[..]).expect("valid").expect("a request")
}

#[test]
fn of_extensions() {
    let request = received("Sec-WebSocket-Extensions: x-one; two; three=\"3\", x-four\r\n");
    let shown: Vec<_> = request.extensions().map(|extension| shows(&extension, "x-")).collect();
    let two = "Parameter { name: \"two\", value: None }";
    let three = "Parameter { name: \"three\", value: Some(3) }";
    assert_eq!(shown, [format!("x-one[{two}, {three}]"), "x-four[]".into()]);
}

#[test]
fn of_answers() {
    let asked = |path: &str| received(&format!("Cookie: {SECRET}\r\nX-Path: {path}\r\n"));
    shows(&asked("/"), "Request");
    let forbidden = Response::new(403).expect("a status").body(SECRET);
    let rejection = asked("/").reject(&forbidden);
    let shown = shows(&rejection, "Rejection");
    assert!(shown.contains("403") && shown.contains("reason: None"), "{shown}");
    assert_eq!(rejection.to_string(), "rejected with status 403");
    let rejection =
        received("Origin: http://elsewhere\r\n").accept(&Acceptance::new()).unwrap_err();
    assert_eq!(rejection.to_string(), "rejected with status 403: origin refused");
    assert!(shows(&rejection, "Rejection").contains("OriginRefused"));
    assert_eq!(rejection.reason(), Some(HandshakeError::OriginRefused));
}

#[test]
fn of_what_a_client_was_told() {
    let request = ClientRequest::try_from("ws://example.com/").expect("a URI");
    let mut client = Client::new(&request, Config::client(), seed(0));
    while let Transmit::Write(mut output) = client.transmit() {
        output.advance(output.remaining());
    }
    let mut answer = *b"HTTP/1.1 403 No\r\nSet-Cookie: s3cr3t\r\nContent-Length: 6\r\n\r\ns3cr3t";
    let refused = client.receive(&mut &mut answer[..]);
    assert_eq!(refused.map(drop), Err(HandshakeError::Refused { status: 403 }));
    let shown = shows(client.refusal().expect("a refusal"), "Refusal");
    assert!(shown.contains("403") && shown.contains("6 bytes"), "{shown}");
}

#[test]
fn of_an_established_connection() {
    let request = ClientRequest::try_from("ws://example.com/").expect("a URI");
    let mut client = Client::new(&request, Config::client(), seed(0));
    let mut head = Vec::new();
    while let Transmit::Write(mut output) = client.transmit() {
        head.extend_from_slice(output.chunk());
        output.advance(output.chunk().len());
    }
    let mut server = Server::new(Config::server());
    let request = server.receive(&mut &mut head[..]).expect("valid").expect("a request");
    let acceptance = Acceptance::new().header("Set-Cookie", SECRET).expect("a header");
    let mut connection = request.accept(&acceptance).expect("an upgrade");
    let mut answer = support::output(&mut connection);
    let established = client.receive(&mut &mut answer[..]).expect("valid").expect("a 101");
    assert_eq!(established.response.header("set-cookie"), Some(SECRET.as_bytes()));
    assert!(shows(&established.response, "ResponseHead").contains("101"));
    shows(&established, "Established");
}

#[cfg(feature = "deflate")]
#[test]
fn of_compression() {
    use websocket_proto::deflate::{Compression, CompressionPool};

    let (one, other) = (CompressionPool::new(1), CompressionPool::new(1));
    assert_eq!(shows(&one, "CompressionPool"), "CompressionPool");
    assert!(one == one.clone() && one != other, "equal is the same pool");
    let mut compression = Compression::default();
    compression.pool = one.clone();
    let mut beside = compression.clone();
    assert_eq!(compression, beside);
    beside.pool = other;
    assert_ne!(compression, beside);
}

#[test]
fn of_both_ends_of_a_connection() {
    let mut connection = Connection::client(Config::client(), seed(0));
    connection.send_text(SECRET).expect("open");
    let Transmit::Write(output) = connection.transmit() else { panic!("nothing to write") };
    assert_eq!(shows(&output, "Output"), "Output(12 bytes)");
    let (mut incoming, outgoing) = connection.split();
    let shown = shows(&outgoing, "Outgoing");
    assert!(shown.contains("Client") && shown.contains("unsent: 12"), "{shown}");
    let shown = shows(&incoming, "Incoming");
    assert!(shown.contains("Decoder") && shown.contains("frames: 0"), "{shown}");
    let mut bytes = *b"\x88\x05\x03\xE8bye";
    let event = incoming.receive(&mut &mut bytes[..]).expect("valid");
    let shown = format!("{event:?}");
    let close = "Close(Close { code: Some(CloseCode(1000)), reason: \"bye\" })";
    assert_eq!(shown, format!("Some({close})"));
    assert_eq!(CloseCode::NORMAL.to_string(), "1000");
}

#[test]
fn of_what_is_sent() {
    let mut connection = Connection::server(Config::server());
    let lent = connection.lend_binary(SECRET.as_bytes()).expect("open");
    assert_eq!(shows(&lent, "Lent"), "Lent(8 bytes)");
}

#[test]
fn of_delays() {
    let backoff = Backoff::new(seed(0));
    let shown = shows(&backoff, "Backoff");
    assert!(shown.contains(&format!("{:?}", Duration::from_secs(60))), "{shown}");
}
