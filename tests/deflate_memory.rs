//! T-DF-07 T-DF-14  What 10,000 connections with compression cost when they are idle.
//!
//! `--nocapture` prints the figures.
#![cfg(feature = "deflate")]

mod deflate_support;
mod support;

use std::sync::Arc;
use std::time::Duration;

use deflate_support::{Peer, frame, json, no_takeover, noise, windows};
use support::{Counting, usage};
use websocket_proto::deflate::{Agreement, Compress, Compression, CompressionPool};
use websocket_proto::{Config, Connection, Event, Payload, Role};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CONNECTIONS: usize = 10_000;

fn shared() -> Arc<Config> {
    let mut config = Config::server();
    let mut compression = Compression::default();
    compression.compress = Compress::Always;
    compression.level = 1;
    compression.pool = CompressionPool::new(8);
    config.compression = Some(compression);
    Arc::new(config)
}

/// Each receives a compressed message, answers it, and is written and left alone.
fn exchange(connection: &mut Connection, wire: &[u8], answer: &[u8]) {
    let mut bytes = wire.to_vec();
    let mut input = &mut bytes[..];
    let event = connection.receive(&mut input).expect("no violation");
    assert!(matches!(event, Some(Event::Binary(_))));
    connection.send_binary(answer).expect("room");
    while connection.take_output().is_some() {}
}

/// Bytes of heap of each connection: as opened, and once they have gone unused after messages.
fn measure(agreement: Agreement, window: u8, message: &[u8]) -> [usize; 2] {
    let config = shared();
    let wire = frame(Role::Server, 0xC2, &Peer::new(window, 6).message(message));
    let before = usage();
    let mut connections = Vec::with_capacity(CONNECTIONS);
    let vector = usage().bytes_over(before);
    for _ in 0..CONNECTIONS {
        connections.push(Connection::server(config.clone()).with_compression(agreement));
    }
    let each = |bytes: isize| (bytes - vector).max(0) as usize / CONNECTIONS;
    let opened = each(usage().bytes_over(before));
    for connection in &mut connections {
        connection.tick(Duration::ZERO);
        exchange(connection, &wire, message);
        connection.tick(Duration::ZERO);
        for second in [2, 4] {
            connection.tick(Duration::from_secs(second));
        }
    }
    let idle = each(usage().bytes_over(before));
    for connection in &mut connections {
        exchange_close(connection);
    }
    [opened, idle]
}

/// A Close frees the contexts.
fn exchange_close(connection: &mut Connection) {
    connection.close_without_code().expect("open");
    while connection.take_output().is_some() {}
}

#[test]
fn idle_connections() {
    println!("bytes of heap for each of {CONNECTIONS} connections: opened, idle");
    for (name, agreement, window, most) in [
        ("no takeover", no_takeover(), 12, 1024),
        ("takeover, 9 bits", windows(9, 9), 9, 1024 + 2 * 512),
        ("takeover, 10 bits", windows(10, 10), 10, 1024 + 2 * 1024),
        ("takeover, 12 bits", windows(12, 12), 12, 1024 + 2 * 4096),
        ("takeover, 15 bits", Agreement::default(), 15, 1024 + 2 * 32_768),
    ] {
        let [opened, idle] = measure(agreement, window, &json((1 << window) + 1000));
        println!("{name}: {opened}, {idle}");
        assert!(opened <= 1024, "{name}: {opened}");
        assert!(idle <= most, "{name}: {idle}");
    }
    // A window that was not used is not kept.
    let [_, idle] = measure(Agreement::default(), 15, &json(300));
    println!("takeover, 15 bits, after 300 bytes: {idle}");
    assert!(idle <= 1024 + 2 * 512, "{idle}");
}

/// T-DF-07: connections that were given a `Config` each share the pool of the process all the same.
#[test]
fn configurations_of_their_own() {
    let wire = frame(Role::Server, 0xC2, &Peer::new(15, 6).message(&json(3000)));
    let before = usage();
    let mut connections = Vec::new();
    for _ in 0..100 {
        let mut config = Config::server();
        config.compression = Some(Compression::default());
        let mut connection = Connection::server(config).with_compression(no_takeover());
        exchange(&mut connection, &wire, &json(3000));
        for second in [0, 2, 4] {
            connection.tick(Duration::from_secs(second));
        }
        connections.push(connection);
    }
    // Beside the pool, each has itself and its configuration.
    let each = usage().bytes_over(before) as usize / connections.len();
    println!("a configuration each: {each}");
    assert!(each <= 2048 + 8 * (450 << 10) / 100, "{each}");
}

