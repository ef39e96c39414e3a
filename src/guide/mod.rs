//! The guide: eight pages for those who build on this crate.
//!
//! It says how the parts go together and what goes wrong where they are put together otherwise; what a
//! single method does stands at the method. Every example is run by the tests of the crate.
//!
//! | Page | For whom | Answers |
//! |---|---|---|
//! | [`driving`] | everyone who moves the bytes; read it first | What does a driver have to do, when, and which mistakes are made? |
//! | [`handshakes`] | everyone who opens connections | How does a byte stream, or an HTTP stack, become a `Connection`? |
//! | [`closing`] | everyone | How does a connection end, what is lost, and what is known of it? With the state diagram. |
//! | [`limits`] | who serves strangers | What can a peer make us hold or do, and what is left to the application? |
//! | [`memory`] | who has many connections | What does each one cost, and who has to do what to keep it so? |
//! | [`compression`] | who thinks of permessage-deflate | Is it worth it, what does it cost, and when is it dangerous? |
//! | [`performance`] | who measures | Where does the time go, and which call saves it? |
//! | [`embedding`] | who has a runtime that no adapter is for | How is a driver written, from the first line to the last? |
//!
//! Those who use [`adapter::blocking`](crate::adapter::blocking) or the adapter for tokio have their driver. They need
//! [`handshakes`], [`closing`] and [`limits`], and the rest when the question comes up.
//!
//! The sections (§) are those of [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) unless another RFC is named. The
//! times and sizes are the defaults of [`Config::server`](crate::Config::server); all of them can be changed.

pub mod closing;
pub mod compression;
pub mod driving;
pub mod embedding;
pub mod handshakes;
pub mod limits;
pub mod memory;
pub mod performance;
