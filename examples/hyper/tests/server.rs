//! A page, a REST route and a WebSocket on one port, over HTTP/1.1 and HTTP/2, from end to end.

use std::error::Error;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::ext::Protocol;
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use websocket_on_hyper::serve;
use websocket_proto::adapter::tokio::{Message, WebSocket, connect_over};
use websocket_proto::handshake::http::{Client, PROTOCOL};
use websocket_proto::handshake::{ClientRequest, HandshakeError, Uri};
use websocket_proto::{CloseCode, Config};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Nothing here takes long.
async fn bounded(test: impl Future<Output = Outcome>) -> Outcome {
    tokio::time::timeout(Duration::from_secs(20), test).await?
}

async fn start() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener));
    Ok(address)
}

fn asking(address: SocketAddr) -> Outcome<ClientRequest> {
    let uri = Uri::parse(&format!("ws://{address}/echo"))?;
    Ok(ClientRequest::new(uri).origin(format!("http://{address}"))?)
}

/// Text, more than all windows and buffers on the way hold, and a closing handshake.
async fn converse<S>(mut websocket: WebSocket<S>) -> Outcome
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    websocket.send("hello").await?;
    assert_eq!(websocket.next().await.transpose()?, Some(Message::Text("hello".into())));
    let large = Bytes::from(vec![0xA5; 1 << 20]);
    // The server sends while it still receives.
    let (mut reader, mut writer) = websocket.split();
    let sent = large.clone();
    let sender = tokio::spawn(async move {
        for _ in 0..4 {
            writer.send(Message::Binary(sent.clone())).await?;
        }
        Ok::<_, websocket_proto::adapter::tokio::Error>(writer)
    });
    for _ in 0..4 {
        assert!(reader.next().await.transpose()? == Some(Message::Binary(large.clone())));
    }
    let mut writer = sender.await??;
    writer.close(CloseCode::NORMAL, "that is all").await?;
    assert!(reader.next().await.transpose()?.is_none());
    assert!(writer.closed().ok_or("open")?.clean);
    Ok(())
}

async fn http1(
    address: SocketAddr,
) -> Outcome<hyper::client::conn::http1::SendRequest<Empty<Bytes>>> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
    tokio::spawn(connection.with_upgrades());
    Ok(sender)
}

async fn http2(
    address: SocketAddr,
) -> Outcome<hyper::client::conn::http2::SendRequest<Empty<Bytes>>> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let executor = TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, stream).await?;
    tokio::spawn(connection);
    // RFC 8441 §3: with the answer to the first request, the server's settings are here.
    let (status, page) = read(sender.send_request(get(address, "/")).await?).await?;
    assert!(status == 200 && page.contains("new WebSocket"), "{page}");
    Ok(sender)
}

fn get(address: SocketAddr, path: &str) -> Request<Empty<Bytes>> {
    let request =
        Request::get(format!("http://{address}{path}")).header("Host", address.to_string());
    request.body(Empty::new()).expect("a request")
}

async fn read(response: Response<Incoming>) -> Outcome<(StatusCode, String)> {
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8(body.to_vec())?))
}

fn over(
    upgraded: Upgraded,
    connection: websocket_proto::Connection,
) -> WebSocket<TokioIo<Upgraded>> {
    WebSocket::from_connection(TokioIo::new(upgraded), connection, &Config::client())
}

