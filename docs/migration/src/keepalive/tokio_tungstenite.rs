use std::io;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval_at, timeout_at};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

/// Pings are answered while it is read; to send them, and to miss the Pongs, is the application's.
pub async fn watch(stream: TcpStream, every: Duration, patience: Duration) -> Result<(), Error> {
    let mut websocket = accept_async(stream).await?;
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
                websocket.send(Message::Ping(Bytes::new())).await?;
                missed = Some(Instant::now() + patience);
            }
        }
    }
}
