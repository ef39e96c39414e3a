//! Deadlines that pass for real, and short.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use websocket_proto::adapter::blocking::{Error, Transport, WebSocket};
use websocket_proto::handshake::HandshakeError;
use websocket_proto::{CloseCode, CloseStatus, Connection, ExpiredDeadline, State};

use crate::support::*;

#[test]
fn a_silent_client_gets_408() {
    let (server, mut peer) = tcp_pair();
    let mut config = server_config();
    config.timeouts.handshake = ms(30);
    config.timeouts.close = ms(30);
    write(&mut peer, b"GET / HTTP/1.1\r\n");
    let accepted = accept(server, config);
    assert!(matches!(accepted, Err(Error::Handshake(HandshakeError::Timeout))), "{accepted:?}");
    assert!(String::from_utf8_lossy(&read_to_end(&mut peer)).starts_with("HTTP/1.1 408 "));
}

#[test]
fn a_silent_server_times_out() {
    let (_peer, client) = tcp_pair();
    let mut config = client_config();
    config.timeouts.handshake = ms(30);
    let connected = connect(client, &request(), config);
    assert!(matches!(connected, Err(Error::Handshake(HandshakeError::Timeout))), "{connected:?}");
}

#[test]
fn an_idle_connection_is_closed() {
    let mut config = server_config();
    config.timeouts.idle = ms(30);
    let (mut server, mut client) = pair(config, client_config());
    let client = spawn(move || {
        assert_eq!(client.read().expect("read"), None);
        client.close_information().expect("closed").received
    });
    assert_eq!(server.read().expect("read"), None);
    let information = server.close_information().expect("closed");
    assert_eq!(information.deadline, Some(ExpiredDeadline::Idle));
    assert!(information.clean);
    assert_eq!(join(client), CloseStatus::Code(CloseCode::GOING_AWAY));
}

#[test]
fn pings_keep_a_connection() {
    let mut config = server_config();
    config.timeouts.ping_interval = ms(5);
    config.timeouts.pong = ms(5000);
    let (mut server, mut client) = pair(config, client_config());
    let client = spawn(move || {
        // Answers the Pings while it waits.
        assert_eq!(client.read().expect("read"), None);
    });
    let mut pongs = 0;
    while pongs < 5 {
        let mut batch = server.read_batch().expect("read").expect("a batch");
        while let Some(event) = batch.next_event().expect("an event") {
            assert!(matches!(event, websocket_proto::Event::Pong(payload) if payload.len() == 8));
            pongs += 1;
        }
    }
    server.close(CloseCode::NORMAL, "").expect("close");
    join(client);
}

#[test]
fn a_peer_that_answers_no_ping_is_failed() {
    let mut config = server_config();
    config.timeouts.ping_interval = ms(10);
    config.timeouts.pong = ms(30);
    let (mut server, mut peer) = server_and_raw_client(config);
    // Reads to the end, answers nothing, and goes.
    let peer = spawn(move || read_to_end(&mut peer));
    let result = server.read();
    assert!(matches!(result, Err(Error::Timeout(ExpiredDeadline::Pong))), "{result:?}");
    let sent = join(peer);
    assert_eq!(sent.get(..2), Some(&[0x89, 0x08][..]));
    assert_eq!(sent.get(10..14), Some(&[0x88, 0x09, 0x03, 0xF3][..]));
}

#[test]
fn a_peer_that_never_closes_is_left() {
    let mut config = server_config();
    config.timeouts.close = ms(30);
    let (mut server, mut peer) = server_and_raw_client(config);
    let closed = server.close(CloseCode::NORMAL, "").expect("close");
    assert_eq!(closed.deadline, Some(ExpiredDeadline::Close));
    assert_eq!(closed.received, CloseStatus::Abnormal);
    assert!(!closed.clean);
    assert!(matches!(server.read(), Err(Error::Timeout(ExpiredDeadline::Close))));
    assert_eq!(read_to_end(&mut peer), b"\x88\x02\x03\xE8", "both directions were shut down");
}

#[test]
fn a_peer_that_takes_nothing_is_left() {
    let mut config = server_config();
    config.timeouts.write_stall = ms(50);
    let (mut server, _peer) = server_and_raw_client(config);
    let result = server.send_binary(&vec![0; 64 << 20]);
    assert!(matches!(result, Err(Error::Timeout(ExpiredDeadline::WriteStall))), "{result:?}");
    assert_eq!(server.state(), State::Closed);
    assert!(matches!(server.read(), Err(Error::Timeout(ExpiredDeadline::WriteStall))));
}

