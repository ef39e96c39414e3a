//! Compressed messages against the codec called directly on the same bytes (RFC 7692).

mod wire;

use std::hint::black_box;

use bytes::Buf;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::deflate::{Agreement, Compress, Compression};
use websocket_proto::{Config, Connection, Event, Transmit};
use wire::conversation;
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush};

const SIZES: [usize; 3] = [200, 4 << 10, 256 << 10];
const LEVEL: i32 = 6;
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

fn agreement(takeover: bool) -> Agreement {
    let mut agreement = Agreement::default();
    agreement.server_no_context_takeover = !takeover;
    agreement.client_no_context_takeover = !takeover;
    agreement
}

fn config(mut config: Config) -> Config {
    let mut compression = Compression::default();
    compression.compress = Compress::Always;
    config.compression = Some(compression);
    config.limits.max_write_buffer = usize::MAX;
    config
}

fn server(takeover: bool) -> Connection {
    Connection::server(config(Config::server())).with_compression(agreement(takeover))
}

fn client(takeover: bool) -> Connection {
    Connection::client(config(Config::client()), [7; 32]).with_compression(agreement(takeover))
}

fn codec() -> Deflate {
    Deflate::new_with_config(DeflateConfig {
        level: LEVEL,
        window_bits: -15,
        ..DeflateConfig::default()
    })
}

fn name(takeover: bool) -> &'static str {
    if takeover { "takeover" } else { "no takeover" }
}

/// A server sends a conversation; the output is taken by advancing.
fn compress(c: &mut Criterion) {
    for takeover in [true, false] {
        let mut group = c.benchmark_group(format!("compress, {}", name(takeover)));
        for size in SIZES {
            let messages = conversation(size);
            group.throughput(Throughput::Bytes((messages.len() * size) as u64));
            let mut connection = server(takeover);
            group.bench_function(BenchmarkId::new("connection", size), |b| {
                b.iter(|| {
                    for data in &messages {
                        connection.send_binary(black_box(data)).expect("room");
                        let Transmit::Write(mut output) = connection.transmit() else {
                            panic!("queued")
                        };
                        let count = output.remaining();
                        output.advance(count);
                    }
                });
            });
            let mut codec = codec();
            let mut output = vec![0; 2 * size + 64];
            group.bench_function(BenchmarkId::new("codec", size), |b| {
                b.iter(|| {
                    for data in &messages {
                        if !takeover {
                            codec.reset();
                        }
                        codec
                            .compress(black_box(data), &mut output, DeflateFlush::SyncFlush)
                            .expect("valid");
                    }
                });
            });
        }
        group.finish();
    }
}

/// A client receives a conversation. Its first message refers to nothing, so that it can be had again and again.
fn inflate(c: &mut Criterion) {
    for takeover in [true, false] {
        let mut group = c.benchmark_group(format!("inflate, {}", name(takeover)));
        for size in SIZES {
            let mut sender = server(takeover);
            let messages = conversation(size);
            let wires: Vec<Vec<u8>> = messages
                .iter()
                .map(|data| {
                    sender.send_binary(data).expect("room");
                    sender.take_output().expect("queued").to_vec()
                })
                .collect();
            group.throughput(Throughput::Bytes((messages.len() * size) as u64));

            let mut connection = client(takeover);
            let mut places = wires.clone();
            group.bench_function(BenchmarkId::new("connection", size), |b| {
                b.iter(|| {
                    for place in &mut places {
                        let event =
                            connection.receive(&mut black_box(&mut place[..])).expect("valid");
                        let Some(Event::Binary(payload)) = event else { panic!("a message") };
                        black_box(payload);
                    }
                });
            });

            let payload = |wire: &Vec<u8>| {
                let header = match wire[1] {
                    126 => 4,
                    127 => 10,
                    _ => 2,
                };
                [&wire[header..], &TAIL].concat()
            };
            let payloads: Vec<Vec<u8>> = wires.iter().map(payload).collect();
            let mut codec = Inflate::new(false, 15);
            // As much room as the codec takes its fast path with.
            let mut output = vec![0; size + 1024];
            group.bench_function(BenchmarkId::new("codec", size), |b| {
                b.iter(|| {
                    for payload in &payloads {
                        if !takeover {
                            codec.reset(false);
                        }
                        codec
                            .decompress(black_box(payload), &mut output, InflateFlush::SyncFlush)
                            .expect("valid");
                    }
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, compress, inflate);
criterion_main!(benches);
