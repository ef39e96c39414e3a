use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Error, Message};

pub async fn greet(uri: &str) -> Result<Option<Message>, Error> {
    let (mut websocket, _response) = connect_async(uri).await?;
    websocket.send(Message::text("hello")).await?;
    websocket.next().await.transpose()
}
