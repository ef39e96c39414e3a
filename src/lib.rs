//! A sans-IO WebSocket (RFC 6455) state machine: byte slices in, events and bytes out.
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod error;
pub mod frame;
pub mod rules;
pub mod utf8;

pub use error::ProtocolError;
pub use frame::{CloseCode, MessageKind, Role};

#[cfg(feature = "alloc")]
mod buffer;
#[cfg(feature = "alloc")]
mod closing;
#[cfg(feature = "alloc")]
mod config;
#[cfg(feature = "alloc")]
mod connection;
#[cfg(feature = "alloc")]
mod counters;
#[cfg(feature = "alloc")]
pub mod handshake;
#[cfg(feature = "alloc")]
mod incoming;
#[cfg(feature = "alloc")]
mod outgoing;
#[cfg(feature = "alloc")]
mod timer;

#[cfg(feature = "alloc")]
pub use closing::{CloseInformation, CloseStatus, ExpiredDeadline, Initiator, State};
#[cfg(feature = "alloc")]
pub use config::{Config, Delivery, Limits, Liveness, Timeouts};
#[cfg(feature = "alloc")]
pub use connection::{Connection, Parts};
#[cfg(feature = "alloc")]
pub use counters::Counters;
#[cfg(feature = "alloc")]
pub use error::SendError;
#[cfg(feature = "alloc")]
pub use incoming::{Chunk, Close, Event, Incoming, Payload, Reply, Text, Utf8Bytes};
#[cfg(feature = "alloc")]
pub use outgoing::{MessageWriter, Outgoing, Output, Prepared, Transmit};
