//! When things are written: all that one read caused in one write, before the next wait.

use std::task::Waker;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::adapter::tokio::WebSocket;
use websocket_proto::{CloseCode, Config, Event};

use crate::support::*;
use crate::tasks::*;
use crate::wire::*;

/// What every tutorial has.
async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut websocket: WebSocket<S>) {
    while let Some(message) = websocket.next().await {
        websocket.feed(message.expect("a message")).await.expect("room");
    }
}

async fn echo_batches<S: AsyncRead + AsyncWrite + Unpin>(mut websocket: WebSocket<S>) {
    while let Some(mut batch) = websocket.next_batch().await.expect("open") {
        while let Some(event) = batch.next_event() {
            if let Event::Text(text) = event {
                batch.feed_text(&text).await.expect("room");
            }
        }
    }
}

/// Two batches of 64 messages, of which the second has a Ping in it, and a Close.
fn two_batches(far: &Far, tasks: &mut Tasks<'_>) {
    assert_eq!(tasks.run(), [0]);
    assert_eq!(far.calls().reads, 1);

    let message = masked(0x81, b"sixteen bytes...");
    far.give(&message.repeat(64));
    assert_eq!(tasks.run(), [0]);
    assert_eq!((far.calls().reads, far.calls().writes), (3, 1));
    let echo = unmasked(0x81, b"sixteen bytes...");
    assert_eq!(far.take(), echo.repeat(64));

    far.give(&[message.repeat(32), masked(0x89, b"?"), message.repeat(32)].concat());
    assert_eq!(tasks.run(), [0]);
    assert_eq!((far.calls().reads, far.calls().writes), (5, 2));
    // §5.5.3: a Pong overtakes what is queued.
    assert_eq!(far.take(), [unmasked(0x8A, b"?"), echo.repeat(64)].concat());

    far.give(&[message, masked(0x88, b"\x03\xE8")].concat());
    far.end();
    tasks.finish();
    assert_eq!(far.take(), [echo, unmasked(0x88, b"\x03\xE8")].concat());
    assert_eq!((far.calls().writes, far.calls().shutdowns), (3, 1));
}

#[test]
fn what_one_read_caused_is_one_write() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (server, far) = server_over_wire(&Config::server());
    let mut tasks = Tasks::default();
    tasks.spawn(echo(server));
    two_batches(&far, &mut tasks);
}

#[test]
fn what_one_batch_caused_is_one_write() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (server, far) = server_over_wire(&Config::server());
    let mut tasks = Tasks::default();
    tasks.spawn(echo_batches(server));
    two_batches(&far, &mut tasks);
}

#[test]
fn what_a_reader_and_a_writer_caused_is_one_write() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (server, far) = server_over_wire(&Config::server());
    let mut tasks = Tasks::default();
    let (mut reader, mut writer) = server.split();
    tasks.spawn(async move {
        while let Some(message) = reader.next().await {
            writer.feed(message.expect("a message")).await.expect("room");
        }
    });
    two_batches(&far, &mut tasks);
}

/// However much there is to read: a write for each read, not for each message and not at the end.
#[test]
fn a_peer_that_never_pauses_is_answered_read_by_read() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (mut server, far) = server_over_wire(&Config::server());
    server.set_read_buffer_size(22 * 10);
    let mut tasks = Tasks::default();
    tasks.spawn(echo(server));
    far.give(&masked(0x81, b"sixteen bytes...").repeat(1000));
    assert_eq!(tasks.run(), [0]);
    assert_eq!((far.calls().reads, far.calls().writes), (101, 100));
    assert_eq!(far.take(), unmasked(0x81, b"sixteen bytes...").repeat(1000));
}

