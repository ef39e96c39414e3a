//! An async WebSocket over any `futures_io::AsyncRead + AsyncWrite`, with the timers of smol for its deadlines.
//!
//! ```text
//! websocket.rs   accept, connect_over, next, send, close: what an application calls
//! line.rs        the driver: one transport, one timer, one read buffer, polled
//! machine.rs     what the handshakes and the connection have in common for a driver
//! error.rs       how a connection that has ended is told
//! ```
//!
//! To take it to another runtime with these traits (async-std's, async-executor's), replace `smol::Timer` in
//! `line.rs`. `cargo run` shows a server and a client in one program; see `main.rs`.
//!
//! Everything is kept in the [`WebSocket`], so that every future may be dropped at every await: nothing is lost, and
//! the next call goes on where it stopped.

mod error;
mod line;
mod machine;
mod websocket;

pub use websocket::{WebSocket, accept, connect_over};
