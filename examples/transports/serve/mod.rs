//! The servers: hyper for everything that is HTTP, this crate for WebSocket.

mod body;
mod http;
pub(crate) mod page;
mod websocket;

use std::sync::Arc;

use tokio::net::TcpListener;

use crate::lab::Lab;
use crate::socket::Socket;
use crate::transport::Transport;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Serves one transport at its port, for good.
pub(crate) async fn transport(
    lab: Arc<Lab>,
    transport: Transport,
    listener: &TcpListener,
) -> Result<(), Error> {
    let websocket = websocket::WebSocket::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let socket = Socket::of_server(stream, lab.account(transport).clone());
        // How a connection ends is its peer's affair.
        match transport {
            Transport::WebSocket => tokio::spawn(websocket.clone().serve(lab.clone(), socket)),
            _ => tokio::spawn(http::serve(lab.clone(), transport, socket)),
        };
    }
}
