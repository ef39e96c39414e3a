use futures_util::StreamExt;
use http::Uri;
use tokio_websockets::{ClientBuilder, Error, upgrade};

/// Connects, reads to the end, and says how it ended.
pub async fn describe(uri: Uri) -> String {
    let mut websocket = match ClientBuilder::from_uri(uri).connect().await {
        Ok((websocket, _response)) => websocket,
        // Its headers and its body are lost.
        Err(Error::Upgrade(upgrade::Error::DidNotSwitchProtocols(status))) => {
            return format!("refused: {status}");
        }
        Err(error) => return format!("not connected: {error}"),
    };
    // A connection that ends without a Close ends without an error.
    let mut closed = String::from("lost");
    while let Some(message) = websocket.next().await {
        match message {
            Ok(message) => match message.as_close() {
                Some((code, reason)) => closed = format!("closed: {} {reason}", u16::from(code)),
                None => println!("{message:?}"),
            },
            // The Close that tells the peer is queued: it goes out with the next `next`.
            Err(Error::Protocol(violation)) => {
                let _ = websocket.next().await;
                return format!("violation: {violation}");
            }
            Err(Error::Io(_)) => return "lost".into(),
            Err(error) => return format!("{error}"),
        }
    }
    closed
}
