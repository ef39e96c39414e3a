//! DESIGN.md §4: copies and heap allocations of each path, idle memory, and what a peer can make us hold.
//!
//! `--nocapture` prints the figures.
#![cfg(feature = "std")]

mod support;

use std::sync::Arc;

use bytes::{Buf, Bytes};
use support::{BINARY, CONTINUATION, Counting, PING, TEXT, frame, seed, usage};
use websocket_proto::{
    Config, Connection, Delivery, Event, MessageKind, Payload, Prepared, Transmit, Utf8Bytes,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes of the messages that every row is held for.
const SIZES: [usize; 5] = [16, 125, 1024, 65_536, 1_048_576];

/// Rounds before counting, and rounds that are counted.
const WARM_UP: usize = 3;
const ROUNDS: usize = 20;

fn server() -> Connection {
    Connection::server(Arc::new(roomy(Config::server())))
}

fn client() -> Connection {
    Connection::client(Arc::new(roomy(Config::client())), seed(1))
}

fn both() -> [Connection; 2] {
    [server(), client()]
}

/// Room for a few messages of the largest size.
fn roomy(mut config: Config) -> Config {
    config.limits.max_write_buffer = 8 << 20;
    config
}

fn payload(size: usize) -> Vec<u8> {
    (0..size).map(|index| b'a' + (index % 26) as u8).collect()
}

/// Takes the output without keeping it.
fn drain(connection: &mut Connection) {
    while let Transmit::Write(mut output) = connection.transmit() {
        let count = output.chunk().len();
        output.advance(count);
    }
}

/// Allocations of `ROUNDS` rounds, once `WARM_UP` rounds have been made.
fn allocations(mut round: impl FnMut()) -> usize {
    (0..WARM_UP).for_each(|_| round());
    let before = usage();
    (0..ROUNDS).for_each(|_| round());
    usage().allocations_since(before)
}

/// "receive, frame complete in the input": no copy, no allocation, from the first one on.
#[test]
fn a_frame_that_is_whole_in_the_input_is_lent_out_of_it() {
    for mut connection in both() {
        let sender = connection.role().peer();
        for size in SIZES {
            for opcode in [TEXT, BINARY, PING] {
                if opcode == PING && size > 125 {
                    continue;
                }
                let content = payload(size);
                let wire = frame(sender, true, opcode, &content);
                let mut buffer = wire.clone();
                let before = usage();
                let mut input = &mut buffer[..];
                let place = input[wire.len() - size..].as_ptr();
                match connection.receive(&mut input).expect("a valid frame") {
                    Some(Event::Text(text)) => {
                        assert_eq!(text.as_ptr(), place);
                        assert_eq!(text.as_bytes(), content);
                    }
                    Some(Event::Binary(data) | Event::Ping(data)) => {
                        assert_eq!(data.as_ptr(), place);
                        assert_eq!(*data, content);
                    }
                    other => panic!("{other:?}"),
                }
                if opcode == PING {
                    // Its Pong has a buffer.
                    drain(&mut connection);
                } else {
                    assert_eq!(usage().allocations_since(before), 0, "{sender:?} {opcode} {size}");
                }
            }
        }
    }
    println!("receive, whole in the input: 0 allocations, 0 copies at {SIZES:?}");
}

/// "receive, message across reads or fragments": no allocation once the buffer is there.
#[test]
fn a_message_across_reads_or_fragments_is_assembled_in_the_same_buffer() {
    for mut connection in both() {
        let sender = connection.role().peer();
        for size in SIZES {
            let content = payload(size);
            let one = frame(sender, true, BINARY, &content);
            let (front, back) = content.split_at(size / 3);
            let two = [frame(sender, false, TEXT, front), frame(sender, true, CONTINUATION, back)]
                .concat();
            for (wire, name) in [(one, "reads"), (two, "fragments")] {
                for read in [wire.len().div_ceil(2), wire.len().div_ceil(10)] {
                    let mut buffer = vec![0; read];
                    let count = allocations(|| {
                        let mut messages = 0;
                        for part in wire.chunks(read) {
                            let place = &mut buffer[..part.len()];
                            place.copy_from_slice(part);
                            let mut input = place;
                            match connection.receive(&mut input).expect("valid") {
                                Some(Event::Text(text)) => {
                                    assert!(text.as_bytes() == content);
                                    messages += 1;
                                }
                                Some(Event::Binary(data)) => {
                                    assert!(*data == *content);
                                    messages += 1;
                                }
                                None => {}
                                other => panic!("{other:?}"),
                            }
                            assert!(connection.receive(&mut input).expect("valid").is_none());
                        }
                        assert_eq!(messages, 1);
                    });
                    println!(
                        "receive {size} across {name} of {read}: {count} in {ROUNDS} messages"
                    );
                    assert_eq!(count, 0);
                }
            }
        }
    }
}

/// A control frame that spans reads has one buffer of its own, which is used again.
#[test]
fn a_control_frame_across_reads_is_assembled_in_the_same_buffer() {
    for mut connection in both() {
        let sender = connection.role().peer();
        for size in [1, 16, 125] {
            let wire = frame(sender, true, PING, &payload(size));
            let mut buffer = wire.clone();
            let count = allocations(|| {
                buffer.copy_from_slice(&wire);
                let mut pings = 0;
                for mut input in buffer.chunks_mut(wire.len().div_ceil(2)) {
                    if let Some(event) = connection.receive(&mut input).expect("valid") {
                        assert!(matches!(event, Event::Ping(payload) if payload.len() == size));
                        pings += 1;
                    }
                }
                assert_eq!(pings, 1);
                drain(&mut connection);
            });
            println!(
                "receive a Ping of {size} in two reads: {count} in {ROUNDS}, its Pong included"
            );
            assert_eq!(count, 0);
        }
    }
}

/// "receive, `Delivery::Chunks`": no heap for data, ever, and no copy.
#[test]
fn chunks_need_no_heap() {
    let mut configs = [Config::server(), Config::client()];
    configs.iter_mut().for_each(|config| config.delivery = Delivery::Chunks);
    let [server, client] = configs;
    for mut connection in [Connection::server(server), Connection::client(client, seed(1))] {
        let sender = connection.role().peer();
        for size in SIZES {
            for opcode in [TEXT, BINARY] {
                let (front, back) = (payload(size / 2), payload(size - size / 2));
                let wire =
                    [frame(sender, false, opcode, &front), frame(sender, true, 0, &back)].concat();
                for read in [7, 1_000, wire.len()] {
                    let mut buffer = wire.clone();
                    let range = buffer.as_ptr_range();
                    let before = usage();
                    let mut received = 0;
                    for mut input in buffer.chunks_mut(read) {
                        while let Some(event) = connection.receive(&mut input).expect("valid") {
                            let Event::Chunk(chunk) = event else { panic!("{event:?}") };
                            assert!(matches!(chunk.data, Payload::Borrowed(_)));
                            assert!(chunk.data.is_empty() || range.contains(&chunk.data.as_ptr()));
                            received += chunk.data.len();
                        }
                    }
                    assert_eq!(usage().allocations_since(before), 0);
                    assert_eq!(received, size);
                }
            }
        }
    }
    println!("receive, chunks: 0 allocations at {SIZES:?}");
}

/// "send, small" and every other size by copy; fragments, too.
#[test]
fn sending_by_copy_allocates_nothing_once_the_buffer_is_there() {
    for mut connection in both() {
        for size in SIZES {
            let content = String::from_utf8(payload(size)).expect("ASCII");
            let count = allocations(|| {
                connection.send_text(&content).expect("room");
                drain(&mut connection);
                connection.send_binary(content.as_bytes()).expect("room");
                drain(&mut connection);
                connection.fragment(MessageKind::Text, content.as_bytes(), false).expect("room");
                connection.fragment(MessageKind::Text, b"", true).expect("room");
                drain(&mut connection);
            });
            println!("send {size}, {:?}: {count} in {ROUNDS} rounds", connection.role());
            assert_eq!(count, 0);
        }
    }
}

/// As above, with the output taken owned and dropped before the next round.
#[test]
fn taking_the_output_allocates_nothing_once_the_buffer_is_there() {
    for mut connection in both() {
        for size in SIZES {
            let content = payload(size);
            let count = allocations(|| {
                connection.send_binary(&content).expect("room");
                while let Some(bytes) = connection.take_output() {
                    assert!(bytes.len() >= size);
                }
            });
            println!("send {size} and take, {:?}: {count} in {ROUNDS}", connection.role());
            assert_eq!(count, 0);
        }
    }
}

/// "send, large `Bytes`, server": the payload goes out from where the application has it.
#[test]
fn a_server_references_large_payloads() {
    let mut connection = server();
    for size in [4096, 65_536, 1_048_576] {
        let content = Bytes::from(payload(size));
        let count = allocations(|| {
            connection.send_shared(MessageKind::Text, &content).expect("room");
            assert_eq!(output_pointers(&mut connection), [content.as_ptr()]);
        });
        println!("send_shared {size}: {count} in {ROUNDS}, 0 copies");
        assert_eq!(count, 0);
    }
}

/// Text that is known to be text, too; what is smaller than `reference_threshold` is copied.
#[test]
fn a_server_references_large_texts() {
    let mut connection = server();
    for (size, referenced) in
        [(16, false), (128, false), (129, false), (4095, false), (4096, true), (65_536, true)]
    {
        let text = Utf8Bytes::try_from(Bytes::from(payload(size))).expect("ASCII");
        connection.send_shared_text(&text).expect("room");
        let pointers = output_pointers(&mut connection);
        assert_eq!(pointers == [text.as_bytes().as_ptr()], referenced, "{size}");
    }
}

/// "broadcast of one `Prepared`": no allocation for each receiver, and of what is over 512 bytes, no copy.
#[test]
fn a_prepared_message_is_shared_by_its_receivers() {
    let config = Arc::new(roomy(Config::server()));
    let mut room: Vec<_> = (0..50).map(|_| Connection::server(config.clone())).collect();
    for size in SIZES.into_iter().chain([512, 513]) {
        let content = Bytes::from(payload(size));
        let message = Prepared::binary(content.clone());
        let count = allocations(|| {
            for member in &mut room {
                member.send_prepared(&message).expect("room");
            }
            for member in &mut room {
                let pointers = output_pointers(member);
                if size > 512 {
                    assert_eq!(pointers, [content.as_ptr()]);
                } else {
                    assert_ne!(pointers, [content.as_ptr()]);
                }
            }
        });
        println!("broadcast of {size} to {}: {count} in {ROUNDS}", room.len());
        assert_eq!(count, 0);
    }
}

/// Drains the output; where its runs are, but for headers.
fn output_pointers(connection: &mut Connection) -> Few {
    let mut pointers = Few::default();
    while let Transmit::Write(mut output) = connection.transmit() {
        let run = output.chunk();
        if run.len() > 14 {
            pointers.push(run.as_ptr());
        }
        let count = run.len();
        output.advance(count);
    }
    pointers
}

/// Up to four pointers, without a heap.
#[derive(Default)]
struct Few([Option<*const u8>; 4]);

impl Few {
    fn push(&mut self, pointer: *const u8) {
        *self.0.iter_mut().find(|place| place.is_none()).expect("few") = Some(pointer);
    }
}

impl PartialEq<[*const u8; 1]> for Few {
    fn eq(&self, other: &[*const u8; 1]) -> bool {
        self.0 == [Some(other[0]), None, None, None]
    }
}

impl std::fmt::Debug for Few {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
