use std::error::Error;

use bytes::Bytes;
use fastwebsockets::{FragmentCollector, Frame, handshake};
use http_body_util::Empty;
use hyper::header::{CONNECTION, HOST, UPGRADE};
use hyper::{Request, Uri};
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpStream;

pub async fn greet(uri: &str) -> Result<Frame<'static>, Box<dyn Error + Send + Sync>> {
    let uri: Uri = uri.parse()?;
    let authority = uri.authority().ok_or("no host")?.as_str();
    let request = Request::get(uri.path())
        .header(HOST, authority)
        .header(UPGRADE, "websocket")
        .header(CONNECTION, "upgrade")
        .header("Sec-WebSocket-Key", handshake::generate_key())
        .header("Sec-WebSocket-Version", "13")
        .body(Empty::<Bytes>::new())?;
    let stream = TcpStream::connect(authority).await?;
    let (websocket, _response) = handshake::client(&TokioExecutor::new(), request, stream).await?;
    let mut websocket = FragmentCollector::new(websocket);
    websocket.write_frame(Frame::text(b"hello".as_slice().into())).await?;
    Ok(websocket.read_frame().await?)
}
