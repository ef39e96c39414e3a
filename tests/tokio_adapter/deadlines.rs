//! Deadlines, on a clock that stands still while anybody is busy.

use std::future::poll_fn;
use std::pin::pin;

use tokio::task::coop::{consume_budget, has_budget_remaining};
use tokio::time::{Instant, sleep, timeout};
use websocket_proto::adapter::tokio::{Error, Message, accept, connect_over};
use websocket_proto::handshake::HandshakeError;
use websocket_proto::{CloseCode, CloseStatus, Config, Event, ExpiredDeadline, State};

use crate::support::*;
use crate::wire::*;

/// The connection's presets with these deadlines, in milliseconds.
fn config(change: impl FnOnce(&mut websocket_proto::Timeouts)) -> Config {
    let mut config = Config::server();
    change(&mut config.timeouts);
    config
}

#[test]
fn pings_keep_a_connection() {
    run_paused(async {
        let (mut client, mut server) = pair_with(1000, &Config::client(), &Config::server());
        let client = tokio::spawn(async move { client.next().await.is_none() });
        let begun = Instant::now();
        for minutes in 1..=5_u64 {
            let mut pongs = 0;
            while pongs < 2 {
                let mut batch = server.next_batch().await.expect("open").expect("a batch");
                while let Some(event) = batch.next_event() {
                    assert!(matches!(event, Event::Pong(payload) if payload.len() == 8));
                    pongs += 1;
                }
            }
            assert_eq!(begun.elapsed().as_secs(), minutes * 60);
        }
        assert!(server.close(CloseCode::NORMAL, "").await.expect("closed").clean);
        assert!(client.await.expect("no panic"));
    });
}

#[test]
fn a_peer_without_pongs_is_told_and_left() {
    run_paused(async {
        let (mut server, mut peer) = server_and_raw_client(1000, &Config::server());
        let begun = Instant::now();
        let peer = tokio::spawn(async move { read_to_end(&mut peer).await });
        let result = server.next().await;
        assert!(matches!(result, Some(Err(Error::Timeout(ExpiredDeadline::Pong)))), "{result:?}");
        assert_eq!(begun.elapsed().as_secs(), 30 + 20);
        assert!(server.next().await.is_none());
        let sent = peer.await.expect("no panic");
        assert_eq!(sent.get(..2), Some(&[0x89, 0x08][..]));
        assert_eq!(sent.get(10..14), Some(&[0x88, 0x09, 0x03, 0xF3][..]));
    });
}

#[test]
fn an_idle_connection_is_closed() {
    run_paused(async {
        let config = config(|timeouts| timeouts.idle = Some(ms(300)));
        let (mut client, mut server) = pair_with(1000, &Config::client(), &config);
        let client = tokio::spawn(async move {
            assert!(client.next().await.is_none());
            client.close_information().expect("closed").received
        });
        assert!(server.next().await.is_none());
        let information = server.close_information().expect("closed");
        assert_eq!(information.deadline, Some(ExpiredDeadline::Idle));
        assert!(information.clean);
        let received = client.await.expect("no panic");
        assert_eq!(received, CloseStatus::Code(CloseCode::GOING_AWAY));
    });
}

/// Silence is measured up to what was read, not up to what the application did with it.
#[test]
fn a_busy_application_does_not_make_the_peer_silent() {
    run_paused(async {
        let config = config(|timeouts| timeouts.idle = Some(ms(60)));
        let (mut server, mut peer) = server_and_raw_client(1000, &config);
        write(&mut peer, &masked(0x81, b"x")).await;
        assert!(server.next().await.is_some());
        write(&mut peer, &masked(0x81, b"y")).await;
        sleep(ms(80)).await;
        server.send_text("answer").await.expect("sent");
        assert_eq!(server.state(), State::Open);
        assert!(server.next().await.expect("open").is_ok());
    });
}

