use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::adapter::tokio::{Error, WebSocket};

/// What one read brought is answered in one write, without a `flush`.
pub async fn echo<S: AsyncRead + AsyncWrite + Unpin>(
    mut websocket: WebSocket<S>,
) -> Result<(), Error> {
    while let Some(message) = websocket.next().await {
        websocket.feed(message?).await?;
    }
    Ok(())
}
