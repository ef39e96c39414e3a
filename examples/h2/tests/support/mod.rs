//! What the tests share: both ends of a connection, in memory.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::Request;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use websocket_over_h2::{Site, Stream, WebSocket, answer, connect, handshake, open};
use websocket_proto::Config;
use websocket_proto::handshake::{Acceptance, ClientRequest, Uri};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Nothing here takes long.
pub(crate) async fn bounded(test: impl Future<Output = Outcome>) -> Outcome {
    tokio::time::timeout(Duration::from_secs(20), test).await?
}

/// The client's end of a connection to the site.
pub(crate) fn site() -> DuplexStream {
    let (near, far) = tokio::io::duplex(1 << 16);
    tokio::spawn(Arc::new(Site::new()).serve(far));
    near
}

pub(crate) fn asking() -> Outcome<ClientRequest> {
    Ok(ClientRequest::new(Uri::parse("wss://localhost/echo")?))
}

/// The first request of a connection, which goes on in a task.
pub(crate) async fn accept(
    transport: DuplexStream,
) -> Result<(Request<RecvStream>, SendResponse<Bytes>, JoinHandle<()>), h2::Error> {
    let mut connection = handshake(transport).await?;
    let (request, respond) = connection.accept().await.expect("a request")?;
    let task = tokio::spawn(async move { while connection.accept().await.is_some() {} });
    Ok((request, respond, task))
}

/// Both ends of a WebSocket over one stream.
pub(crate) async fn pair() -> Outcome<(WebSocket, WebSocket)> {
    let (near, far) = tokio::io::duplex(1 << 16);
    let server = tokio::spawn(async move {
        let (request, respond, _) = accept(far).await?;
        answer((request, respond), &Acceptance::new(), &Arc::new(Config::server()))
    });
    let sender = open(near).await?;
    let client = connect(&sender, &asking()?, &Arc::new(Config::client())).await?;
    Ok((client, server.await??.ok_or("refused")?))
}

/// Both ends of a bare stream.
pub(crate) async fn streams() -> Outcome<(Stream, Stream)> {
    let (client, server) = pair().await?;
    Ok((client.into_transport(), server.into_transport()))
}

pub(crate) async fn body(mut receiving: RecvStream) -> Outcome<String> {
    let mut body = Vec::new();
    while let Some(data) = receiving.data().await {
        let data = data?;
        receiving.flow_control().release_capacity(data.len())?;
        body.extend_from_slice(&data);
    }
    Ok(String::from_utf8(body)?)
}
