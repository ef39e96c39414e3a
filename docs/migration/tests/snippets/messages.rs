//! Tasks 1, 3, 4, 10.

use std::future::Future;

use migration::{broadcast, connect, echo, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use websocket_proto::CloseCode;
use websocket_proto::adapter::tokio::{Message, accept};

use crate::support::*;

/// One connection to an echo server of ours.
async fn with_echo<T>(test: impl AsyncFnOnce(String) -> T) -> T {
    let (listener, uri) = listen().await;
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // How it ends is up to the snippet.
        let _ = echo::websocket_proto::echo(accept(stream).await.unwrap()).await;
    });
    let result = test(uri).await;
    server.await.unwrap();
    result
}

#[tokio::test]
async fn connect_by_ours() {
    let answer = bounded(with_echo(async |uri| connect::websocket_proto::greet(&uri).await));
    assert_eq!(answer.await.unwrap(), Some(Message::Text("hello".into())));
}

#[tokio::test]
async fn connect_by_tokio_tungstenite() {
    let answer = bounded(with_echo(async |uri| connect::tokio_tungstenite::greet(&uri).await));
    assert_eq!(answer.await.unwrap().unwrap().to_text().unwrap(), "hello");
}

#[tokio::test]
async fn connect_by_fastwebsockets() {
    let answer = bounded(with_echo(async |uri| connect::fastwebsockets::greet(&uri).await));
    assert_eq!(*answer.await.unwrap().payload, *b"hello");
}

#[tokio::test]
async fn connect_by_tokio_websockets() {
    let answer =
        with_echo(async |uri| connect::tokio_websockets::greet(uri.parse().unwrap()).await);
    assert_eq!(bounded(answer).await.unwrap().unwrap().as_text(), Some("hello"));
}

/// A client of ours against the echo of each crate.
async fn check_echo<F>(serve: impl FnOnce(TcpListener) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    bounded(async {
        let (listener, uri) = listen().await;
        let server = tokio::spawn(serve(listener));
        let mut client = client(&uri).await;
        for size in [0, 1, 125, 126, 70_000] {
            let message = Message::Binary(vec![7; size].into());
            client.send(message.clone()).await.unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), message);
        }
        client.send("café").await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), Message::Text("café".into()));
        assert!(client.close(CloseCode::NORMAL, "").await.unwrap().clean);
        server.await.unwrap();
    })
    .await;
}

async fn stream(listener: TcpListener) -> TcpStream {
    listener.accept().await.unwrap().0
}