/// What a small message is inflated to is held in a buffer of its size, about.
#[test]
fn a_small_message_takes_no_large_buffer() {
    for size in [300, 1200, 3000, 7000] {
        let wire = frame(Role::Server, 0xC2, &Peer::new(15, 6).message(&json(size)));
        for piece in [1, 7, wire.len()] {
            let mut connection =
                Connection::server(shared()).with_compression(Agreement::default());
            let mut bytes = wire.clone();
            let mut payload = None;
            for piece in bytes.chunks_mut(piece) {
                if let Some(Event::Binary(Payload::Owned(whole))) =
                    connection.receive(&mut &mut piece[..]).expect("no violation")
                {
                    payload = Some(whole);
                }
            }
            let payload = payload.expect("inflated");
            let (length, capacity) = (payload.len(), payload.capacity());
            println!("{size} in pieces of {piece}: {length} of {capacity}");
            assert!(capacity <= 2 * length + 512, "{capacity} for {length}");
        }
    }
}

/// T-DF-14: a message that went out as it was leaves no compressor, where no context is kept; our Close leaves neither
/// compressor nor window. (Without `std`, a compressor stays until it is released.)
#[cfg(feature = "std")]
#[test]
fn what_compresses_goes_with_what_it_is_for() {
    let server = |agreement| {
        let mut config = Config::server();
        let mut compression = Compression::default();
        compression.pool = CompressionPool::new(0);
        config.compression = Some(compression);
        Connection::server(config).with_compression(agreement)
    };
    let noise = noise(2000, 1);
    let mut connection = server(no_takeover());
    let before = usage();
    connection.send_binary(&noise).expect("room");
    let held = usage().bytes_over(before);
    assert!(held < 8 << 10, "the message and {held}");

    let mut connection = server(Agreement::default());
    let before = usage();
    connection.send_binary(&json(40_000)).expect("room");
    let held = usage().bytes_over(before);
    assert!(held > 256 << 10, "a compressor in {held}");
    while connection.take_output().is_some() {}
    connection.close_without_code().expect("open");
    while connection.take_output().is_some() {}
    let held = usage().bytes_over(before);
    assert!(held < 8 << 10, "{held} behind a Close");
}

/// T-DF-14: once the peer has closed, nothing of what it compressed is held.
#[test]
fn a_close_that_is_received_frees_the_context() {
    let mut config = Config::server();
    let mut compression = Compression::default();
    compression.pool = CompressionPool::new(0);
    config.compression = Some(compression);
    let mut connection = Connection::server(config).with_compression(Agreement::default());
    let mut bytes = frame(Role::Server, 0xC2, &Peer::new(15, 6).message(&noise(40_000, 1)));
    let before = usage();
    connection.receive(&mut &mut bytes[..]).expect("no violation");
    let window = usage().bytes_over(before);
    assert!(window > 32 << 10, "{window}");
    let mut close = frame(Role::Server, 0x88, &[]);
    connection.receive(&mut &mut close[..]).expect("no violation");
    let left = usage().bytes_over(before);
    assert!(left <= 1024, "{left}");
}

