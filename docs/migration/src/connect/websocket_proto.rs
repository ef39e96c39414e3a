use websocket_proto::adapter::tokio::{Error, Message, connect};

pub async fn greet(uri: &str) -> Result<Option<Message>, Error> {
    let mut websocket = connect(uri).await?;
    websocket.send("hello").await?;
    websocket.next().await.transpose()
}
