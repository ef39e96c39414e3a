use std::error::Error;

use tokio::net::TcpStream;
use websocket_proto::Config;
use websocket_proto::adapter::tokio::{
    self as websocket, ClientOptions, WebSocket, accept_with, connect_with,
};
use websocket_proto::handshake::{Acceptance, ClientRequest, Response, Uri};

/// Which subprotocol was agreed on, and what the server says in a header.
pub async fn ask(
    uri: &str,
) -> Result<(Option<String>, Option<String>), Box<dyn Error + Send + Sync>> {
    let request = ClientRequest::new(Uri::parse(uri)?)
        .subprotocols(["chat.v2", "chat"])?
        .header("Authorization", "Bearer 42")?;
    let (websocket, response) = connect_with(request, &ClientOptions::new()).await?;
    let served_by = response.header("X-Served-By").map(String::from_utf8_lossy);
    Ok((websocket.subprotocol().map(str::to_owned), served_by.map(String::from)))
}

pub async fn answer(stream: TcpStream) -> Result<WebSocket<TcpStream>, websocket::Error> {
    let acceptance = Acceptance::new().subprotocols(["chat"]).header("X-Served-By", "7");
    let acceptance = acceptance.expect("a valid header");
    accept_with(stream, Config::server(), async |request| {
        if request.header("Authorization") == Some(b"Bearer 42") {
            // The first offer that is ours. Other origins than our own get 403, unless allowed.
            request.accept(&acceptance)
        } else {
            Err(request.reject(&Response::new(401).expect("a final status")))
        }
    })
    .await
}
