//! §4.2  Budget: a server's handshake allocates twice, the head of the request and the output.
#![cfg(feature = "alloc")]

mod support;

use std::sync::Arc;

use bytes::Buf;
use support::{Counting, peak_of, seed, usage};
use websocket_proto::handshake::{Acceptance, Client, ClientRequest, HandshakeError, Server};
use websocket_proto::{Config, Transmit};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(action: impl FnOnce()) -> usize {
    let before = usage();
    action();
    usage().allocations_since(before)
}

#[test]
fn a_server_handshake_allocates_twice() {
    let config = Arc::new(Config::server());
    let acceptance = Acceptance::new().subprotocols(["superchat", "chat"]);
    // What Chromium sends.
    let mut bytes = b"GET /chat HTTP/1.1\r\nHost: localhost:9001\r\nConnection: Upgrade\r\n\
        Pragma: no-cache\r\nCache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\
        Upgrade: websocket\r\nOrigin: http://localhost:9001\r\nSec-WebSocket-Version: 13\r\n\
        Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\
        Sec-WebSocket-Protocol: chat\r\n\r\n"
        .to_vec();
    let mut input = bytes.as_mut_slice();
    let mut connection = None;
    let allocations = count(|| {
        let mut server = Server::new(config.clone());
        let request = server.receive(&mut input).unwrap().expect("complete");
        connection = Some(request.accept(&acceptance).unwrap());
    });
    assert_eq!(connection.expect("accepted").subprotocol(), Some("chat"));
    assert!(allocations <= 2, "{allocations} allocations");
}

// T-HS-02, T-HS-08
#[test]
fn a_refused_head_allocates_no_more() {
    let config = Arc::new(Config::server());
    let mut bytes = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Content-Length: 1000000000\r\n\r\n"
        .to_vec();
    let mut many = format!("GET / HTTP/1.1\r\n{}", "X: y\r\n".repeat(5000)).into_bytes();
    for bytes in [&mut bytes, &mut many] {
        let mut input = bytes.as_mut_slice();
        let allocations = count(|| {
            let mut server = Server::new(config.clone());
            server.receive(&mut input).unwrap_err();
        });
        assert!(allocations <= 2, "{allocations} allocations");
    }
}

/// A read of nothing is nothing to keep.
#[test]
fn an_empty_input_allocates_nothing() {
    let mut server = Server::new(Config::server());
    assert_eq!(count(|| assert!(server.receive(&mut &mut [][..]).unwrap().is_none())), 0);
}

/// T-HS-20: of a refusal, the head and the body within their limits; SECURITY.md has the sum.
#[test]
fn a_refusal_is_held_within_its_limits() {
    let config = Arc::new(Config::client());
    let limits = &config.limits;
    let most = (limits.max_head_size + limits.max_refusal_body + 1024) as isize;
    let request = ClientRequest::try_from("ws://example.com/").expect("a URI");
    let mut head = b"HTTP/1.1 403 No\r\nContent-Length: 1000000\r\nX: ".to_vec();
    head.resize(limits.max_head_size - 4, b'x');
    head.extend_from_slice(b"\r\n\r\n");
    head.extend_from_slice(&[b'y'; 1_000_000]);
    for piece in [1, 100, 1460, head.len()] {
        let mut client = Client::new(&request, config.clone(), seed(0));
        while let Transmit::Write(mut output) = client.transmit() {
            output.advance(output.remaining());
        }
        let mut bytes = head.clone();
        let ((), peak) = peak_of(|| {
            for piece in bytes.chunks_mut(piece) {
                let mut input = piece;
                match client.receive(&mut input) {
                    Ok(None) => {}
                    Ok(Some(_)) => panic!("opened"),
                    Err(error) => assert_eq!(error, HandshakeError::Refused { status: 403 }),
                }
            }
        });
        let refusal = client.refusal().expect("refused");
        assert_eq!(refusal.body().len(), limits.max_refusal_body);
        assert!(peak <= most, "in pieces of {piece}: {peak} of {most}");
    }
}
