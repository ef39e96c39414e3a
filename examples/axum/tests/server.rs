//! A page, a REST route and a WebSocket on one port, over HTTP/1.1 and HTTP/2, from end to end.

use std::error::Error;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::ext::Protocol;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use websocket_on_axum::site;
use websocket_proto::adapter::tokio::{Error as WebSocketError, Message, WebSocket, connect_over};
use websocket_proto::handshake::http::{Client, PROTOCOL};
use websocket_proto::handshake::{ClientRequest, HandshakeError, Uri};
use websocket_proto::{CloseCode, Config};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type Sender = hyper::client::conn::http2::SendRequest<Empty<Bytes>>;

/// Nothing here takes long.
async fn bounded(test: impl Future<Output = Outcome>) -> Outcome {
    tokio::time::timeout(Duration::from_secs(20), test).await?
}

async fn start() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async { axum::serve(listener, site()).await });
    Ok(address)
}

fn asking(address: SocketAddr) -> Outcome<ClientRequest> {
    let uri = Uri::parse(&format!("ws://{address}/echo"))?;
    Ok(ClientRequest::new(uri).origin(format!("http://{address}"))?)
}

/// Messages of some sizes, and a closing handshake.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(mut websocket: WebSocket<S>) -> Outcome {
    let large = "0123456789".repeat(50_000);
    for text in ["hello", "", &large, "世界"] {
        websocket.send(text).await?;
        assert!(websocket.next().await.transpose()? == Some(Message::Text(text.into())));
    }
    assert!(websocket.close(CloseCode::NORMAL, "that is all").await?.clean);
    Ok(())
}

async fn http2(address: SocketAddr) -> Outcome<Sender> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let executor = TokioExecutor::new();
    let (sender, connection) = hyper::client::conn::http2::handshake(executor, stream).await?;
    tokio::spawn(connection);
    Ok(sender)
}

fn get(address: SocketAddr, path: &str) -> Request<Empty<Bytes>> {
    let request = Request::get(format!("http://{address}{path}"));
    request.body(Empty::new()).expect("a request")
}

async fn read(response: Response<Incoming>) -> Outcome<(StatusCode, String)> {
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8(body.to_vec())?))
}

/// Sends bytes as they are and reads until the server closes.
async fn raw(address: SocketAddr, bytes: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(bytes.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8(answer)?)
}

#[tokio::test]
async fn page_rest_and_websocket_are_on_one_port() -> Outcome {
    bounded(async {
        let address = start().await?;
        let head = "HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let page = raw(address, &format!("GET / {head}")).await?;
        assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("new WebSocket"), "{page}");
        assert!(raw(address, &format!("GET /api/echoed {head}")).await?.ends_with("\r\n0"));
        // A page at the address of the WebSocket.
        let refused = raw(address, &format!("GET /echo {head}")).await?;
        assert!(refused.starts_with("HTTP/1.1 426 "), "{refused}");

        let stream = TcpStream::connect(address).await?;
        let (websocket, _) = connect_over(stream, &asking(address)?, Config::client()).await?;
        converse(websocket).await?;
        assert!(raw(address, &format!("GET /api/echoed {head}")).await?.ends_with("\r\n4"));
        Ok(())
    })
    .await
}

// R8441-5-07
#[tokio::test]
async fn page_rest_and_websocket_share_a_connection_of_http2() -> Outcome {
    bounded(async {
        let address = start().await?;
        let mut sender = http2(address).await?;
        // RFC 8441 §3: with the answer to it, the server's settings are here.
        let (status, page) = read(sender.send_request(get(address, "/")).await?).await?;
        assert!(status == 200 && page.contains("new WebSocket"), "{page}");

        let (mut request, client) =
            Client::extended_connect_from_os(&asking(address)?, Config::client())?;
        request.extensions_mut().insert(Protocol::from_static(PROTOCOL));
        let response = sender.send_request(request.map(|()| Empty::new())).await?;
        assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
        let connection = client.establish(&response)?;
        let transport = TokioIo::new(hyper::upgrade::on(response).await?);
        converse(WebSocket::from_connection(transport, connection, &Config::client())).await?;
        let (_, echoed) = read(sender.send_request(get(address, "/api/echoed")).await?).await?;
        assert_eq!(echoed, "4");

        // R9220-3-02
        let (mut request, client) =
            Client::extended_connect_from_os(&asking(address)?, Config::client())?;
        request.extensions_mut().insert(Protocol::from_static("connect-udp"));
        let response = sender.send_request(request.map(|()| Empty::new())).await?;
        let refused = Err(HandshakeError::Refused { status: 501 });
        assert_eq!(client.establish(&response).map(drop), refused);
        // A GET is no opening handshake of HTTP/2.
        assert_eq!(sender.send_request(get(address, "/echo")).await?.status(), 405);
        Ok(())
    })
    .await
}

// T-HS-16
#[tokio::test]
async fn a_page_of_another_origin_is_refused() -> Outcome {
    bounded(async {
        let address = start().await?;
        let request = ClientRequest::new(Uri::parse(&format!("ws://{address}/echo"))?)
            .origin("http://evil.example")?;
        let stream = TcpStream::connect(address).await?;
        match connect_over(stream, &request, Config::client()).await {
            Err(WebSocketError::Refused(refused)) => assert_eq!(refused.status, 403),
            other => panic!("{other:?}"),
        }
        Ok(())
    })
    .await
}
