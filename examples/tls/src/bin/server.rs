//! A server that echoes over `wss`, a thread for each connection, with a certificate made on the spot.
//!
//! ```text
//! server FILE [HOST:PORT]
//! ```
//!
//! Into FILE goes the certificate that a client has to trust.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::{env, fs, thread};

use tls::{Authority, Result, Valid};
use websocket_proto::Event;
use websocket_proto::adapter::blocking::{self, TlsStream, accept};
use websocket_proto::adapter::rustls::{ServerConfig, ServerConnection};

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let file = arguments.next().ok_or("server FILE [HOST:PORT]")?;
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:0".to_owned());

    let authority = Authority::new("An authority for examples")?;
    let config = authority.server(&["localhost", "127.0.0.1", "::1"], Valid::Now)?;
    fs::write(&file, authority.pem())?;

    let listener = TcpListener::bind(address)?;
    println!("wss://localhost:{}/", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let (stream, config) = (stream?, config.clone());
        thread::spawn(|| {
            if let Err(error) = echo(stream, config) {
                eprintln!("{error:?}");
            }
        });
    }
    Ok(())
}

fn echo(stream: TcpStream, config: Arc<ServerConfig>) -> std::result::Result<(), blocking::Error> {
    let session = ServerConnection::new(config).map_err(blocking::Error::from)?;
    // The first read carries the handshake of TLS out.
    let mut websocket = accept(TlsStream::new(session, stream))?;
    websocket.run(|event, batch| match event {
        Event::Text(text) => batch.feed_text(&text),
        Event::Binary(data) => batch.feed_binary(&data),
        _ => Ok(()),
    })
}
