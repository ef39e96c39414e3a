//! fastwebsockets: as in its example `echo_server`, with a handshake by hand.

use std::io;
use std::net::TcpListener;

use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};
use tokio::net::TcpStream;

use super::tasks::{self, Outcome};
use super::upgrade;

pub fn serve(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, echo)
}

async fn echo(mut stream: TcpStream) -> Outcome {
    upgrade::accept(&mut stream).await?;
    let mut socket = FragmentCollector::new(WebSocket::after_handshake(stream, Role::Server));
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            _ => {}
        }
    }
}
