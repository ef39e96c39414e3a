//! §5 §6  Messages in both directions.

use bytes::Bytes;
use websocket_proto::adapter::tokio::{Error, Message, accept_with, connect_over};
use websocket_proto::handshake::{Acceptance, Request};
use websocket_proto::{
    CloseCode, Config, Event, Initiator, MessageKind, Prepared, ProtocolError, SendError, State,
};

use crate::support::*;
use crate::tasks::ready;
use crate::wire::*;

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

#[test]
fn messages_of_both_kinds_come_as_they_were_sent() {
    run_paused(async {
        let (mut client, mut server) = pair(1 << 10);
        let sent = [
            Message::from("text"),
            Message::from(String::from("zß水𝄞")),
            Message::from(&b"\xFF\0"[..]),
            Message::from(vec![7; 5000]),
            Message::from(Bytes::from_static(b"")),
            Message::from(""),
        ];
        let messages = sent.clone();
        let client = tokio::spawn(async move {
            for message in messages {
                client.feed(message).await.expect("room");
            }
            client.close(CloseCode::NORMAL, "").await.expect("closed").clean
        });
        for message in &sent {
            let received = server.next().await.expect("open").expect("a message");
            assert_eq!((&received, received.kind()), (message, message.kind()));
        }
        assert!(server.next().await.is_none());
        assert!(client.await.expect("no panic"));
    });
}

#[test]
fn fragments_and_pings_reach_the_peer() {
    run_paused(async {
        let (mut client, mut server) = pair(1 << 10);
        client.feed_with(|o| o.fragment(MessageKind::Text, b"a", false)).await.expect("room");
        client.flush().await.expect("written");
        client.ping(b"?").await.expect("sent");
        let refused = client.send_text("no").await;
        assert!(matches!(refused, Err(Error::Send(SendError::MessageOpen))), "{refused:?}");
        client.send_with(|o| o.fragment(MessageKind::Text, b"b", true)).await.expect("sent");
        assert_eq!(server.next().await.expect("open").expect("a message"), "ab".into());
        server.send_with(|o| o.send_prepared(&Prepared::text("news"))).await.expect("sent");
        let mut batch = client.next_batch().await.expect("open").expect("a batch");
        assert!(matches!(batch.next_event(), Some(Event::Pong(payload)) if *payload == *b"?"));
        assert_eq!(batch.next_message().expect("whole"), Some("news".into()));
        assert_eq!(batch.next_message().expect("whole"), None);
    });
}

#[test]
fn a_batch_that_is_dropped_early_loses_nothing() {
    let (mut server, far) = server_over_wire(&Config::server());
    far.give(&[masked(0x81, b"one"), masked(0x81, b"two"), masked(0x81, b"three")].concat());
    let mut batch = ready(server.next_batch()).expect("open").expect("a batch");
    assert!(matches!(batch.next_event(), Some(Event::Text(text)) if &*text == "one"));
    let mut batch = ready(server.next_batch()).expect("open").expect("a batch");
    assert!(matches!(batch.next_event(), Some(Event::Text(text)) if &*text == "two"));
    let (mut reader, _writer) = server.split();
    assert_eq!(ready(reader.next()).expect("open").expect("a message"), "three".into());
    assert_eq!(far.calls().reads, 1);
}

#[test]
fn an_event_outlives_the_ones_after_it() {
    let (mut server, far) = server_over_wire(&Config::server());
    far.give(&[masked(0x81, b"one"), masked(0x82, b"two")].concat());
    let mut batch = ready(server.next_batch()).expect("open").expect("a batch");
    let (one, two) = (batch.next_event(), batch.next_event());
    ready(batch.feed_text("answer")).expect("room");
    assert!(matches!(one, Some(Event::Text(text)) if &*text == "one"));
    assert!(matches!(two, Some(Event::Binary(data)) if *data == *b"two"));
}

#[test]
fn a_full_output_is_written_and_the_message_queued_then() {
    run_paused(async {
        let mut config = Config::server();
        config.limits.max_write_buffer = 1000;
        let (mut client, mut server) = pair_with(100, &Config::client(), &config);
        let client = tokio::spawn(async move {
            for index in 0..100_u8 {
                let received = client.next().await.expect("open").expect("a message");
                assert_eq!(received, Message::from(vec![index; 300]));
            }
        });
        for index in 0..100 {
            server.feed_binary(&[index; 300]).await.expect("room");
        }
        server.flush().await.expect("written");
        client.await.expect("no panic");
    });
}

/// §5.5.1: what stands in front of a Close is answered before it is.
#[test]
fn messages_before_a_close_are_answered() {
    run_paused(async {
        let (mut server, mut peer) = server_and_raw_client(1000, &Config::server());
        write(&mut peer, &[masked(0x81, b"Hello"), masked(0x88, b"\x03\xE8bye")].concat()).await;
        let echo = tokio::spawn(async move {
            while let Some(message) = server.next().await {
                server.feed(message.expect("a message")).await.expect("room");
            }
            server.close_information().expect("closed").clean
        });
        assert_eq!(read_to_end(&mut peer).await, b"\x81\x05Hello\x88\x02\x03\xE8");
        drop(peer);
        assert!(echo.await.expect("no panic"));
    });
}

/// T-GN-04: the limits that were set are those of the WebSocket, by whichever way it came about, and of its halves.
#[test]
fn limits_are_kept_on_every_way() {
    let too_large =
        |error: &Error| matches!(error, Error::Protocol(ProtocolError::MessageTooLarge));
    let mut config = Config::server();
    config.limits.max_message_size = 4;
    // Nobody ends the transport for it.
    config.timeouts.close = Some(ms(10));
    run(async {
        for at_server in [true, false] {
            let (server, client) = tcp_streams().await;
            let default = Config::client();
            let (for_server, for_client) =
                if at_server { (&config, &default) } else { (&default, &config) };
            let for_server = for_server.clone();
            let accepting = tokio::spawn(async move {
                accept_with(server, for_server, async |request: Request| {
                    request.accept(&Acceptance::new())
                })
                .await
            });
            let connected = connect_over(client, &request(), for_client.clone()).await;
            let (client, _) = connected.expect("a WebSocket");
            let server = accepting.await.expect("no panic").expect("a WebSocket");
            let (mut sender, mut receiver) =
                if at_server { (client, server) } else { (server, client) };
            sender.send("1234").await.expect("sent");
            assert_eq!(receiver.next().await.expect("open").expect("sent"), Message::from("1234"));
            sender.send("12345").await.expect("sent");
            let (mut reader, _writer) = receiver.split();
            assert!(reader.next().await.expect("an error").is_err_and(|error| too_large(&error)));
        }
        let (server, mut peer) = server_and_raw_client(1 << 10, &config);
        let (mut reader, _writer) = server.split();
        write(&mut peer, &masked(0x82, b"12345")).await;
        assert!(reader.next().await.expect("an error").is_err_and(|error| too_large(&error)));
    });
}
