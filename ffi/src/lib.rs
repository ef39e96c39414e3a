//! WebSocket (RFC 6455) for programs that move the bytes themselves: the C interface of websocket-proto.
//!
//! The library owns no socket, no clock and no thread. A program has one wsp_connection for each
//! transport, from the first byte of the opening handshake to the last of the closing one, and does four
//! things with it:
//!
//!   bytes came          wsp_receive, until it says WSP_EVENT_NONE; at their end wsp_receive_eof
//!   there is to send    wsp_send_text, wsp_send_binary, wsp_ping, wsp_close: they only queue
//!   the transport is    wsp_transmit says what to do; wsp_advance, or wsp_transport_shut_down, that
//!   writable            it was done
//!   before each wait    wsp_tick: what time it is, and when to call again at the latest
//!
//! Every function may be called at every moment. What does not fit the moment returns an error and changes
//! nothing. Nothing blocks, nothing calls back.
//!
//! Rules that hold for all functions:
//!
//! * Objects are made by functions called ..._new, wsp_config_..., wsp_prepared_... and wsp_..._established,
//!   belong to the caller, and are given back once, by the ..._free of their type. Freeing NULL does nothing;
//!   freeing twice, or using what was freed, is undefined. Objects keep what they need of each other: they
//!   can be freed in any order.
//! * Beside WSP_OK, a function that returns a wsp_result returns those that are listed with it, and WSP_PANIC.
//! * NULL where an object has to be is WSP_NULL, or the answer that is named there; it is never undefined.
//! * Bytes are given as a pointer and a length; the pointer may be NULL if the length is 0. Texts called
//!   `const char *` end with a 0 and are UTF-8. The library reads either only during the call.
//! * Bytes that the library hands out (wsp_slice, wsp_event) are lent: each function says for how long.
//! * Structures that functions fill in need not be initialised, and are untouched unless WSP_OK is returned.
//! * An object is used by one thread at a time, whichever; a wsp_config, wsp_acceptance,
//!   wsp_client_request and wsp_prepared that nobody changes, by any number of threads. Different objects
//!   have nothing to do with each other.
//! * Times are milliseconds of a monotonic clock, since whenever.
//! * With no memory left the program is aborted. A bug of the library (a Rust panic) is WSP_PANIC.
#![expect(
    clippy::missing_safety_doc,
    reason = "the rules for pointers are the same everywhere: above"
)]
#![expect(non_camel_case_types, reason = "they are the names of the header")]
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)
)]

// In the order of the header.
mod result;

mod bytes;

mod config;

mod acceptance;

mod client_request;

mod connection;

mod heads;

mod answering;

mod receiving;

mod sending;

mod prepared;

mod transmitting;

mod state;

// What the header does not show.
mod boundary;
#[cfg_attr(not(feature = "deflate"), path = "without_compression.rs")]
mod compression;
mod errors;
mod stage;

pub use acceptance::*;
pub use answering::*;
pub use bytes::*;
pub use client_request::*;
pub use config::*;
pub use connection::*;
pub use heads::*;
pub use prepared::*;
pub use receiving::*;
pub use result::*;
pub use sending::*;
pub use state::*;
pub use transmitting::*;
