//! One message to everyone: encoded once, or for each receiver.

mod wire;

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::{Config, Connection, Prepared};
use wire::timing::settings;
use wire::{Content, drain};

const MEMBERS: usize = 1000;

/// To 1,000 connections; one element is one of them.
fn broadcasting(c: &mut Criterion) {
    let config = Arc::new(Config::server());
    let mut room: Vec<_> = (0..MEMBERS).map(|_| Connection::server(config.clone())).collect();
    let mut group = c.benchmark_group("broadcast");
    group.throughput(Throughput::Elements(MEMBERS as u64));
    for size in [256, 16 << 10] {
        let payload = Content::Binary.payload(size);
        let news = Prepared::binary(payload.clone());
        group.bench_function(BenchmarkId::new("prepared", size), |b| {
            b.iter(|| {
                for member in &mut room {
                    member.send_prepared(&news).expect("room");
                    drain(member);
                }
            });
        });
        group.bench_function(BenchmarkId::new("copied", size), |b| {
            b.iter(|| {
                for member in &mut room {
                    member.send_binary(&payload).expect("room");
                    drain(member);
                }
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = settings();
    targets = broadcasting
}
criterion_main!(benches);
