use std::time::Duration;

use tokio::net::TcpStream;
use websocket_proto::Config;
use websocket_proto::adapter::tokio::{Error, accept_with};
use websocket_proto::handshake::Acceptance;

/// Pings that are due, Pongs that are overdue, and the Close for it (1011) are the connection's own.
pub async fn watch(stream: TcpStream, every: Duration, patience: Duration) -> Result<(), Error> {
    let mut config = Config::server(); // by itself: every 30 s, with 20 s for the Pong
    config.timeouts.ping_interval = Some(every);
    config.timeouts.pong = Some(patience);
    config.timeouts.close = Some(patience);
    let accepting = accept_with(stream, config, async |request| request.accept(&Acceptance::new()));
    let mut websocket = accepting.await?;
    while let Some(message) = websocket.next().await {
        let _message = message?; // in the end: `Error::Timeout(ExpiredDeadline::Pong)`
    }
    Ok(())
}
