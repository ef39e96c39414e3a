use futures_util::StreamExt;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::{Error, Message};

/// Connects, reads to the end, and says how it ended.
pub async fn describe(uri: &str) -> String {
    let mut websocket = match connect_async(uri).await {
        Ok((websocket, _response)) => websocket,
        Err(Error::Http(response)) => return format!("refused: {}", response.status().as_u16()),
        Err(error) => return format!("not connected: {error}"),
    };
    let mut closed = String::from("lost");
    while let Some(message) = websocket.next().await {
        match message {
            Ok(Message::Close(Some(frame))) => {
                closed = format!("closed: {} {}", u16::from(frame.code), frame.reason);
            }
            Ok(Message::Close(None)) => closed = "closed: 1005 ".into(),
            Ok(message) => println!("{message:?}"),
            // A lost connection is a violation here.
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::Io(_)) => {
                return "lost".into();
            }
            // The peer is told nothing: to close is the application's.
            Err(Error::Protocol(violation)) => return format!("violation: {violation}"),
            Err(Error::Utf8(violation)) => return format!("violation: {violation}"),
            Err(Error::Capacity(limit)) => return format!("violation: {limit}"),
            Err(error) => return format!("{error}"),
        }
    }
    closed
}
