//! Nothing is lost, whatever the transport does and whichever future is dropped.

use std::time::Duration;

use smol::Timer;
use smol::future::{or, poll_once, yield_now, zip};
use smol::net::unix::UnixStream;
use smol_example::WebSocket;
use websocket_proto::adapter::Message;
use websocket_proto::{CloseCode, Config};

use crate::support::*;

/// Who closes is not to wait for a deadline: it would hang here.
fn without_close_deadline(mut config: Config) -> Config {
    config.timeouts.close = None;
    config
}

/// The message with this number.
fn message(number: usize) -> Message {
    let length = [0, 1, 125, 126, 1000, 5000][number % 6];
    match number % 2 {
        0 => Message::Text("é".repeat(length).into()),
        _ => Message::Binary(vec![number as u8; length].into()),
    }
}

#[test]
fn a_transport_of_few_bytes_and_idle_wake_ups_loses_nothing() {
    const MESSAGES: usize = 36;
    for seed in 1..4 {
        run(async {
            let (server, client) = sockets().await;
            let (server, client) = (Chopped::new(server, seed), Chopped::new(client, !seed));
            let (mut server, mut client) = pair(
                (server, without_close_deadline(Config::server())),
                (client, without_close_deadline(Config::client())),
            )
            .await;
            let serving = async {
                let mut count = 0;
                while let Some(message) = server.next().await.unwrap() {
                    server.feed(message).await.unwrap();
                    count += 1;
                }
                assert!(server.closed().unwrap().clean);
                count
            };
            let asking = async {
                for number in 0..MESSAGES {
                    client.feed(message(number)).await.unwrap();
                    client.connection().ping(b"?").unwrap();
                    if number % 3 == 2 {
                        for number in number - 2..=number {
                            assert_eq!(client.next().await.unwrap(), Some(message(number)));
                        }
                    }
                }
                client.close(CloseCode::NORMAL, "").await.unwrap().unwrap()
            };
            let (count, closed) = zip(serving, asking).await;
            assert_eq!((count, closed.clean), (MESSAGES, true));
        });
    }
}

/// Polls once, drops the future, and tries again.
macro_rules! impatiently {
    ($future:expr) => {
        loop {
            if let Some(result) = poll_once($future).await {
                break result;
            }
            yield_now().await;
        }
    };
}

#[test]
fn futures_may_be_dropped_at_every_await() {
    const MESSAGES: usize = 36;
    run(async {
        let (server, client) = sockets().await;
        let (server, client) = (Chopped::new(server, 11), Chopped::new(client, 12));
        let (mut server, mut client) = pair(
            (server, without_close_deadline(Config::server())),
            (client, without_close_deadline(Config::client())),
        )
        .await;
        let serving = async {
            while let Some(message) = impatiently!(server.next()).unwrap() {
                // `feed` and not `send`: what is dropped while it writes is queued, and would be queued again.
                impatiently!(server.feed(message.clone())).unwrap();
                impatiently!(server.flush()).unwrap();
            }
            server.closed().unwrap().clean
        };
        let asking = async {
            for number in 0..MESSAGES {
                impatiently!(client.feed(message(number))).unwrap();
                assert_eq!(impatiently!(client.next()).unwrap(), Some(message(number)));
            }
            impatiently!(client.close(CloseCode::NORMAL, "")).unwrap().unwrap().clean
        };
        assert_eq!(zip(serving, asking).await, (true, true));
    });
}

#[test]
fn a_client_that_does_not_read_is_read_from_no_more_and_loses_nothing() {
    const MESSAGES: usize = 100;
    let data = |number: usize| Message::Binary(vec![number as u8; 100_000].into());
    run(async {
        // They hold a few 100 KiB, where sockets of TCP may hold 30 MB.
        let (server, client) = UnixStream::pair().unwrap();
        let (mut server, client) = pair(
            (server, without_close_deadline(Config::server())),
            (client, without_close_deadline(Config::client())),
        )
        .await;
        let most = Config::server().limits.max_write_buffer;
        let serving = async {
            while let Some(message) = server.next().await.unwrap() {
                server.feed(message).await.unwrap();
                assert!(server.connection().unsent() <= most);
            }
        };
        // 10 MB in one direction, and no look at what comes back, until nothing moves any more.
        let asking = async {
            let mut client: WebSocket<_> = client;
            let mut sent = 0;
            while sent < MESSAGES {
                client.feed(data(sent)).await.unwrap();
                let pause = async {
                    Timer::after(Duration::from_millis(300)).await;
                    false
                };
                if !or(async { client.flush().await.is_ok() }, pause).await {
                    break;
                }
                sent += 1;
            }
            assert!(sent < MESSAGES, "the server reads on");
            // What was being sent is queued.
            for number in 0..=sent {
                assert_eq!(client.next().await.unwrap(), Some(data(number)));
            }
            client.close(CloseCode::NORMAL, "").await.unwrap().unwrap()
        };
        let ((), closed) = zip(serving, asking).await;
        assert!(closed.clean);
    });
}
