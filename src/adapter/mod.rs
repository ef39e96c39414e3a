//! Drivers: what joins a connection to a transport. Nothing here knows the protocol.

pub mod blocking;
