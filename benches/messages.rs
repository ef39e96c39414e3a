//! §5.4 §6  Messages through a `Connection`: received, sent, echoed.

mod wire;

use std::hint::black_box;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::frame::Opcode;
use websocket_proto::{Delivery, MessageKind, Role};
use wire::timing::{on_input, settings};
use wire::{
    Content, ROLES, SIZES, connection, connection_with, drain, echo, fragments, frame, message,
    messages_in_64_kib, receive, role_name,
};

/// Whole in the input, which has 64 KiB of them, or one that is longer; one element is one message.
fn receiving(c: &mut Criterion) {
    for role in ROLES {
        for content in Content::ALL {
            let mut group =
                c.benchmark_group(format!("receive/{}/{}", role_name(role), content.name()));
            for size in SIZES {
                let one = message(role, content, size);
                let count = messages_in_64_kib(one.len());
                let original = one.repeat(count);
                let mut connection = connection(role);
                group.throughput(Throughput::Elements(count as u64));
                group.bench_function(BenchmarkId::from_parameter(size), |b| {
                    on_input(b, &original, content != Content::Binary, |input| {
                        assert_eq!(receive(&mut connection, input), count);
                    });
                });
            }
            group.finish();
        }
    }
}

/// Each message comes in two reads of equal length; one element is one of the messages, 64 KiB of them in a round.
fn across_reads(c: &mut Criterion) {
    for content in [Content::Binary, Content::Multilingual] {
        let mut group = c.benchmark_group(format!("receive in two reads/{}", content.name()));
        for size in [125, 1 << 10, 64 << 10] {
            let one = message(Role::Server, content, size);
            let count = messages_in_64_kib(one.len());
            let original = one.repeat(count);
            let mut connection = connection(Role::Server);
            group.throughput(Throughput::Elements(count as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |b| {
                on_input(b, &original, content != Content::Binary, |input| {
                    for message in input.chunks_mut(one.len()) {
                        let (front, back) = message.split_at_mut(one.len() / 2);
                        let whole =
                            receive(&mut connection, front) + receive(&mut connection, back);
                        assert_eq!(whole, 1);
                    }
                });
            });
        }
        group.finish();
    }
}

/// One message of 64 KiB: in 16 frames, in reads of 4 KiB, and in chunks of 16 KiB that are not assembled.
fn in_pieces(c: &mut Criterion) {
    const SIZE: usize = 64 << 10;
    for content in [Content::Binary, Content::Multilingual] {
        let mut group = c.benchmark_group(format!("receive 64 KiB/{}", content.name()));
        group.throughput(Throughput::Bytes(SIZE as u64));
        let is_text = content != Content::Binary;
        for role in ROLES {
            let original = fragments(role, content, SIZE, 16);
            let mut connection = connection(role);
            group.bench_function(BenchmarkId::new("in 16 frames", role_name(role)), |b| {
                on_input(b, &original, is_text, |input| {
                    assert_eq!(receive(&mut connection, input), 1);
                });
            });
        }
        let original = message(Role::Server, content, SIZE);
        let cases = [
            ("in reads of 4 KiB", 4 << 10, Delivery::Messages),
            ("in chunks of 16 KiB", 16 << 10, Delivery::Chunks),
        ];
        for (name, read, delivery) in cases {
            let mut connection = connection_with(Role::Server, delivery);
            group.bench_function(name, |b| {
                on_input(b, &original, is_text, |input| {
                    for read in input.chunks_mut(read) {
                        receive(&mut connection, read);
                    }
                });
            });
        }
        group.finish();
    }
}

/// One message, queued and taken. The payload is copied.
fn sending(c: &mut Criterion) {
    for role in ROLES {
        let mut group = c.benchmark_group(format!("send/{}", role_name(role)));
        for size in SIZES {
            let data = Content::Binary.payload(size);
            let mut connection = connection(role);
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |b| {
                b.iter(|| {
                    connection.send_binary(black_box(&data)).expect("room");
                    drain(&mut connection);
                });
            });
        }
        group.finish();
    }
}

/// One message of 64 KiB, referenced by a server; and copied in 16 frames.
fn sending_otherwise(c: &mut Criterion) {
    let mut group = c.benchmark_group("send 64 KiB");
    let data = Bytes::from(Content::Binary.payload(64 << 10));
    let mut server = connection(Role::Server);
    group.bench_function("shared", |b| {
        b.iter(|| {
            server.send_shared(MessageKind::Binary, black_box(&data)).expect("room");
            drain(&mut server);
        });
    });
    for role in ROLES {
        let mut connection = connection(role);
        group.bench_function(BenchmarkId::new("in 16 frames", role_name(role)), |b| {
            b.iter(|| {
                for (index, part) in black_box(&data).chunks(4 << 10).enumerate() {
                    connection.fragment(MessageKind::Binary, part, index == 15).expect("room");
                }
                drain(&mut connection);
            });
        });
    }
    group.finish();
}

/// One message is received, queued again and taken.
fn echoing(c: &mut Criterion) {
    for role in ROLES {
        let mut group = c.benchmark_group(format!("echo/{}", role_name(role)));
        for size in [16, 125, 1 << 10, 64 << 10] {
            let original = message(role, Content::Binary, size);
            let mut connection = connection(role);
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |b| {
                on_input(b, &original, false, |input| echo(&mut connection, input));
            });
        }
        group.finish();
    }
}

/// One Ping is received, and its Pong taken.
fn answering_pings(c: &mut Criterion) {
    let original = frame(Role::Server, true, Opcode::Ping, b"alive?");
    let mut server = connection(Role::Server);
    c.bench_function("ping answered", |b| {
        on_input(b, &original, false, |input| {
            receive(&mut server, input);
            drain(&mut server);
        });
    });
}

criterion_group! {
    name = benches;
    config = settings();
    targets = receiving, across_reads, in_pieces, sending, sending_otherwise, echoing, answering_pings
}
criterion_main!(benches);
