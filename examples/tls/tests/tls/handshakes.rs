//! RFC 8446 §2  Handshakes of TLS that come to nothing, and how far one has come.

use std::io::Read;
use std::time::Duration;

use tokio::io::AsyncWrite;
use websocket_proto::CloseCode;
use websocket_proto::adapter::Error;
use websocket_proto::adapter::blocking::{ClientStream, Transport, connect_with};
use websocket_proto::adapter::rustls::{Error as TlsError, ProtocolVersion};
use websocket_proto::handshake::HandshakeError;

use crate::support::*;

#[test]
fn a_server_that_says_nothing_times_out() {
    let (authority, _) = trusted();
    each(|dial| {
        let server = peer(1, |mut stream| {
            let mut hello = Vec::new();
            stream.read_to_end(&mut hello).expect("the end");
            hello
        });
        let options = within(Duration::from_millis(50)).tls(authority.client().expect("a client"));
        let connected = dial(&server.uri("localhost"), &options);
        let timeout = HandshakeError::Timeout;
        assert!(matches!(connected, Err(Error::Handshake(e)) if e == timeout), "{connected:?}");
        assert_eq!(server.join()[0][0], 22, "a record of the handshake, and no request");
    });
}

#[test]
fn a_server_that_hangs_up_is_told_apart() {
    let (authority, _) = trusted();
    each(|dial| {
        let server = peer(1, |mut stream| {
            // All of the first message, so that the end is no reset.
            let mut header = [0; 5];
            stream.read_exact(&mut header).expect("a record");
            let length = u16::from_be_bytes([header[3], header[4]]);
            stream.read_exact(&mut vec![0; usize::from(length)]).expect("a record");
        });
        let connected = dial(&server.uri("localhost"), &options(&authority));
        let ended = HandshakeError::ConnectionEnded;
        assert!(matches!(connected, Err(Error::Handshake(e)) if e == ended), "{connected:?}");
        server.join();
    });
}

#[test]
fn a_server_without_tls_is_told_apart() {
    let (authority, _) = trusted();
    each(|dial| {
        let server = peer(1, |mut stream| {
            std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .expect("write");
            let _: std::io::Result<usize> = stream.read_to_end(&mut Vec::new());
        });
        let connected = dial(&server.uri("localhost"), &options(&authority));
        assert!(
            matches!(&connected, Err(Error::Tls(error)) if matches!(**error, TlsError::InvalidMessage(_))),
            "{connected:?}"
        );
        server.join();
    });
}

#[test]
fn a_client_without_tls_is_hung_up_on() {
    let (authority, config) = trusted();
    each(|dial| {
        let server = echo_server(1, config.clone());
        let uri = server.uri("localhost").replace("wss:", "ws:");
        let connected = dial(&uri, &options(&authority));
        // What it gets is an alert, and no line of HTTP.
        assert!(
            matches!(connected, Err(Error::Handshake(HandshakeError::ConnectionEnded))),
            "{connected:?}"
        );
        assert!(matches!(
            &server.join()[..],
            [Err(Error::Tls(error))] if matches!(**error, TlsError::InvalidMessage(_))
        ));
    });
}

#[test]
fn a_session_can_be_looked_at() {
    let (authority, config) = trusted();
    let server = echo_server(1, config);
    let (websocket, _) =
        connect_with(server.uri("localhost"), &options(&authority)).expect("connect");
    let ClientStream::Tls(stream) = websocket.transport() else { panic!("no TLS") };
    let (version, certificates) = stream.with_session(|session| {
        (session.protocol_version(), session.peer_certificates().map(<[_]>::len))
    });
    assert_eq!((version, certificates), (Some(ProtocolVersion::TLSv1_3), Some(1)));
    assert_eq!(stream.socket().peer_addr().expect("an address").port(), server.port);
    drop(websocket);
    assert!(matches!(server.join()[..], [Err(Error::ConnectionLost)]));
}

#[test]
fn the_tcp_connection_of_a_client_can_be_had() {
    let (authority, config) = trusted();
    let server = echo_server(2, config);
    let (websocket, _) =
        connect_with(server.uri("localhost"), &options(&authority)).expect("connect");
    let stream = websocket.transport();
    assert_eq!(stream.tcp().peer_addr().expect("an address").port(), server.port);
    // What has come may have to be decrypted first.
    assert!(!Transport::reads_all(stream));
    drop(websocket);
    run(async {
        let options = options(&authority);
        let dialing =
            websocket_proto::adapter::tokio::connect_with(server.uri("localhost"), &options);
        let (mut websocket, _) = dialing.await.expect("connect");
        // What is given in runs need not be gathered.
        assert!(AsyncWrite::is_write_vectored(websocket.transport()));
        let tcp = websocket.transport().tcp();
        assert_eq!(tcp.peer_addr().expect("an address").port(), server.port);
        assert!(websocket.close(CloseCode::NORMAL, "").await.expect("close").clean);
    });
    assert!(matches!(server.join()[..], [Err(Error::ConnectionLost), Ok(true)]));
}

/// More than a record holds, and more than a session does.
#[test]
fn large_messages_are_sent_back() {
    let (authority, config) = trusted();
    let server = echo_server(2, config);
    let large = vec![0xA5; 200_000];
    let (mut websocket, _) =
        connect_with(server.uri("localhost"), &options(&authority)).expect("connect");
    websocket.send(large.clone()).expect("send");
    assert_eq!(websocket.read().expect("read"), Some(large.clone().into()));
    assert!(websocket.close(CloseCode::NORMAL, "").expect("close").clean);
    run(async {
        let options = options(&authority);
        let dialing =
            websocket_proto::adapter::tokio::connect_with(server.uri("localhost"), &options);
        let (mut websocket, _) = dialing.await.expect("connect");
        websocket.send(large.clone()).await.expect("send");
        assert_eq!(websocket.next().await.expect("open").expect("a message"), large.into());
        assert!(websocket.close(CloseCode::NORMAL, "").await.expect("close").clean);
    });
    assert!(matches!(server.join()[..], [Ok(true), Ok(true)]));
}
