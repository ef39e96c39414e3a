use fastwebsockets::{FragmentCollector, OpCode, WebSocket, WebSocketError};
use tokio::io::{AsyncRead, AsyncWrite};

/// Each `write_frame` is a write.
pub async fn echo<S: AsyncRead + AsyncWrite + Unpin>(
    websocket: WebSocket<S>,
) -> Result<(), WebSocketError> {
    // Without it, fragments are given one by one.
    let mut websocket = FragmentCollector::new(websocket);
    loop {
        let frame = websocket.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => websocket.write_frame(frame).await?,
            _ => {}
        }
    }
}
