//! Compression: permessage-deflate (RFC 7692), what it costs and when it is dangerous.
//!
//! Off by default, and behind the [feature](#the-feature) `deflate`. Once it is on, nothing else changes for the
//! application: events carry the message, limits hold for what was inflated, and text is validated as it is inflated.
//!
//! # Whether
//!
//! | | Compress | Leave it |
//! |---|---|---|
//! | Messages | text, JSON, above a few hundred bytes, alike | media, ciphertext, what is compressed already, a few bytes |
//! | The line | slow, or paid by the byte | a data centre |
//! | Secrets | on connections of their own, or none | beside text that others choose |
//! | Connections | thousands with a window, or any number without | a million with a window of 32 KiB each way |
//!
//! # How
//!
//! A client offers, a server answers, and each message is compressed or not. Both sides set [`Config::compression`];
//! the handshake does the rest. What was agreed on is [`Connection::compression`]; `None`: the peer did not want to,
//! and everything works uncompressed.
//!
#![cfg_attr(feature = "deflate", doc = "```")]
#![cfg_attr(not(feature = "deflate"), doc = "```text")]
//! use bytes::Buf;
//! use websocket_proto::deflate::{Compress, Compression, Offer, WindowBits};
//! use websocket_proto::handshake::{Acceptance, Client, ClientRequest, Server, Uri};
//! use websocket_proto::{Config, Event, Prepared, ProtocolError, Transmit};
//!
//! /// All that a machine wants to write: what a driver would pass to its transport.
//! macro_rules! output_of {
//!     ($machine:expr) => {{
//!         let mut bytes = Vec::new();
//!         while let Transmit::Write(mut output) = $machine.transmit() {
//!             bytes.extend_from_slice(output.chunk());
//!             let count = output.chunk().len();
//!             output.advance(count);
//!         }
//!         bytes
//!     }};
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A server that keeps no window of what it sent: idle connections cost nothing more for it.
//! let mut compression = Compression::default();
//! compression.preferences.server_no_context_takeover = true;
//! compression.preferences.client_max_window_bits = WindowBits::new(10)?;
//! let mut for_server = Config::server();
//! for_server.limits.max_message_size = 64 * 1024;
//! for_server.compression = Some(compression.clone());
//!
//! // A client that offers what browsers do.
//! let mut for_client = Config::client();
//! for_client.compression = Some(Compression::default());
//! assert_eq!(Compression::default().offers, [Offer::default()]);
//!
//! let request = ClientRequest::new(Uri::parse("ws://example.com/")?);
//! let mut client = Client::from_os(&request, for_client)?;
//! let mut wire = output_of!(client);
//! let request = Server::new(for_server).receive(&mut &mut wire[..])?.expect("a whole head");
//! let mut server = request.accept(&Acceptance::new())?;
//! let mut wire = output_of!(server);
//! let mut client = client.receive(&mut &mut wire[..])?.expect("a whole head").connection;
//! let agreement = client.compression().expect("agreed");
//! assert!(agreement.server_no_context_takeover);
//! assert_eq!(agreement.client_max_window_bits, Some(WindowBits::new(10)?));
//!
//! // A message is smaller on the wire, and the same in the event.
//! let news = "the same again, ".repeat(100);
//! client.send_text(&news)?;
//! let mut wire = output_of!(client);
//! assert!(wire.len() < news.len() / 10);
//! let mut input = &mut wire[..];
//! let Some(Event::Text(text)) = server.receive(&mut input)? else { panic!("a message") };
//! assert_eq!(&*text, news);
//!
//! // A secret goes out as it is (RFC 7692 §8).
//! let usual = client.set_compress(Compress::Never);
//! client.send_text(&"token=42 ".repeat(20))?;
//! client.set_compress(usual);
//! assert!(output_of!(client).len() > 180);
//!
//! // To many receivers: compressed once, for all that have no context takeover.
//! let prepared = Prepared::text(news.clone()).compressed(&compression);
//! server.send_prepared(&prepared)?;
//! assert!(output_of!(server).len() < news.len() / 10);
//!
//! // A few bytes that stand for a megabyte: refused at the first byte over the limit.
//! client.send_binary(&vec![0; 1 << 20])?;
//! let mut wire = output_of!(client);
//! assert!(wire.len() < 16 * 1024);
//! assert_eq!(server.receive(&mut &mut wire[..]), Err(ProtocolError::MessageTooLarge));
//! # Ok(())
//! # }
//! ```
//!
//! | Setting | What it does |
//! |---|---|
//! | [`Compression::compress`] | Which messages: by default those above 64 bytes. [`set_compress`] changes it from one message to the next. |
//! | [`Compression::level`] | 1 (fast) to 9 (small); 6. |
//! | [`Compression::memory_level`] | 1 to 9; 8. What a compressor takes while it is in use. |
//! | [`Compression::offers`] | To a client: what it asks for, the best first. |
//! | [`Compression::preferences`] | To a server: no context takeover, smaller windows, as far as the offer allows. |
//! | [`Compression::required`] | To a client: close with 1010 if the server declines (§7.4.1). |
//! | [`Compression::pool`] | Where codecs wait that nobody needs: by default one for the process, 8 of each kind. |
//! | [`Acceptance::without_compression`] | To a server: not for this request. |
//!
//! # Memory
//!
//! *Context takeover* lets a message refer to those before it: smaller messages, for a window that each idle connection
//! keeps (RFC 7692 §7.1.1). Without, codecs come out of the pool for each message and go back.
//!
//! | Context takeover, both ways | Heap of an idle connection that has exchanged messages |
//! |---|---|
//! | none | 563 bytes |
//! | window of 10 bits | 2.5 KiB |
//! | window of 15 bits (the default) | 64.5 KiB |
//!
//! (`cargo test --features deflate --test deflate_memory -- --nocapture` prints these.) While a message is in progress,
//! a decompressor takes 55 KiB and a compressor up to 371 KiB, so that a connection may hold 512 KiB with its windows.
//! With a million connections, a window of 15 bits is 66 GB; set both `no_context_takeover`, or 9 to 10 bits.
//!
//! A server may have the client begin each message anew in any case (RFC 7692 §7.1.1.2), but limit its window only if
//! the client has offered that (§7.1.2.2), as browsers do.
//!
//! # Danger
//!
//! The length of what is compressed tells what it has in common with what was compressed before (CRIME, BREACH; RFC
//! 7692 §8). Whoever can have text of his own sent on the connection that carries a secret, and sees lengths, can guess
//! the secret letter by letter, TLS or not. So, from the safest on:
//!
//! 1. no compression on connections that carry secrets, as it is by default;
//! 2. [`Compress::Never`] for each message with a secret;
//! 3. no context takeover, so that a message refers only to itself; and no secret in one message with foreign text.
//!
//! The other danger is what is received. A few bytes may inflate to a thousand times as many: the limits count
//! what comes out, in steps of at most 16 KiB, and fail with 1009. Corrupt data fails with 1007.
//!
//! # What goes wrong
//!
//! * `max_message_size` is left at 16 MiB "since the wire limits it": a peer can then send 16 KiB to have you hold 16
//!   MiB.
//! * An HTTP stack negotiates the extension, and the connection is made by [`Connection::server`], which knows nothing
//!   of it: the first compressed message is Close 1002, as its RSV1 has no meaning. Use [`Compression::answer`] and
//!   [`Connection::with_compression`], or do not pass the header on.
//! * [`Prepared::compressed`] is used with context takeover: each receiver then compresses by its own context, once for
//!   each.
//! * A hundred bytes are compressed: that costs much and saves little. Raise [`Compress::Above`].
//!
//! # The feature
//!
//! ```toml
//! websocket-proto = { version = "0.1", features = ["deflate"] }
//! ```
//!
//! Where the documentation was built without it, the names of this page lead here.
//!
//! [`Connection::server`]: crate::Connection::server
#![cfg_attr(
    feature = "deflate",
    doc = "[`Acceptance::without_compression`]: crate::handshake::Acceptance::without_compression
