//! An echo server on one thread: any number of connections, one read buffer, no runtime.
//!
//! ```text
//! main.rs     the command line
//! server.rs   the loop: a listener, a poller, one read buffer for everybody
//! alarms.rs   when to look at a connection though nothing happened
//! peer.rs     one connection: a socket, and the handshake or the WebSocket that it carries
//! ```
//!
//! `cargo run --example event_loop -- --port 9001` prints `listening on ws://127.0.0.1:9001` and goes on until it is
//! stopped. To make a server of your own of it, replace `answer` and `echo` in `peer.rs`.
//!
//! What a loop has to get right, and where this one does:
//!
//! | What may happen | What is done |
//! |---|---|
//! | A write takes a part, or nothing | `Peer::write`: `advance` by what was taken; the rest is shown again |
//! | A wake-up with nothing to read | `Peer::read`: `WouldBlock` means to wait on |
//! | Nothing happens, but a deadline passes | `Peer::drive` calls `tick` last; `Alarms` remembers when to come back |
//! | The peer does not read | `Peer::can_read`: from `is_full` on, nothing more is read from it |
//! | No room for an answer (`SendError::Full`) | `Held`: the message and the input behind it wait for the output to drain |
//! | A peer sends without end | `Peer::drive` reads once; `is_lined_up` gives each one turn at a time |
//! | A Close, a violation | Its answer is queued by the connection; `Transmit::Shutdown` half-closes the socket |
//! | The peer ends its direction | `receive_eof`; what is queued for it still goes out if its Close had come |
//! | The peer vanishes | The keepalive of `Config::server` or a write that stalls ends in `Transmit::Abort` |
//! | No more file descriptors | `Server::accept` waits until a connection ends |

mod alarms;
mod peer;
mod server;

use std::error::Error;
use std::net::TcpListener;

use websocket_proto::Config;

use server::Server;

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", port()?))?;
    println!("listening on ws://{}", listener.local_addr()?);
    let mut server = Server::new(listener, Config::server())?;
    loop {
        server.turn(None)?;
    }
}

/// The port to listen on: `--port N`; without it the system picks one.
fn port() -> Result<u16, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok(0),
        ["--port", port] => Ok(port.parse()?),
        _ => Err("usage: event_loop [--port N]".into()),
    }
}
