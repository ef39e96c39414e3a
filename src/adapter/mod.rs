//! Drivers: what joins a connection to a transport. Nothing here knows the protocol.

pub mod blocking;
mod client_options;
mod closed;
mod error;
mod machine;
mod message;
mod read_buffer;
mod route;
#[cfg(feature = "rustls")]
mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
mod tunnel;

use closed::outcome;

pub use client_options::ClientOptions;
pub use closed::Closed;
pub use error::{Error, Refused, UnfollowedRedirect};
pub use message::Message;
/// The crate whose `ClientConfig` and `Error` stand in signatures here.
#[cfg(feature = "rustls")]
pub use rustls;
#[cfg(feature = "rustls")]
pub use tls::Roots;
