use tokio::net::TcpStream;
use websocket_proto::Config;
use websocket_proto::adapter::tokio::{Error, WebSocket, accept_with};
use websocket_proto::handshake::Acceptance;

/// Of a larger message nothing is kept, and the peer is told by 1009.
pub async fn accept_small(stream: TcpStream) -> Result<WebSocket<TcpStream>, Error> {
    let mut config = Config::server();
    config.limits.max_message_size = 64 << 10; // over all fragments, and of what is inflated
    config.limits.max_write_buffer = 256 << 10; // `feed` waits from here on
    accept_with(stream, config, async |request| request.accept(&Acceptance::new())).await
}
