use std::error::Error;

use bytes::Bytes;
use fastwebsockets::handshake;
use fastwebsockets::upgrade::{UpgradeFut, upgrade};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::header::{
    AUTHORIZATION, CONNECTION, HOST, HeaderValue, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpStream;

/// Which subprotocol the server says, offered or not, and what it says in a header.
pub async fn ask(
    uri: &str,
) -> Result<(Option<String>, Option<String>), Box<dyn Error + Send + Sync>> {
    let uri: Uri = uri.parse()?;
    let authority = uri.authority().ok_or("no host")?.as_str();
    let request = Request::get(uri.path())
        .header(HOST, authority)
        .header(UPGRADE, "websocket")
        .header(CONNECTION, "upgrade")
        .header("Sec-WebSocket-Key", handshake::generate_key())
        .header("Sec-WebSocket-Version", "13")
        .header(SEC_WEBSOCKET_PROTOCOL, "chat.v2, chat")
        .header(AUTHORIZATION, "Bearer 42")
        .body(Empty::<Bytes>::new())?;
    let stream = TcpStream::connect(authority).await?;
    let (_websocket, response) = handshake::client(&TokioExecutor::new(), request, stream).await?;
    let value = |name| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Ok((value("sec-websocket-protocol"), value("x-served-by")))
}

/// For a service of hyper, which does the HTTP; `None`: refused.
pub fn answer(mut request: Request<Incoming>) -> Result<Answer, Box<dyn Error + Send + Sync>> {
    if request.headers().get(AUTHORIZATION).is_none_or(|value| value != "Bearer 42") {
        let response = Response::builder().status(StatusCode::UNAUTHORIZED).body(Empty::new())?;
        return Ok((response, None));
    }
    // `Origin` and the list of subprotocols are the application's to look at.
    let mut offers = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let offers_chat = offers.any(|line| {
        line.to_str().is_ok_and(|line| line.split(',').any(|offer| offer.trim() == "chat"))
    });
    let (mut response, upgraded) = upgrade(&mut request)?;
    if offers_chat {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat"));
    }
    response.headers_mut().insert("x-served-by", HeaderValue::from_static("7"));
    Ok((response, Some(upgraded)))
}

type Answer = (Response<Empty<Bytes>>, Option<UpgradeFut>);
