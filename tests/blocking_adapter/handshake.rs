//! §4  Opening handshakes over sockets.

use std::net::TcpListener;

use websocket_proto::adapter::blocking::{Error, Message, accept_with, connect_over};
use websocket_proto::frame::Role;
use websocket_proto::handshake::{Acceptance, HandshakeError, OriginPolicy, Response, Server};
use websocket_proto::{CloseCode, State};

use crate::support::*;

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

#[test]
fn a_subprotocol_is_agreed_on() {
    let (server, client) = tcp_pair();
    let server = spawn(move || {
        let acceptance = Acceptance::new().subprotocols(["chat.v1", "chat.v2"]);
        accept_with(server, server_config(), |request| request.accept(&acceptance)).expect("accept")
    });
    let request = request().subprotocols(["chat.v3", "chat.v2", "chat.v1"]).expect("names");
    let client = connect(client, &request, client_config()).expect("connect");
    let server = join(server);
    assert_eq!(client.subprotocol(), Some("chat.v2"));
    assert_eq!(server.subprotocol(), Some("chat.v2"));
    assert_eq!((client.role(), server.role()), (Role::Client, Role::Server));
}

#[test]
fn bytes_behind_the_request_are_for_the_connection() {
    let (server, mut peer) = tcp_pair();
    write(&mut peer, &[REQUEST, &masked(0x81, b"early"), &masked(0x81, b"bird")].concat());
    let mut server = accept(server, server_config()).expect("accept");
    assert_eq!(server.read().expect("read"), Some(Message::Text("early".into())));
    assert_eq!(server.read().expect("read"), Some(Message::Text("bird".into())));
    assert!(String::from_utf8_lossy(&read_bytes(&mut peer, 129)).ends_with("\r\n\r\n"));
}

#[test]
fn bytes_behind_the_response_are_for_the_connection() {
    let (mut peer, client) = tcp_pair();
    let server = spawn(move || {
        let mut server = Server::new(server_config());
        let mut connection = loop {
            let mut byte = read_bytes(&mut peer, 1);
            if let Some(request) = server.receive(&mut &mut byte[..]).expect("a request") {
                break request.accept(&Acceptance::new()).expect("accepted");
            }
        };
        connection.send_text("welcome").expect("send");
        let mut output = Vec::new();
        while let Some(run) = connection.take_output() {
            output.extend_from_slice(&run);
        }
        write(&mut peer, &output);
        peer
    });
    let mut client = connect(client, &request(), client_config()).expect("connect");
    assert_eq!(client.read().expect("read"), Some(Message::Text("welcome".into())));
    drop(join(server));
}

#[test]
fn headers_go_both_ways() {
    let (server, client) = tcp_pair();
    let server = spawn(move || {
        let mut cookie = Vec::new();
        let acceptance = Acceptance::new().header("X-Served-By", "seven").expect("a header");
        accept_with(server, server_config(), |request| {
            cookie = request.header("cookie").unwrap_or_default().to_vec();
            request.accept(&acceptance)
        })
        .expect("accept");
        cookie
    });
    let request = request().header("Cookie", "id=42").expect("a header");
    let (_, response) = connect_over(client, &request, client_config()).expect("connect");
    assert_eq!(response.header("x-served-by"), Some(&b"seven"[..]));
    assert_eq!(join(server), b"id=42");
}

#[test]
fn a_page_and_a_websocket_live_on_one_port() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("bind");
    let address = listener.local_addr().expect("address");
    let server = spawn(move || {
        let page = Response::new(200).expect("a status").body("<!doctype html>hello");
        let mut outcomes = Vec::new();
        for stream in listener.incoming().take(2) {
            let accepted = accept_with(stream.expect("accept"), server_config(), |request| {
                if request.is_upgrade() {
                    request.accept(&Acceptance::new())
                } else {
                    Err(request.reject(&page))
                }
            });
            outcomes.push(accepted.and_then(echo).map(|closed| closed.clean));
        }
        outcomes
    });

    let mut browser = std::net::TcpStream::connect(address).expect("connect");
    write(&mut browser, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let response = String::from_utf8(read_to_end(&mut browser)).expect("text");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\n<!doctype html>hello"), "{response}");
    drop(browser);

    let stream = std::net::TcpStream::connect(address).expect("connect");
    let mut client = connect(stream, &request(), client_config()).expect("connect");
    client.send_text("hello").expect("send");
    assert_eq!(client.read().expect("read"), Some(Message::Text("hello".into())));
    client.close(CloseCode::NORMAL, "").expect("close");

    let outcomes = join(server);
    assert!(matches!(outcomes[0], Err(Error::Rejected { status: 200, reason: None })));
    assert!(matches!(outcomes[1], Ok(true)));
}

#[test]
fn a_refusal_is_told_with_headers_and_body() {
    let (server, client) = tcp_pair();
    let server = spawn(move || {
        let response = Response::new(302).expect("a status");
        let response = response.header("Location", "/elsewhere").expect("a header").body("moved");
        accept_with(server, server_config(), |request| Err(request.reject(&response)))
    });
    match connect(client, &request(), client_config()) {
        Err(Error::Refused(refused)) => {
            assert_eq!(refused.status, 302);
            assert_eq!(refused.header("location"), Some(&b"/elsewhere"[..]));
            assert_eq!(refused.body, b"moved");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(join(server), Err(Error::Rejected { status: 302, reason: None })));
}

#[test]
fn a_foreign_origin_is_refused_by_policy() {
    let (server, client) = tcp_pair();
    let server = spawn(move || {
        let policy = OriginPolicy::list(["https://example.com"]).expect("an origin");
        let acceptance = Acceptance::new().origin(policy);
        accept_with(server, server_config(), |request| request.accept(&acceptance))
    });
    let request = request().origin("https://evil.example").expect("an origin");
    let refused = connect(client, &request, client_config());
    assert!(matches!(refused, Err(Error::Refused(refused)) if refused.status == 403));
    let reason = Some(HandshakeError::OriginRefused);
    assert!(matches!(join(server), Err(Error::Rejected { status: 403, reason: r }) if r == reason));
}

#[test]
fn a_malformed_request_is_answered_before_the_error_is_returned() {
    let (server, mut peer) = tcp_pair();
    write(&mut peer, b"GET / HTTP/1.1\r\nHost localhost\r\n\r\nand more that nobody reads");
    let peer = spawn(move || String::from_utf8(read_to_end(&mut peer)).expect("text"));
    let accepted = accept(server, server_config());
    assert!(matches!(accepted, Err(Error::Handshake(HandshakeError::Malformed))), "{accepted:?}");
    assert!(join(peer).starts_with("HTTP/1.1 400 "));
}

#[test]
fn the_end_of_the_peer_ends_the_handshake() {
    let (server, peer) = tcp_pair();
    drop(peer);
    let accepted = accept(server, server_config());
    assert!(matches!(accepted, Err(Error::Handshake(HandshakeError::ConnectionEnded))));
    let (peer, client) = tcp_pair();
    peer.shutdown(std::net::Shutdown::Write).expect("shut down");
    let connected = connect(client, &request(), client_config());
    assert!(matches!(connected, Err(Error::Handshake(HandshakeError::ConnectionEnded))));
}

#[test]
fn a_websocket_is_open_after_the_handshake() {
    let (server, client) = pair(server_config(), client_config());
    assert_eq!((server.state(), client.state()), (State::Open, State::Open));
    assert_eq!((server.close_information(), client.close_information()), (None, None));
}
