//! The core's own paths: masking, receiving, sending, broadcasting.

use std::hint::black_box;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::frame::{Decoder, Header, apply_mask};
use websocket_proto::{Config, Connection, Event, MessageKind, Prepared, Role, Transmit};

const SIZES: [usize; 7] = [16, 64, 125, 1024, 16 * 1024, 64 * 1024, 1024 * 1024];
const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

fn payload(kind: MessageKind, size: usize) -> Vec<u8> {
    match kind {
        MessageKind::Text => b"The quick brown fox. ".iter().copied().cycle().take(size).collect(),
        MessageKind::Binary => (0..=255).cycle().take(size).collect(),
    }
}

/// One message as the peer sends it, in `frames` frames.
fn message(receiver: Role, kind: MessageKind, size: usize, frames: usize) -> BytesMut {
    let mut config = Config::client();
    config.limits.max_write_buffer = usize::MAX;
    let mut sender = match receiver {
        Role::Server => Connection::client(config, [7; 32]),
        Role::Client => Connection::server(config),
    };
    let data = payload(kind, size);
    for (index, part) in data.chunks(size.div_ceil(frames)).enumerate() {
        sender.fragment(kind, part, index + 1 == frames).expect("fits an empty output");
    }
    let mut bytes = BytesMut::new();
    while let Some(run) = sender.take_output() {
        bytes.extend_from_slice(&run);
    }
    bytes
}

fn masking(c: &mut Criterion) {
    let mut group = c.benchmark_group("mask");
    for size in SIZES {
        let mut data = payload(MessageKind::Binary, size);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |b| {
            b.iter(|| apply_mask(black_box(&mut data), KEY));
        });
    }
    group.finish();
}

fn headers(c: &mut Criterion) {
    let mut group = c.benchmark_group("header");
    let mut bytes = message(Role::Server, MessageKind::Binary, 16, 1);
    group.bench_function("decode", |b| {
        b.iter(|| {
            let mut decoder = Decoder::new(Role::Server);
            decoder.decode(&mut &mut black_box(&mut bytes)[..]).expect("legal").is_some()
        });
    });
    let header = Header {
        fin: true,
        rsv1: false,
        opcode: MessageKind::Binary.opcode(),
        mask: Some(KEY),
        length: 1024,
    };
    group.bench_function("encode", |b| b.iter(|| black_box(&header).encode().len()));
    group.finish();
}

fn receiving(c: &mut Criterion) {
    let cases = [
        ("receive/server/binary", Role::Server, MessageKind::Binary, 1),
        ("receive/server/text", Role::Server, MessageKind::Text, 1),
        ("receive/client/binary", Role::Client, MessageKind::Binary, 1),
        ("receive/server/16 fragments", Role::Server, MessageKind::Binary, 16),
    ];
    for (name, role, kind, frames) in cases {
        let mut group = c.benchmark_group(name);
        for size in SIZES {
            let original = message(role, kind, size, frames.min(size));
            let config = Arc::new(Config::client());
            let mut connection = match role {
                Role::Server => Connection::server(config),
                Role::Client => Connection::client(config, [1; 32]),
            };
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |b| {
                b.iter_batched_ref(
                    || original.clone(),
                    |bytes| {
                        let mut input = &mut bytes[..];
                        while let Some(event) = connection.receive(&mut input).expect("legal") {
                            match event {
                                Event::Text(text) => drop(black_box(text)),
                                Event::Binary(data) => drop(black_box(data)),
                                _ => unreachable!(),
                            }
                        }
                    },
                    BatchSize::SmallInput,
                );
            });
        }
        group.finish();
    }
}

fn drain(connection: &mut Connection) {
    while let Transmit::Write(mut output) = connection.transmit() {
        let count = black_box(output.chunk()).len();
        output.advance(count);
    }
}

fn sending(c: &mut Criterion) {
    for role in [Role::Server, Role::Client] {
        let mut group = c.benchmark_group(format!("send/{role:?}"));
        for size in SIZES {
            let data = payload(MessageKind::Binary, size);
            let config = Arc::new(Config::client());
            let mut connection = match role {
                Role::Server => Connection::server(config),
                Role::Client => Connection::client(config, [1; 32]),
            };
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |b| {
                b.iter(|| {
                    connection.send_binary(black_box(&data)).expect("an empty output");
                    drain(&mut connection);
                });
            });
        }
        group.finish();
    }
    let mut connection = Connection::server(Config::server());
    let data = Bytes::from(payload(MessageKind::Binary, 64 * 1024));
    c.bench_function("send/Server/64 KiB shared", |b| {
        b.iter(|| {
            connection.send_shared(MessageKind::Binary, &data).expect("an empty output");
            drain(&mut connection);
        });
    });
}

fn broadcasting(c: &mut Criterion) {
    let config = Arc::new(Config::server());
    let mut room: Vec<Connection> = (0..1000).map(|_| Connection::server(config.clone())).collect();
    let news = Prepared::binary(payload(MessageKind::Binary, 256));
    c.bench_function("broadcast/256 B to 1,000", |b| {
        b.iter(|| {
            for member in &mut room {
                member.send_prepared(&news).expect("an empty output");
                drain(member);
            }
        });
    });
}

criterion_group!(benches, masking, headers, receiving, sending, broadcasting);
criterion_main!(benches);
