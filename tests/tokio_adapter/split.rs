//! Halves in tasks of their own, also on several threads.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::runtime::Builder;
use tokio::time::timeout;
use websocket_proto::adapter::tokio::{Error, Message, Reader, WebSocket, Writer};
use websocket_proto::{CloseCode, CloseStatus, Config, Event, Prepared, SendError, State};

use crate::support::*;

/// A runtime of several threads; what takes longer than half a minute hangs.
fn run_on_threads(future: impl Future<Output = ()> + Send + 'static) {
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let task = tokio::spawn(timeout(Duration::from_secs(30), future));
        task.await.expect("no panic").expect("in time");
    });
}

fn message(sender: usize, number: usize) -> Message {
    let size = (sender * 7919 + number * 104_729) % 700;
    Message::from(format!("{sender} {number} {}", "x".repeat(size)))
}

/// Receives `count` messages of each sender, each sender's in order, and then the end.
async fn receive<S>(mut reader: Reader<S>, senders: usize, count: usize)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut due = vec![0; senders];
    while let Some(received) = reader.next().await {
        let received = received.expect("a message");
        let digits = received.as_bytes().split(|byte| *byte == b' ').next().expect("a sender");
        let sender: usize = String::from_utf8_lossy(digits).parse().expect("a number");
        assert_eq!(received, message(sender, due[sender]));
        due[sender] += 1;
    }
    assert_eq!(due, vec![count; senders]);
}

async fn send<S>(mut writer: Writer<S>, sender: usize, count: usize)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    for number in 0..count {
        match number % 3 {
            0 => writer.send(message(sender, number)).await.expect("open"),
            _ => writer.feed(message(sender, number)).await.expect("open"),
        }
    }
    writer.flush().await.expect("open");
}

