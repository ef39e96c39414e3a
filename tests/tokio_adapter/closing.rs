//! §7  How connections end.

use std::error::Error as _;
use std::io::ErrorKind;

use tokio::io::AsyncWriteExt;
use websocket_proto::adapter::tokio::{Error, Message};
use websocket_proto::{
    CloseCode, CloseStatus, Config, Delivery, Event, Initiator, ProtocolError, SendError, State,
};

use crate::support::*;
use crate::tasks::ready;
use crate::wire::*;

fn code(code: u16) -> CloseCode {
    CloseCode::new(code).expect("a code")
}

#[test]
fn the_client_closes() {
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        let closing = tokio::spawn(async move { client.close(code(4001), "enough").await });
        assert!(server.next().await.is_none());
        assert!(server.next().await.is_none());
        let server = server.close_information().expect("closed");
        let client = closing.await.expect("no panic").expect("closed");
        assert_eq!((server.received, server.reason), (CloseStatus::Code(code(4001)), "enough"));
        assert_eq!((client.received, &*client.reason), (CloseStatus::Code(code(4001)), ""));
        assert_eq!((server.initiator, client.initiator), (Initiator::Peer, Initiator::Local));
        assert!(server.clean && client.clean);
    });
}

#[test]
fn the_server_closes() {
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        let closing = tokio::spawn(async move { server.close(code(1001), "going").await });
        assert!(client.next().await.is_none());
        let client = client.close_information().expect("closed");
        let server = closing.await.expect("no panic").expect("closed");
        assert_eq!((client.received, client.reason), (CloseStatus::Code(code(1001)), "going"));
        assert_eq!(server.received, CloseStatus::Code(code(1001)));
        assert!(server.clean && client.clean);
    });
}

#[test]
fn both_close_at_once() {
    run_paused(async {
        let (mut client, mut server) = pair(1000);
        server.feed_close(code(4001), "").await.expect("room");
        client.feed_close(code(4002), "").await.expect("room");
        let (client, server) =
            tokio::join!(client.close(code(1000), ""), server.close(code(1000), "no second one"));
        let (client, server) = (client.expect("closed"), server.expect("closed"));
        assert_eq!(server.received, CloseStatus::Code(code(4002)));
        assert_eq!(client.received, CloseStatus::Code(code(4001)));
        assert!(server.clean && client.clean);
    });
}

#[test]
fn messages_are_read_until_the_peers_close() {
    run_paused(async {
        let (mut client, mut server) = pair(1000);
        client.send_text("before").await.expect("sent");
        server.feed_close(code(1000), "").await.expect("room");
        let client = tokio::spawn(async move {
            client.send_text("after").await.expect("the Close is not read yet");
            assert!(client.next().await.is_none());
        });
        for text in ["before", "after"] {
            assert_eq!(server.next().await.expect("open").expect("a message"), text.into());
        }
        assert!(server.next().await.is_none());
        client.await.expect("no panic");
    });
}

#[test]
fn a_close_discards_what_still_comes() {
    run_paused(async {
        let (mut client, mut server) = pair(10_000);
        for _ in 0..10 {
            client.feed("late").await.expect("room");
        }
        client.ping(b"").await.expect("sent");
        let client = tokio::spawn(async move { client.next().await.is_none() });
        assert!(server.close(code(1000), "").await.expect("closed").clean);
        assert!(server.next().await.is_none());
        assert!(client.await.expect("no panic"));
    });
}

#[test]
fn a_close_that_was_dropped_goes_on() {
    run_paused(async {
        let (mut client, mut server) = pair(1000);
        for _ in 0..3 {
            let closing = tokio::time::timeout(ms(100), client.close(code(4000), "one"));
            assert!(closing.await.is_err());
        }
        let serving = tokio::spawn(async move {
            assert!(server.next().await.is_none());
            server
        });
        assert!(client.close(code(4001), "another").await.expect("closed").clean);
        let server = serving.await.expect("no panic");
        assert_eq!(server.close_information().expect("closed").reason, "one");
    });
}

#[test]
fn nothing_is_sent_after_the_close() {
    run_paused(async {
        let (mut client, mut server) = pair(1000);
        client.feed_close(CloseCode::NORMAL, "").await.expect("room");
        let late = client.send_text("late").await;
        assert!(matches!(late, Err(Error::Send(SendError::Closed))), "{late:?}");
        let server = tokio::spawn(async move { server.next().await.is_none() });
        assert!(client.next().await.is_none());
        let late = client.send_text("late").await;
        assert!(matches!(late, Err(Error::Send(SendError::Closed))), "{late:?}");
        client.flush().await.expect("nothing to flush");
        assert!(server.await.expect("no panic"));
    });
}

