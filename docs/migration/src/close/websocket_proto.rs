use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::CloseCode;
use websocket_proto::adapter::tokio::{Error, WebSocket};

/// What the peer answered, and whether both Closes went over.
pub async fn finish<S: AsyncRead + AsyncWrite + Unpin>(
    mut websocket: WebSocket<S>,
) -> Result<(u16, String, bool), Error> {
    // To the end of the transport, for 10 s at most (`Timeouts::close`). Messages that still come are dropped; to get
    // them, `feed_close` and go on with `next`.
    let closed = websocket.close(CloseCode::NORMAL, "done").await?;
    Ok((closed.received.as_u16(), closed.reason, closed.clean))
}
