use bytes::Bytes;
use fastwebsockets::{FragmentCollector, OpCode, WebSocketError, handshake};
use http_body_util::Empty;
use hyper::Request;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpStream;

/// Connects, reads to the end, and says how it ended.
pub async fn describe(authority: &str, request: Request<Empty<Bytes>>) -> String {
    let stream = match TcpStream::connect(authority).await {
        Ok(stream) => stream,
        Err(error) => return format!("not connected: {error}"),
    };
    let websocket = match handshake::client(&TokioExecutor::new(), request, stream).await {
        Ok((websocket, _response)) => websocket,
        // Its headers and its body are lost.
        Err(WebSocketError::InvalidStatusCode(status)) => return format!("refused: {status}"),
        Err(error) => return format!("not connected: {error}"),
    };
    let mut websocket = FragmentCollector::new(websocket);
    loop {
        match websocket.read_frame().await {
            Ok(frame) if frame.opcode == OpCode::Close => {
                return match frame.payload.split_first_chunk::<2>() {
                    Some((code, reason)) => {
                        let reason = String::from_utf8_lossy(reason);
                        format!("closed: {} {reason}", u16::from_be_bytes(*code))
                    }
                    None => "closed: 1005 ".into(),
                };
            }
            Ok(frame) => println!("{} bytes", frame.payload.len()),
            Err(WebSocketError::UnexpectedEOF | WebSocketError::IoError(_)) => {
                return "lost".into();
            }
            // The peer is told nothing: to close is the application's.
            Err(violation) => return format!("violation: {violation}"),
        }
    }
}