/// A connection that holds nothing of what was compressed has nothing to be woken up for. (Without `std`, the codec
/// stays with it.)
#[cfg(feature = "std")]
#[test]
fn nothing_held_is_nothing_to_release() {
    use websocket_proto::Delivery;

    for delivery in [Delivery::Messages, Delivery::Chunks] {
        let mut config = Config::server();
        config.timeouts.ping_interval = None;
        config.delivery = delivery;
        config.compression = Some(Compression::default());
        let mut connection = Connection::server(config).with_compression(no_takeover());
        let mut bytes = frame(Role::Server, 0xC2, &Peer::new(15, 6).message(&json(3000)));
        let mut input = &mut bytes[..];
        while connection.receive(&mut input).expect("no violation").is_some() {}
        let mut deadline = connection.tick(Duration::ZERO);
        while let Some(time) = deadline {
            assert!(time <= Duration::from_secs(1), "{delivery:?}: {time:?}");
            deadline = connection.tick(time);
        }
        assert_eq!(connection.tick(Duration::from_secs(100)), None, "{delivery:?}");
        let mut bytes = frame(Role::Server, 0xC2, &Peer::new(15, 6).message(b"x"));
        let mut input = &mut bytes[..];
        while connection.receive(&mut input).expect("no violation").is_some() {}
        let deadline = connection.tick(Duration::from_secs(200));
        assert_eq!(deadline.is_none(), delivery == Delivery::Chunks, "{delivery:?}");
    }
}

/// A codec that waits in the pool has forgotten how large the message was.
#[test]
fn the_pool_keeps_no_output() {
    let mut config = Config::server();
    let mut compression = Compression::default();
    compression.pool = CompressionPool::new(8);
    compression.compress = Compress::Always;
    config.compression = Some(compression);
    config.limits.max_write_buffer = usize::MAX;
    let config = Arc::new(config);
    let noise = noise(4 << 20, 1);
    let before = usage();
    let mut connections: Vec<Connection> = (0..8)
        .map(|_| Connection::server(config.clone()).with_compression(no_takeover()))
        .collect();
    for connection in &mut connections {
        connection.fragment(websocket_proto::MessageKind::Binary, &noise, false).expect("room");
    }
    for connection in &mut connections {
        connection.fragment(websocket_proto::MessageKind::Binary, &[], true).expect("room");
    }
    drop(connections);
    let kept = usage().bytes_over(before);
    println!("8 compressors after 4 MiB each: {kept}");
    assert!(kept <= 8 * ((372 + 16) << 10), "{kept}");
}

/// What one codec of each kind costs: the figures in the documentation.
#[test]
fn codecs() {
    let pool_of_none = || CompressionPool::new(0);
    for window in [9, 10, 12, 15] {
        for memory_level in [8, 5, 1] {
            let mut config = Config::server();
            let mut compression = Compression::default();
            compression.compress = Compress::Always;
            compression.memory_level = memory_level;
            compression.pool = pool_of_none();
            config.compression = Some(compression);
            let mut connection = Connection::server(config).with_compression(windows(window, 15));
            let before = usage();
            connection.send_text("x").expect("room");
            let compressor = usage().bytes_over(before);
            let before = usage();
            let mut bytes = frame(Role::Server, 0xC1, &Peer::new(15, 6).message(b"x"));
            connection.receive(&mut &mut bytes[..]).expect("no violation");
            let decompressor = usage().bytes_over(before);
            println!(
                "window {window}, memory level {memory_level}: compressor {compressor}, decompressor {decompressor}"
            );
            assert!(decompressor < 56 << 10);
            assert!(compressor < 400 << 10);
        }
    }
}

/// T-DF-14: connections that end in the middle of a message leave nothing.
#[test]
fn aborted_connections_leave_nothing() {
    let config = shared();
    let wire = frame(Role::Server, 0xC2, &Peer::new(15, 6).message(&json(3000)));
    let mut after_first = None;
    for round in 0..10_000 {
        let mut connection =
            Connection::server(config.clone()).with_compression(Agreement::default());
        let mut bytes = wire[..wire.len() / 2].to_vec();
        connection.receive(&mut &mut bytes[..]).expect("no violation");
        connection
            .fragment(websocket_proto::MessageKind::Text, b"unfinished", false)
            .expect("room");
        match round % 4 {
            0 => connection.receive_eof(),
            1 => connection.abort(),
            2 => {
                let mut garbage = [0xFF; 8];
                connection.receive(&mut &mut garbage[..]).unwrap_or_default();
            }
            _ => {}
        }
        drop((connection, bytes));
        if round == 100 {
            after_first = Some(usage());
        }
    }
    let grown = usage().bytes_over(after_first.expect("round 100"));
    assert!(grown <= 0, "{grown}");
}
