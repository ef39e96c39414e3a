use bytes::Bytes;
use futures_util::SinkExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_websockets::{Error, Message, WebSocketStream};

/// A clone refers to the same bytes; each connection encodes its header.
pub async fn broadcast<S: AsyncRead + AsyncWrite + Unpin>(
    members: &mut [WebSocketStream<S>],
    text: &str,
) -> Result<(), Error> {
    let message = Message::text(text.to_owned());
    for member in members {
        member.send(message.clone()).await?;
    }
    Ok(())
}

/// A server refers to the bytes; a client copies them to mask, unless nobody else has them.
pub async fn send_large<S: AsyncRead + AsyncWrite + Unpin>(
    websocket: &mut WebSocketStream<S>,
    data: Bytes,
) -> Result<(), Error> {
    websocket.send(Message::binary(data)).await
}
