//! What a WebSocket holds, and what a message costs: counted allocations. `--nocapture` prints the figures.

use std::task::Waker;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use websocket_proto::adapter::tokio::{Reader, WebSocket, Writer};
use websocket_proto::{Config, Event};

use crate::allocator::usage;
use crate::support::*;
use crate::tasks::*;

/// Bytes of a read buffer.
const BUFFER: isize = 16 << 10;

/// A server's preset without Pings.
fn quiet() -> Config {
    let mut config = Config::server();
    config.timeouts.ping_interval = None;
    config
}

#[test]
fn a_websocket_is_small() {
    let size = size_of::<WebSocket<TcpStream>>();
    println!("size_of::<WebSocket<TcpStream>>() = {size} bytes");
    println!("size_of::<Reader<TcpStream>>() = {} bytes", size_of::<Reader<TcpStream>>());
    println!("size_of::<Writer<TcpStream>>() = {} bytes", size_of::<Writer<TcpStream>>());
    assert!(size <= 640, "{size}");
    assert!(size_of::<Writer<TcpStream>>() <= 16);
}

/// With no deadline there is no timer, and with nothing to read no buffer.
#[test]
fn an_idle_websocket_holds_nothing_but_itself() {
    run(async {
        for (name, config, most) in [("quiet", quiet(), 0), ("with Pings", Config::server(), 200)] {
            let (server, _client) = tcp_streams().await;
            let mut server = server_over(server, &config);
            // The thread's buffer, and what a first wait on a socket costs.
            let (other, _peer) = tcp_streams().await;
            let mut other = server_over(other, &quiet());
            assert!(poll_once(other.next(), Waker::noop()).is_pending());
            let before = usage();
            assert!(poll_once(server.next(), Waker::noop()).is_pending());
            let held = usage().bytes_over(before);
            println!("idle, {name}: {held} bytes beside {}", size_of::<WebSocket<TcpStream>>());
            assert!((0..=most).contains(&held), "{held}");
        }
    });
}

/// Each of many has read something; none of them keeps a buffer while it waits, and the thread keeps a few.
#[test]
fn buffers_are_given_back() {
    run(async {
        let message = masked(0x81, b"something");
        let mut ends = Vec::new();
        for _ in 0..50 {
            let (server, mut client) = tcp_streams().await;
            client.write_all(&message).await.expect("written");
            server.readable().await.expect("readable");
            ends.push((server_over(server, &quiet()), client));
        }
        let before = usage();
        for (server, _) in &mut ends {
            assert!(server.next().await.is_some());
        }
        let busy = usage().bytes_over(before);
        for (server, _) in &mut ends {
            assert!(poll_once(server.next(), Waker::noop()).is_pending());
        }
        let idle = usage().bytes_over(before);
        println!("50 that have read: {busy} bytes held, {idle} once they wait");
        // But for those that the thread had already.
        assert!(busy >= 46 * BUFFER, "{busy}");
        assert!(idle <= 4 * BUFFER + 1024, "{idle}");
    });
}

/// Rounds before counting, and rounds that are counted.
const WARM_UP: usize = 5;
const ROUNDS: usize = 50;

/// Allocations per round of an echo of 10 messages of `size` bytes by `serve`.
async fn allocations_of<F>(size: usize, serve: impl FnOnce(WebSocket<TcpStream>) -> F) -> usize
where
    F: Future<Output = ()> + 'static,
{
    let (server, mut client) = tcp_streams().await;
    let local = tokio::task::LocalSet::new();
    local.spawn_local(serve(server_over(server, &quiet())));
    let wire = masked(0x82, &vec![7; size]).repeat(10);
    let mut echo = vec![0; unmasked(0x82, &vec![7; size]).len() * 10];
    local
        .run_until(async {
            let mut before = usage();
            for round in 0..WARM_UP + ROUNDS {
                if round == WARM_UP {
                    before = usage();
                }
                client.write_all(&wire).await.expect("written");
                client.read_exact(&mut echo).await.expect("an echo");
            }
            usage().allocations_since(before) / ROUNDS
        })
        .await
}

/// An owned message is its buffer; to send it takes no more.
#[test]
fn an_echo_of_owned_messages_allocates_them_only() {
    run(async {
        // One of the last kind comes in two reads, and is put together.
        for (size, most) in [(10, 10), (1000, 10), (10_000, 30)] {
            let count = allocations_of(size, async |mut server| {
                while let Some(message) = server.next().await {
                    server.feed(message.expect("a message")).await.expect("room");
                }
            })
            .await;
            println!("echo of 10 owned messages of {size} bytes: {count} allocations");
            assert!(count <= most, "{count}");
        }
    });
}

#[test]
fn an_echo_of_lent_messages_allocates_nothing() {
    run(async {
        for size in [10, 1000] {
            let count = allocations_of(size, async |mut server| {
                while let Some(mut batch) = server.next_batch().await.expect("open") {
                    while let Some(event) = batch.next_event() {
                        if let Event::Binary(data) = event {
                            batch.feed_binary(&data).await.expect("room");
                        }
                    }
                }
            })
            .await;
            println!("echo of 10 lent messages of {size} bytes: {count} allocations");
            assert_eq!(count, 0);
        }
    });
}

#[test]
fn an_echo_between_halves_allocates_no_more() {
    run(async {
        let count = allocations_of(100, async |server| {
            let (mut reader, mut writer) = server.split();
            while let Some(mut batch) = reader.next_batch().await.expect("open") {
                while let Some(event) = batch.next_event() {
                    if let Event::Binary(data) = event {
                        writer.feed_with(|o| o.send_binary(&data)).await.expect("room");
                    }
                }
            }
        })
        .await;
        println!("echo of 10 lent messages of 100 bytes between halves: {count} allocations");
        assert_eq!(count, 0);
    });
}

/// However often it waits, is written to and is given up.
#[test]
fn waiting_again_and_again_allocates_nothing() {
    run(async {
        let (server, _client) = tcp_streams().await;
        let mut server = server_over(server, &Config::server());
        let (_, waker) = Bell::new();
        assert!(poll_once(server.next(), &waker).is_pending());
        let before = usage();
        for _ in 0..1000 {
            assert!(poll_once(server.next(), &waker).is_pending());
            assert!(poll_once(server.flush(), &waker).is_ready());
        }
        assert_eq!(usage().allocations_since(before), 0);
    });
}
