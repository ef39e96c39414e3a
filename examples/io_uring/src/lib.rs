//! An echo server on `io_uring`, one thread, any number of connections. `main.rs` is the program.
//!
//! ```text
//! capabilities.rs   what the kernel has, tried out at the start
//! server.rs         the loop: completions in, operations out, and who waits for what
//! peer.rs           one connection: the handshake or the WebSocket, and the application; knows no socket
//! ring.rs           operations that own their buffers until they complete: all `unsafe` is here ...
//! buffers.rs        ... and here: buffers that the kernel picks from when something arrives
//! ```
//!
//! Completion-based I/O wants buffers that stay where they are until the kernel is done:
//!
//! * **Output** is taken from the connection as owned bytes, [`Connection::take_output`], and given to the ring, which
//!   gives back what was not taken. Large payloads are not copied on the way.
//! * **Input** arrives in a buffer that the kernel has picked from a ring of 256 for everybody, so that an idle
//!   connection holds none. It is received where it stands, and the buffer goes back at once.
//! * One multishot receive for each connection goes on until it is cancelled: when the peer does not read its answers.
//!
//! [`Connection::take_output`]: websocket_proto::Connection::take_output

#[path = "../../event_loop/alarms.rs"]
mod alarms;
mod buffers;
mod capabilities;
mod peer;
mod ring;
mod server;

pub use capabilities::{Capabilities, Unavailable};
pub use server::Server;