#[tokio::test]
async fn page_rest_and_websocket_are_on_one_port() -> Outcome {
    bounded(async {
        let address = start().await?;
        let mut sender = http1(address).await?;
        let (status, page) = read(sender.send_request(get(address, "/")).await?).await?;
        assert!(status == 200 && page.contains("new WebSocket"), "{page}");
        let (status, _) = read(sender.send_request(get(address, "/nothing")).await?).await?;
        assert_eq!(status, 404);
        let (_, count) = read(sender.send_request(get(address, "/api/echoed")).await?).await?;
        assert_eq!(count, "{\"echoed\":0}");

        // Our own client, with the handshake that it has built in.
        let stream = TcpStream::connect(address).await?;
        let (websocket, _) = connect_over(stream, &asking(address)?, Config::client()).await?;
        converse(websocket).await?;
        let (_, count) = read(sender.send_request(get(address, "/api/echoed")).await?).await?;
        assert_eq!(count, "{\"echoed\":5}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_client_of_hyper_upgrades_http1() -> Outcome {
    bounded(async {
        let address = start().await?;
        let mut sender = http1(address).await?;
        let (request, client) = Client::upgrade_from_os(&asking(address)?, Config::client())?;
        let response = sender.send_request(request.map(|()| Empty::new())).await?;
        assert_eq!((response.status().as_u16(), response.version()), (101, Version::HTTP_11));
        let connection = client.establish(&response)?;
        converse(over(hyper::upgrade::on(response).await?, connection)).await
    })
    .await
}

// R8441-5-07
#[tokio::test]
async fn a_client_of_hyper_connects_over_http2() -> Outcome {
    bounded(async {
        let address = start().await?;
        let mut sender = http2(address).await?;
        // Two WebSockets and a page share the connection.
        let mut websockets = Vec::new();
        for _ in 0..2 {
            let (mut request, client) =
                Client::extended_connect_from_os(&asking(address)?, Config::client())?;
            request.extensions_mut().insert(Protocol::from_static(PROTOCOL));
            let response = sender.send_request(request.map(|()| Empty::new())).await?;
            assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
            let connection = client.establish(&response)?;
            websockets.push(over(hyper::upgrade::on(response).await?, connection));
        }
        for websocket in websockets {
            converse(websocket).await?;
        }
        let (_, count) = read(sender.send_request(get(address, "/api/echoed")).await?).await?;
        assert_eq!(count, "{\"echoed\":10}");
        Ok(())
    })
    .await
}

// R9220-3-02, R8441-4-02
#[tokio::test]
async fn other_protocols_and_tunnels_are_refused_over_http2() -> Outcome {
    bounded(async {
        let address = start().await?;
        let mut sender = http2(address).await?;
        let (request, client) =
            Client::extended_connect_from_os(&asking(address)?, Config::client())?;
        let mut other = request.map(|()| Empty::new());
        other.extensions_mut().insert(Protocol::from_static("connect-udp"));
        let response = sender.send_request(other).await?;
        let refused = Err(HandshakeError::Refused { status: 501 });
        assert_eq!(client.establish(&response).map(drop), refused);
        assert_eq!(response.headers()["Content-Type"], "application/problem+json");
        assert!(read(response).await?.1.contains("websocket"));

        let mut tunnel = Request::new(Empty::new());
        *tunnel.method_mut() = Method::CONNECT;
        *tunnel.uri_mut() = address.to_string().parse()?;
        assert_eq!(sender.send_request(tunnel).await?.status(), 501);
        Ok(())
    })
    .await
}

/// Sends bytes as they are and reads until the server closes.
async fn raw(address: SocketAddr, bytes: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(bytes.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8(answer)?)
}

const UPGRADE: &str = "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n";

// T-HS-09: what follows a refused upgrade is no request, whoever on the way believes in the upgrade.
#[tokio::test]
async fn nothing_is_smuggled_behind_a_refused_upgrade() -> Outcome {
    bounded(async {
        let address = start().await?;
        let smuggled = "GET /api/echoed HTTP/1.1\r\nHost: localhost\r\n\r\n";
        for (head, status) in [
            (UPGRADE.replace(": 13", ": 12") + "\r\n", "426"),
            (UPGRADE.replace("Key: ", "Key: x") + "\r\n", "400"),
            (UPGRADE.to_owned() + "Origin: http://evil.example\r\n\r\n", "403"),
            (UPGRADE.replace("GET", "POST") + "Content-Length: 0\r\n\r\n", "405"),
            (UPGRADE.to_owned() + &format!("Content-Length: {}\r\n\r\n", smuggled.len()), "400"),
        ] {
            let answer = raw(address, &(head.clone() + smuggled)).await?;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head}{answer}");
            assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head}{answer}");
            assert!(!answer.contains("\"echoed\""), "{head}{answer}");
        }
        Ok(())
    })
    .await
}

// T-HS-11: frames that come with the head are the connection's.
#[tokio::test]
async fn frames_behind_the_head_are_not_lost() -> Outcome {
    bounded(async {
        let address = start().await?;
        // "Hello" and a Close, masked with zeros so that they are text.
        let frames = "\u{81}\u{85}\0\0\0\0Hello\u{88}\u{80}\0\0\0\0";
        let frames: Vec<u8> = frames.chars().map(|char| char as u8).collect();
        let mut stream = TcpStream::connect(address).await?;
        let head = UPGRADE.to_owned() + "\r\n";
        stream.write_all(&[head.as_bytes(), &frames].concat()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or("no head")? + 4;
        assert!(answer.starts_with(b"HTTP/1.1 101 "));
        assert_eq!(&answer[end..], b"\x81\x05Hello\x88\x00");
        Ok(())
    })
    .await
}
