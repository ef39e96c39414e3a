use bytes::Bytes;
use futures_util::SinkExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

/// A clone refers to the same bytes; each connection encodes and copies them.
pub async fn broadcast<S: AsyncRead + AsyncWrite + Unpin>(
    members: &mut [WebSocketStream<S>],
    text: &str,
) -> Result<(), Error> {
    let message = Message::text(text);
    for member in members {
        member.send(message.clone()).await?;
    }
    Ok(())
}

/// Copied into the output.
pub async fn send_large<S: AsyncRead + AsyncWrite + Unpin>(
    websocket: &mut WebSocketStream<S>,
    data: Bytes,
) -> Result<(), Error> {
    websocket.send(Message::Binary(data)).await
}
