//! tokio-websockets: as in its example `echo_server`.

use std::io;
use std::net::TcpListener;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_websockets::{Config, Limits, ServerBuilder, WebSocketStream};

use super::tasks::{self, Outcome};

/// Messages that are answered together.
const MOST: usize = 256;

pub fn serve(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, echo)
}

pub fn serve_batched(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, echo_batched)
}

async fn accept(stream: TcpStream) -> Result<WebSocketStream<TcpStream>, tokio_websockets::Error> {
    let builder = ServerBuilder::new().config(Config::default().frame_size(usize::MAX));
    let (_, socket) = builder.limits(Limits::unlimited()).accept(stream).await?;
    Ok(socket)
}

async fn echo(stream: TcpStream) -> Outcome {
    let mut socket = accept(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// Its `next` flushes what is queued, so that the messages are taken before any is answered.
async fn echo_batched(stream: TcpStream) -> Outcome {
    let mut socket = accept(stream).await?;
    let mut messages = Vec::new();
    while let Some(message) = socket.next().await {
        messages.push(message?);
        while messages.len() < MOST {
            let Some(Some(message)) = socket.next().now_or_never() else { break };
            messages.push(message?);
        }
        for message in messages.drain(..) {
            if message.is_text() || message.is_binary() {
                socket.feed(message).await?;
            }
        }
        socket.flush().await?;
    }
    Ok(())
}
