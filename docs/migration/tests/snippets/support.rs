//! The four crates behind one face, and peers that are scripted.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use fastwebsockets::upgrade::UpgradeFut;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use websocket_proto::Config;
use websocket_proto::adapter::tokio::{WebSocket, connect_over};
use websocket_proto::handshake::{ClientRequest, Uri};

pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Half a minute at most.
pub async fn bounded<T>(test: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), test).await.expect("it hangs")
}

pub async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("ws://{}/", listener.local_addr().unwrap());
    (listener, uri)
}

/// A client of ours, to talk to the others' servers.
pub async fn client(uri: &str) -> WebSocket<TcpStream> {
    let uri = Uri::parse(uri).unwrap();
    let stream = TcpStream::connect((uri.host(), uri.port())).await.unwrap();
    connect_over(stream, &ClientRequest::new(uri), Config::client()).await.unwrap().0
}

/// The next connection, upgraded by hyper.
pub async fn upgraded(listener: TcpListener) -> UpgradeFut {
    upgraded_by(listener, |mut request| {
        let (response, upgraded) = fastwebsockets::upgrade::upgrade(&mut request)?;
        Ok((response, Some(upgraded)))
    })
    .await
    .expect("upgraded")
}

/// The next connection, if it was upgraded.
pub async fn upgraded_by<F>(listener: TcpListener, answer: F) -> Option<UpgradeFut>
where
    F: Fn(Request<Incoming>) -> Result<(Response<Empty<Bytes>>, Option<UpgradeFut>), Error>
        + Copy
        + Send
        + Sync
        + 'static,
{
    let (stream, _) = listener.accept().await.unwrap();
    let (sender, mut receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let service = service_fn(move |request| {
            let sender = sender.clone();
            async move {
                // An error ends the connection, and so fails the test.
                let (response, upgraded) = answer(request).map_err(std::io::Error::other)?;
                let _ = sender.send(upgraded).await;
                Ok::<_, std::io::Error>(response)
            }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let _ = connection.with_upgrades().await;
    });
    receiver.recv().await.unwrap()
}

/// A plain socket behind the handshake.
pub async fn raw_client(uri: &str) -> TcpStream {
    let uri = Uri::parse(uri).unwrap();
    let mut stream = TcpStream::connect((uri.host(), uri.port())).await.unwrap();
    stream
        .write_all(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        )
        .await
        .unwrap();
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    stream
}

pub async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// Everything up to the end of the stream, or its failure.
pub async fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

/// A frame of a client's, with a key of zeros.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(length) if length < 126 => frame.push(0x80 | length as u8),
        Ok(length) => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&length.to_be_bytes());
        }
        Err(_) => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}
