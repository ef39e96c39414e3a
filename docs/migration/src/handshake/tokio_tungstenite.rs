use http::HeaderValue;
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, connect_async};

/// Which subprotocol was agreed on, and what the server says in a header.
pub async fn ask(uri: &str) -> Result<(Option<String>, Option<String>), Error> {
    let mut request = uri.into_client_request()?;
    let headers = request.headers_mut();
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat.v2, chat"));
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer 42"));
    let (_websocket, response) = connect_async(request).await?;
    let value = |name| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Ok((value("sec-websocket-protocol"), value("x-served-by")))
}

pub async fn answer(stream: TcpStream) -> Result<WebSocketStream<TcpStream>, Error> {
    accept_hdr_async(stream, decide).await
}

#[expect(clippy::result_large_err, reason = "the type is the crate's")]
fn decide(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let headers = request.headers();
    if headers.get(AUTHORIZATION).is_none_or(|value| value != "Bearer 42") {
        return Err(http::Response::builder().status(401).body(None).expect("a response"));
    }
    // `Origin` and the list of subprotocols are the application's to look at.
    let mut offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let offers_chat = offers.any(|line| {
        line.to_str().is_ok_and(|line| line.split(',').any(|offer| offer.trim() == "chat"))
    });
    if offers_chat {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat"));
    }
    response.headers_mut().insert("x-served-by", HeaderValue::from_static("7"));
    Ok(response)
}
