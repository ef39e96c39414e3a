//! A server that sends every message back, with a thread for each connection.
//!
//! ```text
//! cargo run --example echo_server -- [--port N] [--origin ORIGIN] [--connections N]
//! ```
//!
//! * `/` echoes text and binary messages of up to 16 MiB.
//! * `/close?code=4001&reason=bye` closes right after the opening handshake.
//!
//! `--port 0`, the default, has the system choose one. `--origin` lets in only pages of that origin; any are
//! let in by default. With `--connections` the server ends after so many. With the feature `deflate`, messages
//! are compressed where the client offers it.

mod close_request;
mod options;

use std::error::Error;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use websocket_proto::adapter::blocking::{self, WebSocket, accept_with};
use websocket_proto::handshake::{Acceptance, Response};
use websocket_proto::{Config, Event};

use close_request::CloseRequest;
use options::Options;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::from_arguments()?;

    // What all connections have in common is made once. The limits of the preset are fine: 16 MiB.
    #[cfg_attr(not(feature = "deflate"), expect(unused_mut, reason = "set with compression"))]
    let mut config = Config::server();
    #[cfg(feature = "deflate")]
    {
        config.compression = Some(websocket_proto::deflate::Compression::default());
    }
    let config = Arc::new(config);
    let acceptance = Arc::new(options.acceptance()?);

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
    println!("listening on ws://{}", listener.local_addr()?);
    io::stdout().flush()?;

    let mut connections = Vec::new();
    for stream in listener.incoming().take(options.connections) {
        let stream = stream?;
        let (config, acceptance) = (config.clone(), acceptance.clone());
        connections.push(thread::spawn(move || {
            if let Err(error) = serve(stream, config, &acceptance) {
                report(&*error);
            }
        }));
        connections.retain(|connection| !connection.is_finished());
    }
    for connection in connections {
        // A panic was printed by its thread.
        let _ = connection.join();
    }
    Ok(())
}

/// One connection, from its first byte to its last.
fn serve(
    stream: TcpStream,
    config: Arc<Config>,
    acceptance: &Acceptance,
) -> Result<(), Box<dyn Error>> {
    let not_found = Response::new(404)?;
    let mut close = None;
    let mut websocket = accept_with(stream, config, |request| match request.path() {
        "/" => request.accept(acceptance),
        "/close" => {
            close = Some(CloseRequest::parse(request.query().unwrap_or_default()));
            request.accept(acceptance)
        }
        _ => Err(request.reject(&not_found)),
    })?;

    let result = match close {
        Some(CloseRequest { code, reason }) => websocket.close(code, &reason).map(drop),
        None => echo(&mut websocket),
    };

    // How did it end? Without the peer's Close the code is 1006, and `result` says more.
    if let Some(end) = websocket.close_information() {
        let (code, reason, clean) = (end.received.as_u16(), end.reason, end.clean);
        println!("closed code={code} reason={reason:?} clean={clean}");
    }
    Ok(result?)
}

/// Sends back what comes until the peer closes.
fn echo(websocket: &mut WebSocket<TcpStream>) -> Result<(), blocking::Error> {
    // Events are lent: nothing is copied but into the output. What one read brought goes out in one write.
    websocket.run(|event, batch| match event {
        Event::Text(text) => batch.feed_text(&text),
        Event::Binary(data) => batch.feed_binary(&data),
        // Pings and the Close are answered already.
        _ => Ok(()),
    })
}

/// Prints an error with its causes.
fn report(error: &dyn Error) {
    let mut line = format!("failed: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        line += &format!(": {error}");
        cause = error.source();
    }
    println!("{line}");
}
