use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderName, HeaderValue, Uri};
use tokio::net::TcpStream;
use tokio_websockets::{ClientBuilder, Error, ServerBuilder, WebSocketStream};

/// Which subprotocol the server says, offered or not, and what it says in a header.
pub async fn ask(uri: Uri) -> Result<(Option<String>, Option<String>), Error> {
    let (_websocket, response) = ClientBuilder::from_uri(uri)
        .add_header(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat.v2, chat"))?
        .add_header(AUTHORIZATION, HeaderValue::from_static("Bearer 42"))?
        .connect()
        .await?;
    let value = |name| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Ok((value("sec-websocket-protocol"), value("x-served-by")))
}

/// The answer is fixed before the request is read: nothing can be refused or chosen by it. For that, do the HTTP
/// elsewhere and go on with `ServerBuilder::serve`.
pub async fn answer(stream: TcpStream) -> Result<WebSocketStream<TcpStream>, Error> {
    let (_request, websocket) = ServerBuilder::new()
        .add_header(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat"))?
        .add_header(HeaderName::from_static("x-served-by"), HeaderValue::from_static("7"))?
        .accept(stream)
        .await?;
    Ok(websocket)
}
