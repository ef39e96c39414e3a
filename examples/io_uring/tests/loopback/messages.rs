//! Nothing is lost, and nobody has to wait for another.

use std::io::{ErrorKind, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use io_uring_example::Capabilities;
use websocket_proto::adapter::blocking::Message;
use websocket_proto::{CloseCode, Config, Event, MessageKind};

use crate::support::*;

pub fn messages_of_all_sizes_come_back(means: Capabilities) {
    let server = serve(means, Config::server());
    let mut client = server.connect();
    // From nothing to more than the output, a buffer and a frame of 16 bits hold.
    for size in [0, 1, 125, 126, 1000, 16_383, 16_384, 65_535, 65_536, 300_000, 1_200_000] {
        let data: Vec<u8> = (0..size).map(|index| (index % 251) as u8).collect();
        client.send_binary(&data).unwrap();
        assert_eq!(client.read().unwrap(), Some(Message::Binary(data.into())));
        let text = "é".repeat(size / 2);
        client.send_text(&text).unwrap();
        assert_eq!(client.read().unwrap(), Some(Message::Text(text.into())));
    }
    // In fragments, with a Ping between them.
    client.feed_with(|outgoing| outgoing.fragment(MessageKind::Text, b"caf\xC3", false)).unwrap();
    client.ping(b"?").unwrap();
    client.feed_with(|outgoing| outgoing.fragment(MessageKind::Text, b"\xA9", true)).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let mut batch = client.read_batch().unwrap().unwrap();
        while let Some(event) = batch.next_event().unwrap() {
            seen.push(match event {
                Event::Pong(payload) => format!("{:?}", payload.as_ref()),
                Event::Text(text) => text.to_string(),
                other => panic!("{other:?}"),
            });
        }
    }
    assert_eq!(seen, ["[63]", "café"]);
    assert!(client.close(CloseCode::NORMAL, "").unwrap().clean);
    drop(client);
    assert_eq!(server.end(), 0);
}

pub fn many_clients_at_once(means: Capabilities) {
    let server = serve(means, Config::server());
    thread::scope(|scope| {
        for number in 0..50_u8 {
            let mut client = server.connect();
            scope.spawn(move || {
                for round in 0..20 {
                    let text = format!("{number} {round}");
                    client.send_text(&text).unwrap();
                    assert_eq!(client.read().unwrap(), Some(Message::Text(text.into())));
                }
                assert!(client.close(CloseCode::NORMAL, "").unwrap().clean);
            });
        }
    });
    assert_eq!(server.end(), 0);
}

pub fn bytes_may_come_one_by_one(means: Capabilities) {
    let server = serve(means, Config::server());
    let mut socket = server.socket();
    // The request and what is behind it, in pieces that end anywhere.
    let bytes = [REQUEST, b"\x81\x85\0\0\0\0Hello\x88\x80\0\0\0\0"].concat();
    for byte in bytes.chunks(1) {
        socket.write_all(byte).unwrap();
    }
    let answer = read_to_end(&mut socket);
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(answer[head..], *b"\x81\x05Hello\x88\x00");
    drop(socket);
    assert_eq!(server.end(), 0);
}

/// The size of the message with this number: mostly small, now and then one that fits into an empty output only.
fn size(number: u32) -> usize {
    match number % 100 {
        99 => 1_100_000,
        other => 4 + 211 * other as usize,
    }
}

pub fn a_client_that_does_not_read_loses_nothing(means: Capabilities) {
    // 10 MB of answers find no room on the way.
    const MESSAGES: u32 = 500;
    let server = serve(means, Config::server());
    let (mut reader, writer) = server.connect().split().unwrap();
    let sent = AtomicU32::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut message = vec![7; 1_100_000];
            for number in 0..MESSAGES {
                message[..4].copy_from_slice(&number.to_be_bytes());
                writer.send_binary(&message[..size(number)]).unwrap();
                sent.fetch_add(1, Ordering::Relaxed);
            }
        });
        // Until everything between the two is full.
        let mut before = MESSAGES;
        while sent.load(Ordering::Relaxed) != before {
            before = sent.load(Ordering::Relaxed);
            thread::sleep(Duration::from_millis(300));
        }
        assert!(before < MESSAGES, "the server reads on");
        for number in 0..MESSAGES {
            let Some(Message::Binary(data)) = reader.read().unwrap() else { panic!() };
            assert_eq!(data[..4], number.to_be_bytes());
            assert_eq!(data.len(), size(number));
        }
    });
    writer.close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(reader.read().unwrap(), None);
    assert!(reader.closed().unwrap().clean);
    drop((reader, writer));
    assert_eq!(server.end(), 0);
}

pub fn a_client_that_does_not_read_hinders_nobody(means: Capabilities) {
    let server = serve(means, Config::server());
    // More of them than there are provided buffers for what each may send.
    let stuck: Vec<_> = (0..4)
        .map(|_| {
            let (mut socket, mut frames) = server.raw_client();
            socket.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
            frames.send_binary(&[0; 100_000]).unwrap();
            let frame = output(&mut frames);
            while socket.write_all(&frame).is_ok() {}
            socket
        })
        .collect();
    let mut client = server.connect();
    client.send_text("still there?").unwrap();
    assert_eq!(client.read().unwrap(), Some(Message::Text("still there?".into())));
    drop((stuck, client));
    assert_eq!(server.end(), 0);
}

pub fn a_client_that_sends_without_end_starves_nobody(means: Capabilities) {
    let server = serve(means, Config::server());
    let (mut greedy, mut frames) = server.raw_client();
    for _ in 0..64 {
        frames.send_binary(&[7; 1024]).unwrap();
    }
    let block = output(&mut frames);
    let stop = AtomicBool::new(false);
    greedy.set_nonblocking(true).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut place = 0;
            let mut buffer = vec![0; 1 << 20];
            while !stop.load(Ordering::Relaxed) {
                match greedy.write(&block[place..]) {
                    Ok(count) => place = (place + count) % block.len(),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
                }
                match greedy.read(&mut buffer) {
                    Ok(count) => assert!(count > 0),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
                }
            }
        });
        // The clients' read timeout makes a failure of who waits for too long.
        let mut modest = server.connect();
        for _ in 0..50 {
            modest.send_text("still there?").unwrap();
            assert_eq!(modest.read().unwrap(), Some(Message::Text("still there?".into())));
        }
        stop.store(true, Ordering::Relaxed);
        assert!(modest.close(CloseCode::NORMAL, "").unwrap().clean);
    });
    drop(greedy);
    assert_eq!(server.end(), 0);
}
