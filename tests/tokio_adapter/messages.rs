//! §5 §6  Messages in both directions.

use websocket_proto::adapter::tokio::Message;
use websocket_proto::{CloseCode, Event, Initiator, State};

use crate::support::{pair, run, tcp_pair};

#[test]
fn echo_over_a_socket() {
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        let server = tokio::spawn(async move {
            let mut count = 0;
            while let Some(message) = server.next().await {
                server.feed(message.expect("a message")).await.expect("room");
                count += 1;
            }
            assert_eq!(server.close_information().expect("closed").initiator, Initiator::Peer);
            count
        });
        for length in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
            let text = "x".repeat(length);
            client.send(text.as_str()).await.expect("sent");
            assert_eq!(client.next().await.expect("open").expect("echo"), Message::from(text));
        }
        let closed = client.close(CloseCode::NORMAL, "bye").await.expect("closed");
        assert!(closed.clean);
        assert_eq!(client.state(), State::Closed);
        assert_eq!(server.await.expect("no panic"), 7);
    });
}

#[test]
fn batches_lend_and_are_answered_while_held() {
    run(async {
        let (mut client, mut server) = pair(1 << 16);
        for index in 0..100 {
            client.feed(format!("message {index}")).await.expect("room");
        }
        client.ping(b"still there?").await.expect("sent");
        client.feed_close(CloseCode::NORMAL, "").await.expect("room");
        client.flush().await.expect("written");
        let server = tokio::spawn(async move {
            let mut seen = Vec::new();
            while let Some(mut batch) = server.next_batch().await.expect("a clean end") {
                while let Some(event) = batch.next_event() {
                    match event {
                        Event::Text(text) => {
                            batch.feed_text(&text).await.expect("room");
                            seen.push(text.to_string());
                        }
                        Event::Ping(payload) => seen.push(format!("ping {}", payload.len())),
                        Event::Close(close) => seen.push(format!("close {:?}", close.code())),
                        other => panic!("{other:?}"),
                    }
                }
            }
            seen
        });
        for index in 0..100 {
            let message = client.next().await.expect("open").expect("a message");
            assert_eq!(message, Message::from(format!("message {index}")));
        }
        assert!(client.next().await.is_none());
        assert!(client.next().await.is_none());
        let seen = server.await.expect("no panic");
        assert_eq!(seen.len(), 102);
        // §5.5: a Ping overtakes what is queued.
        assert_eq!(seen[0], "ping 12");
        assert_eq!(seen[101], format!("close {:?}", Some(CloseCode::NORMAL)));
    });
}