#[test]
fn a_pong_that_came_while_the_application_was_busy_counts() {
    for splits in [false, true] {
        run_paused(async {
            let (mut server, mut peer) = server_and_raw_client(1000, &Config::server());
            let waiting = timeout(ms(31_000), server.next()).await;
            assert!(waiting.is_err(), "nothing to give out");
            let ping = read_bytes(&mut peer, 10).await;
            write(&mut peer, &[masked(0x8A, &ping[2..]), masked(0x81, b"x")].concat()).await;
            sleep(ms(25_000)).await;
            if splits {
                let (mut reader, mut writer) = server.split();
                writer.send("late").await.expect("open");
                assert!(reader.next().await.expect("open").is_ok());
            } else {
                server.send("late").await.expect("open");
                assert!(server.next().await.expect("open").is_ok());
            }
        });
    }
}

/// What the peer sends is not looked at as long as something goes out, and so its silence proves nothing.
#[test]
fn a_slow_send_is_not_taken_for_a_silent_peer() {
    // One message, then many: a Ping could go out between them.
    for (count, size) in [(1, 200_000), (200, 1000)] {
        run_paused(async {
            let (mut server, mut peer) = server_and_raw_client(1000, &Config::server());
            let begun = Instant::now();
            let sending = tokio::spawn(async move {
                for _ in 0..count {
                    server.feed(vec![0; size]).await.expect("room");
                }
                server.flush().await.expect("sent");
                assert_eq!(server.state(), State::Open);
                let message = server.next().await.expect("open").expect("a message");
                assert_eq!(message, Message::from("unread"));
            });
            write(&mut peer, &masked(0x81, b"unread")).await;
            for _ in 0..199 {
                sleep(ms(1000)).await;
                read_bytes(&mut peer, 1000).await;
            }
            let rest = unmasked(0x82, &vec![0; size]).len() * count - 199_000;
            read_bytes(&mut peer, rest).await;
            sending.await.expect("no panic");
            assert!(begun.elapsed().as_secs() >= 199);
        });
    }
}

/// While a writer of its is at it, a reader goes on answering and listening.
#[test]
fn a_slow_send_beside_a_reader_keeps_the_connection() {
    run_paused(async {
        let (server, mut peer) = server_and_raw_client(1000, &Config::server());
        let (mut reader, mut writer) = server.split();
        let reading = tokio::spawn(async move { reader.next().await.expect("open") });
        let sending = tokio::spawn(async move { writer.send(vec![0; 100_000]).await });
        for _ in 0..100 {
            sleep(ms(1000)).await;
            read_bytes(&mut peer, 1000).await;
        }
        // The rest, and the Ping that had to wait for it.
        let rest = read_bytes(&mut peer, 10 + 10).await;
        sending.await.expect("no panic").expect("sent");
        write(&mut peer, &[masked(0x8A, &rest[12..]), masked(0x81, b"x")].concat()).await;
        assert_eq!(reading.await.expect("no panic").expect("a message"), "x".into());
    });
}

#[test]
fn a_peer_that_takes_nothing_is_left() {
    run_paused(async {
        let (mut server, _peer) = server_and_raw_client(1000, &Config::server());
        let begun = Instant::now();
        let result = server.send(vec![0; 2000]).await;
        assert!(matches!(result, Err(Error::Timeout(ExpiredDeadline::WriteStall))), "{result:?}");
        assert_eq!((begun.elapsed().as_secs(), server.state()), (30, State::Closed));
        assert!(matches!(
            server.next().await,
            Some(Err(Error::Timeout(ExpiredDeadline::WriteStall)))
        ));
        assert!(server.next().await.is_none());
    });
}

#[test]
fn a_peer_that_takes_nothing_is_left_by_who_waits_for_it() {
    run_paused(async {
        let (mut server, mut peer) = server_and_raw_client(1000, &Config::server());
        server.feed(vec![0; 2000]).await.expect("room");
        write(&mut peer, &masked(0x81, b"x")).await;
        assert!(server.next().await.expect("open").is_ok());
        let end = server.next().await;
        assert!(matches!(end, Some(Err(Error::Timeout(ExpiredDeadline::WriteStall)))), "{end:?}");
    });
}

