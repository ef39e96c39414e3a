//! §4.1  From a URI to a WebSocket.

use std::time::Instant;

use super::line::Line;
use super::open::shake_hands;
use super::{ClientOptions, ClientStream, Error, WebSocket, tcp};
use crate::handshake::{Client, ClientRequest, ResponseHead};

/// Connects to a server and asks it for a WebSocket (§4.1), with the settings of
/// [`Config::client`](crate::Config::client). Others: [`connect_with`].
///
/// `request`: a URI, or a [`ClientRequest`] that asks for more.
///
/// ```no_run
/// use websocket_proto::adapter::blocking::connect;
///
/// let mut websocket = connect("ws://127.0.0.1:9001/chat")?;
/// websocket.send_text("hello")?;
/// let answer = websocket.read()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`connect_with`].
pub fn connect<R>(request: R) -> Result<WebSocket<ClientStream>, Error>
where
    R: TryInto<ClientRequest>,
    R::Error: Into<Error>,
{
    connect_with(request, &ClientOptions::new()).map(|(websocket, _)| websocket)
}

/// As [`connect`], with options; returns the head of the server's answer, too, which may hold headers of interest.
///
/// ```no_run
/// use websocket_proto::adapter::blocking::{ClientOptions, connect_with};
/// use websocket_proto::handshake::{ClientRequest, Uri};
///
/// let request = ClientRequest::new(Uri::parse("ws://127.0.0.1:9001/")?).header("Cookie", "id=42")?;
/// let (mut websocket, response) = connect_with(&request, &ClientOptions::new())?;
/// println!("served by {:?}", response.header("Server"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Uri`], [`Error::Connect`] if there is no way to the server, [`Error::TlsNotBuilt`]; then as
/// [`connect_over`](super::connect_over).
/// [`HandshakeError::Timeout`](crate::handshake::HandshakeError::Timeout) if all of it together takes too long.
pub fn connect_with<R>(
    request: R,
    options: &ClientOptions,
) -> Result<(WebSocket<ClientStream>, ResponseHead), Error>
where
    R: TryInto<ClientRequest>,
    R::Error: Into<Error>,
{
    let begun = Instant::now();
    let request = request.try_into().map_err(Into::into)?;
    let config = options.shared_config();
    let uri = request.uri();
    if uri.secure() {
        return Err(Error::TlsNotBuilt);
    }
    let timeouts = config.timeouts.clone();
    let mut client = Client::from_os(&request, config)?;
    // From here on the time runs.
    let deadline = client.tick(begun.elapsed()).and_then(|deadline| begun.checked_add(deadline));
    let stream = ClientStream::Plain(tcp::connect(uri.host(), uri.port(), deadline)?);
    shake_hands(Line::since(begun, stream, &timeouts), client)
}
