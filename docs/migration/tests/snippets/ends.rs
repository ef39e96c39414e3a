//! Task 9.

use std::future::Future;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::Request;
use migration::errors;
use tokio::io::AsyncWriteExt;
use websocket_proto::Config;
use websocket_proto::adapter::tokio::accept_with;
use websocket_proto::handshake::{Acceptance, Response};

use crate::support::*;

/// What the server does once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Refuse,
    Close,
    Violate,
    Vanish,
}

async fn describe<F: Future<Output = String>>(
    script: Script,
    client: impl FnOnce(String) -> F,
) -> (String, Vec<u8>) {
    bounded(async {
        let (listener, uri) = listen().await;
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let accepted = accept_with(stream, Config::server(), async |request| match script {
                Script::Refuse => Err(request.reject(&Response::new(401).unwrap())),
                _ => request.accept(&Acceptance::new()),
            });
            let Ok(websocket) = accepted.await else { return Vec::new() };
            let mut stream = websocket.into_transport();
            match script {
                Script::Close => stream.write_all(b"\x88\x05\x03\xE9bye").await.unwrap(),
                Script::Violate => stream.write_all(b"\x83\x00").await.unwrap(),
                Script::Refuse | Script::Vanish => {}
            }
            stream.shutdown().await.unwrap();
            read_to_end(&mut stream).await
        });
        let described = client(uri).await;
        (described, server.await.unwrap())
    })
    .await
}

#[tokio::test]
async fn errors_of_ours() {
    let describe =
        |script| describe(script, async |uri| errors::websocket_proto::describe(&uri).await);
    assert_eq!(describe(Script::Refuse).await.0, "refused: 401");
    assert_eq!(describe(Script::Close).await.0, "closed: 1001 bye");
    assert_eq!(describe(Script::Vanish).await.0, "lost");
    let (described, told) = describe(Script::Violate).await;
    assert_eq!(described, "violation: reserved opcode");
    assert_eq!((told.len(), told[0]), (8, 0x88));
}

#[tokio::test]
async fn errors_of_tokio_tungstenite() {
    let describe =
        |script| describe(script, async |uri| errors::tokio_tungstenite::describe(&uri).await);
    assert_eq!(describe(Script::Refuse).await.0, "refused: 401");
    assert_eq!(describe(Script::Close).await.0, "closed: 1001 bye");
    assert_eq!(describe(Script::Vanish).await.0, "lost");
    let (described, told) = describe(Script::Violate).await;
    assert!(described.starts_with("violation: "), "{described}");
    assert_eq!(told, b"", "as the guide says");
}

#[tokio::test]
async fn errors_of_fastwebsockets() {
    let describe = |script| {
        describe(script, async |uri: String| {
            let authority = uri.trim_start_matches("ws://").trim_end_matches('/').to_owned();
            let request = Request::get("/")
                .header("Host", &authority)
                .header("Upgrade", "websocket")
                .header("Connection", "upgrade")
                .header("Sec-WebSocket-Key", fastwebsockets::handshake::generate_key())
                .header("Sec-WebSocket-Version", "13")
                .body(Empty::<Bytes>::new())
                .unwrap();
            errors::fastwebsockets::describe(&authority, request).await
        })
    };
    assert_eq!(describe(Script::Refuse).await.0, "refused: 401");
    assert_eq!(describe(Script::Close).await.0, "closed: 1001 bye");
    assert_eq!(describe(Script::Vanish).await.0, "lost");
    let (described, told) = describe(Script::Violate).await;
    assert!(described.starts_with("violation: "), "{described}");
    assert_eq!(told, b"", "as the guide says");
}

#[tokio::test]
async fn errors_of_tokio_websockets() {
    let describe = |script| {
        describe(script, async |uri: String| {
            errors::tokio_websockets::describe(uri.parse().unwrap()).await
        })
    };
    assert_eq!(describe(Script::Refuse).await.0, "refused: 401");
    assert_eq!(describe(Script::Close).await.0, "closed: 1001 bye");
    assert_eq!(describe(Script::Vanish).await.0, "lost");
    let (described, told) = describe(Script::Violate).await;
    assert!(described.starts_with("violation: "), "{described}");
    assert_eq!(told.first(), Some(&0x88));
}
