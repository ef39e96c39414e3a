//! An echo server on one thread: any number of connections, one read buffer, no runtime.
//!
//! ```text
//! main.rs     the command line
//! server.rs   the loop: a listener, a poller, one read buffer for everybody
//! alarms.rs   when to look at a connection though nothing happened
//! peer.rs     one connection: a socket, and the handshake or the WebSocket that it carries
//! ```
//!
//! `cargo run --example event_loop -- --port 9001`

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
