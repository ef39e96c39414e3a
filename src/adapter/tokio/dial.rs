//! §4.1  From a URI to a WebSocket.

use ::tokio::time::Instant;
use alloc::boxed::Box;

use super::client_stream::Layer;
use super::line::Line;
use super::open::{open_tunnel, shake_hands};
use super::tcp::{self, by};
use super::{ClientStream, WebSocket};
use crate::adapter::route::Route;
use crate::adapter::{ClientOptions, Error};
use crate::handshake::{ClientRequest, ResponseHead};

/// Connects to a server and asks it for a WebSocket (§4.1), as [`ClientOptions::new`] has it. Other options:
/// [`connect_with`].
///
/// `request`: a URI, or a [`ClientRequest`] that asks for more. `wss` needs the feature `tokio-rustls`.
///
/// ```no_run
/// # async fn talk() -> Result<(), Box<dyn std::error::Error>> {
/// use websocket_proto::adapter::tokio::connect;
///
/// let mut websocket = connect("ws://127.0.0.1:9001/chat").await?;
/// websocket.send("hello").await?;
/// let answer = websocket.next().await;
/// # Ok(())
/// # }
/// ```
///
/// If the future is dropped, so is the transport.
///
/// # Errors
/// As [`connect_with`].
pub async fn connect<R>(request: R) -> Result<WebSocket<ClientStream>, Error>
where
    R: TryInto<ClientRequest>,
    R::Error: Into<Error>,
{
    connect_with(request, &ClientOptions::new()).await.map(|(websocket, _)| websocket)
}

/// As [`connect`], with options; returns the head of the server's answer, too, which may hold headers of interest.
///
/// ```no_run
/// # async fn talk() -> Result<(), Box<dyn std::error::Error>> {
/// use websocket_proto::adapter::tokio::{ClientOptions, connect_with};
/// use websocket_proto::handshake::{ClientRequest, Uri};
///
/// let request = ClientRequest::new(Uri::parse("ws://127.0.0.1:9001/")?).header("Cookie", "id=42")?;
/// let options = ClientOptions::new().max_redirects(3);
/// let (mut websocket, response) = connect_with(&request, &options).await?;
/// println!("served by {:?}", response.header("Server"));
/// # Ok(())
/// # }
/// ```
///
/// The addresses of the host are tried one after the other, each with its share of the time that is left.
///
/// If the future is dropped, so is the transport. (A question for the addresses of a host cannot be broken off: it is
/// left to a thread of the runtime's, and the answer to nobody.)
///
/// # Errors
/// [`Error::Uri`], [`Error::TlsNotBuilt`]; [`Error::Connect`] if there is no way to the server, [`Error::Proxy`] if
/// the proxy refuses it, `Error::Tls`; [`Error::Redirect`] for one that is not followed; else as
/// [`connect_over`](super::connect_over).
/// [`HandshakeError::Timeout`](crate::handshake::HandshakeError::Timeout) if all of it together takes too long.
pub async fn connect_with<R>(
    request: R,
    options: &ClientOptions,
) -> Result<(WebSocket<ClientStream>, ResponseHead), Error>
where
    R: TryInto<ClientRequest>,
    R::Error: Into<Error>,
{
    let begun = Instant::now();
    let mut route = Route::new(request, options)?;
    loop {
        // What only the way there needs is not to be part of a task that lasts.
        match Box::pin(travel(&route, begun)).await {
            Ok(arrived) => return Ok(arrived),
            Err(failure) => route = route.follow(failure)?,
        }
    }
}

async fn travel(
    route: &Route<'_>,
    begun: Instant,
) -> Result<(WebSocket<ClientStream>, ResponseHead), Error> {
    let timeouts = route.timeouts();
    let deadline = timeouts.handshake.and_then(|time| begun.checked_add(time));
    // What can go wrong without a connection does so before there is one.
    let client = route.client()?;
    let layer = Layer::of(route)?;
    let (host, port) = route.first_hop();
    let mut tcp = tcp::connect(host, port, deadline).await?;
    if let Some(tunnel) = route.tunnel() {
        tcp = open_tunnel(Line::since(begun, tcp, timeouts), tunnel).await?;
    }
    let stream = by(deadline, layer.on(tcp)).await??;
    shake_hands(Line::since(begun, stream, timeouts), client).await
}
