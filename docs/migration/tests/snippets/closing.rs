//! Tasks 7, 8.

use std::future::Future;
use std::time::Duration;

use migration::{close, keepalive};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::CloseCode;
use websocket_proto::adapter::tokio::{Error, accept};
use websocket_proto::{Event, ExpiredDeadline};

use crate::support::*;

const EVERY: Duration = Duration::from_millis(100);

/// A peer that answers its Pings stays; one that is silent is left, after a Ping.
async fn check_keepalive<F>(watch: impl Fn(TcpListener) -> F)
where
    F: Future<Output = bool> + Send + 'static,
{
    bounded(async {
        let (listener, uri) = listen().await;
        let server = tokio::spawn(watch(listener));
        let mut client = client(&uri).await;
        let mut pings = 0;
        while pings < 5 {
            let mut batch = client.next_batch().await.unwrap().expect("not left");
            while let Some(event) = batch.next_event() {
                pings += usize::from(matches!(event, Event::Ping(_)));
            }
        }
        client.close(CloseCode::NORMAL, "").await.unwrap();
        drop(client);
        assert!(!server.await.unwrap(), "ended in order");

        let (listener, uri) = listen().await;
        let server = tokio::spawn(watch(listener));
        let mut client = raw_client(&uri).await;
        assert_eq!(client.read_u8().await.unwrap(), 0x89);
        assert!(server.await.unwrap(), "noticed");
    })
    .await;
}

async fn stream(listener: TcpListener) -> TcpStream {
    listener.accept().await.unwrap().0
}

#[tokio::test]
async fn keepalive_of_ours() {
    check_keepalive(async |listener| {
        let end =
            keepalive::websocket_proto::watch(stream(listener).await, EVERY, EVERY * 10).await;
        matches!(end, Err(Error::Timeout(ExpiredDeadline::Pong)))
    })
    .await;
}

#[tokio::test]
async fn keepalive_of_tokio_tungstenite() {
    use tokio_tungstenite::tungstenite::Error;
    check_keepalive(async |listener| {
        let stream = stream(listener).await;
        let end = keepalive::tokio_tungstenite::watch(stream, EVERY, EVERY * 10).await;
        matches!(end, Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::TimedOut)
    })
    .await;
}

#[tokio::test]
async fn keepalive_of_fastwebsockets() {
    use fastwebsockets::WebSocketError;
    check_keepalive(async |listener| {
        let upgraded = upgraded(listener).await;
        let end = keepalive::fastwebsockets::watch(upgraded, EVERY, EVERY * 10).await;
        matches!(end, Err(WebSocketError::IoError(error)) if error.kind() == std::io::ErrorKind::TimedOut)
    })
    .await;
}

#[tokio::test]
async fn keepalive_of_tokio_websockets() {
    use tokio_websockets::Error;
    check_keepalive(async |listener| {
        let stream = stream(listener).await;
        let end = keepalive::tokio_websockets::watch(stream, EVERY, EVERY * 10).await;
        matches!(end, Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::TimedOut)
    })
    .await;
}

/// A client's closing, at a server of ours that answers.
async fn check_close<F>(client: impl FnOnce(String) -> F)
where
    F: Future<Output = (u16, String, bool)>,
{
    bounded(async {
        let (listener, uri) = listen().await;
        let server = tokio::spawn(async move {
            let mut websocket = accept(stream(listener).await).await.unwrap();
            // On its way when the client closes: to be skipped.
            websocket.send("late").await.unwrap();
            assert!(websocket.next().await.is_none());
            let end = websocket.close_information().unwrap();
            (end.received.as_u16(), end.reason.to_owned(), end.clean)
        });
        assert_eq!(client(uri).await, (1000, String::new(), true));
        assert_eq!(server.await.unwrap(), (1000, "done".to_owned(), true));
    })
    .await;
}

#[tokio::test]
async fn close_by_all() {
    check_close(async |uri| close::websocket_proto::finish(client(&uri).await).await.unwrap())
        .await;
    check_close(async |uri| {
        let (websocket, _) = tokio_tungstenite::connect_async(&uri).await.unwrap();
        close::tokio_tungstenite::finish(websocket).await.unwrap()
    })
    .await;
    check_close(async |uri: String| {
        let builder = tokio_websockets::ClientBuilder::from_uri(uri.parse().unwrap());
        let (websocket, _) = builder.connect().await.unwrap();
        close::tokio_websockets::finish(websocket).await.unwrap()
    })
    .await;
    check_close(async |uri: String| {
        let client = client(&uri).await.into_transport();
        let websocket =
            fastwebsockets::WebSocket::after_handshake(client, fastwebsockets::Role::Client);
        close::fastwebsockets::finish(websocket).await.unwrap()
    })
    .await;
}
