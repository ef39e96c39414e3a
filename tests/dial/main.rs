//! §4.1  From a URI to a WebSocket: the same tests for each adapter that is built, over loopback, with ports from
//! the system. What takes time is bounded by short deadlines.
#![cfg(feature = "std")]
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[cfg(feature = "tokio")]
mod cancelled;
mod failures;
mod peers;
mod proxies;
mod redirects;
mod support;
#[cfg(feature = "rustls")]
mod trickle;
