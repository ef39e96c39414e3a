//! §4  Opening handshakes over pipes and sockets.

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::adapter::tokio::{Error, accept, accept_with, connect_over};
use websocket_proto::frame::Role;
use websocket_proto::handshake::{
    Acceptance, ClientRequest, HandshakeError, OriginPolicy, Response, Uri,
};
use websocket_proto::{CloseCode, Config, State};

use crate::support::*;
use crate::wire::*;

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

#[test]
fn a_subprotocol_is_agreed_on() {
    run_paused(async {
        let (near, far) = duplex(1000);
        let serving = tokio::spawn(async move {
            let acceptance = Acceptance::new().subprotocols(["chat.v1", "chat.v2"]);
            accept_with(far, Config::server(), async |request| request.accept(&acceptance)).await
        });
        let request = request().subprotocols(["chat.v3", "chat.v2", "chat.v1"]).expect("names");
        let (client, _) =
            connect_over(near, &request, Config::client()).await.expect("a WebSocket");
        let server = serving.await.expect("no panic").expect("a WebSocket");
        assert_eq!(client.subprotocol(), Some("chat.v2"));
        assert_eq!(server.subprotocol(), Some("chat.v2"));
        assert_eq!((client.role(), server.role()), (Role::Client, Role::Server));
        assert_eq!((server.state(), client.state()), (State::Open, State::Open));
        assert_eq!((server.close_information(), client.close_information()), (None, None));
    });
}

#[test]
fn bytes_behind_the_request_are_for_the_connection() {
    run_paused(async {
        let (near, mut peer) = duplex(1000);
        write(&mut peer, &[REQUEST, &masked(0x81, b"early"), &masked(0x81, b"bird")].concat())
            .await;
        let mut server = accept(near).await.expect("a WebSocket");
        for text in ["early", "bird"] {
            assert_eq!(server.next().await.expect("open").expect("a message"), text.into());
        }
        assert!(String::from_utf8_lossy(&read_bytes(&mut peer, 129).await).ends_with("\r\n\r\n"));
    });
}

/// The request a byte at a time, and the answer with a message in the same write.
#[test]
fn bytes_behind_the_response_are_for_the_connection() {
    run_paused(async {
        let (near, far) = duplex(1);
        let serving = tokio::spawn(async move {
            let mut server = accept_with(far, Config::server(), async |request| {
                let mut connection = request.accept(&Acceptance::new())?;
                assert_eq!(connection.send_text("welcome"), Ok(()));
                Ok(connection)
            })
            .await
            .expect("a WebSocket");
            assert!(server.next().await.is_none());
        });
        let (mut client, _) =
            connect_over(near, &request(), Config::client()).await.expect("a WebSocket");
        assert_eq!(client.next().await.expect("open").expect("a message"), "welcome".into());
        client.close(CloseCode::NORMAL, "").await.expect("closed");
        serving.await.expect("no panic");
    });
}

#[test]
fn headers_go_both_ways() {
    run_paused(async {
        let (near, far) = duplex(1000);
        let serving = tokio::spawn(async move {
            let mut cookie = Vec::new();
            let acceptance = Acceptance::new().header("X-Served-By", "seven").expect("a header");
            accept_with(far, Config::server(), async |request| {
                // What the application asks its database.
                tokio::time::sleep(ms(3_600_000)).await;
                cookie = request.header("cookie").unwrap_or_default().to_vec();
                request.accept(&acceptance)
            })
            .await
            .expect("a WebSocket");
            cookie
        });
        let request = request().header("Cookie", "id=42").expect("a header");
        let mut config = Config::client();
        config.timeouts.handshake = None;
        let (_, response) = connect_over(near, &request, config).await.expect("a WebSocket");
        assert_eq!(response.header("x-served-by"), Some(&b"seven"[..]));
        assert_eq!(serving.await.expect("no panic"), b"id=42");
    });
}