#[test]
fn a_close_that_may_not_be_sent_changes_nothing() {
    let (mut client, _far) = client_over_wire(&Config::client());
    let refused = ready(client.close(CloseCode::NORMAL, &"x".repeat(124)));
    assert!(matches!(refused, Err(Error::Send(SendError::ReasonTooLong))));
    let (mut server, _far) = server_over_wire(&Config::server());
    let refused = ready(server.close(CloseCode::MANDATORY_EXTENSION, ""));
    assert!(matches!(refused, Err(Error::Send(SendError::CloseCode))));
    assert_eq!((client.state(), server.state()), (State::Open, State::Open));
}

#[test]
fn a_peer_that_vanishes_is_one_error() {
    run(async {
        let (client, mut server) = tcp_pair().await;
        let mut stream = client.into_transport();
        stream.shutdown().await.expect("shut down");
        let end = server.next().await;
        assert!(matches!(end, Some(Err(Error::ConnectionLost))), "{end:?}");
        assert!(server.next().await.is_none());
        assert!(server.next().await.is_none());
        assert!(server.next_batch().await.expect("told").is_none());
        let late = server.send_text("late").await;
        assert!(matches!(late, Err(Error::Send(SendError::Closed))), "{late:?}");
        let information = server.close_information().expect("closed");
        assert_eq!((information.received, information.clean), (CloseStatus::Abnormal, false));
        assert_eq!(information.initiator, Initiator::Transport);
    });
}

#[test]
fn a_peer_that_vanishes_inside_a_message_is_one_error() {
    run_paused(async {
        let (mut server, mut peer) = server_and_raw_client(1000, &Config::server());
        write(&mut peer, &masked(0x81, b"whole")).await;
        write(&mut peer, &masked(0x81, b"in part")[..9]).await;
        drop(peer);
        assert_eq!(server.next().await.expect("open").expect("a message"), "whole".into());
        let end = server.next().await;
        assert!(matches!(end, Some(Err(_))), "{end:?}");
        assert!(server.next().await.is_none());
    });
}

/// As a process that is killed with something unread.
#[test]
fn a_peer_that_resets_is_one_error_of_the_transport() {
    for splits in [false, true] {
        run(async {
            let (client, mut server) = tcp_pair().await;
            server.send_text("unread when the client goes").await.expect("sent");
            let stream = client.into_transport();
            stream.readable().await.expect("readable");
            drop(stream);
            let (end, again) = if splits {
                let (mut reader, _writer) = server.split();
                (reader.next().await, reader.next().await)
            } else {
                (server.next().await, server.next().await)
            };
            match end {
                Some(Err(Error::Io(error))) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
                other => panic!("{other:?}"),
            }
            assert!(again.is_none());
        });
    }
}

/// With the output full, and the writer not listening.
#[test]
fn a_peer_that_resets_ends_a_send_and_then_the_reading() {
    run(async {
        let (mut server, client) = narrow_tcp_streams().await;
        server.write_all(b"unread").await.expect("written");
        let mut server = server_over(server, &Config::server());
        let sending = tokio::spawn(async move {
            let sent = server.send(vec![0; 8 << 20]).await;
            (sent, server)
        });
        client.readable().await.expect("readable");
        drop(client);
        let (sent, mut server) = sending.await.expect("no panic");
        assert!(matches!(sent, Err(Error::Io(_))), "{sent:?}");
        let again = server.send("again").await;
        assert!(
            matches!(again, Err(Error::ConnectionLost | Error::Send(SendError::Full))),
            "{again:?}"
        );
        assert!(matches!(server.next().await, Some(Err(_))));
        assert!(server.next().await.is_none());
    });
}

#[test]
fn after_a_failed_write_the_peers_close_is_still_read() {
    run_paused(async {
        let (mut client, far) = client_over_wire(&Config::client());
        far.give(b"\x81\x02hi\x88\x07\x03\xE9later");
        far.fail_writes(ErrorKind::BrokenPipe);
        assert!(matches!(client.send_text("?").await, Err(Error::Io(_))));
        assert!(matches!(client.send_text("?").await, Err(Error::ConnectionLost)));
        assert_eq!(client.next().await.expect("open").expect("a message"), "hi".into());
        far.end();
        assert!(client.next().await.is_none());
        let information = client.close_information().expect("closed");
        assert_eq!((information.received.as_u16(), information.reason), (1001, "later"));
        assert!(!information.clean, "our answer did not go out");
    });
}

