//! The blocking adapter over real sockets on loopback, with ports from the system. Nothing sleeps: what takes
//! time is bounded by short deadlines of the connections themselves.
#![cfg(feature = "std")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod closing;
mod deadlines;
mod handshake;
mod messages;
mod split;
mod stuck;
mod support;
mod transports;
