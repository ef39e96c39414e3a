//! A server that sends every message back, on tokio, with a task for each connection.
//!
//! ```text
//! cargo run --features tokio --example tokio_echo_server -- [--port N] [--origin ORIGIN] [--connections N]
//! ```
//!
//! * `/` echoes text and binary messages of up to 16 MiB.
//! * `/close?code=4001&reason=bye` closes right after the opening handshake.
//!
//! `--port 0`, the default, has the system choose one. `--origin` lets in only pages of that origin; any are
//! let in by default. With `--connections` the server ends after so many. With the feature `deflate`, messages
//! are compressed where the client offers it.

#[path = "echo_server/close_request.rs"]
mod close_request;
#[path = "echo_server/options.rs"]
mod options;

use std::error::Error;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use websocket_proto::Config;
use websocket_proto::adapter::tokio::{self as adapter, WebSocket, accept_with};
use websocket_proto::handshake::{Acceptance, Response};

use close_request::CloseRequest;
use options::Options;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
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

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    io::stdout().flush()?;

    let mut connections = JoinSet::new();
    for _ in 0..options.connections {
        let (stream, _) = listener.accept().await?;
        let (config, acceptance) = (config.clone(), acceptance.clone());
        connections.spawn(async move {
            if let Err(error) = serve(stream, config, &acceptance).await {
                report(&*error);
            }
        });
        while connections.try_join_next().is_some() {}
    }
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// One connection, from its first byte to its last.
async fn serve(stream: TcpStream, config: Arc<Config>, acceptance: &Acceptance) -> Outcome {
    stream.set_nodelay(true)?;
    let not_found = Response::new(404)?;
    let mut close = None;
    let mut websocket = accept_with(stream, config, async |request| match request.path() {
        "/" => request.accept(acceptance),
        "/close" => {
            close = Some(CloseRequest::parse(request.query().unwrap_or_default()));
            request.accept(acceptance)
        }
        _ => Err(request.reject(&not_found)),
    })
    .await?;

    let result = match close {
        Some(CloseRequest { code, reason }) => websocket.close(code, &reason).await.map(drop),
        None => echo(&mut websocket).await,
    };

    // How did it end? Without the peer's Close the code is 1006, and `result` says more.
    if let Some(end) = websocket.close_information() {
        let (code, reason, clean) = (end.received.as_u16(), end.reason, end.clean);
        println!("closed code={code} reason={reason:?} clean={clean}");
    }
    Ok(result?)
}

/// Sends back what comes until the peer closes.
async fn echo(websocket: &mut WebSocket<TcpStream>) -> Result<(), adapter::Error> {
    // What one read brought goes out in one write, when `next` comes to wait.
    while let Some(message) = websocket.next().await {
        websocket.feed(message?).await?;
    }
    Ok(())
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