/// §7.1.7: the peer is told first, and then the application, once.
#[test]
fn a_violation_is_told_the_peer_first() {
    let cases: [(Vec<u8>, &[u8], ProtocolError); 3] = [
        (masked(0x81, b"\xFF"), b"\x88\x02\x03\xEF", ProtocolError::InvalidUtf8),
        (masked(0x83, b""), b"\x88\x02\x03\xEA", ProtocolError::ReservedOpcode),
        (unmasked(0x81, b"x"), b"\x88\x02\x03\xEA", ProtocolError::UnmaskedFrame),
    ];
    for (frame, close, violation) in cases {
        run_paused(async {
            let (mut server, mut peer) = server_and_raw_client(1000, &Config::server());
            write(&mut peer, &[masked(0x81, b"before"), frame].concat()).await;
            let peer = tokio::spawn(async move { read_to_end(&mut peer).await });
            assert_eq!(server.next().await.expect("open").expect("a message"), "before".into());
            match server.next().await {
                Some(Err(error @ Error::Protocol(found))) => {
                    assert_eq!(found, violation);
                    assert!(error.source().is_some());
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(server.state(), State::Closed, "the transport has ended");
            assert!(server.next().await.is_none());
            assert_eq!(peer.await.expect("no panic"), close);
        });
    }
}

#[test]
fn messages_before_a_violation_are_answered() {
    run_paused(async {
        let (mut server, mut peer) = server_and_raw_client(1000, &Config::server());
        write(&mut peer, &[masked(0x81, b"Hello"), masked(0x83, b"")].concat()).await;
        let peer = tokio::spawn(async move { read_to_end(&mut peer).await });
        let end = loop {
            match server.next_batch().await {
                Ok(Some(mut batch)) => {
                    while let Some(event) = batch.next_event() {
                        if let Event::Text(text) = event {
                            batch.feed_text(&text).await.expect("room");
                        }
                    }
                }
                end => break end.map(|_| ()),
            }
        };
        assert!(matches!(end, Err(Error::Protocol(_))), "{end:?}");
        assert_eq!(peer.await.expect("no panic"), b"\x81\x05Hello\x88\x02\x03\xEA");
    });
}

#[test]
fn an_answer_goes_out_to_a_peer_that_has_shut_down_its_direction() {
    run(async {
        let (server, mut peer) = tcp_streams().await;
        let mut server = server_over(server, &Config::server());
        write(&mut peer, &masked(0x88, b"\x03\xE8")).await;
        peer.shutdown().await.expect("shut down");
        assert!(server.next().await.is_none());
        assert!(server.close_information().expect("closed").clean);
        // Not only when the transport is dropped.
        assert_eq!(read_to_end(&mut peer).await, b"\x88\x02\x03\xE8");
    });
}

#[test]
fn an_abort_ends_the_transport_without_a_close() {
    run(async {
        let (mut client, server) = tcp_pair().await;
        let (mut reader, mut writer) = server.split();
        let reading = tokio::spawn(async move {
            assert!(matches!(reader.next().await, Some(Err(Error::ConnectionLost))));
            assert!(reader.next().await.is_none());
        });
        writer.feed("dropped").await.expect("room");
        writer.abort();
        reading.await.expect("no panic");
        assert!(matches!(writer.send("late").await, Err(Error::Send(SendError::Closed))));
        client.abort();
        assert!(matches!(client.next().await, Some(Err(Error::ConnectionLost))));
        assert_eq!(client.state(), State::Closed);
    });
}

#[test]
fn chunks_are_lent_but_are_no_messages() {
    run_paused(async {
        let mut config = Config::server();
        config.delivery = Delivery::Chunks;
        let (mut server, mut peer) = server_and_raw_client(1000, &config);
        write(&mut peer, &[masked(0x82, b"one"), masked(0x82, b"two")].concat()).await;
        let mut batch = server.next_batch().await.expect("open").expect("a batch");
        assert!(matches!(batch.next_event(), Some(Event::Chunk(chunk)) if *chunk.data == *b"one"));
        assert!(matches!(server.next().await, Some(Err(Error::ChunkedDelivery))));
        write(&mut peer, &masked(0x88, b"")).await;
        assert!(server.next().await.is_none());
        assert_eq!(Message::from(&b"x"[..]).as_bytes(), &b"x"[..]);
    });
}