#[test]
fn a_timeout_that_the_socket_had_does_not_matter() {
    let (server, mut peer) = tcp_pair();
    server.set_read_timeout(ms(1)).expect("a timeout");
    let config = server_config();
    let connection = Connection::server(config.clone());
    let mut server = WebSocket::from_connection(server, connection, &config);
    let server = spawn(move || server.read());
    write(&mut peer, &masked(0x81, b"x"));
    assert!(matches!(join(server), Ok(Some(_))));
}

#[test]
fn an_answer_does_not_measure_the_silence_before_what_was_read() {
    let mut config = server_config();
    config.timeouts.idle = ms(60);
    let (mut server, mut peer) = server_and_raw_client(config);
    write(&mut peer, &masked(0x81, b"x"));
    assert!(server.read().expect("read").is_some());
    // The application is busy for longer than the peer may be silent.
    std::thread::sleep(ms(80).expect("a time"));
    server.send_text("answer").expect("send");
    assert_eq!(server.state(), State::Open);
    write(&mut peer, &masked(0x81, b"y"));
    assert!(server.read().expect("read").is_some());
}

fn until_a_ping(peer: &mut std::net::TcpStream) -> Vec<u8> {
    let ping = read_bytes(peer, 10);
    assert_eq!(ping.get(..2), Some(&[0x89, 8][..]));
    masked(0x8A, &ping[2..])
}

/// A Pong that has come while the application was busy.
fn a_pong_that_was_not_read_counts(split: bool) {
    let mut config = server_config();
    config.timeouts.ping_interval = ms(10);
    config.timeouts.pong = ms(400);
    let (mut server, mut peer) = server_and_raw_client(config);
    let (go, wait) = std::sync::mpsc::channel();
    let (done, ready) = std::sync::mpsc::channel();
    let peer = spawn(move || {
        let pong = until_a_ping(&mut peer);
        write(&mut peer, &masked(0x81, b"x"));
        wait.recv().expect("x was read");
        write(&mut peer, &[pong, masked(0x81, b"y")].concat());
        done.send(()).expect("a test");
        peer
    });
    let answered = move || {
        go.send(()).expect("a peer");
        ready.recv().expect("a Pong");
        std::thread::sleep(ms(500).expect("a time"));
    };
    if split {
        let (mut reader, _writer) = server.split().expect("split");
        assert!(reader.read().expect("read").is_some());
        answered();
        assert!(reader.read().expect("read").is_some());
    } else {
        assert!(server.read().expect("read").is_some());
        answered();
        server.flush().expect("flush");
        assert!(server.read().expect("read").is_some());
    }
    drop(join(peer));
}

#[test]
fn a_pong_that_came_while_the_application_was_busy_counts() {
    a_pong_that_was_not_read_counts(false);
}

#[test]
fn a_pong_that_came_while_the_application_was_busy_counts_for_a_reader() {
    a_pong_that_was_not_read_counts(true);
}

/// Gives what was sent a frame of 7 bytes at a time, as TLS gives a record at a time.
struct Records(TcpStream);

impl Read for Records {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(7);
        self.0.read(&mut buffer[..count])
    }
}

impl Write for Records {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Records {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_read_timeout(timeout)
    }

    fn shut_down(&mut self) -> io::Result<()> {
        self.0.shut_down()
    }
}

/// A read that could have been longer says nothing about what else has come, unless the transport is a socket.
#[test]
fn a_pong_behind_what_a_read_gives_counts() {
    let mut config = server_config();
    config.timeouts.ping_interval = ms(10);
    config.timeouts.pong = ms(100);
    let (server, mut peer) = tcp_pair();
    let connection = Connection::server(config.clone());
    let mut server = WebSocket::from_connection(Records(server), connection, &config);
    write(&mut peer, &masked(0x81, b"a"));
    let peer = spawn(move || {
        let pong = until_a_ping(&mut peer);
        write(
            &mut peer,
            &[masked(0x81, b"b"), masked(0x81, b"c"), pong, masked(0x81, b"d")].concat(),
        );
        peer
    });
    for expected in ["a", "b", "c", "d"] {
        let message = server.read().expect("read").expect("a message");
        assert_eq!(message.as_text(), Some(expected));
        if expected == "b" {
            // Busy for longer than a Pong may take.
            std::thread::sleep(Duration::from_millis(150));
        }
    }
    drop(join(peer));
}
