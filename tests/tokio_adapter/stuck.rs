//! Transports that take nothing, hold back what they took, or end while something is still to be written.

use std::io::ErrorKind;
use std::task::Waker;

use websocket_proto::adapter::tokio::{Error, Message};
use websocket_proto::{CloseCode, Config, ExpiredDeadline, State};

use crate::support::*;
use crate::tasks::*;
use crate::wire::*;

/// Its answer cannot be written, and nothing will ever come: to ask for more again and again is not waiting.
#[test]
fn an_end_behind_a_close_that_cannot_be_answered_is_waited_for() {
    run_paused(async {
        let (mut server, far) = server_over_wire(&Config::server());
        far.set_room(0);
        far.give(&masked(0x88, b"\x03\xE8"));
        far.end();
        assert!(server.next().await.is_none());
        let closed = server.close_information().expect("closed");
        assert_eq!(closed.deadline, Some(ExpiredDeadline::Close));
        assert!(!closed.clean);
        assert!(far.calls().reads < 10, "{} reads", far.calls().reads);
    });
}

#[test]
fn an_end_behind_a_close_is_answered_when_there_is_room() {
    run_paused(async {
        let (mut server, far) = server_over_wire(&Config::server());
        far.set_room(0);
        far.give(&masked(0x88, b"\x03\xE8"));
        far.end();
        let (bell, waker) = Bell::new();
        assert!(poll_once(server.next(), &waker).is_pending());
        far.set_room(100);
        assert!(bell.rang() > 0);
        assert!(ready(server.next()).is_none());
        assert_eq!(far.take(), b"\x88\x02\x03\xE8");
        assert!(server.close_information().expect("closed").clean);
    });
}

#[test]
fn an_end_behind_a_close_is_all_when_the_answer_fails() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (mut server, far) = server_over_wire(&Config::server());
    far.set_room(0);
    far.give(&masked(0x88, b"\x03\xE8"));
    far.end();
    assert!(poll_once(server.next(), Waker::noop()).is_pending());
    far.fail_writes(ErrorKind::BrokenPipe);
    assert!(ready(server.next()).is_none());
    assert!(!server.close_information().expect("closed").clean);
}

/// As an answer of a server, so a refusal of one.
#[test]
fn an_end_behind_a_request_that_cannot_be_answered_is_waited_for() {
    run_paused(async {
        let (transport, far) = wire();
        far.set_room(0);
        far.give(b"nonsense\r\n\r\n");
        far.end();
        let accepted = websocket_proto::adapter::tokio::accept(transport).await;
        assert!(matches!(accepted, Err(Error::Handshake(_))), "{accepted:?}");
        assert!(far.calls().reads < 10, "{} reads", far.calls().reads);
    });
}

/// Both have more to send than there is room for, and both listen.
#[test]
fn who_waits_for_the_peer_listens_however_full_the_output_is() {
    run_paused(async {
        let (mut client, mut server) = pair(1 << 10);
        let large = || Message::from(vec![7; 2 << 20]);
        client.feed(large()).await.expect("an empty output");
        server.feed(large()).await.expect("an empty output");
        let (one, other) = tokio::join!(client.next(), server.next());
        assert_eq!(one.expect("open").expect("a message"), large());
        assert_eq!(other.expect("open").expect("a message"), large());
    });
}

/// The transport says that it is broken when it is read.
#[test]
fn a_full_output_that_cannot_be_written_does_not_hide_the_end() {
    run_paused(async {
        let mut config = Config::server();
        config.limits.max_write_buffer = 1000;
        let (mut server, far) = server_over_wire(&config);
        far.set_room(10);
        server.feed_binary(&[0; 900]).await.expect("room");
        let mut feed = Box::pin(server.feed_binary(&[0; 900]));
        assert!(poll_once(&mut feed, Waker::noop()).is_pending());
        far.fail_writes(ErrorKind::ConnectionReset);
        match feed.await {
            Err(Error::Io(error)) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
            other => panic!("{other:?}"),
        }
        far.give(&masked(0x81, b"last words"));
        assert_eq!(server.next().await.expect("open").expect("a message"), "last words".into());
        far.fail_reads(ErrorKind::ConnectionReset);
        assert!(matches!(server.next().await, Some(Err(_))));
        assert!(server.next().await.is_none());
    });
}

/// As TLS does: what was taken stays in a buffer of the transport's.
#[test]
fn a_transport_that_keeps_what_it_took_is_left() {
    run_paused(async {
        for splits in [false, true] {
            let (mut server, far) = server_over_wire(&Config::server());
            far.set_flushes(false);
            let result = if splits {
                let (_reader, mut writer) = server.split();
                writer.send("small").await
            } else {
                server.send("small").await
            };
            assert!(
                matches!(result, Err(Error::Timeout(ExpiredDeadline::WriteStall))),
                "{result:?}"
            );
        }
    });
}

#[test]
fn a_reader_leaves_a_transport_that_keeps_what_it_took() {
    run_paused(async {
        let mut config = Config::client();
        config.timeouts.release_after = ms(1);
        let (mut client, far) = client_over_wire(&config);
        far.set_flushes(false);
        client.feed("small").await.expect("room");
        let result = client.next().await;
        assert!(
            matches!(result, Some(Err(Error::Timeout(ExpiredDeadline::WriteStall)))),
            "{result:?}"
        );
        assert!(client.next().await.is_none());
    });
}

#[test]
fn a_half_close_that_does_not_come_about_ends_with_the_close_deadline() {
    run_paused(async {
        let (mut server, far) = server_over_wire(&Config::server());
        far.set_shuts_down(false);
        far.give(&masked(0x88, b"\x03\xE8"));
        assert!(server.next().await.is_none());
        let closed = server.close(CloseCode::NORMAL, "").await.expect("closed");
        assert_eq!(closed.deadline, Some(ExpiredDeadline::Close));
        assert_eq!(server.state(), State::Closed);
    });
}
