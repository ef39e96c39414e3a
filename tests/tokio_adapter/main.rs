//! The tokio adapter, over loopback and over pipes in memory.
#![cfg(feature = "tokio")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod messages;
mod support;