#[test]
fn a_page_and_a_websocket_live_on_one_port() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = tokio::spawn(async move {
            let page = Response::new(200).expect("a status").body("<!doctype html>hello");
            let mut outcomes = Vec::new();
            for _ in 0..2 {
                let (stream, _) = listener.accept().await.expect("a client");
                let accepted = accept_with(stream, Config::server(), async |request| {
                    if request.is_upgrade() {
                        request.accept(&Acceptance::new())
                    } else {
                        Err(request.reject(&page))
                    }
                })
                .await;
                outcomes.push(match accepted {
                    Ok(mut websocket) => {
                        let message = websocket.next().await.expect("open").expect("a message");
                        websocket.send(message).await.expect("sent");
                        Ok(websocket.next().await.is_none())
                    }
                    Err(error) => Err(error),
                });
            }
            outcomes
        });

        let mut browser = TcpStream::connect(address).await.expect("a connection");
        write(&mut browser, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        let response = String::from_utf8(read_to_end(&mut browser).await).expect("text");
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
        assert!(response.ends_with("\r\n\r\n<!doctype html>hello"), "{response}");
        drop(browser);

        let stream = TcpStream::connect(address).await.expect("a connection");
        let uri = Uri::parse(&format!("ws://{address}/")).expect("a URI");
        let request = ClientRequest::new(uri);
        let (mut client, _) =
            connect_over(stream, &request, Config::client()).await.expect("a WebSocket");
        client.send("hello").await.expect("sent");
        assert_eq!(client.next().await.expect("open").expect("a message"), "hello".into());
        client.close(CloseCode::NORMAL, "").await.expect("closed");
        drop(client);

        let outcomes = serving.await.expect("no panic");
        assert!(matches!(outcomes[0], Err(Error::Rejected { status: 200, reason: None })));
        assert!(matches!(outcomes[1], Ok(true)));
    });
}

