//! §5.2 §5.3 §8.1  The frame layer: headers, masking, UTF-8.

mod wire;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::frame::{Decoder, Header, Opcode, apply_mask};
use websocket_proto::rules::Sequence;
use websocket_proto::utf8::Validator;
use websocket_proto::{MessageKind, Role};
use wire::timing::settings;
use wire::{Content, KEY, connection, drain, message, messages_in_64_kib};

/// Around every length where a kernel may go another way, and the sizes of the messages.
const SIZES: [usize; 14] =
    [0, 1, 7, 8, 16, 31, 32, 63, 64, 125, 1 << 10, 16 << 10, 64 << 10, 1 << 20];

/// One length for each form that a header has.
const LENGTHS: [(&str, u64); 3] = [("7 bits", 16), ("16 bits", 1 << 10), ("64 bits", 64 << 10)];

/// One header of a client, masked.
fn headers(c: &mut Criterion) {
    let mut group = c.benchmark_group("header");
    for (form, length) in LENGTHS {
        let opcode = Opcode::Binary;
        let header = Header { fin: true, rsv1: false, opcode, mask: Some(KEY), length };
        let bytes = header.encode();
        group.bench_function(BenchmarkId::new("decode", form), |b| {
            b.iter(|| Header::decode(black_box(&bytes), Role::Server, Sequence::Idle));
        });
        group.bench_function(BenchmarkId::new("encode", form), |b| {
            b.iter(|| black_box(&header).encode());
        });
    }
    group.finish();
}

/// The decoder alone, on 64 KiB of messages; one element is one of them.
fn decoding(c: &mut Criterion) {
    let mut group = c.benchmark_group("decoder");
    for size in [16, 125, 1 << 10] {
        let one = message(Role::Server, Content::Binary, size);
        let count = messages_in_64_kib(one.len());
        let mut input = one.repeat(count);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |b| {
            b.iter(|| {
                let mut decoder = Decoder::new(Role::Server);
                let mut input = &mut input[..];
                while let Some(part) = decoder.decode(&mut input).expect("legal") {
                    black_box(part.payload);
                }
            });
        });
    }
    group.finish();
}

fn masking(c: &mut Criterion) {
    let mut group = c.benchmark_group("mask in place");
    for size in SIZES {
        let mut data = Content::Binary.payload(size);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |b| {
            b.iter(|| apply_mask(black_box(&mut data), KEY));
        });
    }
    group.finish();
}

/// What a client does with a payload: it is copied to the output, masked on the way. Messages are queued until they
/// are 64 KiB, and taken at once; one element is one of them, its header and masking key included.
fn masking_copies(c: &mut Criterion) {
    let mut group = c.benchmark_group("mask and copy");
    for size in SIZES {
        let data = Content::Binary.payload(size);
        let count = messages_in_64_kib(message(Role::Server, Content::Binary, size).len());
        let mut client = connection(Role::Client);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |b| {
            b.iter(|| {
                for _ in 0..count {
                    client.send_binary(black_box(&data)).expect("room");
                }
                drain(&mut client);
            });
        });
    }
    group.finish();
}

fn validating(c: &mut Criterion) {
    for content in [Content::Ascii, Content::Multilingual] {
        let mut group = c.benchmark_group(format!("utf8/{}", content.name()));
        assert_eq!(content.kind(), MessageKind::Text);
        for size in SIZES {
            let text = content.payload(size);
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |b| {
                b.iter(|| {
                    let mut validator = Validator::new();
                    validator.push(black_box(&text)).and_then(|()| validator.finish())
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = settings();
    targets = headers, decoding, masking, masking_copies, validating
}
criterion_main!(benches);
