//! Drivers: what joins a connection to a transport. Nothing here knows the protocol.

pub mod blocking;
mod client_options;
mod closed;
mod error;
mod machine;
mod message;
mod read_buffer;
#[cfg(feature = "tokio")]
pub mod tokio;

use closed::outcome;

pub use client_options::ClientOptions;
pub use closed::Closed;
pub use error::{Error, Refused};
pub use message::Message;
