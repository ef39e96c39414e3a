//! RFC 8446 §6.1  `close_notify`, and an end without it: nobody in between can make a cut pass for an end.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use tls::Authority;
use websocket_proto::adapter::Error;
use websocket_proto::adapter::blocking::{self, TlsStream, accept};
use websocket_proto::adapter::rustls::pki_types::ServerName;
use websocket_proto::adapter::rustls::{
    ClientConnection, ServerConfig, ServerConnection, StreamOwned,
};
use websocket_proto::handshake::Response;
use websocket_proto::{CloseCode, ExpiredDeadline};

use crate::support::*;

/// Has the server end the TCP connection, without a word from TLS, when it has heard the client and written this.
fn cut_behind(bytes: &'static [u8], config: &Arc<ServerConfig>) -> Peer<Vec<()>> {
    let config = config.clone();
    peer(1, move |stream| {
        let mut websocket = accept(tls(&config, stream)).expect("accept");
        assert!(websocket.read().expect("read").is_some());
        let mut stream = websocket.into_transport();
        stream.write_all(bytes).and_then(|()| stream.flush()).expect("write");
        stream.socket().shutdown(Shutdown::Write).expect("shut down");
        // Until the client has gone, too: with a Close, or not.
        let _: std::io::Result<usize> = stream.read_to_end(&mut Vec::new());
    })
}

#[test]
fn a_cut_is_no_end() {
    let (authority, config) = trusted();
    // Nothing; half a message; a whole message of several fragments without the last one.
    for bytes in [&b""[..], b"\x81\x05he", b"\x01\x05hello\x00\x01!"] {
        each(|dial| {
            let server = cut_behind(bytes, &config);
            let connected = dial(&server.uri("localhost"), &options(&authority));
            assert!(matches!(connected, Err(Error::ConnectionLost)), "{connected:?}");
            server.join();
        });
    }
}

#[test]
fn behind_a_close_a_cut_does_no_harm() {
    let (authority, config) = trusted();
    each(|dial| {
        let server = cut_behind(b"\x81\x02yo\x88\x02\x03\xE8", &config);
        assert_eq!(dial(&server.uri("localhost"), &options(&authority)).expect("connect"), "yo");
        server.join();
    });
}

#[test]
fn a_client_says_close_notify() {
    let (authority, config) = trusted();
    each(|dial| {
        let config = config.clone();
        let server = peer(1, move |stream| {
            let session = ServerConnection::new(config.clone()).expect("a session");
            // rustls's own stream insists on `close_notify`.
            let mut websocket =
                accept(blocking::Plain(StreamOwned::new(session, stream))).expect("accept");
            let message = websocket.read().expect("read").expect("a message");
            websocket.send(message).expect("send");
            assert_eq!(websocket.read().expect("read"), None);
            let mut stream = websocket.into_transport().0;
            stream.conn.send_close_notify();
            stream.flush().expect("flush");
            stream.read_to_end(&mut Vec::new()).expect("close_notify");
        });
        dial(&server.uri("localhost"), &options(&authority)).expect("connect");
        server.join();
    });
}

/// A client whose stream insists on `close_notify`, behind the opening handshake.
fn strict_client(authority: &Authority, port: u16) -> StreamOwned<ClientConnection, TcpStream> {
    let name = ServerName::try_from("localhost").expect("a name");
    let session = ClientConnection::new(authority.client().expect("a client"), name);
    let tcp = TcpStream::connect(("127.0.0.1", port)).expect("connect");
    tcp.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let mut stream = StreamOwned::new(session.expect("a session"), tcp);
    let request =
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    stream.write_all(request).expect("write");
    stream
}

#[test]
fn a_server_says_close_notify() {
    let (authority, config) = trusted();
    let server = echo_server(1, config);
    let mut client = strict_client(&authority, server.port);
    client.write_all(b"\x88\x82\0\0\0\0\x03\xE8").expect("write");
    let mut received = Vec::new();
    client.read_to_end(&mut received).expect("close_notify");
    assert!(received.ends_with(b"\r\n\r\n\x88\x02\x03\xE8"));
    drop(client);
    assert!(matches!(server.join()[..], [Ok(true)]));
}

