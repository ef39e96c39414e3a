//! `Stream` and `Sink`, as combinators use them.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use futures_core::Stream;
use futures_sink::Sink;
use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::adapter::tokio::{Error, Message, WebSocket};
use websocket_proto::{CloseCode, Config, SendError, State};

use crate::support::*;
use crate::tasks::*;
use crate::wire::*;

async fn feed(sink: &mut (impl Sink<Message, Error = Error> + Unpin), message: Message) {
    poll_fn(|cx| Pin::new(&mut *sink).poll_ready(cx)).await.expect("ready");
    Pin::new(&mut *sink).start_send(message).expect("taken");
}

async fn flush(sink: &mut (impl Sink<Message, Error = Error> + Unpin)) -> Result<(), Error> {
    poll_fn(|cx| Pin::new(&mut *sink).poll_flush(cx)).await
}

async fn close(sink: &mut (impl Sink<Message, Error = Error> + Unpin)) -> Result<(), Error> {
    poll_fn(|cx| Pin::new(&mut *sink).poll_close(cx)).await
}

async fn next<T>(stream: &mut (impl Stream<Item = T> + Unpin)) -> Option<T> {
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

/// The least that makes two of one: what splits streams that are sinks as well.
struct Half<S>(Arc<Mutex<WebSocket<S>>>);

impl<S: AsyncRead + AsyncWrite + Unpin> Half<S> {
    fn pair(websocket: WebSocket<S>) -> (Self, Self) {
        let one = Arc::new(Mutex::new(websocket));
        (Self(one.clone()), Self(one))
    }

    async fn send(&self, message: Message) {
        poll_fn(|cx| Pin::new(&mut *self.lock()).poll_ready(cx)).await.expect("ready");
        Pin::new(&mut *self.lock()).start_send(message).expect("taken");
    }

    async fn flush(&self) {
        poll_fn(|cx| Sink::poll_flush(Pin::new(&mut *self.lock()), cx)).await.expect("written");
    }

    async fn close(&self) {
        poll_fn(|cx| Pin::new(&mut *self.lock()).poll_close(cx)).await.expect("closed");
    }

    async fn next(&self) -> Option<Message> {
        let item = poll_fn(|cx| Pin::new(&mut *self.lock()).poll_next(cx)).await;
        item.map(|message| message.expect("a message"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, WebSocket<S>> {
        self.0.lock().expect("a lock")
    }
}

/// A server that can hold 1000 bytes of output, over a transport that takes none.
fn crowded() -> (WebSocket<Wire>, Far) {
    let mut config = Config::server();
    config.limits.max_write_buffer = 1000;
    let (server, far) = server_over_wire(&config);
    far.set_room(0);
    (server, far)
}

fn message(index: u8) -> Message {
    Message::from(vec![index; 600])
}

/// The messages that were written, and 255 for a Close.
fn written(far: &Far) -> Vec<u8> {
    let bytes = far.take();
    let mut rest = &bytes[..];
    let mut indices = Vec::new();
    while let Some(first) = rest.first() {
        if *first == 0x88 {
            indices.push(255);
            rest = &rest[4..];
        } else {
            let index = rest[4];
            assert_eq!(rest[..604], unmasked(0x82, &[index; 600]));
            indices.push(index);
            rest = &rest[604..];
        }
    }
    indices
}

#[test]
fn messages_go_through_stream_and_sink() {
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        let server = tokio::spawn(async move {
            while let Some(message) = next(&mut server).await {
                feed(&mut server, message.expect("a message")).await;
            }
            close(&mut server).await.expect("closed already");
            close(&mut server).await.expect("closed already");
            server.close_information().expect("closed").clean
        });
        for index in 0..100 {
            feed(&mut client, message(index)).await;
        }
        flush(&mut client).await.expect("written");
        for index in 0..100 {
            assert_eq!(next(&mut client).await.expect("open").expect("a message"), message(index));
        }
        close(&mut client).await.expect("written");
        assert!(matches!(
            Pin::new(&mut client).start_send("late".into()),
            Err(Error::Send(SendError::Closed))
        ));
        assert!(next(&mut client).await.is_none());
        assert!(next(&mut client).await.is_none());
        assert_eq!(client.state(), State::Closed);
        assert!(server.await.expect("no panic"));
    });
}

#[test]
fn halves_are_stream_and_sink_as_well() {
    run(async {
        let (client, mut server) = tcp_pair().await;
        let server = tokio::spawn(async move {
            while let Some(message) = next(&mut server).await {
                feed(&mut server, message.expect("a message")).await;
            }
            server.close_information().expect("closed").clean
        });
        let (mut reader, mut writer) = client.split();
        feed(&mut writer, message(7)).await;
        flush(&mut writer).await.expect("written");
        assert_eq!(next(&mut reader).await.expect("open").expect("a message"), message(7));
        close(&mut writer).await.expect("written");
        close(&mut writer).await.expect("closed already");
        assert!(next(&mut reader).await.is_none());
        assert!(next(&mut reader).await.is_none());
        assert!(reader.closed().expect("closed").clean);
        assert!(server.await.expect("no panic"));
    });
}

/// One message is taken before there is room for it, and the next one waits.
#[test]
fn a_sink_waits_when_it_holds_one_message_too_many() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (mut server, far) = crowded();
    ready(feed(&mut server, message(0)));
    ready(feed(&mut server, message(1)));
    let (bell, waker) = Bell::new();
    let mut waiting = Box::pin(feed(&mut server, message(2)));
    assert!(poll_once(&mut waiting, &waker).is_pending());
    far.set_room(700);
    assert_eq!(bell.rang(), 1);
    assert!(poll_once(&mut waiting, &waker).is_ready());
    drop(waiting);
    far.set_room(usize::MAX);
    ready(flush(&mut server)).expect("written");
    assert_eq!(written(&far), [0, 1, 2]);
}

#[test]
fn what_a_sink_took_early_goes_out_when_the_stream_waits() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (mut server, far) = crowded();
    ready(feed(&mut server, message(0)));
    ready(feed(&mut server, message(1)));
    let (bell, waker) = Bell::new();
    assert!(poll_once(next(&mut server), &waker).is_pending());
    far.set_room(usize::MAX);
    assert_eq!(bell.rang(), 1);
    assert!(poll_once(next(&mut server), &waker).is_pending());
    assert_eq!(written(&far), [0, 1]);
}

