//! Tasks 2, 5, 6.

use std::future::Future;

use futures_util::StreamExt;
use migration::{accept, handshake, limits};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::CloseStatus;
use websocket_proto::adapter::tokio::Message;

use crate::support::*;

/// Three clients of ours: each is welcomed, and the closing handshake is completed.
async fn check_accept<F>(serve: impl FnOnce(TcpListener) -> F)
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    bounded(async {
        let (listener, uri) = listen().await;
        let server = tokio::spawn(serve(listener));
        for _ in 0..3 {
            let mut client = client(&uri).await;
            let welcome = client.next().await.unwrap().unwrap();
            assert_eq!(welcome, Message::Text("welcome".into()));
            assert!(client.next().await.is_none());
            let end = client.close_information().unwrap();
            assert_eq!((end.received.as_u16(), end.clean), (1000, true));
        }
        server.abort();
    })
    .await;
}

#[tokio::test]
async fn accept_by_all() {
    check_accept(accept::websocket_proto::serve).await;
    check_accept(accept::tokio_tungstenite::serve).await;
    check_accept(accept::fastwebsockets::serve).await;
    check_accept(accept::tokio_websockets::serve).await;
}

type Asked = Result<(Option<String>, Option<String>), Error>;

/// Each crate's client and server.
async fn asks(client: impl Future<Output = Asked>) -> (Option<String>, Option<String>) {
    bounded(client).await.unwrap()
}

#[tokio::test]
async fn handshakes_of_all_with_our_server() {
    let agreed = (Some("chat".to_owned()), Some("7".to_owned()));
    let (listener, uri) = listen().await;
    let server = tokio::spawn(async move {
        for _ in 0..4 {
            let (stream, _) = listener.accept().await.unwrap();
            // The client is satisfied by the handshake.
            drop(handshake::websocket_proto::answer(stream).await.unwrap());
        }
    });
    assert_eq!(asks(handshake::websocket_proto::ask(&uri)).await, agreed);
    assert_eq!(asks(handshake::fastwebsockets::ask(&uri)).await, agreed);
    let asked = async { Ok(handshake::tokio_tungstenite::ask(&uri).await?) };
    assert_eq!(asks(asked).await, agreed);
    let asked = async { Ok(handshake::tokio_websockets::ask(uri.parse()?).await?) };
    assert_eq!(asks(asked).await, agreed);
    server.await.unwrap();
}

#[tokio::test]
async fn handshakes_of_our_client_with_all() {
    let agreed = (Some("chat".to_owned()), Some("7".to_owned()));
    let (listener, uri) = listen().await;
    let server = tokio::spawn(async move {
        let stream = listener.accept().await.unwrap().0;
        let _ = handshake::tokio_tungstenite::answer(stream).await.unwrap();
        let stream = listener.accept().await.unwrap().0;
        let _ = handshake::tokio_websockets::answer(stream).await.unwrap();
        let upgraded = upgraded_by(listener, handshake::fastwebsockets::answer).await;
        let _ = upgraded.unwrap().await.unwrap();
    });
    for _ in 0..3 {
        assert_eq!(asks(handshake::websocket_proto::ask(&uri)).await, agreed);
    }
    server.await.unwrap();
}

/// Without the header: who can, refuses.
#[tokio::test]
async fn handshakes_without_credentials() {
    async fn status(server: impl Future<Output = ()> + Send + 'static, uri: &str) -> String {
        let server = tokio::spawn(server);
        let stream = uri.trim_start_matches("ws://").trim_end_matches('/').to_owned();
        let mut stream = TcpStream::connect(stream).await.unwrap();
        stream
            .write_all(
                b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            )
            .await
            .unwrap();
        let head = read_head(&mut stream).await;
        drop(stream);
        server.await.unwrap();
        head.split(' ').nth(1).unwrap().to_owned()
    }
    bounded(async {
        let (listener, uri) = listen().await;
        let server = async move {
            let stream = listener.accept().await.unwrap().0;
            assert!(handshake::websocket_proto::answer(stream).await.is_err());
        };
        assert_eq!(status(server, &uri).await, "401");
        let (listener, uri) = listen().await;
        let server = async move {
            let stream = listener.accept().await.unwrap().0;
            assert!(handshake::tokio_tungstenite::answer(stream).await.is_err());
        };
        assert_eq!(status(server, &uri).await, "401");
        let (listener, uri) = listen().await;
        let server = async move {
            assert!(upgraded_by(listener, handshake::fastwebsockets::answer).await.is_none());
        };
        assert_eq!(status(server, &uri).await, "401");
        let (listener, uri) = listen().await;
        let server = async move {
            let stream = listener.accept().await.unwrap().0;
            assert!(handshake::tokio_websockets::answer(stream).await.is_ok(), "as the guide says");
        };
        assert_eq!(status(server, &uri).await, "101");
    })
    .await;
}

