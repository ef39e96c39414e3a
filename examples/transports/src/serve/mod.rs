//! The servers: hyper for everything that is HTTP, this crate for WebSocket.

mod body;
mod http;
pub(crate) mod page;
mod websocket;

use std::sync::Arc;

use tokio::net::TcpListener;

use crate::lab::{Error, Lab, accept};
use crate::socket::Socket;
use crate::transport::Transport;

/// Serves one transport at its port, for good.
pub(crate) async fn transport(
    lab: Arc<Lab>,
    transport: Transport,
    listener: &TcpListener,
) -> Result<(), Error> {
    let shared = Arc::new(websocket::Shared::new(&lab)?);
    loop {
        let socket = Socket::of_server(accept(listener).await, lab.account(transport).clone());
        let (lab, shared) = (lab.clone(), shared.clone());
        match transport {
            Transport::WebSocket => {
                tokio::spawn(async { websocket::serve(lab, shared, socket).await.is_ok() });
            }
            _ => {
                tokio::spawn(http::serve(lab, transport, socket));
            }
        }
    }
}
