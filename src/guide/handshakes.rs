//! Handshakes and HTTP stacks: from the first byte to a [`Connection`] (§4).
//!
//! | You have | Use | Needs |
//! |---|---|---|
//! | a byte stream, and a WebSocket is all that is served on it | [`Server`], [`Client`] | `alloc` |
//! | the same, and pages on the same port | [`Server`]: what is no upgrade gets a response of yours | `alloc` |
//! | an HTTP stack (hyper, axum, h2, an HTTP/3) | [`handshake::http`] | feature `http` |
//! | a stack without the types of the `http` crate | [`sec_websocket_accept`], then [`Connection::server`] | `alloc` |
//! | a blocking stream, or tokio | `accept` and `connect` of the [adapters](crate::adapter), which do all of this | `std`, `tokio` |
//!
//! Each step is a type that turns into the next, and each has the methods of a driver (`receive`, `transmit`, `tick`,
//! `receive_eof`, `transport_shut_down`, `state`), so that one loop drives them all:
//!
//! ```text
//!                              ┌─ accept ──▶ Connection (the 101 is the first of its output)
//! Server ── receive ──▶ Request┤
//!    │                         └─ reject ──▶ Rejection ──▶ Shutdown ──▶ Closed
//!    └─ Err: its answer is queued ─────────▶ Shutdown ──▶ Closed
//!
//! Client ── transmit, receive ──▶ Established { connection, response }
//!    └─ Err: refusal() has the response, if there was one ──▶ Abort ──▶ Closed
//! ```
//!
//! # A server, a client and four requests
//!
//! ```
//! use bytes::Buf;
//! use websocket_proto::handshake::{
//!     Acceptance, Client, ClientRequest, HandshakeError, Rejection, Request, Response, Server, Uri,
//! };
//! use websocket_proto::{Config, Connection, Event, Transmit};
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
//! /// The application's decision.
//! fn decide(request: Request, acceptance: &Acceptance) -> Result<Connection, Rejection> {
//!     let response = |status| Response::new(status).expect("a final status");
//!     match request.path() {
//!         "/" if !request.is_upgrade() => Err(request.reject(&response(200).body("Hello\n"))),
//!         // Before `accept`: who has a connection is let in. (Compare secrets in constant time.)
//!         "/chat" if request.header("Authorization") != Some(b"Bearer 42") => {
//!             Err(request.reject(&response(401)))
//!         }
//!         "/chat" => request.accept(acceptance),
//!         _ => Err(request.reject(&response(404))),
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let acceptance = Acceptance::new().subprotocols(["chat.v2", "chat"]);
//! let greet = |mut connection: Connection| {
//!     connection.send_text("welcome").expect("it is open");
//!     connection
//! };
//!
//! // 1. A client that is let in.
//! let request = ClientRequest::new(Uri::parse("ws://example.com/chat")?)
//!     .subprotocols(["chat"])?
//!     .bearer_authorization("42")?;
//! let mut client = Client::from_os(&request, Config::client())?;
//! let mut wire = output_of!(client);
//!
//! let mut input = &mut wire[..];
//! let request = Server::new(Config::server()).receive(&mut input)?.expect("a whole head");
//! let mut server = decide(request, &acceptance).map(greet)?;
//! // `input` is the connection's from here on: what stands behind the head is its first bytes.
//! assert!(server.receive(&mut input)?.is_none());
//!
//! // The 101 and the first message came in one read.
//! let mut wire = output_of!(server);
//! let mut input = &mut wire[..];
//! let established = client.receive(&mut input)?.expect("a whole head");
//! let mut connection = established.connection;
//! assert_eq!(connection.subprotocol(), Some("chat"));
//! let Some(Event::Text(text)) = connection.receive(&mut input)? else { panic!("the first message") };
//! assert_eq!(&*text, "welcome");
//!
//! // 2. A browser that wants the page, and 3. a page of somebody else's.
//! let page = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n".to_vec();
//! let foreign = b"GET /chat HTTP/1.1\r\nHost: example.com\r\nOrigin: https://evil.example\r\n\
//!     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
//!     Sec-WebSocket-Version: 13\r\nAuthorization: Bearer 42\r\n\r\n".to_vec();
//! for (mut wire, status, reason) in
//!     [(page, 200, None), (foreign, 403, Some(HandshakeError::OriginRefused))]
//! {
//!     let request = Server::new(Config::server()).receive(&mut &mut wire[..])?.expect("a head");
//!     let mut rejection = decide(request, &acceptance).expect_err("no WebSocket");
//!     assert_eq!((rejection.status(), rejection.reason()), (status, reason));
//!     assert!(output_of!(rejection).starts_with(format!("HTTP/1.1 {status} ").as_bytes()));
//!     assert!(matches!(rejection.transmit(), Transmit::Shutdown)); // and on, to the peer's end
//! }
//!
//! // 4. A client that has no token: it learns what the server said.
//! let request = ClientRequest::new(Uri::parse("ws://example.com/chat")?);
//! let mut client = Client::from_os(&request, Config::client())?;
//! let mut wire = output_of!(client);
//! let request = Server::new(Config::server()).receive(&mut &mut wire[..])?.expect("a head");
//! let mut rejection = decide(request, &acceptance).expect_err("refused");
//! let mut wire = output_of!(rejection);
//! let refused = client.receive(&mut &mut wire[..]).expect_err("no 101");
//! assert_eq!(refused, HandshakeError::Refused { status: 401 });
//! assert_eq!(client.refusal().expect("a response").status(), 401);
//! assert!(matches!(client.transmit(), Transmit::Abort));
//! # Ok(())
//! # }
//! ```
//!
//! # What a server decides
//!
//! By the time there is a [`Request`], its head is valid by RFC 9112 and, if [`is_upgrade`], by §4.2.1. What is
//! left is the application's:
//!
//! | Question | Where | By default |
//! |---|---|---|
//! | Which pages may connect (§10.2)? | [`Acceptance::origin`] | those of the same host, and who sends no `Origin` |
//! | Under which names is the service reached? | [`Acceptance::allowed_hosts`] | any |
//! | Who is it? | cookies, `Authorization` or a ticket in [`query`], before [`accept`] | nobody asks |
//! | Which subprotocol (§1.9)? | [`Acceptance::subprotocols`]; [`Acceptance::subprotocol`] insists | none |
//! | Compression (RFC 7692)? | [`Config`]: [compression](super::compression) | no |
//!
//! Browsers send their cookies with a handshake whatever page it comes from, unless the cookie is `SameSite`: without a
//! policy for origins any page acts in the name of its visitor. Behind a proxy, `Host` has to be passed on as it came,
//! or every page is foreign. A service on loopback needs `allowed_hosts` as well, against names that are made to lead
//! there.
//!
//! # What a client does with a refusal
//!
//! Nothing by itself: [`Client::refusal`] has status, headers and the first 4 KiB of the body. [`Refusal::redirect`]
//! makes the next request of a redirect, without `Authorization` and `Cookie` for another origin, and never from `wss`
//! to `ws`; the number of them is the caller's to bound. [`Proxy`] and [`ProxyConnect`] ask an HTTP proxy for a tunnel
//! first. §4.1 wants one connection to an address in progress at a time: `client.state()` tells when the next one may
//! begin.
//!
//! The `seed` of [`Client::new`] makes the key of the handshake and all masking keys: 32 bytes that nobody can guess,
//! new for each connection. A fixed one lets whoever chooses the payload choose the bytes on the wire (§10.3).
//!
//! # Behind an HTTP stack (feature `http`)
//!
//! The stack reads and writes the heads; what a request must be and what is agreed on is decided by the same code as
//! above, for HTTP/1.1, HTTP/2 (RFC 8441) and HTTP/3 (RFC 9220) alike. [`handshake::http`] has the table of what
//! differs.
//!
#![cfg_attr(feature = "http", doc = "```")]
#![cfg_attr(not(feature = "http"), doc = "```text")]
//! use bytes::Buf;
//! use websocket_proto::handshake::http::{Client, RequestHead};
//! use websocket_proto::handshake::{Acceptance, ClientRequest, Uri};
//! use websocket_proto::{Config, Event, Transmit};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The client: HTTP/2, so that the request is a CONNECT, which the stack sends with `:protocol`.
//! let asked = ClientRequest::new(Uri::parse("wss://example.com/chat")?).subprotocols(["chat"])?;
//! let (request, client) = Client::extended_connect_from_os(&asked, Config::client())?;
//!
//! // The server: with hyper, `:protocol` is in the extensions of the request.
//! let head = RequestHead::new(&request).protocol(Some("websocket"));
//! assert!(head.is_websocket());
//! let acceptance = Acceptance::new().subprotocols(["chat"]);
//! let (response, mut server) = head.accept(&acceptance, Config::server())?;
//! assert_eq!(response.status(), 200); // over HTTP/1.1: 101
//!
//! // The response goes out first; then the connections are driven over the stream.
//! let mut connection = client.establish(&response)?;
//! server.send_text("welcome")?;
//! let Transmit::Write(mut output) = server.transmit() else { panic!("a message is queued") };
//! let mut wire = output.copy_to_bytes(output.remaining()).to_vec();
//! let mut input = &mut wire[..];
//! let Some(Event::Text(text)) = connection.receive(&mut input)? else { panic!("a message") };
//! assert_eq!(&*text, "welcome");
//! # Ok(())
//! # }
//! ```
//!
//! In the examples of the repository: axum, hyper and HTTP/2 servers, each with its tests. Over the upgraded stream run
//! either adapter ([`from_connection`]) or a driver of your own. Give both the configuration of the handshake.
//!
//! Without the `http` crate: check the request by §4.2.1, put [`sec_websocket_accept`] of its key into your 101, and go
//! on with [`Connection::server`]. Origin, version and subprotocol are then yours to check.
//!
//! # What goes wrong
//!
//! | Mistake | What happens |
//! |---|---|
//! | The cursor is dropped after the head, and a new read begins the connection | What came in the same read is lost. A server that greets first loses its greeting at the client. |
//! | Bytes that an HTTP stack has read behind the head are not passed on | The same. With hyper they come out of `Upgraded` first; elsewhere, ask for its read buffer. |
//! | Bytes of the connection go out before the stack's response | The client takes them for the response. |
//! | The `Err` of [`Server::receive`] ends the loop | The answer (400, 431 ...) is queued and not written. Drive it to `Closed`. |
//! | A [`Rejection`] is dropped | The client waits for an answer until its own deadline. |
//! | `tick` of the handshake is not called | A client that sends a byte a minute is kept for ever. (10 s from the first `tick`, then 408.) |
//! | The decision takes long | No deadline runs meanwhile: the application sets its own. |
//!
//! [`Acceptance::allowed_hosts`]: crate::handshake::Acceptance::allowed_hosts
//! [`Acceptance::origin`]: crate::handshake::Acceptance::origin
//! [`Acceptance::subprotocol`]: crate::handshake::Acceptance::subprotocol
//! [`Acceptance::subprotocols`]: crate::handshake::Acceptance::subprotocols
//! [`Client::new`]: crate::handshake::Client::new
//! [`Client::refusal`]: crate::handshake::Client::refusal
//! [`Client`]: crate::handshake::Client
//! [`Config`]: crate::Config
//! [`Connection::server`]: crate::Connection::server
//! [`Connection`]: crate::Connection
//! [`ProxyConnect`]: crate::handshake::ProxyConnect
//! [`Proxy`]: crate::handshake::Proxy
//! [`Refusal::redirect`]: crate::handshake::Refusal::redirect
//! [`Rejection`]: crate::handshake::Rejection
//! [`Request`]: crate::handshake::Request
//! [`Server::receive`]: crate::handshake::Server::receive
//! [`Server`]: crate::handshake::Server
//! [`accept`]: crate::handshake::Request::accept
//! [`from_connection`]: crate::adapter::blocking::WebSocket::from_connection
//! [`is_upgrade`]: crate::handshake::Request::is_upgrade
//! [`query`]: crate::handshake::Request::query
//! [`sec_websocket_accept`]: crate::handshake::sec_websocket_accept
#![cfg_attr(feature = "http", doc = "[`handshake::http`]: crate::handshake::http")]
#![cfg_attr(not(feature = "http"), doc = "[`handshake::http`]: #behind-an-http-stack-feature-http")]
