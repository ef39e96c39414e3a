//! Messages in both directions, lent and owned, and when they are written.

use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use websocket_proto::adapter::blocking::{Error, Message, Transport, WebSocket};
use websocket_proto::{
    CloseCode, Config, Connection, Delivery, Event, MessageKind, Prepared, ProtocolError,
    SendError, State,
};

use crate::support::*;

#[test]
fn a_server_echoes() {
    let (server, mut client) = pair(server_config(), client_config());
    let server = spawn(move || echo(server));
    for size in [0, 1, 125, 126, 65_535, 65_536, 300_000] {
        let text = "x".repeat(size);
        client.send_text(&text).expect("send");
        assert_eq!(client.read().expect("read"), Some(Message::Text(text.into())));
        let data = vec![0xA5; size];
        client.send_binary(&data).expect("send");
        assert_eq!(client.read().expect("read"), Some(Message::Binary(data.into())));
    }
    assert!(client.close(CloseCode::NORMAL, "").expect("close").clean);
    assert!(join(server).expect("echo").clean);
}

#[test]
fn a_client_echoes() {
    let (mut server, client) = pair(server_config(), client_config());
    let client = spawn(move || echo(client));
    server.send_text("one").expect("send");
    server.send_with(|outgoing| outgoing.send_prepared(&Prepared::text("two"))).expect("send");
    assert_eq!(server.read().expect("read"), Some(Message::Text("one".into())));
    assert_eq!(server.read().expect("read"), Some(Message::Text("two".into())));
    assert!(server.close(CloseCode::NORMAL, "").expect("close").clean);
    assert!(join(client).expect("echo").clean);
}

#[test]
fn fragments_and_pings_reach_the_peer() {
    let (mut server, mut client) = pair(server_config(), client_config());
    client.feed_with(|outgoing| outgoing.fragment(MessageKind::Text, b"a", false)).expect("feed");
    client.flush().expect("flush");
    client.ping(b"?").expect("ping");
    assert!(matches!(client.send_text("no"), Err(Error::Send(SendError::MessageOpen))));
    client.send_with(|outgoing| outgoing.fragment(MessageKind::Text, b"b", true)).expect("send");
    assert_eq!(server.read().expect("read"), Some(Message::Text("ab".into())));
    server.send_binary(b"the pong goes first").expect("send");
    let mut batch = client.read_batch().expect("read").expect("a batch");
    assert!(matches!(batch.next_event(), Ok(Some(Event::Pong(payload))) if *payload == *b"?"));
}

#[test]
fn a_batch_that_is_dropped_early_loses_nothing() {
    let (mut server, mut peer) = server_and_raw_client(server_config());
    let three = [masked(0x81, b"one"), masked(0x81, b"two"), masked(0x81, b"three")].concat();
    write(&mut peer, &three);
    let mut batch = server.read_batch().expect("read").expect("a batch");
    assert!(matches!(batch.next_event(), Ok(Some(Event::Text(text))) if &*text == "one"));
    assert_eq!(server.read().expect("read"), Some(Message::Text("two".into())));
    assert_eq!(server.read().expect("read"), Some(Message::Text("three".into())));
}

#[test]
fn an_event_outlives_the_ones_after_it() {
    let (mut server, mut peer) = server_and_raw_client(server_config());
    write(&mut peer, &[masked(0x81, b"one"), masked(0x82, b"two")].concat());
    let mut batch = server.read_batch().expect("read").expect("a batch");
    let (one, two) = (batch.next_event(), batch.next_event());
    batch.feed_text("answer").expect("feed");
    assert!(matches!(one, Ok(Some(Event::Text(text))) if &*text == "one"));
    assert!(matches!(two, Ok(Some(Event::Binary(data))) if *data == *b"two"));
}

#[test]
fn any_size_of_the_read_buffer_will_do() {
    for size in [0, 1, 7, 1 << 20] {
        let (mut server, mut peer) = server_and_raw_client(server_config());
        server.set_read_buffer_size(size);
        write(&mut peer, &[masked(0x81, b"one"), masked(0x82, b"two")].concat());
        assert_eq!(server.read().expect("read"), Some(Message::Text("one".into())));
        assert_eq!(server.read().expect("read"), Some(Message::Binary(b"two"[..].into())));
    }
}

#[test]
fn a_full_output_is_written_and_the_message_queued_again() {
    let mut config = server_config();
    config.limits.max_write_buffer = 1000;
    let (mut server, mut client) = pair(config, client_config());
    let client = spawn(move || {
        let mut received = 0;
        while received < 100 {
            assert!(matches!(client.read(), Ok(Some(Message::Binary(data))) if data.len() == 300));
            received += 1;
        }
    });
    for _ in 0..100 {
        server.feed_binary(&[7; 300]).expect("feed");
    }
    server.flush().expect("flush");
    join(client);
}