#[test]
fn what_a_sink_took_early_goes_out_before_the_close() {
    run_paused(async {
        let (mut server, far) = crowded();
        feed(&mut server, message(0)).await;
        feed(&mut server, message(1)).await;
        let mut closing = Box::pin(server.close(CloseCode::NORMAL, ""));
        assert!(poll_once(&mut closing, std::task::Waker::noop()).is_pending());
        far.set_room(usize::MAX);
        far.give(&masked(0x88, b"\x03\xE8"));
        far.end();
        assert!(closing.await.expect("closed").clean);
        assert_eq!(written(&far), [0, 1, 255]);
    });
}

/// Each of them was told that it may.
#[test]
fn several_sinks_may_each_hold_one_message_too_many() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (server, far) = crowded();
    let (_reader, mut one) = server.split();
    let (mut two, mut three) = (one.clone(), one.clone());
    ready(feed(&mut one, message(0)));
    for sink in [&mut one, &mut two, &mut three] {
        assert!(ready(poll_fn(|cx| Pin::new(&mut *sink).poll_ready(cx))).is_ok());
    }
    for (index, sink) in [&mut one, &mut two, &mut three].into_iter().enumerate() {
        let message = message(u8::try_from(index).expect("a few") + 1);
        Pin::new(sink).start_send(message).expect("taken");
    }
    let mut flushing = Box::pin(flush(&mut two));
    assert!(poll_once(&mut flushing, std::task::Waker::noop()).is_pending());
    far.set_room(usize::MAX);
    ready(flushing).expect("written");
    assert_eq!(written(&far), [0, 1, 2, 3]);
}

