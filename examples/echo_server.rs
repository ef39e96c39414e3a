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

use std::error::Error;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use websocket_proto::adapter::blocking::{self, WebSocket, accept_with};
use websocket_proto::handshake::{Acceptance, OriginPolicy, Response};
use websocket_proto::{CloseCode, Config, Event};

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
    let origin = match &options.origin {
        Some(origin) => OriginPolicy::list([origin])?,
        // Everybody may talk to an echo. A server with cookies keeps the default, `SameHost`.
        None => OriginPolicy::Any,
    };
    let subprotocols = ["chat", "superchat", "echo"];
    let acceptance = Arc::new(Acceptance::new().origin(origin).subprotocols(subprotocols));

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

/// What `/close?code=4001&reason=bye` asks for.
struct CloseRequest {
    code: CloseCode,
    reason: String,
}

impl CloseRequest {
    fn parse(query: &str) -> Self {
        let mut wanted = Self { code: CloseCode::NORMAL, reason: String::new() };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "code" => {
                    let code = value.parse().ok().and_then(CloseCode::new);
                    wanted.code = code.unwrap_or(CloseCode::NORMAL);
                }
                "reason" => wanted.reason = percent_decode(value),
                _ => {}
            }
        }
        wanted
    }
}

/// `%41+b` to `A b`.
fn percent_decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return String::from_utf8_lossy(&decoded).into_owned(),
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.push(hexadecimal(*high) << 4 | hexadecimal(*low));
                rest
            }
            [byte, rest @ ..] => {
                decoded.push(if *byte == b'+' { b' ' } else { *byte });
                rest
            }
        };
    }
}

fn hexadecimal(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

struct Options {
    port: u16,
    origin: Option<String>,
    connections: usize,
}

impl Options {
    fn from_arguments() -> Result<Self, Box<dyn Error>> {
        let mut options = Self { port: 0, origin: None, connections: usize::MAX };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--port" => options.port = value.parse()?,
                "--origin" => options.origin = Some(value),
                "--connections" => options.connections = value.parse()?,
                _ => return Err(format!("unknown option {name}").into()),
            }
        }
        Ok(options)
    }
}
