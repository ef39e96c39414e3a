//! Every end of a connection is an end, and says why.

use std::io::{Read, Write};
use std::net::Shutdown;

use smol_example::{accept, connect_over};
use websocket_proto::adapter::{Error, Message};
use websocket_proto::handshake::{Acceptance, HandshakeError, OriginPolicy};
use websocket_proto::{
    CloseCode, CloseStatus, Config, ExpiredDeadline, Initiator, ProtocolError, SendError,
};

use crate::support::*;

#[test]
fn a_close_is_answered_and_the_server_ends_the_transport_first() {
    run(async {
        let (mut server, mut client) = server_and_raw_client(Config::server()).await;
        client.write_all(b"\x88\x82\0\0\0\0\x03\xE8").unwrap();
        // The client keeps its direction open until it has seen the end of the server's (§7.1.1).
        let at_client = read_to_end(client);
        assert_eq!(server.next().await.unwrap(), None);
        assert_eq!(at_client.await, b"\x88\x02\x03\xE8");
        let closed = server.closed().unwrap();
        assert!(closed.clean);
        assert_eq!((closed.initiator, closed.deadline), (Initiator::Peer, None));
        let late = server.feed("late").await;
        assert!(matches!(late, Err(Error::Send(SendError::Closed))), "{late:?}");
    });
}

#[test]
fn what_was_fed_goes_out_before_the_close() {
    run(async {
        let (mut server, client) = server_and_raw_client(Config::server()).await;
        server.feed("last").await.unwrap();
        let mut answering = client.try_clone().unwrap();
        answering.write_all(b"\x81\x81\0\0\0\0?\x88\x82\0\0\0\0\x03\xE9").unwrap();
        let at_client = read_to_end(client);
        let closed = server.close(CloseCode::GOING_AWAY, "bye").await.unwrap().unwrap();
        assert!(closed.clean);
        assert_eq!(at_client.await, b"\x81\x04last\x88\x05\x03\xE9bye");
    });
}

#[test]
fn a_violation_is_told_to_both() {
    run(async {
        let (mut server, mut client) = server_and_raw_client(Config::server()).await;
        client.write_all(b"\x81\x80\0\0\0\0\x83\x80\0\0\0\0\x81\x80\0\0\0\0").unwrap();
        let at_client = read_to_end(client);
        assert_eq!(server.next().await.unwrap(), Some(Message::Text("".into())));
        let end = server.next().await;
        assert!(matches!(end, Err(Error::Protocol(ProtocolError::ReservedOpcode))), "{end:?}");
        assert_eq!(at_client.await, b"\x88\x02\x03\xEA");
    });
}

#[test]
fn an_end_without_a_close_is_a_loss() {
    run(async {
        let (mut server, mut client) = server_and_raw_client(Config::server()).await;
        // In the middle of a message.
        client.write_all(b"\x81\x85\0\0\0\0He").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let end = server.next().await;
        assert!(matches!(end, Err(Error::ConnectionLost)), "{end:?}");
        assert_eq!(server.closed().unwrap().received, CloseStatus::Abnormal);
    });
}

#[test]
fn a_reset_is_told_with_its_cause() {
    run(async {
        let (mut server, client) = server_and_raw_client(Config::server()).await;
        server.send("unread").await.unwrap();
        // With something unread, the system resets the connection.
        drop(client);
        let end = server.next().await;
        assert!(matches!(end, Err(Error::Io(_))), "{end:?}");
    });
}

#[test]
fn a_peer_that_is_silent_is_pinged_and_left() {
    let mut config = Config::server();
    config.timeouts.ping_interval = ms(30);
    config.timeouts.pong = ms(30);
    config.timeouts.close = ms(30);
    run(async {
        let (mut server, client) = server_and_raw_client(config).await;
        let end = server.next().await;
        assert!(matches!(end, Err(Error::Timeout(ExpiredDeadline::Pong))), "{end:?}");
        // The transport was dropped, though the client holds on to it.
        let at_client = read_to_end(client).await;
        assert_eq!(at_client.len(), 10 + 4 + at_client[11] as usize - 2, "{at_client:?}");
        assert_eq!((at_client[0], at_client[10]), (0x89, 0x88));
    });
}

