//! What can be moved to another thread, and spawned.

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, duplex};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::adapter::tokio::{
    Batch, Error, Message, Reader, WebSocket, Writer, accept, accept_with, connect, connect_over,
};
use websocket_proto::handshake::{Acceptance, Response};
use websocket_proto::{CloseCode, Config, Event, Prepared, SendError};

use crate::support::*;

const fn shared_between_threads<T: Send + Sync + 'static>() {}

const _: () = {
    shared_between_threads::<WebSocket<TcpStream>>();
    shared_between_threads::<Reader<TcpStream>>();
    shared_between_threads::<Writer<TcpStream>>();
    shared_between_threads::<Batch<'static, TcpStream>>();
    shared_between_threads::<Message>();
    shared_between_threads::<Error>();
};

/// Takes what `tokio::spawn` takes.
fn spawnable<F: Future<Output: Send> + Send>(future: F) -> F {
    future
}

/// Over any transport that is `Send` (and not `Sync`).
async fn every_call<S: AsyncRead + AsyncWrite + Unpin + Send>(
    mut websocket: WebSocket<S>,
) -> Result<(), Error> {
    let news = Prepared::text("news");
    spawnable(websocket.feed("text")).await?;
    spawnable(websocket.feed(Bytes::from_static(b"data"))).await?;
    spawnable(websocket.send(String::from("text"))).await?;
    spawnable(websocket.send_text("text")).await?;
    spawnable(websocket.send_binary(b"data")).await?;
    spawnable(websocket.feed_text("text")).await?;
    spawnable(websocket.feed_binary(b"data")).await?;
    let unmasked = spawnable(websocket.send_with(|outgoing| outgoing.send_prepared(&news))).await;
    assert!(matches!(unmasked, Err(Error::Send(SendError::Unmasked))), "a client has to mask");
    spawnable(websocket.ping(b"data")).await?;
    spawnable(websocket.flush()).await?;
    let mut count = 0;
    while let Some(mut batch) = spawnable(websocket.next_batch()).await? {
        while let Some(event) = batch.next_event() {
            if let Event::Text(text) = &event {
                // An event may be held meanwhile.
                spawnable(batch.feed_text(text)).await?;
                spawnable(batch.flush()).await?;
            }
            if matches!(event, Event::Text(_) | Event::Binary(_)) {
                count += 1;
            }
        }
    }
    assert!(count >= 9, "{count}");
    assert!(spawnable(websocket.next()).await.is_none());
    spawnable(websocket.close(CloseCode::NORMAL, "")).await?;
    Ok(())
}

async fn every_call_of_halves<S>(websocket: WebSocket<S>) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut reader, mut writer) = websocket.split();
    let mut count = 0;
    let mut batch = spawnable(reader.next_batch()).await?.expect("open");
    while let Some(message) = batch.next_message()? {
        spawnable(batch.feed(message)).await?;
        count += 1;
    }
    let writing = tokio::spawn(async move {
        writer.feed("text").await?;
        writer.send(vec![7]).await?;
        writer.send_with(|outgoing| outgoing.send_text("text")).await?;
        writer.ping(b"").await?;
        writer.flush().await?;
        for _ in 0..5 {
            writer.clone().send("text").await?;
        }
        writer.close(CloseCode::NORMAL, "").await
    });
    while let Some(message) = spawnable(reader.next()).await {
        message?;
        count += 1;
    }
    assert!(count >= 8, "{count}");
    writing.await.expect("no panic")
}

#[test]
fn every_future_can_be_spawned() {
    run(async {
        let (near, far) = duplex(1000);
        let token = String::from("id=42");
        let page = Response::new(404).expect("a status");
        let serving = tokio::spawn(async move {
            let server = accept_with(far, Config::server(), async |request| {
                // Something is awaited that borrows, and the request is held meanwhile.
                let known = tokio::spawn(async { true }).await.expect("no panic");
                if known && request.header("Cookie") == Some(token.as_bytes()) {
                    request.accept(&Acceptance::new())
                } else {
                    Err(request.reject(&page))
                }
            })
            .await?;
            every_call_of_halves(server).await
        });
        let connecting = tokio::spawn(async move {
            let request = request().header("Cookie", "id=42").expect("a header");
            let (client, _) = connect_over(near, &request, Config::client()).await?;
            every_call(client).await
        });
        connecting.await.expect("no panic").expect("a WebSocket");
        serving.await.expect("no panic").expect("a WebSocket");
    });
}

/// A stream of whatever kind, chosen while it runs.
#[test]
fn an_accept_of_any_transport_can_be_spawned() {
    fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        transport: S,
    ) -> tokio::task::JoinHandle<Result<(), Error>> {
        tokio::spawn(async move {
            let mut websocket = accept(transport).await?;
            while let Some(message) = websocket.next().await {
                websocket.feed(message?).await?;
            }
            Ok(())
        })
    }
    run(async {
        let (near, far) = duplex(1000);
        let serving = serve(far);
        let (mut client, _) =
            connect_over(near, &request(), Config::client()).await.expect("a WebSocket");
        client.send("hello").await.expect("sent");
        assert_eq!(client.next().await.expect("open").expect("a message"), "hello".into());
        assert!(client.close(CloseCode::NORMAL, "").await.expect("closed").clean);
        serving.await.expect("no panic").expect("a clean end");
    });
}

/// A connection is paid for by its task, which is as large as its future: the handshake does not stay in it.
#[test]
fn a_task_that_serves_is_small() {
    async fn serve(stream: TcpStream) -> Result<(), Error> {
        let mut websocket = accept(stream).await?;
        while let Some(message) = websocket.next().await {
            websocket.feed(message?).await?;
        }
        Ok(())
    }
    async fn ask(uri: &str) -> Result<(), Error> {
        let mut websocket = connect(uri).await?;
        while let Some(message) = websocket.next().await {
            websocket.feed(message?).await?;
        }
        Ok(())
    }
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stream = TcpStream::connect(address).await.expect("a connection");
        let (serving, asking) = (size_of_val(&serve(stream)), size_of_val(&ask("ws://localhost/")));
        println!("futures: {serving} bytes that accept and echo, {asking} that connect and echo");
        assert!(serving <= 1_200, "{serving}");
        // `ClientStream` is larger with TLS.
        assert!(asking <= 1_200, "{asking}");
    });
}
