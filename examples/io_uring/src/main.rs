//! An echo server on `io_uring`.
//!
//! ```text
//! cargo run -- [--port N] [--plain]
//! ```
//!
//! It says what the kernel has, and serves until it is stopped. With `--plain` it uses nothing that is newer than
//! Linux 5.11.
//!
//! ```text
//! provided buffers: yes, multishot accept: yes, multishot receive: yes
//! listening on ws://127.0.0.1:9001
//! ```
//!
//! Where `io_uring` may not be used it says so in one line and ends with status 69.

use std::error::Error;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

use io_uring_example::{Capabilities, Server};
use websocket_proto::Config;

/// `EX_UNAVAILABLE` of `sysexits.h`.
const UNAVAILABLE: u8 = 69;

fn main() -> ExitCode {
    let found = match Capabilities::find() {
        Ok(found) => found,
        Err(unavailable) => {
            eprintln!("{unavailable}");
            return ExitCode::from(UNAVAILABLE);
        }
    };
    match serve(found) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(found: Capabilities) -> Result<(), Box<dyn Error>> {
    let mut port = 0;
    let mut means = found;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--port" => port = arguments.next().ok_or("--port needs a number")?.parse()?,
            "--plain" => means = Capabilities::NONE,
            _ => return Err("usage: io-uring-example [--port N] [--plain]".into()),
        }
    }
    println!("{found}");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    println!("listening on ws://{}", listener.local_addr()?);
    let mut server = Server::new(listener, Config::server(), means)?;
    loop {
        server.turn(None)?;
    }
}
