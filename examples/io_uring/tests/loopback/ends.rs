//! Every end of a connection is an end.

use std::io::{Read, Write};
use std::net::Shutdown;

use io_uring_example::{Capabilities, Server};
use websocket_proto::{CloseCode, Config};

use crate::support::*;

pub fn other_requests_get_a_page(means: Capabilities) {
    let server = serve(means, Config::server());
    let mut socket = server.socket();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let response = String::from_utf8(read_to_end(&mut socket)).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("Echoes WebSocket messages.\n"), "{response}");
    drop(socket);
    assert_eq!(server.end(), 0);
}

pub fn a_close_is_answered_and_the_server_ends_first(means: Capabilities) {
    let server = serve(means, Config::server());
    let (mut socket, mut frames) = server.raw_client();
    frames.close(CloseCode::GOING_AWAY, "bye").unwrap();
    socket.write_all(&output(&mut frames)).unwrap();
    // Our direction stays open until the server's has ended (§7.1.1).
    assert_eq!(read_to_end(&mut socket), b"\x88\x02\x03\xE9");
    drop(socket);
    assert_eq!(server.end(), 0);
}

pub fn answers_go_out_though_the_client_has_ended(means: Capabilities) {
    let server = serve(means, Config::server());
    let (mut socket, mut frames) = server.raw_client();
    let data = vec![7; 900_000];
    frames.send_binary(&data).unwrap();
    socket.write_all(&output(&mut frames)).unwrap();
    frames.close(CloseCode::NORMAL, "").unwrap();
    socket.write_all(&output(&mut frames)).unwrap();
    // All has been asked for: to read is all that is left.
    socket.shutdown(Shutdown::Write).unwrap();
    let answer = read_to_end(&mut socket);
    assert_eq!(answer.len(), 10 + data.len() + 4);
    assert!(answer.ends_with(b"\x88\x02\x03\xE8"));
    drop(socket);
    assert_eq!(server.end(), 0);
}

pub fn a_violation_is_told(means: Capabilities) {
    let server = serve(means, Config::server());
    let (mut socket, _) = server.raw_client();
    socket.write_all(b"\x81\x80\0\0\0\0\x83\x80\0\0\0\0\x81\x80\0\0\0\0").unwrap();
    assert_eq!(read_to_end(&mut socket), b"\x81\x00\x88\x02\x03\xEA");
    drop(socket);
    assert_eq!(server.end(), 0);
}

pub fn clients_that_vanish_leave_nothing(means: Capabilities) {
    let server = serve(means, Config::server());
    for round in 0..10 {
        // Before the handshake, in its middle, in a message, with answers that nobody has read.
        drop(server.socket());
        let mut socket = server.socket();
        socket.write_all(&REQUEST[..20 + round]).unwrap();
        drop(socket);
        let (mut socket, mut frames) = server.raw_client();
        frames.send_binary(&vec![7; 200_000]).unwrap();
        socket.write_all(&output(&mut frames)[..100_000]).unwrap();
        drop(socket);
        let (mut socket, mut frames) = server.raw_client();
        frames.send_binary(&vec![7; 500_000]).unwrap();
        socket.write_all(&output(&mut frames)).unwrap();
        socket.read_exact(&mut [0; 100]).unwrap();
        drop(socket);
    }
    assert_eq!(server.end(), 0);
}

pub fn deadlines_pass_though_nothing_happens(means: Capabilities) {
    let mut config = Config::server();
    config.timeouts.handshake = ms(50);
    config.timeouts.idle = ms(50);
    config.timeouts.close = ms(100);
    let server = serve(means, config);
    let mut silent = server.socket();
    let response = String::from_utf8(read_to_end(&mut silent)).unwrap();
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");

    // Told to go, and left when it does not.
    let (mut socket, _) = server.raw_client();
    let close = read_to_end(&mut socket);
    assert_eq!(close[..4], *b"\x88\x06\x03\xE9");
    drop(silent);
    assert_eq!(server.end(), 0, "though the client holds on to its socket");
    drop(socket);
}

pub fn a_client_that_takes_nothing_is_left(means: Capabilities) {
    let mut config = Config::server();
    config.timeouts.write_stall = ms(100);
    let server = serve(means, config);
    let (mut socket, mut frames) = server.raw_client();
    // One message, so that all of its answer is the ring's: nothing is left in the connection.
    frames.send_binary(&vec![0; 4 << 20]).unwrap();
    socket.write_all(&output(&mut frames)).unwrap();
    assert_eq!(server.end(), 0, "though the client holds on to its socket");
    drop(socket);
}

/// With operations of every kind in flight, to clients that do nothing about it.
pub fn a_server_may_be_dropped_at_any_time(means: Capabilities) {
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::time::Duration;

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = Server::new(listener, Config::server(), means).unwrap();
    let mut turns = |count| {
        for _ in 0..count {
            server.turn(ms(5)).unwrap();
        }
    };
    let silent = TcpStream::connect(address).unwrap();
    let mut busy = TcpStream::connect(address).unwrap();
    busy.set_nonblocking(true).unwrap();
    busy.write_all(REQUEST).unwrap();
    turns(5);
    let message = [b"\x82\xFF\0\0\0\0\0\x01\0\0\0\0\0\0".as_slice(), &[0; 65_536]].concat();
    let mut place = 0;
    for _ in 0..300 {
        if let Ok(count) = busy.write(&message[place..]) {
            place = (place + count) % message.len();
        }
        turns(1);
    }
    let begun = std::time::Instant::now();
    drop(server);
    assert!(begun.elapsed() < Duration::from_secs(1), "all operations could be cancelled");
    assert_eq!((&silent).read(&mut [0; 1]).unwrap(), 0, "the socket is closed");
}
