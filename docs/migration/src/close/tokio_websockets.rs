use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_websockets::{CloseCode, Error, Message, WebSocketStream};

/// What the peer answered, and whether both Closes went over.
pub async fn finish<S: AsyncRead + AsyncWrite + Unpin>(
    mut websocket: WebSocketStream<S>,
) -> Result<(u16, String, bool), Error> {
    websocket.send(Message::close(Some(CloseCode::NORMAL_CLOSURE), "done")).await?;
    // Not bounded in time: wrap it in `tokio::time::timeout`.
    let mut answer = (1006, String::new(), false);
    while let Some(message) = websocket.next().await {
        if let Some((code, reason)) = message?.as_close() {
            // 1005 if there was none.
            answer = (code.into(), reason.to_string(), true);
        }
    }
    Ok(answer)
}
