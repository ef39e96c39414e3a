//! §4  The opening handshake: each end, from its first byte to the `Connection`.

mod wire;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use websocket_proto::Config;
use wire::opening::{REQUEST, connect, request, response, serve};
use wire::timing::settings;

fn server(c: &mut Criterion) {
    let config = Arc::new(Config::server());
    let mut request = REQUEST.as_bytes().to_vec();
    c.bench_function("handshake/server", |b| b.iter(|| serve(&config, black_box(&mut request))));
}

fn client(c: &mut Criterion) {
    let config = Arc::new(Config::client());
    let (request, mut response) = (request(), response(&config));
    c.bench_function("handshake/client", |b| {
        b.iter(|| connect(&request, &config, black_box(&mut response)));
    });
}

criterion_group! {
    name = benches;
    config = settings();
    targets = server, client
}
criterion_main!(benches);