#[test]
fn chunks_are_lent_but_not_read_as_messages() {
    let mut config = server_config();
    config.delivery = Delivery::Chunks;
    let (mut server, mut peer) = server_and_raw_client(config);
    write(&mut peer, &[masked(0x82, b"one"), masked(0x82, b"two")].concat());
    let mut batch = server.read_batch().expect("read").expect("a batch");
    assert!(matches!(batch.next_event(), Ok(Some(Event::Chunk(chunk))) if *chunk.data == *b"one"));
    assert!(matches!(server.read(), Err(Error::ChunkedDelivery)));
}

#[test]
fn messages_before_a_violation_are_answered() {
    let (server, mut peer) = server_and_raw_client(server_config());
    let server = spawn(move || echo(server));
    // Text and a reserved opcode in one segment, as Autobahn's 4.1.3 has it.
    write(&mut peer, &[masked(0x81, b"Hello"), masked(0x83, b"")].concat());
    assert_eq!(read_to_end(&mut peer), b"\x81\x05Hello\x88\x02\x03\xEA");
    drop(peer);
    assert!(matches!(join(server), Err(Error::Protocol(_))));
}

#[test]
fn messages_before_a_close_are_answered_from_a_split_reader() {
    let (server, mut peer) = server_and_raw_client(server_config());
    let (mut reader, _writer) = server.split().expect("split");
    let reading = spawn(move || {
        reader.run(|event, batch| match event {
            Event::Text(text) => batch.feed_text(&text),
            _ => Ok::<(), Error>(()),
        })
    });
    write(&mut peer, &[masked(0x81, b"Hello"), masked(0x88, b"\x03\xE8bye")].concat());
    assert_eq!(read_to_end(&mut peer), b"\x81\x05Hello\x88\x02\x03\xE8");
    drop(peer);
    join(reading).expect("run");
}

#[test]
fn messages_before_a_close_are_answered() {
    let (server, mut peer) = server_and_raw_client(server_config());
    let server = spawn(move || echo(server));
    write(&mut peer, &[masked(0x81, b"Hello"), masked(0x88, b"\x03\xE8bye")].concat());
    assert_eq!(read_to_end(&mut peer), b"\x81\x05Hello\x88\x02\x03\xE8");
    drop(peer);
    let closed = join(server).expect("echo");
    assert!(closed.clean);
    assert_eq!(closed.reason, "bye");
}

#[test]
fn what_one_read_caused_is_one_write() {
    let (server, mut peer) = tcp_pair();
    let config = server_config();
    let connection = Connection::server(config.clone());
    let counting = Counting { stream: server, writes: 0 };
    let mut server = WebSocket::from_connection(counting, connection, &config);

    let messages: Vec<u8> = (0..64).flat_map(|_| masked(0x81, b"sixteen bytes...")).collect();
    write(&mut peer, &messages);
    let echo =
        |event: Event<'_>, batch: &mut websocket_proto::adapter::blocking::Batch<'_>| match event {
            Event::Text(text) => batch.feed_text(&text),
            _ => Ok(()),
        };
    let mut batch = server.read_batch().expect("read").expect("a batch");
    let mut count = 0;
    while let Some(event) = batch.next_event().expect("an event") {
        echo(event, &mut batch).expect("feed");
        count += 1;
    }
    assert_eq!(count, 64, "the test wants all of it in one read");
    assert_eq!(server.transport().writes, 0);

    // The next wait writes.
    write(&mut peer, &masked(0x89, b"last"));
    let mut batch = server.read_batch().expect("read").expect("a batch");
    assert!(matches!(batch.next_event(), Ok(Some(Event::Ping(_)))));
    assert_eq!(server.transport().writes, 1);
    assert_eq!(read_bytes(&mut peer, 64 * 18).len(), 64 * 18);
    assert_eq!(server.sent().frames, 65, "the messages, and the Pong, which waits");
    assert_eq!(server.state(), State::Open);
}

struct Counting {
    stream: TcpStream,
    writes: usize,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes += 1;
        self.stream.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writes += 1;
        self.stream.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Transport for Counting {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_read_timeout(timeout)
    }
}

/// T-GN-04: the limits that were set are those of the WebSocket, by whichever way it came about, and of its halves.
#[test]
fn limits_are_kept_on_every_way() {
    let limited = |mut config: Config| {
        config.limits.max_message_size = 4;
        // Nobody ends the transport for it.
        config.timeouts.close = ms(10);
        config
    };
    let (server_settings, client_settings) = (limited(server_config()), limited(client_config()));
    let too_large =
        |error: &Error| matches!(error, Error::Protocol(ProtocolError::MessageTooLarge));

    let (mut server, mut client) = pair(server_settings.clone(), client_config());
    client.send_text("1234").expect("send");
    assert_eq!(server.read().expect("read"), Some(Message::Text("1234".into())));
    client.send_text("12345").expect("send");
    assert!(server.read().is_err_and(|error| too_large(&error)));

    let (mut server, mut client) = pair(server_config(), client_settings);
    server.send_binary(b"12345").expect("send");
    assert!(client.read().is_err_and(|error| too_large(&error)));

    let (server, mut peer) = server_and_raw_client(server_settings);
    let (mut reader, _writer) = server.split().expect("split");
    write(&mut peer, &masked(0x82, b"12345"));
    assert!(reader.read().is_err_and(|error| too_large(&error)));
}