#[test]
fn a_rejection_ends_with_close_notify() {
    let (authority, config) = trusted();
    let server = peer(1, move |stream| {
        let page = Response::new(200).expect("a status").body("hello");
        blocking::accept_with(tls(&config, stream), server_config(), |request| {
            Err(request.reject(&page))
        })
        .map(drop)
    });
    let mut client = strict_client(&authority, server.port);
    let mut received = Vec::new();
    client.read_to_end(&mut received).expect("close_notify");
    assert!(received.ends_with(b"\r\n\r\nhello"));
    drop(client);
    assert!(matches!(server.join()[..], [Err(Error::Rejected { status: 200, .. })]));
}

/// What a server of the tokio adapter makes of a client that writes this and ends without a word from TLS.
fn tokio_server_cut_behind(bytes: &[u8]) -> Result<(), Error> {
    let (authority, config) = trusted();
    let (tell, told) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        run(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
            tell.send(listener.local_addr().expect("address").port()).expect("somebody waits");
            let (stream, _) = listener.accept().await.expect("accept");
            let stream = tokio_rustls::TlsAcceptor::from(config).accept(stream).await;
            let accepted = websocket_proto::adapter::tokio::accept(stream.expect("TLS")).await;
            let mut websocket = accepted.expect("accept");
            websocket.next().await.map_or(Ok(()), |message| message.map(drop))
        })
    });
    let mut client = strict_client(&authority, told.recv().expect("a port"));
    client.write_all(bytes).and_then(|()| client.flush()).expect("write");
    client.sock.shutdown(Shutdown::Write).expect("shut down");
    let end = server.join().expect("no panic");
    drop(client);
    end
}

#[test]
fn a_cut_is_no_end_for_a_server_of_tokio() {
    let cut = tokio_server_cut_behind(b"\x81\x85\0\0\0\0hell");
    match cut {
        Err(Error::Io(error)) => assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof),
        other => panic!("{other:?}"),
    }
    let closed = tokio_server_cut_behind(b"\x88\x82\0\0\0\0\x03\xE8");
    assert!(closed.is_ok(), "{closed:?}");
}

#[test]
fn a_stream_of_rustls_is_taken_over() {
    let (authority, config) = trusted();
    each(|dial| {
        let config = config.clone();
        let server = peer(1, move |stream| {
            let session = ServerConnection::new(config.clone()).expect("a session");
            let stream = TlsStream::from(StreamOwned::new(session, stream));
            let mut websocket = accept(stream).expect("accept");
            let message = websocket.read().expect("read").expect("a message");
            websocket.send(message).expect("send");
            assert_eq!(websocket.read().expect("read"), None);
        });
        assert_eq!(dial(&server.uri("localhost"), &options(&authority)).expect("connect"), "hello");
        server.join();
    });
}

#[test]
fn deadlines_are_kept_over_tls() {
    let (authority, config) = trusted();
    let server = peer(1, move |stream| {
        let mut settings = server_config();
        settings.timeouts.idle = Some(Duration::from_millis(30));
        settings.timeouts.close = Some(Duration::from_millis(30));
        let accepted = blocking::accept_with(tls(&config, stream), settings, |request| {
            request.accept(&websocket_proto::handshake::Acceptance::new())
        });
        let mut websocket = accepted.expect("accept");
        let end = websocket.read();
        assert!(matches!(end, Err(Error::Timeout(ExpiredDeadline::Idle))), "{end:?}");
    });
    let mut client = strict_client(&authority, server.port);
    let mut received = Vec::new();
    client.read_to_end(&mut received).expect("close_notify");
    let close = received.windows(4).any(|bytes| matches!(bytes, [0x88, _, 0x03, 0xE9]));
    assert!(close, "1001");
    server.join();
}

#[test]
fn a_peer_that_takes_nothing_is_left() {
    let (authority, config) = trusted();
    let server = peer(1, move |stream| {
        let mut settings = server_config();
        settings.timeouts.write_stall = Some(Duration::from_millis(50));
        let accepted = blocking::accept_with(tls(&config, stream), settings, |request| {
            request.accept(&websocket_proto::handshake::Acceptance::new())
        });
        let mut websocket = accepted.expect("accept");
        let result = websocket.send(vec![0; 64 << 20]);
        assert!(matches!(result, Err(Error::Timeout(ExpiredDeadline::WriteStall))), "{result:?}");
        let closed = websocket.close(CloseCode::NORMAL, "").expect("close");
        assert_eq!(closed.deadline, Some(ExpiredDeadline::WriteStall));
    });
    let client = strict_client(&authority, server.port);
    server.join();
    drop(client);
}
