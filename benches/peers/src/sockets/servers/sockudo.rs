//! sockudo-ws: its `WebSocketStream`, as in its example `simple_echo`. Pings and idle deadlines are
//! off, which saves it a timer per connection.

use std::io;
use std::net::TcpListener;

use futures_util::{FutureExt, SinkExt, StreamExt};
use sockudo_ws::handshake::server_handshake;
use sockudo_ws::{Config, Message, WebSocketStream};
use tokio::net::TcpStream;

use super::tasks::{self, Outcome};

pub fn serve(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, echo)
}

pub fn serve_batched(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, echo_batched)
}

async fn accept(mut stream: TcpStream) -> sockudo_ws::Result<WebSocketStream<TcpStream>> {
    server_handshake(&mut stream).await?;
    let config = Config::builder().auto_ping(false).idle_timeout(0).build();
    Ok(WebSocketStream::server(stream, config))
}

async fn echo(stream: TcpStream) -> Outcome {
    let mut socket = accept(stream).await?;
    while let Some(message) = socket.next().await {
        match message? {
            message @ (Message::Text(_) | Message::Binary(_)) => socket.send(message).await?,
            Message::Close(_) => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

async fn echo_batched(stream: TcpStream) -> Outcome {
    let mut socket = accept(stream).await?;
    loop {
        let next = match socket.next().now_or_never() {
            Some(next) => next,
            None => {
                socket.flush().await?;
                socket.next().await
            }
        };
        let Some(message) = next else { return Ok(()) };
        match message? {
            message @ (Message::Text(_) | Message::Binary(_)) => socket.feed(message).await?,
            Message::Close(_) => return Ok(()),
            _ => {}
        }
    }
}