/// What a sink took early is in front of what is fed afterwards.
#[test]
fn a_sink_keeps_the_order_with_what_is_fed() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (mut server, far) = crowded();
    ready(feed(&mut server, message(0)));
    ready(feed(&mut server, message(1)));
    let mut feeding = Box::pin(server.feed(message(2)));
    assert!(poll_once(&mut feeding, std::task::Waker::noop()).is_pending());
    far.set_room(usize::MAX);
    ready(feeding).expect("room");
    ready(server.flush()).expect("written");
    assert_eq!(written(&far), [0, 1, 2]);
}

#[test]
fn an_error_of_the_transport_is_told_to_the_sink() {
    run_paused(async {
        let (mut server, far) = server_over_wire(&Config::server());
        far.fail_writes(std::io::ErrorKind::BrokenPipe);
        feed(&mut server, message(0)).await;
        assert!(matches!(flush(&mut server).await, Err(Error::Io(_))));
        assert!(matches!(close(&mut server).await, Err(Error::ConnectionLost)));
    });
}

/// Both ends in two tasks each, and more on the way than there is room for.
#[test]
fn streams_and_sinks_of_both_ends_do_not_wait_for_each_other() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let mut config = Config::client();
    config.limits.max_write_buffer = 2000;
    let (client, server) = pair_with(100, &config, &config);
    let (client_sink, client_stream) = Half::pair(client);
    let (server_sink, server_stream) = Half::pair(server);
    let mut tasks = Tasks::default();
    for (sink, stream) in [(client_sink, client_stream), (server_sink, server_stream)] {
        tasks.spawn(async move {
            for index in 0..100 {
                sink.send(message(index)).await;
                if index % 7 == 0 {
                    sink.flush().await;
                }
            }
            sink.close().await;
        });
        tasks.spawn(async move {
            for index in 0..100 {
                assert_eq!(stream.next().await, Some(message(index)));
            }
            assert_eq!(stream.next().await, None);
        });
    }
    tasks.finish();
}

/// What a sink has taken without a flush goes out with the stream's next wait, and that is told to it.
#[test]
fn a_stream_that_waits_writes_what_the_sink_took() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (server, far) = server_over_wire(&Config::server());
    let (sink, stream) = Half::pair(server);
    let mut tasks = Tasks::default();
    tasks.spawn(async move {
        stream.next().await;
    });
    assert_eq!(tasks.run(), [0]);
    tasks.spawn(async move { sink.send(message(0)).await });
    assert_eq!(tasks.run(), [0]);
    assert_eq!(written(&far), [0]);
}

/// A message that a sink took early, and that the end of the connection made impossible, is missed by that sink.
#[test]
fn what_was_taken_early_and_lost_is_told_to_who_sent_it() {
    run(async {
        let mut config = Config::server();
        config.limits.max_write_buffer = 64;
        let (near, mut peer) = tokio::io::duplex(16);
        let connection = websocket_proto::Connection::server(config.clone());
        let (mut reader, mut one) = WebSocket::from_connection(near, connection, &config).split();
        let mut other = one.clone();
        one.feed("x".repeat(60)).await.expect("room");
        feed(&mut one, Message::from("y".repeat(60))).await;
        // The peer's Close: nothing that waits behind it can be queued any more.
        tokio::io::AsyncWriteExt::write_all(&mut peer, &[0x88, 0x80, 0, 0, 0, 0])
            .await
            .expect("taken");
        let reading = tokio::spawn(async move { reader.next().await.is_none() });
        let mut sink = vec![0; 256];
        while other.state() == State::Open {
            tokio::task::yield_now().await;
        }
        // The transport takes everything again.
        let draining = tokio::spawn(async move {
            while tokio::io::AsyncReadExt::read(&mut peer, &mut sink)
                .await
                .is_ok_and(|count| count > 0)
            {}
        });
        other.flush().await.expect("nothing of its own was lost");
        assert!(matches!(flush(&mut one).await, Err(Error::Send(SendError::Closed))));
        draining.await.expect("no panic");
        assert!(reading.await.expect("no panic"));
    });
}
