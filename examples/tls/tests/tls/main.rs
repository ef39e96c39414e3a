//! §10.6  WebSockets over TLS, in both adapters, with certificates made on the spot. R6455-10.6-01
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod ends;
mod handshakes;
mod held;
mod programs;
mod split;
mod support;
mod trust;
mod ways;