/// More than the pipe holds: a client that does not listen before it has sent everything is answered as well.
#[test]
fn what_is_sent_behind_a_request_that_is_rejected_is_discarded() {
    run_paused(async {
        let (mut near, far) = duplex(100);
        let serving = tokio::spawn(async move {
            let response = Response::new(413).expect("a status");
            accept_with(far, Config::server(), async |request| Err(request.reject(&response))).await
        });
        write(&mut near, b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n\r\n")
            .await;
        write(&mut near, &[b'x'; 10_000]).await;
        let response = String::from_utf8(read_to_end(&mut near).await).expect("text");
        assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
        assert!(!serving.is_finished(), "it waits for the client's end");
        drop(near);
        let accepted = serving.await.expect("no panic");
        assert!(matches!(accepted, Err(Error::Rejected { status: 413, reason: None })));
    });
}

/// Over a pipe that takes it in small parts.
#[test]
fn a_refusal_is_told_with_headers_and_body() {
    run_paused(async {
        let (near, far) = duplex(10);
        let serving = tokio::spawn(async move {
            let response = Response::new(302).expect("a status");
            let response = response.header("Location", "/elsewhere").expect("a header");
            let response = response.body("moved".repeat(100));
            accept_with(far, Config::server(), async |request| Err(request.reject(&response))).await
        });
        match connect_over(near, &request(), Config::client()).await {
            Err(Error::Refused(refused)) => {
                assert_eq!(refused.status, 302);
                assert_eq!(refused.header("location"), Some(&b"/elsewhere"[..]));
                assert_eq!(refused.body, "moved".repeat(100).into_bytes());
            }
            other => panic!("{other:?}"),
        }
        let accepted = serving.await.expect("no panic");
        assert!(matches!(accepted, Err(Error::Rejected { status: 302, reason: None })));
    });
}

/// One whose body never ends is cut off.
#[test]
fn an_endless_refusal_ends() {
    run_paused(async {
        let (near, mut peer) = duplex(1000);
        let serving = tokio::spawn(async move {
            write(&mut peer, b"HTTP/1.1 500 Internal Server Error\r\n\r\n").await;
            while peer.write_all(&[b'x'; 1000]).await.is_ok() {}
        });
        match connect_over(near, &request(), Config::client()).await {
            Err(Error::Refused(refused)) => {
                assert_eq!((refused.status, refused.body.len()), (500, 4 << 10));
            }
            other => panic!("{other:?}"),
        }
        serving.await.expect("no panic");
    });
}

#[test]
fn a_foreign_origin_is_refused_by_policy() {
    run_paused(async {
        let (near, far) = duplex(1000);
        let serving = tokio::spawn(async move {
            let policy = OriginPolicy::list(["https://example.com"]).expect("an origin");
            let acceptance = Acceptance::new().origin(policy);
            accept_with(far, Config::server(), async |request| request.accept(&acceptance)).await
        });
        let request = request().origin("https://evil.example").expect("an origin");
        let refused = connect_over(near, &request, Config::client()).await;
        assert!(matches!(refused, Err(Error::Refused(refused)) if refused.status == 403));
        let accepted = serving.await.expect("no panic");
        let reason = Some(HandshakeError::OriginRefused);
        assert!(matches!(accepted, Err(Error::Rejected { status: 403, reason: r }) if r == reason));
    });
}

#[test]
fn a_malformed_request_is_answered_before_the_error_is_returned() {
    run_paused(async {
        let (near, mut peer) = duplex(100);
        let serving = tokio::spawn(accept(near));
        write(&mut peer, b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n").await;
        write(&mut peer, b"and more that nobody reads").await;
        let response = String::from_utf8(read_to_end(&mut peer).await).expect("text");
        assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
        drop(peer);
        let accepted = serving.await.expect("no panic");
        assert!(
            matches!(accepted, Err(Error::Handshake(HandshakeError::Malformed))),
            "{accepted:?}"
        );
    });
}

/// Nothing of it is lost to a reset, although it never reads what is sent behind.
#[test]
fn a_malformed_request_is_answered_over_a_socket() {
    run(async {
        let (server, mut peer) = tcp_streams().await;
        let serving = tokio::spawn(accept(server));
        let junk = vec![b'x'; 100_000];
        write(&mut peer, &[&b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n"[..], &junk].concat()).await;
        peer.shutdown().await.expect("shut down");
        let response = String::from_utf8(read_to_end(&mut peer).await).expect("text");
        assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
        assert!(serving.await.expect("no panic").is_err());
    });
}

#[test]
fn the_end_of_the_peer_ends_the_handshake() {
    run_paused(async {
        let (near, far) = duplex(100);
        drop(far);
        let accepted = accept(near).await;
        assert!(matches!(accepted, Err(Error::Handshake(HandshakeError::ConnectionEnded))));
        let (near, mut far) = duplex(1000);
        far.shutdown().await.expect("shut down");
        let connected = connect_over(near, &request(), Config::client()).await;
        assert!(matches!(connected, Err(Error::Handshake(HandshakeError::ConnectionEnded))));
        assert!(far.read_u8().await.is_ok(), "it had asked");
    });
}

#[test]
fn an_error_of_the_transport_is_told_as_such() {
    run_paused(async {
        let (transport, far) = wire();
        far.fail_reads(std::io::ErrorKind::ConnectionReset);
        assert!(matches!(accept(transport).await, Err(Error::Io(_))));
        let (transport, far) = wire();
        far.fail_writes(std::io::ErrorKind::BrokenPipe);
        far.end();
        let connected = connect_over(transport, &request(), Config::client()).await;
        assert!(matches!(connected, Err(Error::Io(_))), "{connected:?}");
    });
}

/// A handshake that is given up takes the transport along.
#[test]
fn a_dropped_handshake_ends_the_transport() {
    run_paused(async {
        let (near, mut peer) = duplex(1000);
        assert!(tokio::time::timeout(ms(100), accept(near)).await.is_err());
        assert_eq!(read_to_end(&mut peer).await, b"");
        let (near, mut peer) = duplex(1000);
        let request = request();
        let connecting = connect_over(near, &request, Config::client());
        assert!(tokio::time::timeout(ms(100), connecting).await.is_err());
        assert!(read_to_end(&mut peer).await.starts_with(b"GET / HTTP/1.1\r\n"));
    });
}

/// One that takes no answer keeps nobody for ever.
#[test]
fn a_client_that_does_not_take_the_answer_is_left() {
    run_paused(async {
        let (transport, far) = wire();
        far.set_room(10);
        far.give(REQUEST);
        let accepted = accept(transport).await;
        assert!(matches!(accepted, Err(Error::Timeout(_))), "{accepted:?}");
    });
}