#[test]
fn send_writes_at_once() {
    let (mut server, far) = server_over_wire(&Config::server());
    ready(server.feed("a")).expect("room");
    ready(server.feed_binary(b"b")).expect("room");
    assert_eq!(far.take(), b"");
    ready(server.send("c")).expect("written");
    assert_eq!(far.take(), b"\x81\x01a\x82\x01b\x81\x01c");
    assert_eq!(far.calls().writes, 1);
    ready(server.send_text("d")).expect("written");
    assert_eq!(far.take(), b"\x81\x01d");
    ready(server.ping(b"e")).expect("written");
    assert_eq!(far.take(), b"\x89\x01e");
    assert_eq!((far.calls().writes, far.calls().reads), (3, 0));
}

#[test]
fn what_was_fed_is_not_left_behind() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (mut server, far) = server_over_wire(&Config::server());
    ready(server.feed_text("a")).expect("room");
    assert!(poll_once(server.next(), Waker::noop()).is_pending());
    assert_eq!(far.take(), b"\x81\x01a");
    ready(server.feed_text("b")).expect("room");
    assert!(poll_once(server.next_batch(), Waker::noop()).is_pending());
    assert_eq!(far.take(), b"\x81\x01b");
    ready(server.feed_text("c")).expect("room");
    assert!(poll_once(server.close(CloseCode::NORMAL, ""), Waker::noop()).is_pending());
    assert_eq!(far.take(), b"\x81\x01c\x88\x02\x03\xE8");
}

/// What was read is used up first.
#[test]
fn what_was_fed_waits_for_the_rest_of_what_was_read() {
    let (mut server, far) = server_over_wire(&Config::server());
    far.give(&masked(0x81, b"x").repeat(3));
    for _ in 0..3 {
        assert!(ready(server.next()).is_some());
        ready(server.feed("answer")).expect("room");
        assert_eq!(far.take(), b"");
    }
}

/// Large messages are referenced, and go out with everything else all the same.
#[test]
fn large_messages_are_one_vectored_write() {
    let (mut server, far) = server_over_wire(&Config::server());
    let large = Bytes::from(vec![7; 10_000]);
    for _ in 0..10 {
        ready(server.feed(large.clone())).expect("room");
        ready(server.feed("small")).expect("room");
    }
    ready(server.flush()).expect("written");
    assert_eq!((far.calls().writes, far.calls().runs), (1, 21));
    let expected = [unmasked(0x82, &large), unmasked(0x81, b"small")].concat().repeat(10);
    assert_eq!(far.take(), expected);

    // Where there are more than fit one call.
    for _ in 0..100 {
        ready(server.feed(large.clone())).expect("room");
    }
    ready(server.flush()).expect("written");
    assert_eq!((far.calls().writes, far.calls().runs), (1 + 4, 64));
    assert_eq!(far.take(), unmasked(0x82, &large).repeat(100));
}

/// One that has no vectored writes is not offered runs, and gets it all.
#[test]
fn a_transport_without_vectored_writes_gets_run_by_run() {
    let (mut server, far) = server_over_wire(&Config::server());
    far.set_vectored(false);
    let large = Bytes::from(vec![7; 10_000]);
    for _ in 0..10 {
        ready(server.feed(large.clone())).expect("room");
    }
    ready(server.flush()).expect("written");
    assert_eq!((far.calls().writes, far.calls().runs), (20, 1));
    assert_eq!(far.take(), unmasked(0x82, &large).repeat(10));
}

/// A Ping that nobody has to answer costs no write of its own.
#[test]
fn a_pong_alone_is_written_before_the_wait() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (server, far) = server_over_wire(&Config::server());
    let mut tasks = Tasks::default();
    tasks.spawn(echo(server));
    far.give(&masked(0x89, b"1"));
    assert_eq!(tasks.run(), [0]);
    assert_eq!(far.take(), b"\x8A\x011");
    far.give(&[masked(0x89, b"2"), masked(0x89, b"3")].concat());
    assert_eq!(tasks.run(), [0]);
    assert_eq!(far.take(), b"\x8A\x012\x8A\x013");
    assert_eq!(far.calls().writes, 2);
}
