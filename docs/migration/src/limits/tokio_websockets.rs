use tokio::net::TcpStream;
use tokio_websockets::{Error, Limits, ServerBuilder, WebSocketStream};

/// A larger message is an error of `next`. If one frame is larger, the peer is told by 1009 when `next` is called
/// again; if its fragments are together, it is told nothing.
pub async fn accept_small(stream: TcpStream) -> Result<WebSocketStream<TcpStream>, Error> {
    let limits = Limits::default().max_payload_len(Some(64 << 10));
    let (_request, websocket) = ServerBuilder::new().limits(limits).accept(stream).await?;
    Ok(websocket)
}
