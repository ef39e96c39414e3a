//! The tokio adapter, over loopback, over pipes in memory and over transports that misbehave. Time stands still or
//! is bounded; nothing sleeps.
#![cfg(feature = "tokio")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod broadcast;
mod deadlines;
mod messages;
mod stream_sink;
mod stuck;
mod support;
mod tasks;
mod wake_ups;
mod wire;