/// Held up for longer than the deadlines, it finds the peer's answers in the socket.
#[test]
fn a_program_that_is_held_up_leaves_nobody() {
    let mut config = Config::server();
    config.timeouts.ping_interval = ms(20);
    config.timeouts.pong = ms(300);
    run(async {
        let (mut server, mut client) = server_and_raw_client(config).await;
        for _ in 0..2 {
            // A Ping goes out in here.
            let reading = smol::future::poll_once(server.next());
            assert!(reading.await.is_none());
            std::thread::sleep(ms(30).unwrap());
            assert!(smol::future::poll_once(server.next()).await.is_none());
            let mut ping = [0; 10];
            client.read_exact(&mut ping).unwrap();
            let pong = [b"\x8A\x88\0\0\0\0".as_slice(), &ping[2..]].concat();
            client.write_all(&pong).unwrap();
            std::thread::sleep(ms(400).unwrap());
            let reading = smol::future::poll_once(server.next()).await;
            assert!(reading.is_none(), "{reading:?}");
            assert_eq!(server.closed(), None);
        }
    });
}

/// Whoever sends without end does not outrun a deadline.
#[test]
fn a_peer_that_does_not_stop_is_left_all_the_same() {
    let mut config = Config::server();
    config.timeouts.close = ms(100);
    run(async {
        let (mut server, mut client) = server_and_raw_client(config).await;
        // More than is taken from the socket meanwhile.
        let pongs = [0x8A, 0x80, 0, 0, 0, 0].repeat(20_000);
        let sending = smol::unblock(move || while client.write_all(&pongs).is_ok() {});
        let closed = server.close(CloseCode::NORMAL, "").await.unwrap().unwrap();
        assert_eq!(closed.deadline, Some(ExpiredDeadline::Close));
        sending.await;
    });
}

#[test]
fn a_peer_that_takes_nothing_is_left() {
    let mut config = Config::server();
    config.timeouts.write_stall = ms(60);
    run(async {
        let (mut server, _client) = server_and_raw_client(config).await;
        let end = server.send(Message::Binary(vec![0; 64 << 20].into())).await;
        assert!(matches!(end, Err(Error::Timeout(ExpiredDeadline::WriteStall))), "{end:?}");
        let end = server.next().await;
        assert!(matches!(end, Err(Error::Timeout(ExpiredDeadline::WriteStall))), "{end:?}");
    });
}

#[test]
fn a_close_that_is_not_answered_ends_by_its_deadline() {
    let mut config = Config::server();
    config.timeouts.close = ms(50);
    run(async {
        let (mut server, _client) = server_and_raw_client(config).await;
        let closed = server.close(CloseCode::NORMAL, "").await.unwrap().unwrap();
        assert_eq!((closed.clean, closed.deadline), (false, Some(ExpiredDeadline::Close)));
    });
}

#[test]
fn handshakes_that_fail_say_why() {
    run(async {
        let mut config = Config::server();
        config.timeouts.handshake = ms(50);
        // Silence.
        let (server, client) = server_and_blocking_client().await;
        let client = read_to_end(client);
        let end = accept(server, config.clone(), &Acceptance::new()).await.err();
        assert!(matches!(end, Some(Error::Handshake(HandshakeError::Timeout))), "{end:?}");
        assert!(client.await.starts_with(b"HTTP/1.1 408 "));

        // No WebSocket.
        let (server, mut client) = server_and_blocking_client().await;
        client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let client = read_to_end(client);
        let end = accept(server, Config::server(), &Acceptance::new()).await.err();
        assert!(matches!(end, Some(Error::Rejected { status: 426, .. })), "{end:?}");
        assert!(client.await.starts_with(b"HTTP/1.1 426 "));

        // Not let in.
        let (server, client) = sockets().await;
        let acceptance = Acceptance::new().origin(OriginPolicy::list(["https://other"]).unwrap());
        let request = request().origin("https://here").unwrap();
        let (server, client) = smol::future::zip(
            accept(server, Config::server(), &acceptance),
            connect_over(client, &request, Config::client()),
        )
        .await;
        assert!(matches!(server.err(), Some(Error::Rejected { status: 403, .. })));
        let Some(Error::Refused(refused)) = client.err() else { panic!() };
        assert_eq!(refused.status, 403);

        // The other one is gone.
        let (server, client) = sockets().await;
        drop(server);
        let end = connect_over(client, &crate::support::request(), Config::client()).await.err();
        assert!(
            matches!(end, Some(Error::Io(_) | Error::Handshake(HandshakeError::ConnectionEnded))),
            "{end:?}"
        );
    });
}
