use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_websockets::{Error, WebSocketStream};

/// Each `send` is a write.
pub async fn echo<S: AsyncRead + AsyncWrite + Unpin>(
    mut websocket: WebSocketStream<S>,
) -> Result<(), Error> {
    while let Some(message) = websocket.next().await {
        let message = message?;
        // Pings, Pongs and the Close are messages, too.
        if message.is_text() || message.is_binary() {
            websocket.send(message).await?;
        }
    }
    Ok(())
}
