//! §4  The opening handshake: from the first bytes of a transport to a [`Connection`](crate::Connection).
//!
//! A [`Server`] yields a [`Request`], which the application accepts or rejects; a [`Client`] sends a
//! [`ClientRequest`] and yields what was [`Established`]. Either takes bytes as they arrive, in any pieces,
//! and leaves those behind the head to the connection.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod acceptance;
mod answer;
mod authority;
mod awaited;
mod client;
mod client_request;
mod credentials;
mod error;
mod extension;
mod grammar;
mod head;
mod head_collector;
mod header_lines;
mod headers;
#[cfg(feature = "http")]
pub mod http;
mod key;
mod negotiation;
mod origin;
mod proxy;
mod redirect;
mod refusal;
mod rejection;
mod request;
mod request_fields;
mod response;
mod server;
mod target;
mod uri;

pub use acceptance::Acceptance;
pub use client::{Client, Established};
pub use client_request::ClientRequest;
pub use credentials::InvalidCredentials;
pub use error::HandshakeError;
#[cfg(feature = "deflate")]
pub(crate) use extension::extensions;
pub use extension::{Extension, Parameter, ParameterValue};
pub use headers::InvalidHeader;
pub use key::sec_websocket_accept;
pub(crate) use negotiation::Agreed;
pub use negotiation::InvalidSubprotocol;
pub use origin::{InvalidOrigin, Origin, OriginPolicy};
pub use proxy::{Proxy, ProxyConnect, connect_proxy_request};
pub use redirect::RedirectError;
pub use refusal::{Refusal, ResponseHead};
pub use rejection::Rejection;
pub use request::Request;
pub use response::{InvalidStatus, Response};
pub use server::Server;
pub use uri::{InvalidUri, Uri};
