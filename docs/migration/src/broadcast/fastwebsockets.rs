use bytes::{Bytes, BytesMut};
use fastwebsockets::{Frame, Payload, WebSocket, WebSocketError};
use tokio::io::{AsyncRead, AsyncWrite};

/// Each connection encodes it; from 1 KiB on the payload is written where it is.
pub async fn broadcast<S: AsyncRead + AsyncWrite + Unpin>(
    members: &mut [WebSocket<S>],
    text: &'static str,
) -> Result<(), WebSocketError> {
    for member in members {
        member.write_frame(Frame::text(Payload::Borrowed(text.as_bytes()))).await?;
    }
    Ok(())
}

/// `Bytes` that nobody else has are not copied: `Payload` takes a `BytesMut`.
pub async fn send_large<S: AsyncRead + AsyncWrite + Unpin>(
    websocket: &mut WebSocket<S>,
    data: Bytes,
) -> Result<(), WebSocketError> {
    websocket.write_frame(Frame::binary(Payload::Bytes(BytesMut::from(data)))).await
}
