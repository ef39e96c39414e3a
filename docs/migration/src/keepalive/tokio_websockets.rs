use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval_at, timeout_at};
use tokio_websockets::{Error, Message, ServerBuilder};

/// Pings are answered while it is read; to send them, and to miss the Pongs, is the application's.
pub async fn watch(stream: TcpStream, every: Duration, patience: Duration) -> Result<(), Error> {
    let (_request, mut websocket) = ServerBuilder::new().accept(stream).await?;
    let mut pings = interval_at(Instant::now() + every, every);
    let mut missed = None;
    loop {
        let deadline = missed.unwrap_or_else(|| Instant::now() + every + patience);
        tokio::select! {
            message = timeout_at(deadline, websocket.next()) => match message {
                Ok(Some(message)) => {
                    // Any sign of life will do.
                    let _message = message?;
                    missed = None;
                }
                Ok(None) => return Ok(()),
                Err(_) => return Err(Error::Io(io::ErrorKind::TimedOut.into())),
            },
            _ = pings.tick(), if missed.is_none() => {
                websocket.send(Message::ping(Bytes::new())).await?;
                missed = Some(Instant::now() + patience);
            }
        }
    }
}
