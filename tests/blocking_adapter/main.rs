//! The blocking adapter over real sockets on loopback, with ports from the system. What takes time
//! is bounded by short deadlines of the connections themselves; nothing sleeps but an application that has to
//! be busy for longer than such a deadline.
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
mod dial;
mod errors;
mod forwarding;
mod halves;
mod handshake;
mod looks;
mod messages;
mod split;
mod stuck;
mod support;
mod transports;
