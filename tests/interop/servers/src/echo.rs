//! What the servers have in common: they do what the example `echo_server` does, with its command line.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use websocket_proto::Config;
use websocket_proto::adapter::tokio::{Error, WebSocket};
use websocket_proto::handshake::Acceptance;

#[path = "../../../../examples/echo_server/close_request.rs"]
mod close_request;
#[path = "../../../../examples/echo_server/options.rs"]
mod options;

pub(crate) use close_request::CloseRequest;

/// What all connections have in common.
pub(crate) struct Terms {
    pub(crate) acceptance: Acceptance,
    pub(crate) config: Arc<Config>,
}

/// Listens as the command line says.
pub(crate) async fn listen() -> Result<(TcpListener, Terms), Box<dyn std::error::Error>> {
    let options = options::Options::from_arguments()?;
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let acceptance = options.acceptance()?;
    Ok((listener, Terms { acceptance, config: Arc::new(Config::server()) }))
}

/// Carries out what the path asked for, and tells how the connection ended.
pub(crate) async fn serve<S>(mut websocket: WebSocket<S>, close: Option<CloseRequest>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let result = match close {
        Some(CloseRequest { code, reason }) => websocket.close(code, &reason).await.map(drop),
        None => echo(&mut websocket).await,
    };
    if let Some(end) = websocket.close_information() {
        let (code, reason, clean) = (end.received.as_u16(), end.reason, end.clean);
        println!("closed code={code} reason={reason:?} clean={clean}");
    }
    if let Err(error) = result {
        println!("failed: {error}");
    }
}

async fn echo<S>(websocket: &mut WebSocket<S>) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(message) = websocket.next().await {
        websocket.feed(message?).await?;
    }
    Ok(())
}
