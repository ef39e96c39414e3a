use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

/// What the peer answered, and whether both Closes went over.
pub async fn finish<S: AsyncRead + AsyncWrite + Unpin>(
    mut websocket: WebSocketStream<S>,
) -> Result<(u16, String, bool), Error> {
    let frame = CloseFrame { code: CloseCode::Normal, reason: "done".into() };
    websocket.close(Some(frame)).await?;
    // Not bounded in time: wrap it in `tokio::time::timeout`.
    let mut answer = (1006, String::new(), false);
    while let Some(message) = websocket.next().await {
        match message? {
            Message::Close(Some(frame)) => {
                answer = (frame.code.into(), frame.reason.to_string(), true)
            }
            Message::Close(None) => answer = (1005, String::new(), true),
            _ => {}
        }
    }
    Ok(answer)
}
