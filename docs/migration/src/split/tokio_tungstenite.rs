use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

pub async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    websocket: WebSocketStream<S>,
    mut outgoing: Receiver<String>,
    incoming: Sender<String>,
) -> Result<(), Error> {
    // The halves of `futures_util`: they share a lock.
    let (mut writer, mut reader) = websocket.split();
    tokio::spawn(async move {
        while let Some(text) = outgoing.recv().await {
            writer.send(Message::text(text)).await?;
        }
        writer.send(Message::Close(None)).await
    });
    while let Some(message) = reader.next().await {
        if let Message::Text(text) = message? {
            let _ = incoming.send(text.to_string()).await;
        }
    }
    Ok(())
}