[`Compress::Above`]: crate::deflate::Compress::Above
[`Compress::Never`]: crate::deflate::Compress::Never
[`Compression::answer`]: crate::deflate::Compression::answer
[`Compression::compress`]: crate::deflate::Compression::compress
[`Compression::level`]: crate::deflate::Compression::level
[`Compression::memory_level`]: crate::deflate::Compression::memory_level
[`Compression::offers`]: crate::deflate::Compression::offers
[`Compression::pool`]: crate::deflate::Compression::pool
[`Compression::preferences`]: crate::deflate::Compression::preferences
[`Compression::required`]: crate::deflate::Compression::required
[`Config::compression`]: crate::Config::compression
[`Connection::compression`]: crate::Connection::compression
[`Connection::with_compression`]: crate::Connection::with_compression
[`Prepared::compressed`]: crate::Prepared::compressed
[`set_compress`]: crate::Connection::set_compress"
)]
#![cfg_attr(
    not(feature = "deflate"),
    doc = "[`Acceptance::without_compression`]: #the-feature
[`Compress::Above`]: #the-feature
[`Compress::Never`]: #the-feature
[`Compression::answer`]: #the-feature
[`Compression::compress`]: #the-feature
[`Compression::level`]: #the-feature
[`Compression::memory_level`]: #the-feature
[`Compression::offers`]: #the-feature
[`Compression::pool`]: #the-feature
[`Compression::preferences`]: #the-feature
[`Compression::required`]: #the-feature
[`Config::compression`]: #the-feature
[`Connection::compression`]: #the-feature
[`Connection::with_compression`]: #the-feature
[`Prepared::compressed`]: #the-feature
[`set_compress`]: #the-feature"
)]
