use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{Receiver, Sender};
use websocket_proto::CloseCode;
use websocket_proto::adapter::tokio::{Error, Message, WebSocket};

pub async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    websocket: WebSocket<S>,
    mut outgoing: Receiver<String>,
    incoming: Sender<String>,
) -> Result<(), Error> {
    // Neither waits for the other. A `Writer` can be cloned, for more tasks.
    let (mut reader, mut writer) = websocket.split();
    tokio::spawn(async move {
        while let Some(text) = outgoing.recv().await {
            writer.send(text).await?;
        }
        writer.close(CloseCode::NORMAL, "").await
    });
    while let Some(message) = reader.next().await {
        if let Message::Text(text) = message? {
            let _ = incoming.send(text.to_string()).await;
        }
    }
    Ok(())
}