/// Everything is full all the time, in both directions.
async fn crowd(capacity: usize, senders: usize, count: usize) {
    let mut config = Config::client();
    config.limits.max_write_buffer = 2000;
    let (client, server) = pair_with(capacity, &config, &config);
    let mut tasks = Vec::new();
    let mut writers = Vec::new();
    let mut readers = Vec::new();
    for websocket in [client, server] {
        let (reader, writer) = websocket.split();
        for sender in 0..senders {
            tasks.push(tokio::spawn(send(writer.clone(), sender, count)));
        }
        writers.push(writer);
        readers.push(tokio::spawn(receive(reader, senders, count)));
    }
    for task in tasks {
        task.await.expect("no panic");
    }
    for writer in &mut writers {
        match writer.close(CloseCode::NORMAL, "").await {
            Ok(()) | Err(Error::Send(SendError::Closed)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    for reader in readers {
        reader.await.expect("no panic");
    }
    for writer in writers {
        assert!(writer.closed().expect("closed").clean);
    }
}

#[test]
fn several_threads_do_not_lose_a_wake_up() {
    run_on_threads(async {
        let mut crowds = tokio::task::JoinSet::new();
        for index in 0..8 {
            crowds.spawn(crowd(1 << (4 + index), 3, 100));
        }
        while let Some(crowd) = crowds.join_next().await {
            crowd.expect("no panic");
        }
    });
}

#[test]
fn one_thread_does_not_lose_a_wake_up() {
    run(crowd(1000, 5, 50));
}

/// A WebSocket behind a lock instead of halves, on several threads.
#[test]
fn a_lock_around_the_whole_does_not_lose_a_wake_up() {
    use std::future::poll_fn;
    use std::pin::Pin;

    use futures_core::Stream;
    use futures_sink::Sink;

    type Shared = Arc<Mutex<WebSocket<DuplexStream>>>;

    async fn sending(shared: Shared) {
        let lock = || shared.lock().expect("a lock");
        for number in 0..300 {
            poll_fn(|cx| Pin::new(&mut *lock()).poll_ready(cx)).await.expect("ready");
            Pin::new(&mut *lock()).start_send(message(0, number)).expect("taken");
        }
        poll_fn(|cx| Sink::poll_flush(Pin::new(&mut *lock()), cx)).await.expect("written");
    }

    async fn receiving(shared: Shared) {
        for number in 0..300 {
            let next = poll_fn(|cx| Pin::new(&mut *shared.lock().expect("a lock")).poll_next(cx));
            assert_eq!(next.await.expect("open").expect("a message"), message(0, number));
        }
    }

    run_on_threads(async {
        let mut config = Config::client();
        config.limits.max_write_buffer = 2000;
        for capacity in [10, 1000] {
            let (client, server) = pair_with(capacity, &config, &config);
            let mut tasks = tokio::task::JoinSet::new();
            let ends = [client, server].map(|websocket| Arc::new(Mutex::new(websocket)));
            for shared in &ends {
                tasks.spawn(sending(shared.clone()));
                tasks.spawn(receiving(shared.clone()));
            }
            while let Some(task) = tasks.join_next().await {
                task.expect("no panic");
            }
        }
    });
}

#[test]
fn halves_over_a_socket() {
    run(async {
        let (client, mut server) = tcp_pair().await;
        let (mut reader, mut writer) = client.split();
        let echoing = tokio::spawn(async move {
            while let Some(message) = server.next().await {
                server.feed(message.expect("a message")).await.expect("room");
            }
            server.close_information().expect("closed").clean
        });
        let sending = tokio::spawn(async move {
            for number in 0..100 {
                writer.send(message(0, number)).await.expect("open");
            }
            writer
        });
        for number in 0..100 {
            assert_eq!(reader.next().await.expect("open").expect("a message"), message(0, number));
        }
        let mut writer = sending.await.expect("no panic");
        assert_eq!((writer.state(), writer.closed()), (State::Open, None));
        writer.close(CloseCode::NORMAL, "bye").await.expect("open");
        assert!(reader.next().await.is_none());
        assert!(reader.next().await.is_none());
        let closed = writer.closed().expect("closed");
        assert_eq!(closed.received, CloseStatus::Code(CloseCode::NORMAL));
        assert!(closed.clean && echoing.await.expect("no panic"));
        assert!(matches!(writer.send("late").await, Err(Error::Send(SendError::Closed))));
        writer.flush().await.expect("nothing to flush");
    });
}

/// More than any buffer holds, both ways at once.
#[test]
fn much_in_both_directions_does_not_block() {
    run(async {
        let (server, client) = narrow_tcp_streams().await;
        let client = client_over(client, &Config::client());
        let server = server_over(server, &Config::server());
        let mut tasks = Vec::new();
        for websocket in [client, server] {
            let (mut reader, mut writer) = websocket.split();
            tasks.push(tokio::spawn(async move {
                for _ in 0..3 {
                    writer.send(vec![7; 1 << 20]).await.expect("open");
                }
            }));
            tasks.push(tokio::spawn(async move {
                for _ in 0..3 {
                    let received = reader.next().await.expect("open").expect("a message");
                    assert_eq!(received.as_bytes().len(), 1 << 20);
                }
            }));
        }
        for task in tasks {
            task.await.expect("no panic");
        }
    });
}

#[test]
fn a_reader_answers_while_its_writer_is_blocked() {
    run_paused(async {
        let (server, mut peer) = server_and_raw_client(100, &Config::server());
        let (mut reader, mut writer) = server.split();
        let sending = tokio::spawn(async move { writer.send(vec![0; 1000]).await });
        let reading = tokio::spawn(async move {
            let mut batch = reader.next_batch().await.expect("open").expect("a batch");
            assert!(matches!(batch.next_event(), Some(Event::Ping(_))));
            reader.next().await
        });
        write(&mut peer, &masked(0x89, b"?")).await;
        write(&mut peer, &masked(0x81, b"x")).await;
        assert_eq!(reading.await.expect("no panic").expect("open").expect("a message"), "x".into());
        assert!(!sending.is_finished());
        read_bytes(&mut peer, 1004).await;
        assert_eq!(read_bytes(&mut peer, 3).await, b"\x8A\x01?");
        sending.await.expect("no panic").expect("sent");
    });
}

#[test]
fn events_are_answered_from_a_batch_of_the_reader() {
    run_paused(async {
        let (server, mut peer) = server_and_raw_client(1000, &Config::server());
        let (mut reader, writer) = server.split();
        let reading = tokio::spawn(async move {
            let news = Prepared::text("news");
            while let Some(mut batch) = reader.next_batch().await.expect("a clean end") {
                while let Some(event) = batch.next_event() {
                    match event {
                        Event::Text(text) => batch.feed_text(&text).await.expect("room"),
                        Event::Binary(data) => batch.feed_binary(&data).await.expect("room"),
                        Event::Ping(_) => {
                            batch.feed_with(|o| o.send_prepared(&news)).await.expect("room");
                            batch.flush().await.expect("written");
                        }
                        _ => {}
                    }
                }
            }
        });
        write(&mut peer, &[masked(0x81, b"a"), masked(0x82, b"b")].concat()).await;
        assert_eq!(read_bytes(&mut peer, 6).await, b"\x81\x01a\x82\x01b");
        write(&mut peer, &masked(0x89, b"")).await;
        assert_eq!(read_bytes(&mut peer, 8).await, b"\x8A\0\x81\x04news");
        write(&mut peer, &masked(0x88, b"")).await;
        assert_eq!(read_to_end(&mut peer).await, b"\x88\0");
        drop(peer);
        reading.await.expect("no panic");
        assert_eq!(writer.closed().expect("closed").received, CloseStatus::NoCode);
    });
}

#[test]
fn a_violation_is_told_by_a_reader_once() {
    run_paused(async {
        let (server, mut peer) = server_and_raw_client(1000, &Config::server());
        let (mut reader, mut writer) = server.split();
        write(&mut peer, &masked(0x81, b"\xFF")).await;
        let reading = tokio::spawn(async move {
            let end = reader.next().await;
            assert!(matches!(end, Some(Err(Error::Protocol(_)))), "{end:?}");
            assert!(reader.next().await.is_none());
        });
        assert_eq!(read_to_end(&mut peer).await, b"\x88\x02\x03\xEF");
        drop(peer);
        reading.await.expect("no panic");
        assert!(matches!(writer.send("late").await, Err(Error::Send(SendError::Closed))));
    });
}
