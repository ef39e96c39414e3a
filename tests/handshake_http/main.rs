//! §4, RFC 8441, RFC 9220  The opening handshake over the types of the `http` crate.
#![cfg(feature = "http")]

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod client;
#[cfg(test)]
mod extended_connect;
#[cfg(test)]
#[path = "../handshake/origins.rs"]
mod origins;
#[cfg(test)]
mod stream_end;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod upgrade;
