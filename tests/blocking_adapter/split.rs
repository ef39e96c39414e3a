//! Two threads, one for each direction.

use std::net::Shutdown;

use websocket_proto::adapter::blocking::{Error, Message, WebSocket};
use websocket_proto::{CloseCode, CloseStatus, Event, ExpiredDeadline, SendError};

use crate::support::*;

#[test]
fn both_ends_send_much_at_once() {
    const SIZE: usize = 8 << 20;
    fn end(websocket: WebSocket<std::net::TcpStream>, fill: u8) -> Message {
        let (mut reader, writer) = websocket.split().expect("split");
        let sending = spawn(move || {
            writer.send_binary(&vec![fill; SIZE]).expect("send");
            // A Ping behind it is answered while the other direction is busy, too.
            writer.ping(b"?").expect("ping");
            writer
        });
        let (mut message, mut pong) = (None, false);
        while message.is_none() || !pong {
            let mut batch = reader.read_batch().expect("read").expect("a batch");
            while let Some(event) = batch.next_event().expect("an event") {
                match event {
                    Event::Binary(data) => message = Some(Message::Binary(data.into())),
                    Event::Pong(_) => pong = true,
                    _ => {}
                }
            }
        }
        let writer = join(sending);
        match writer.close(CloseCode::NORMAL, "") {
            Ok(()) | Err(Error::Send(SendError::Closed)) => {}
            Err(error) => panic!("{error:?}"),
        }
        assert_eq!(reader.read().expect("read"), None);
        assert!(reader.closed().expect("closed").clean);
        message.expect("a message")
    }
    let (server, client) = pair(server_config(), client_config());
    let server = spawn(move || end(server, b's'));
    let at_client = end(client, b'c');
    assert_eq!(join(server), Message::Binary(vec![b'c'; SIZE].into()));
    assert_eq!(at_client, Message::Binary(vec![b's'; SIZE].into()));
}

#[test]
fn any_number_of_threads_may_send() {
    const THREADS: usize = 4;
    const MESSAGES: usize = 200;
    let (server, mut client) = pair(server_config(), client_config());
    let (mut reader, writer) = server.split().expect("split");
    let sending: Vec<_> = (0..THREADS)
        .map(|thread| {
            let writer = writer.clone();
            spawn(move || {
                for number in 0..MESSAGES {
                    let text = format!("{thread} {number}");
                    if number % 3 == 0 {
                        writer.feed_text(&text).expect("feed");
                    } else {
                        writer.send_text(&text).expect("send");
                    }
                }
                writer.flush().expect("flush");
            })
        })
        .collect();
    let mut next = [0; THREADS];
    for _ in 0..THREADS * MESSAGES {
        let Ok(Some(Message::Text(text))) = client.read() else { panic!("no text") };
        let (thread, number) = text.split_once(' ').expect("two numbers");
        let thread: usize = thread.parse().expect("a number");
        assert_eq!(number.parse(), Ok(next[thread]), "in the order of each thread");
        next[thread] += 1;
    }
    for thread in sending {
        join(thread);
    }
    let client = spawn(move || client.close(CloseCode::NORMAL, "").expect("close").clean);
    assert_eq!(reader.read().expect("read"), None);
    assert!(join(client));
}

#[test]
fn pongs_go_out_while_the_reader_waits() {
    let (server, mut peer) = server_and_raw_client(server_config());
    let (mut reader, _writer) = server.split().expect("split");
    let reading = spawn(move || reader.read());
    for number in 0..50 {
        write(&mut peer, &masked(0x89, &[number]));
        assert_eq!(read_bytes(&mut peer, 3), [0x8A, 1, number]);
    }
    write(&mut peer, &masked(0x81, b"done"));
    assert_eq!(join(reading).expect("read"), Some(Message::Text("done".into())));
}

#[test]
fn the_reader_goes_on_while_a_writer_is_blocked() {
    let (server, mut peer) = server_and_raw_client(server_config());
    let (mut reader, writer) = server.split().expect("split");
    // More than the sockets hold, to a peer that does not read yet.
    let sending = spawn(move || writer.send_binary(&vec![0; 16 << 20]));
    assert_eq!(read_bytes(&mut peer, 10).get(..2), Some(&[0x82, 127][..]));
    for number in 0..20 {
        write(&mut peer, &[masked(0x89, b"?"), masked(0x82, &[number])].concat());
        assert_eq!(reader.read().expect("read"), Some(Message::Binary(vec![number].into())));
    }
    assert!(!sending.is_finished());
    assert!(read_bytes(&mut peer, 16 << 20).iter().all(|byte| *byte == 0));
    join(sending).expect("send");
    // The Pongs had to wait for the frame to end; they are not stranded, though nothing else is sent or read.
    assert_eq!(read_bytes(&mut peer, 20 * 3), b"\x8A\x01?".repeat(20));
}

