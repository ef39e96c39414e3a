//! yawc: `WebSocket` over the stream, no compression, UTF-8 validation on (it is off by default).

use std::io;
use std::net::TcpListener;

use futures_util::{FutureExt, SinkExt};
use tokio::net::TcpStream;
use yawc::{OpCode, Options, Role, WebSocket};

use super::tasks::{self, Failure, Outcome};
use super::upgrade;

pub fn serve(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, echo)
}

pub fn serve_batched(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, echo_batched)
}

async fn accept(mut stream: TcpStream) -> Result<WebSocket<TcpStream>, Failure> {
    upgrade::accept(&mut stream).await?;
    let options =
        Options::default().with_utf8().without_compression().with_limits(16 << 20, 64 << 20);
    Ok(WebSocket::from_stream(stream, Role::Server, options)?)
}

async fn echo(stream: TcpStream) -> Outcome {
    let mut socket = accept(stream).await?;
    loop {
        let frame = socket.next_frame().await?;
        match frame.opcode() {
            OpCode::Text | OpCode::Binary => socket.send(frame).await?,
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}

async fn echo_batched(stream: TcpStream) -> Outcome {
    let mut socket = accept(stream).await?;
    loop {
        let next = match socket.next_frame().now_or_never() {
            Some(next) => next,
            None => {
                socket.flush().await?;
                socket.next_frame().await
            }
        };
        let frame = next?;
        match frame.opcode() {
            OpCode::Text | OpCode::Binary => socket.feed(frame).await?,
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}
