use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::Prepared;
use websocket_proto::adapter::tokio::{Error, WebSocket};

/// Encoded once, and compressed once where that was agreed; beyond 512 bytes each connection refers to the same bytes.
pub async fn broadcast<S: AsyncRead + AsyncWrite + Unpin>(
    members: &mut [WebSocket<S>],
    text: &str,
) -> Result<(), Error> {
    let message = Prepared::text(text);
    for member in members {
        member.send_with(|outgoing| outgoing.send_prepared(&message)).await?;
    }
    Ok(())
}

/// A server refers to the bytes and writes them where they are; a client copies as it masks.
pub async fn send_large<S: AsyncRead + AsyncWrite + Unpin>(
    websocket: &mut WebSocket<S>,
    data: Bytes,
) -> Result<(), Error> {
    websocket.send(data).await
}
