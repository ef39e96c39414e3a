//! §4.1, RFC 8441  The client's end.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::ext::Protocol;
use h2::{Ping, Reason};
use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::Config;
use websocket_proto::handshake::http::{Client, PROTOCOL, RequestError};
use websocket_proto::handshake::{ClientRequest, HandshakeError};

use crate::stream::CONNECTION_WINDOW;
use crate::{Stream, WebSocket};

/// Why there is no WebSocket.
#[derive(Debug)]
pub enum ConnectError {
    /// The connection or the stream failed.
    Http2(h2::Error),
    /// The server does not take the extended CONNECT (RFC 8441 §3).
    NotEnabled,
    /// There is no such request.
    Request(RequestError),
    /// The server's response opens no WebSocket.
    Handshake(HandshakeError),
}

/// Begins a connection of HTTP/2, on which WebSockets can be opened with [`connect`], beside other requests.
pub async fn open<T>(transport: T) -> Result<SendRequest<Bytes>, h2::Error>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, mut connection) = Builder::new()
        .initial_connection_window_size(CONNECTION_WINDOW)
        .handshake::<_, Bytes>(transport)
        .await?;
    let ping_pong = connection.ping_pong();
    // It ends when the last request and stream has; an error is that of the streams, too.
    tokio::spawn(connection);
    // RFC 9113 §3.4: the settings are the first that a server sends. Behind them the answer comes.
    if let Some(mut ping_pong) = ping_pong {
        ping_pong.ping(Ping::opaque()).await?;
    }
    Ok(sender)
}

/// Opens a WebSocket on a stream of its own.
pub async fn connect(
    sender: &SendRequest<Bytes>,
    asked: &ClientRequest,
    config: &Arc<Config>,
) -> Result<WebSocket, ConnectError> {
    let mut sender = sender.clone().ready().await?;
    // RFC 8441 §3: not before the server has said so.
    if !sender.is_extended_connect_protocol_enabled() {
        return Err(ConnectError::NotEnabled);
    }
    let (mut request, client) = Client::extended_connect_from_os(asked, config.clone())?;
    request.extensions_mut().insert(Protocol::from_static(PROTOCOL));
    let (response, mut sending) = sender.send_request(request, false)?;
    let response = response.await?;
    match client.establish(&response) {
        Ok(connection) => {
            let stream = Stream::new(sending, response.into_body());
            Ok(WebSocket::from_connection(stream, connection, config))
        }
        Err(error) => {
            sending.send_reset(Reason::CANCEL);
            Err(ConnectError::Handshake(error))
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http2(_) => "the connection of HTTP/2 failed",
            Self::NotEnabled => "the server does not take the extended CONNECT",
            Self::Request(_) => "no request",
            Self::Handshake(_) => "the opening handshake failed",
        })
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Http2(error) => Some(error),
            Self::NotEnabled => None,
            Self::Request(error) => Some(error),
            Self::Handshake(error) => Some(error),
        }
    }
}

impl From<h2::Error> for ConnectError {
    fn from(error: h2::Error) -> Self {
        Self::Http2(error)
    }
}

impl From<RequestError> for ConnectError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}
