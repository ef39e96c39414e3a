//! tokio-tungstenite: as in its example `echo-server`.

use std::io;
use std::net::TcpListener;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::accept_async;

use super::tasks::{self, Outcome};

pub fn serve(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, echo)
}

pub fn serve_batched(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, echo_batched)
}

async fn echo(stream: TcpStream) -> Outcome {
    let mut socket = accept_async(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

async fn echo_batched(stream: TcpStream) -> Outcome {
    let mut socket = accept_async(stream).await?;
    while let Some(message) = socket.next().await {
        let mut message = Some(message?);
        while let Some(ready) = message {
            if ready.is_text() || ready.is_binary() {
                socket.feed(ready).await?;
            }
            message = match socket.next().now_or_never() {
                Some(Some(next)) => Some(next?),
                _ => None,
            };
        }
        socket.flush().await?;
    }
    Ok(())
}