/// T-CT-14: there is always something more to read, so that nobody ever waits for it.
#[test]
fn a_peer_that_floods_and_takes_nothing_is_left() {
    for splits in [false, true] {
        run_paused(async {
            let (mut server, far) = server_over_wire(&Config::server());
            far.set_room(0);
            server.feed("stuck").await.expect("room");
            let mut halves = None;
            let mut whole = Some(server);
            if splits {
                halves = whole.take().map(websocket_proto::adapter::tokio::WebSocket::split);
            }
            let begun = Instant::now();
            let end = loop {
                assert!(begun.elapsed().as_secs() < 40, "still there");
                far.give(&[masked(0x89, b"are you there?"), masked(0x81, b"x")].concat());
                let next = match (&mut whole, &mut halves) {
                    (Some(server), _) => server.next().await,
                    (_, Some((reader, _))) => reader.next().await,
                    _ => None,
                };
                match next {
                    Some(Ok(_)) => sleep(ms(100)).await,
                    end => break end,
                }
            };
            let stalled = matches!(end, Some(Err(Error::Timeout(ExpiredDeadline::WriteStall))));
            assert!(stalled, "{end:?}");
            assert_eq!(begun.elapsed().as_secs(), 30);
        });
    }
}

#[test]
fn a_peer_that_never_closes_is_left() {
    run_paused(async {
        let (mut server, mut peer) = server_and_raw_client(1000, &Config::server());
        let begun = Instant::now();
        let closed = server.close(CloseCode::NORMAL, "").await.expect("closed");
        assert_eq!(closed.deadline, Some(ExpiredDeadline::Close));
        assert_eq!((closed.received, closed.clean), (CloseStatus::Abnormal, false));
        assert_eq!(begun.elapsed().as_secs(), 10);
        let end = server.next().await;
        assert!(matches!(end, Some(Err(Error::Timeout(ExpiredDeadline::Close)))), "{end:?}");
        assert!(server.next().await.is_none());
        assert_eq!(read_to_end(&mut peer).await, b"\x88\x02\x03\xE8");
    });
}

/// Than the one that was waited for before.
#[test]
fn an_earlier_deadline_is_kept() {
    run_paused(async {
        let (mut server, _peer) = server_and_raw_client(1000, &Config::server());
        let begun = Instant::now();
        assert!(timeout(ms(5000), server.next()).await.is_err(), "nothing to give out");
        let closed = server.close(CloseCode::NORMAL, "").await.expect("closed");
        assert_eq!(closed.deadline, Some(ExpiredDeadline::Close));
        assert_eq!(begun.elapsed().as_secs(), 5 + 10);
    });
}

/// There is always something more to read.
#[test]
fn a_peer_that_floods_and_never_closes_is_left() {
    for reads in [false, true] {
        run_paused(async {
            let (mut server, mut peer) = server_and_raw_client(1000, &Config::server());
            let flood = tokio::spawn(async move {
                use tokio::io::AsyncWriteExt;
                let frames = masked(0x81, b"and on").repeat(100);
                while peer.write_all(&frames).await.is_ok() {
                    sleep(ms(10)).await;
                }
            });
            let begun = Instant::now();
            if reads {
                server.feed_close(CloseCode::NORMAL, "").await.expect("room");
                while let Some(Ok(_)) = server.next().await {}
                drop(server);
            } else {
                let closed = server.close(CloseCode::NORMAL, "").await.expect("closed");
                assert_eq!(closed.deadline, Some(ExpiredDeadline::Close));
                drop(server);
            }
            assert_eq!(begun.elapsed().as_secs(), 10);
            flood.await.expect("no panic");
        });
    }
}

/// A writer's Close counts from when it was queued, whoever is stuck in front of it.
#[test]
fn the_close_deadline_runs_behind_what_is_stuck() {
    run_paused(async {
        let config = config(|timeouts| {
            timeouts.write_stall = None;
            timeouts.ping_interval = None;
        });
        let (server, far) = server_over_wire(&config);
        far.set_room(0);
        let (mut reader, mut writer) = server.split();
        let reading = tokio::spawn(async move { reader.next().await });
        writer.feed("stuck").await.expect("room");
        sleep(ms(5000)).await;
        let begun = Instant::now();
        writer.feed_with(|outgoing| outgoing.close(CloseCode::NORMAL, "")).await.expect("room");
        let end = reading.await.expect("no panic");
        assert!(matches!(end, Some(Err(Error::Timeout(ExpiredDeadline::Close)))), "{end:?}");
        assert_eq!(begun.elapsed().as_secs(), 10);
    });
}

