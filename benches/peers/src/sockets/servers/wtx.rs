//! wtx: frames that borrow its read buffer, masked as the RFC wants it (`no_masking` is on by default).

use std::io;
use std::net::TcpListener;

use tokio::net::TcpStream;
use wtx::collection::Vector;
use wtx::web_socket::{OpCode, WebSocketAcceptor, WebSocketPayloadOrigin};

use super::tasks;

pub fn serve(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, |stream| async {
        echo(stream).await.map_err(|error| format!("{error:?}").into())
    })
}

async fn echo(stream: TcpStream) -> wtx::Result<()> {
    let mut socket = WebSocketAcceptor::default().no_masking(false).accept(stream).await?;
    let (mut common, mut reader, mut writer) = socket.split_mut();
    let mut buffer = Vector::new();
    loop {
        let origin = WebSocketPayloadOrigin::Adaptive;
        let mut frame = reader.read_frame(&mut buffer, &mut common, origin).await?;
        match frame.op_code() {
            OpCode::Text | OpCode::Binary => writer.write_frame(&mut common, &mut frame).await?,
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}
