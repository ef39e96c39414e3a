//! What can be asked of a connection, and what its `Debug` shows: no payload, and no key.

use std::fmt::Debug;

use tokio::io::DuplexStream;
use websocket_proto::adapter::tokio::WebSocket;
use websocket_proto::{CloseCode, CloseStatus, Config, Role, State};

use crate::support::*;

const SECRET: &str = "the launch code is 0000";

/// What is shown, which is to have the name and nothing of the secret, as text or as numbers.
fn shown(value: &impl Debug, name: &str) -> String {
    let shown = format!("{value:?}");
    assert!(shown.starts_with(name), "{shown}");
    assert!(!shown.contains("launch") && !shown.contains("108, 97, 117"), "{shown}");
    shown
}

/// A server that has read one of two messages, and holds one that is not written yet.
async fn busy() -> (WebSocket<DuplexStream>, DuplexStream) {
    let (mut server, mut peer) = server_and_raw_client(1000, &Config::server());
    write(&mut peer, &masked(0x81, SECRET.as_bytes()).repeat(2)).await;
    assert_eq!(server.next().await.expect("open").expect("a message"), SECRET.into());
    server.feed(SECRET).await.expect("room");
    (server, peer)
}

#[test]
fn debug_shows_no_payload() {
    run_paused(async {
        let (mut server, _peer) = busy().await;
        let text = shown(&server, "WebSocket");
        assert!(text.contains("Server") && text.contains("unsent: 25"), "{text}");
        let batch = server.next_batch().await.expect("open").expect("a batch");
        // A frame of 23 bytes, its header and its key.
        assert_eq!(shown(&batch, "Batch"), "Batch(29 bytes left)");
        let (reader, writer) = server.split();
        shown(&reader, "Reader");
        assert_ne!(shown(&writer, "Writer"), shown(&writer.clone(), "Writer"), "which of them");
    });
}

#[test]
fn what_went_through_is_counted() {
    run_paused(async {
        let (mut server, mut peer) = busy().await;
        server.flush().await.expect("written");
        assert_eq!(read_bytes(&mut peer, 25).await[2..], *SECRET.as_bytes());
        assert_eq!((server.sent().bytes, server.sent().frames), (25, 1));
        assert_eq!(server.received().frames, 1, "what is unread does not count");
        assert!(server.next().await.is_some());
        assert_eq!((server.received().bytes, server.received().frames), (58, 2));
        assert_eq!((server.role(), server.subprotocol()), (Role::Server, None));
        assert_eq!((server.state(), server.closed()), (State::Open, None));
    });
}

#[test]
fn either_half_tells_how_it_ended() {
    run_paused(async {
        let (client, mut server) = pair(1000);
        let (mut reader, mut writer) = client.split();
        assert_eq!((reader.closed(), writer.closed()), (None, None));
        let closing = tokio::spawn(async move { server.close(CloseCode::GOING_AWAY, "bye").await });
        assert!(reader.next().await.is_none());
        let closed = reader.closed().expect("closed");
        assert_eq!(closed.received, CloseStatus::Code(CloseCode::GOING_AWAY));
        assert_eq!(closed.to_string(), "1001 \"bye\", cleanly");
        assert_eq!(writer.closed(), Some(closed));
        assert!(writer.ping(b"").await.is_err());
        drop((reader, writer));
        assert!(closing.await.expect("no panic").expect("closed").clean);
    });
}

#[cfg(feature = "deflate")]
#[test]
fn compression_is_told_and_chosen() {
    use websocket_proto::adapter::tokio::{accept_with, connect_over};
    use websocket_proto::deflate::{Agreement, Compress, Compression};
    use websocket_proto::handshake::Acceptance;
    let with = |mut config: Config| {
        config.compression = Some(Compression::default());
        config
    };
    run(async {
        let (server, client) = tokio::io::duplex(10_000);
        let accepting =
            tokio::spawn(accept_with(server, with(Config::server()), async |request| {
                request.accept(&Acceptance::new())
            }));
        let connecting = connect_over(client, &request(), with(Config::client())).await;
        let (mut client, _) = connecting.expect("a WebSocket");
        let mut server = accepting.await.expect("no panic").expect("a WebSocket");
        let agreed = Some(Agreement::default());
        assert_eq!((server.compression(), client.compression()), (agreed, agreed));
        let long = "a".repeat(1000);
        let before = client.sent().bytes;
        client.send_text(&long).await.expect("sent");
        let compressed = client.sent().bytes - before;
        assert!(compressed < 100, "{compressed}");
        assert_eq!(client.set_compress(Compress::Never), Compress::Above(64));
        client.send_text(&long).await.expect("sent");
        assert_eq!(client.sent().bytes, before + compressed + 1008, "a header of 8 bytes");
        for _ in 0..2 {
            assert_eq!(server.next().await.expect("open").expect("a message"), (*long).into());
        }
        let (plain, _peer) = server_and_raw_client(1000, &Config::server());
        assert_eq!(plain.compression(), None);
    });
}