/// A transport without a budget of tokio's, in a task that has used up its own.
#[test]
fn a_deadline_is_kept_by_a_task_that_has_done_enough_for_its_turn() {
    run_paused(async {
        let (mut server, far) = server_over_wire(&Config::server());
        let waiting = tokio::spawn(async move {
            while has_budget_remaining() {
                consume_budget().await;
            }
            server.next().await
        });
        sleep(ms(31_000)).await;
        assert_eq!(far.take().first(), Some(&0x89), "a Ping after 30 seconds");
        far.end();
        assert!(waiting.await.expect("no panic").is_some());
    });
}

#[test]
fn a_silent_client_gets_408() {
    run_paused(async {
        let (near, mut peer) = tokio::io::duplex(1000);
        write(&mut peer, b"GET / HTTP/1.1\r\n").await;
        let begun = Instant::now();
        let accepting = tokio::spawn(accept(near));
        let answer = String::from_utf8(read_to_end(&mut peer).await).expect("text");
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert_eq!(begun.elapsed().as_secs(), 10);
        drop(peer);
        let accepted = accepting.await.expect("no panic");
        assert!(matches!(accepted, Err(Error::Handshake(HandshakeError::Timeout))));
    });
}

/// However busily it sends.
#[test]
fn a_client_that_sends_a_byte_at_a_time_gets_408() {
    run_paused(async {
        let (near, peer) = tokio::io::duplex(1000);
        let (mut peer, mut sink) = tokio::io::split(peer);
        let sending = tokio::spawn(async move {
            use tokio::io::AsyncWriteExt;
            sink.write_all(b"GET / HTTP/1.1\r\nX: ").await.expect("written");
            while sink.write_all(b"x").await.is_ok() {
                sleep(ms(100)).await;
            }
        });
        let begun = Instant::now();
        let accepting = tokio::spawn(accept(near));
        assert!(read_to_end(&mut peer).await.starts_with(b"HTTP/1.1 408 "));
        assert_eq!(begun.elapsed().as_secs(), 10);
        let accepted = accepting.await.expect("no panic");
        assert!(matches!(accepted, Err(Error::Handshake(HandshakeError::Timeout))));
        assert_eq!(begun.elapsed().as_secs(), 20, "it never ended its direction");
        drop(peer);
        sending.await.expect("no panic");
    });
}

#[test]
fn a_silent_server_times_out() {
    run_paused(async {
        let (near, _peer) = tokio::io::duplex(1000);
        let begun = Instant::now();
        let connected = connect_over(near, &request(), Config::client()).await;
        assert!(matches!(connected, Err(Error::Handshake(HandshakeError::Timeout))));
        assert_eq!(begun.elapsed().as_secs(), 10);
    });
}

/// The handshake's deadline is over with the handshake.
#[test]
fn nothing_is_left_of_the_handshakes_deadline() {
    run_paused(async {
        let (near, far) = tokio::io::duplex(1000);
        let accepting = tokio::spawn(accept(far));
        let (mut client, _) =
            connect_over(near, &request(), Config::client()).await.expect("a WebSocket");
        let _server = accepting.await.expect("no panic").expect("a WebSocket");
        let mut next = pin!(client.next());
        let mut polls = 0;
        let polled = poll_fn(|cx| {
            polls += 1;
            next.as_mut().poll(cx).map(|_| ())
        });
        assert!(timeout(ms(25_000), polled).await.is_err(), "nothing to give out");
        // At first, and when buffers are released.
        assert!(polls <= 4, "{polls} polls");
    });
}

/// A time that no clock reaches is none.
#[test]
fn a_deadline_beyond_all_clocks_does_not_matter() {
    run_paused(async {
        let config = config(|timeouts| timeouts.ping_interval = Some(std::time::Duration::MAX));
        let (mut server, _peer) = server_and_raw_client(1000, &config);
        let waiting = timeout(ms(3_600_000), server.next()).await;
        assert!(waiting.is_err());
    });
}
