//! RFC 7692  permessage-deflate: compressed messages. Off until
//! [`Config::compression`](crate::Config::compression) says otherwise.
//!
//! The opening handshake agrees on it (§5, §7.1); from then on a message may be compressed, which RSV1
//! of its first frame tells (§6). Nothing else changes for the application: events carry the message,
//! limits hold for what was inflated, byte by byte, and text is validated as it is inflated.
//!
//! ```
//! use websocket_proto::Config;
//! use websocket_proto::deflate::Compression;
//!
//! let mut config = Config::server();
//! config.compression = Some(Compression::default());
//! ```
//!
//! A client over the blocking adapter; a server does the same with `accept_with`:
//!
//! ```no_run
//! # #[cfg(feature = "std")]
//! use websocket_proto::adapter::blocking::{ClientOptions, connect_with};
//! use websocket_proto::deflate::Compression;
//! use websocket_proto::Config;
//!
//! # #[cfg(feature = "std")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut config = Config::client();
//! config.compression = Some(Compression::default());
//! let options = ClientOptions::new().config(config);
//! let (mut websocket, _) = connect_with("ws://127.0.0.1:9001/chat", &options)?;
//! println!("agreed on {:?}", websocket.compression());
//! websocket.send_text(&"hello ".repeat(1000))?;
//! println!("sent {} bytes", websocket.sent().bytes);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "std"))]
//! # fn main() {}
//! ```
//!
//! Those who do the opening handshake with an HTTP stack of their own negotiate by
//! [`Compression::offer`], [`answer`](Compression::answer) and [`agree`](Compression::agree).
//!
//! # Security (§8)
//!
//! Compression before encryption tells the length of a text, and with it what it has in common with a
//! text that an attacker had sent on the same connection (CRIME, BREACH). Where that may happen, send
//! secrets with [`Compress::Never`], or agree on no context takeover so that no message refers to
//! another, or leave compression off, as it is by default.
//!
//! ```
//! # use websocket_proto::SendError;
//! use websocket_proto::Outgoing;
//! use websocket_proto::deflate::Compress;
//!
//! fn send_secret(outgoing: &mut Outgoing, secret: &str) -> Result<(), SendError> {
//!     let usual = outgoing.set_compress(Compress::Never);
//!     let sent = outgoing.send_text(secret);
//!     outgoing.set_compress(usual);
//!     sent
//! }
//! # let mut outgoing = websocket_proto::Connection::server(websocket_proto::Config::server()).split().1;
//! # send_secret(&mut outgoing, "token")?;
//! // Over a blocking adapter, whole or split: `writer.send_with(|outgoing| send_secret(outgoing, secret))`.
//! # Ok::<(), SendError>(())
//! ```
//!
//! A few compressed bytes can stand for a thousand times as many. They are inflated in steps, into new
//! memory of at most 16 KiB at a time, and a message fails with 1009 at the first byte over
//! [`Limits::max_message_size`](crate::Limits::max_message_size). Its compressed size is held to the
//! same limit. Data that is corrupt, or ends too soon, fails with 1007.
//!
//! # Memory
//!
//! A context is made by the first message that needs it and dropped with the Close. Without context
//! takeover the codec goes back to a [pool](CompressionPool) after each message: one that the process
//! shares, unless [`Compression::pool`] says otherwise. With it the connection
//! keeps the codec while messages flow; when it has gone unused for
//! [`Timeouts::release_after`](crate::Timeouts::release_after), only the window is kept (as much of it
//! as was used), and the codec goes to the pool as well.
//!
//! | Window bits | window kept when idle, each direction | decompressor | compressor, memory level 8 | 5 | 1 |
//! |---|---|---|---|---|---|
//! | 15 | 32 KiB | 55 KiB | 371 KiB | 273 KiB | 260 KiB |
//! | 12 | 4 KiB | 55 KiB | 259 KiB | 161 KiB | 148 KiB |
//! | 10 | 1 KiB | 55 KiB | 247 KiB | 149 KiB | 136 KiB |
//! | 9 | 512 B | 55 KiB | 245 KiB | 147 KiB | 134 KiB |
//!
//! An idle connection that has exchanged messages costs 0.5 KiB without takeover, and with it 1.5 KiB at
//! 9 bits, 2.5 KiB at 10, 8.5 KiB at 12 and 64.5 KiB at 15, both directions together.
//!
//! # The codec
//!
//! [`zlib-rs`](https://docs.rs/zlib-rs), by its stable interface and without another crate between. It
//! is a port of zlib-ng to Rust that is kept up and fuzzed, and it has what RFC 7692 needs: raw DEFLATE,
//! windows of 9 to 15 bits, level, memory level, reset, and a dictionary to begin with. `miniz_oxide`
//! cannot limit the window; `flate2` adds streams over `Read` and `Write`, and takes the memory level
//! away. No zlib has a compressor with a window of 8 bits (they use 9 without a word), which is why such
//! an offer is declined, and why a client that is held to 8 bits sends its messages uncompressed.
//!
//! Without the feature `std`, `zlib-rs` allocates by `malloc`, which the target has to have.

mod deflater;
mod history;
mod inflater;
mod negotiation;
mod parameters;
mod pool;
mod settings;

pub use negotiation::Preferences;
pub use parameters::{Agreement, ClientWindow, InvalidWindowBits, Offer, WindowBits};
pub use pool::CompressionPool;
pub use settings::{Compress, Compression};

pub(crate) use deflater::{Deflater, Settings, bound};
pub(crate) use history::History;
pub(crate) use inflater::{Corrupt, Inflater, Input, LAST_PART, OWN_OUTPUT, Step, Stop};
pub(crate) use parameters::{Direction, NAME, Terms};