#[test]
fn a_batch_is_answered_from_the_reader() {
    let (server, mut client) = pair(server_config(), client_config());
    let (mut reader, _writer) = server.split().expect("split");
    let reading = spawn(move || {
        reader.run(|event, batch| match event {
            Event::Text(text) => batch.feed_text(&text),
            _ => Ok::<(), Error>(()),
        })
    });
    for _ in 0..10 {
        client.send_text("hello").expect("send");
        assert_eq!(client.read().expect("read"), Some(Message::Text("hello".into())));
    }
    assert!(client.close(CloseCode::NORMAL, "").expect("close").clean);
    join(reading).expect("run");
}

#[test]
fn a_close_that_is_not_answered_is_noticed_by_the_reader() {
    let mut config = client_config();
    config.timeouts.close = ms(80);
    config.timeouts.idle = None;
    let (client, _peer) = client_and_raw_server(config);
    let (mut reader, writer) = client.split().expect("split");
    let reading = spawn(move || reader.read());
    writer.close(CloseCode::NORMAL, "").expect("close");
    let result = join(reading);
    assert!(matches!(result, Err(Error::Timeout(ExpiredDeadline::Close))), "{result:?}");
    assert_eq!(writer.closed().expect("closed").received, CloseStatus::Abnormal);
}

#[test]
fn a_peer_that_takes_nothing_is_left_by_writer_and_reader() {
    let mut config = server_config();
    config.timeouts.write_stall = ms(60);
    let (server, _peer) = server_and_raw_client(config);
    let (mut reader, writer) = server.split().expect("split");
    let reading = spawn(move || reader.read());
    let result = writer.send_binary(&vec![0; 64 << 20]);
    assert!(matches!(result, Err(Error::Timeout(ExpiredDeadline::WriteStall))), "{result:?}");
    let result = join(reading);
    assert!(matches!(result, Err(Error::Timeout(ExpiredDeadline::WriteStall))), "{result:?}");
    assert!(matches!(writer.send_text("late"), Err(Error::Send(SendError::Closed))));
}

#[test]
fn an_aborted_connection_ends_at_once() {
    let (server, _peer) = server_and_raw_client(server_config());
    let (mut reader, writer) = server.split().expect("split");
    let reading = spawn(move || reader.read());
    writer.abort();
    assert!(matches!(join(reading), Err(Error::ConnectionLost)));
    assert!(matches!(writer.send_text("late"), Err(Error::Send(SendError::Closed))));
}

#[test]
fn a_peer_that_vanishes_is_told_both_halves() {
    let (server, peer) = server_and_raw_client(server_config());
    let (mut reader, writer) = server.split().expect("split");
    peer.shutdown(Shutdown::Write).expect("shut down");
    assert!(matches!(reader.read(), Err(Error::ConnectionLost)));
    assert!(matches!(writer.send_text("late"), Err(Error::Send(SendError::Closed))));
}

#[test]
fn what_was_unread_and_unsent_stays_when_split() {
    let (mut server, mut peer) = server_and_raw_client(server_config());
    write(&mut peer, &[masked(0x81, b"one"), masked(0x81, b"two")].concat());
    assert_eq!(server.read().expect("read"), Some(Message::Text("one".into())));
    server.feed_text("queued").expect("feed");
    let (mut reader, writer) = server.split().expect("split");
    assert_eq!(reader.read().expect("read"), Some(Message::Text("two".into())));
    writer.flush().expect("flush");
    assert_eq!(read_bytes(&mut peer, 8), b"\x81\x06queued");
}

#[test]
fn a_violation_ends_both_halves() {
    let (server, mut peer) = server_and_raw_client(server_config());
    let (mut reader, writer) = server.split().expect("split");
    write(&mut peer, &masked(0x83, b""));
    let peer = spawn(move || read_to_end(&mut peer));
    assert!(matches!(reader.read(), Err(Error::Protocol(_))));
    assert_eq!(join(peer), b"\x88\x02\x03\xEA");
    assert!(matches!(writer.ping(b""), Err(Error::Send(SendError::Closed))));
}
