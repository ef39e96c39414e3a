//! The tokio adapter, over loopback, over pipes in memory and over transports that misbehave. Time stands still or
//! is bounded; nothing sleeps.
#![cfg(feature = "tokio")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod abandon;
#[path = "../support/allocator.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod allocator;
mod broadcast;
mod cancellation;
mod cancellation_split;
mod closing;
mod corking;
mod deadlines;
mod futures;
mod handshake;
mod looks;
mod memory;
mod messages;
#[path = "../support/random.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod random;
mod split;
mod stream_sink;
mod stuck;
mod support;
mod tasks;
mod transports;
mod trouble;
mod unsteady;
mod wake_ups;
mod wire;

#[global_allocator]
static ALLOCATOR: allocator::Counting = allocator::Counting;
