use websocket_proto::adapter::tokio::{Error, connect};

/// Connects, reads to the end, and says how it ended.
pub async fn describe(uri: &str) -> String {
    let mut websocket = match connect(uri).await {
        Ok(websocket) => websocket,
        // With its headers and up to 4 KiB of its body.
        Err(Error::Refused(refused)) => return format!("refused: {}", refused.status),
        Err(error) => return format!("not connected: {error}"),
    };
    while let Some(message) = websocket.next().await {
        match message {
            Ok(message) => println!("{message:?}"),
            // The peer has been told by a Close.
            Err(Error::Protocol(violation)) => return format!("violation: {violation}"),
            Err(Error::ConnectionLost | Error::Io(_)) => return "lost".into(),
            Err(Error::Timeout(deadline)) => return format!("too late: {deadline:?}"),
            Err(error) => return format!("{error}"),
        }
    }
    let end = websocket.close_information().expect("closed");
    format!("closed: {} {}", end.received.as_u16(), end.reason)
}
