//! §4.2, RFC 8441  The server's end.

use std::sync::Arc;

use bytes::Bytes;
use h2::ext::Protocol;
use h2::server::{Builder, Connection, SendResponse};
use h2::{Error, RecvStream};
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::Config;
use websocket_proto::handshake::Acceptance;
use websocket_proto::handshake::http::RequestHead;

use crate::stream::CONNECTION_WINDOW;
use crate::{Stream, WebSocket};

/// What came over a connection.
pub type Asked = (Request<RecvStream>, SendResponse<Bytes>);

/// Begins a connection of HTTP/2 that says it takes the extended CONNECT (RFC 8441 §3).
pub async fn handshake<T>(transport: T) -> Result<Connection<T, Bytes>, Error>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    Builder::new()
        .enable_connect_protocol()
        .initial_connection_window_size(CONNECTION_WINDOW)
        .handshake(transport)
        .await
}

/// What a request is, for an opening handshake.
pub fn read<B>(request: &Request<B>) -> RequestHead<'_> {
    let protocol = request.extensions().get::<Protocol>();
    RequestHead::new(request).protocol(protocol.map(Protocol::as_str))
}

/// Answers a request for a WebSocket. `None`: it was refused, and told why.
pub fn answer(
    (request, mut respond): Asked,
    acceptance: &Acceptance,
    config: &Arc<Config>,
) -> Result<Option<WebSocket>, Error> {
    match read(&request).accept(acceptance, config.clone()) {
        Ok((response, connection)) => {
            let sending = respond.send_response(response, false)?;
            let stream = Stream::new(sending, request.into_body());
            Ok(Some(WebSocket::from_connection(stream, connection, config)))
        }
        Err(rejection) => {
            send(&mut respond, rejection.response())?;
            Ok(None)
        }
    }
}

/// Sends a whole response.
pub(crate) fn send(
    respond: &mut SendResponse<Bytes>,
    response: Response<&'static str>,
) -> Result<(), Error> {
    let (head, body) = response.into_parts();
    let mut sending = respond.send_response(Response::from_parts(head, ()), body.is_empty())?;
    if !body.is_empty() {
        // So little may wait for a window in memory.
        sending.send_data(Bytes::from_static(body.as_bytes()), true)?;
    }
    Ok(())
}