#[tokio::test]
async fn echo_by_ours() {
    check_echo(async |listener| {
        let websocket = accept(stream(listener).await).await.unwrap();
        echo::websocket_proto::echo(websocket).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn echo_by_tokio_tungstenite() {
    check_echo(async |listener| {
        let accepted = tokio_tungstenite::accept_async(stream(listener).await).await;
        echo::tokio_tungstenite::echo(accepted.unwrap()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn echo_by_fastwebsockets() {
    check_echo(async |listener| {
        let websocket = upgraded(listener).await.await.unwrap();
        echo::fastwebsockets::echo(websocket).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn echo_by_tokio_websockets() {
    check_echo(async |listener| {
        let builder = tokio_websockets::ServerBuilder::new();
        let (_, websocket) = builder.accept(stream(listener).await).await.unwrap();
        echo::tokio_websockets::echo(websocket).await.unwrap();
    })
    .await;
}

/// A client of ours that sends and receives; the server is closed by its application.
async fn check_split<F>(
    serve: impl FnOnce(TcpListener, mpsc::Receiver<String>, mpsc::Sender<String>) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    bounded(async {
        let (listener, uri) = listen().await;
        let (outgoing, to_send) = mpsc::channel(4);
        let (received, mut incoming) = mpsc::channel(4);
        let server = tokio::spawn(serve(listener, to_send, received));
        let mut client = client(&uri).await;
        client.ping(b"?").await.unwrap();
        for number in 0..10 {
            client.send(format!("to the server {number}")).await.unwrap();
            outgoing.send(format!("to the client {number}")).await.unwrap();
        }
        drop(outgoing);
        for number in 0..10 {
            let text = Message::from(format!("to the client {number}"));
            assert_eq!(client.next().await.unwrap().unwrap(), text);
            assert_eq!(incoming.recv().await.unwrap(), format!("to the server {number}"));
        }
        assert!(client.next().await.is_none());
        assert!(client.close_information().unwrap().clean);
        server.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn split_by_ours() {
    check_split(async |listener, outgoing, incoming| {
        let websocket = accept(stream(listener).await).await.unwrap();
        split::websocket_proto::exchange(websocket, outgoing, incoming).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn split_by_tokio_tungstenite() {
    check_split(async |listener, outgoing, incoming| {
        let websocket = tokio_tungstenite::accept_async(stream(listener).await).await.unwrap();
        split::tokio_tungstenite::exchange(websocket, outgoing, incoming).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn split_by_fastwebsockets() {
    check_split(async |listener, outgoing, incoming| {
        let websocket = upgraded(listener).await.await.unwrap();
        split::fastwebsockets::exchange(websocket, outgoing, incoming).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn split_by_tokio_websockets() {
    check_split(async |listener, outgoing, incoming| {
        let builder = tokio_websockets::ServerBuilder::new();
        let (_, websocket) = builder.accept(stream(listener).await).await.unwrap();
        split::tokio_websockets::exchange(websocket, outgoing, incoming).await.unwrap();
    })
    .await;
}

/// Two members of each crate, and what they get.
#[tokio::test]
async fn broadcast_by_all() {
    use websocket_proto::adapter::tokio::WebSocket;

    /// Both ends: a server's stream and a client of ours.
    async fn ends() -> (TcpStream, tokio::task::JoinHandle<WebSocket<TcpStream>>) {
        let (listener, uri) = listen().await;
        let client = tokio::spawn(async move { client(&uri).await });
        (listener.accept().await.unwrap().0, client)
    }
    const TEXT: &str = "news";
    let large = bytes::Bytes::from(vec![7; 100_000]);
    let mut clients = Vec::new();

    bounded(async {
        let mut members = Vec::new();
        for _ in 0..2 {
            let (stream, client) = ends().await;
            members.push(accept(stream).await.unwrap());
            clients.push(client.await.unwrap());
        }
        broadcast::websocket_proto::broadcast(&mut members, TEXT).await.unwrap();
        broadcast::websocket_proto::send_large(&mut members[0], large.clone()).await.unwrap();

        let mut members = Vec::new();
        for _ in 0..2 {
            let (stream, client) = ends().await;
            members.push(tokio_tungstenite::accept_async(stream).await.unwrap());
            clients.push(client.await.unwrap());
        }
        broadcast::tokio_tungstenite::broadcast(&mut members, TEXT).await.unwrap();
        broadcast::tokio_tungstenite::send_large(&mut members[0], large.clone()).await.unwrap();

        let mut members = Vec::new();
        for _ in 0..2 {
            let (listener, uri) = listen().await;
            let client = tokio::spawn(async move { client(&uri).await });
            members.push(upgraded(listener).await.await.unwrap());
            clients.push(client.await.unwrap());
        }
        broadcast::fastwebsockets::broadcast(&mut members, TEXT).await.unwrap();
        broadcast::fastwebsockets::send_large(&mut members[0], large.clone()).await.unwrap();

        let mut members = Vec::new();
        for _ in 0..2 {
            let (stream, client) = ends().await;
            let builder = tokio_websockets::ServerBuilder::new();
            members.push(builder.accept(stream).await.unwrap().1);
            clients.push(client.await.unwrap());
        }
        broadcast::tokio_websockets::broadcast(&mut members, TEXT).await.unwrap();
        broadcast::tokio_websockets::send_large(&mut members[0], large.clone()).await.unwrap();

        for (index, client) in clients.iter_mut().enumerate() {
            assert_eq!(client.next().await.unwrap().unwrap(), Message::Text(TEXT.into()));
            if index % 2 == 0 {
                assert_eq!(client.next().await.unwrap().unwrap(), Message::Binary(large.clone()));
            }
        }
    })
    .await;
}

/// What the guide says of `select!`: a future that is dropped in the middle of a frame.
#[tokio::test]
async fn futures_that_are_dropped() {
    use std::time::Duration;
    use tokio::io::AsyncWriteExt;
    use tokio::time::timeout;

    const BRIEFLY: Duration = Duration::from_millis(50);
    let frame = masked(0x82, &[7; 300]);
    bounded(async {
        let (listener, uri) = listen().await;
        let server = tokio::spawn(async move { accept(stream(listener).await).await });
        let mut client = raw_client(&uri).await;
        let mut websocket = server.await.unwrap().unwrap();
        client.write_all(&frame[..2]).await.unwrap();
        assert!(timeout(BRIEFLY, websocket.next()).await.is_err());
        client.write_all(&frame[2..]).await.unwrap();
        let message = Message::Binary(vec![7; 300].into());
        assert_eq!(websocket.next().await.unwrap().unwrap(), message);

        let (listener, uri) = listen().await;
        let server = tokio::spawn(upgraded(listener));
        let mut client = raw_client(&uri).await;
        let mut websocket = server.await.unwrap().await.unwrap();
        client.write_all(&frame[..2]).await.unwrap();
        assert!(timeout(BRIEFLY, websocket.read_frame()).await.is_err());
        client.write_all(&frame[2..]).await.unwrap();
        let read = timeout(BRIEFLY, websocket.read_frame()).await;
        let is_right = read.is_ok_and(|read| read.is_ok_and(|frame| frame.payload.len() == 300));
        assert!(!is_right, "as the guide says");
    })
    .await;
}
