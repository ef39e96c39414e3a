use futures_util::{SinkExt, StreamExt};
use http::Uri;
use tokio_websockets::{ClientBuilder, Error, Message};

pub async fn greet(uri: Uri) -> Result<Option<Message>, Error> {
    let (mut websocket, _response) = ClientBuilder::from_uri(uri).connect().await?;
    websocket.send(Message::text("hello")).await?;
    websocket.next().await.transpose()
}
