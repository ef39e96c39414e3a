use fastwebsockets::{FragmentCollector, Frame, OpCode, WebSocket, WebSocketError};
use tokio::io::{AsyncRead, AsyncWrite};

/// What the peer answered, and whether both Closes went over.
pub async fn finish<S: AsyncRead + AsyncWrite + Unpin>(
    websocket: WebSocket<S>,
) -> Result<(u16, String, bool), WebSocketError> {
    let mut websocket = FragmentCollector::new(websocket);
    websocket.write_frame(Frame::close(1000, b"done")).await?;
    // Not bounded in time: wrap it in `tokio::time::timeout`. Messages that still come are errors.
    loop {
        let frame = match websocket.read_frame().await {
            Err(WebSocketError::ConnectionClosed) => continue,
            frame => frame?,
        };
        if frame.opcode == OpCode::Close {
            return Ok(match frame.payload.split_first_chunk::<2>() {
                Some((code, reason)) => {
                    let reason = String::from_utf8_lossy(reason).into_owned();
                    (u16::from_be_bytes(*code), reason, true)
                }
                None => (1005, String::new(), true),
            });
        }
    }
}