/// A message that is too large, in one frame.
fn one_frame() -> Vec<u8> {
    masked(0x82, &[7; 65_537])
}

/// In fragments, each of which is not.
fn fragments() -> Vec<u8> {
    [masked(0x02, &[7; 65_536]), masked(0x80, b"!")].concat()
}

/// Sends a message at the limit and then these bytes; returns what the server has to say, the frames as they are.
async fn beyond_the_limit<F>(bytes: Vec<u8>, serve: impl FnOnce(TcpListener) -> F) -> Vec<u8>
where
    F: Future<Output = ()> + Send + 'static,
{
    bounded(async {
        let (listener, uri) = listen().await;
        let server = tokio::spawn(serve(listener));
        let mut client = raw_client(&uri).await;
        client.write_all(&masked(0x82, &[7; 65_536])).await.unwrap();
        client.write_all(&bytes).await.unwrap();
        let said = read_to_end(&mut client).await;
        drop(client);
        server.await.unwrap();
        said
    })
    .await
}

#[tokio::test]
async fn limits_of_ours() {
    for bytes in [one_frame(), fragments()] {
        let said = beyond_the_limit(bytes, async |listener| {
            let stream = listener.accept().await.unwrap().0;
            let mut websocket = limits::websocket_proto::accept_small(stream).await.unwrap();
            assert_eq!(websocket.next().await.unwrap().unwrap().as_bytes().len(), 65_536);
            assert!(websocket.next().await.unwrap().is_err());
            let sent = websocket.close_information().unwrap().sent;
            assert_eq!(sent.map(CloseStatus::as_u16), Some(1009));
        })
        .await;
        assert_eq!(said, b"\x88\x02\x03\xF1");
    }
}

#[tokio::test]
async fn limits_of_tokio_tungstenite() {
    for bytes in [one_frame(), fragments()] {
        let said = beyond_the_limit(bytes, async |listener| {
            let stream = listener.accept().await.unwrap().0;
            let mut websocket = limits::tokio_tungstenite::accept_small(stream).await.unwrap();
            assert_eq!(websocket.next().await.unwrap().unwrap().len(), 65_536);
            assert!(websocket.next().await.unwrap().is_err());
        })
        .await;
        assert_eq!(said, b"", "as the guide says");
    }
}

#[tokio::test]
async fn limits_of_fastwebsockets() {
    for (bytes, fragmented) in [(one_frame(), false), (fragments(), true)] {
        let said = beyond_the_limit(bytes, async move |listener| {
            let upgraded = upgraded(listener).await;
            let mut websocket = limits::fastwebsockets::accept_small(upgraded).await.unwrap();
            assert_eq!(websocket.read_frame().await.unwrap().payload.len(), 65_536);
            let beyond = websocket.read_frame().await.map(|frame| frame.payload.len());
            assert_eq!(beyond.ok(), fragmented.then_some(65_537), "as the guide says");
        })
        .await;
        assert_eq!(said, b"", "as the guide says");
    }
}

#[tokio::test]
async fn limits_of_tokio_websockets() {
    for (bytes, told) in [(one_frame(), true), (fragments(), false)] {
        let said = beyond_the_limit(bytes, async move |listener| {
            let stream = listener.accept().await.unwrap().0;
            let mut websocket = limits::tokio_websockets::accept_small(stream).await.unwrap();
            assert_eq!(websocket.next().await.unwrap().unwrap().as_payload().len(), 65_536);
            assert!(websocket.next().await.unwrap().is_err());
            if told {
                assert!(websocket.next().await.is_none());
            }
        })
        .await;
        assert_eq!(said.starts_with(b"\x88"), told, "as the guide says");
    }
}
