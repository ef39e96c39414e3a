//! §4  The opening handshake over an asynchronous transport.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::poll_fn;
use core::task::{Context, Poll, ready};

use ::tokio::io::{AsyncRead, AsyncWrite};

use super::WebSocket;
use super::line::{Line, Received};
use crate::adapter::machine::Machine;
use crate::adapter::read_buffer::ReadBuffer;
use crate::adapter::tunnel::Tunnel;
use crate::adapter::{Error, Refused};
use crate::handshake::{
    Acceptance, Client, ClientRequest, Rejection, Request, ResponseHead, Server,
};
use crate::{Config, Connection, State};

/// Waits for a client's request and accepts it (§4.2): [`Config::server`], [`Acceptance::new`].
///
/// ```no_run
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// use tokio::net::TcpListener;
/// use websocket_proto::adapter::tokio::accept;
///
/// let listener = TcpListener::bind("127.0.0.1:9001").await?;
/// loop {
///     let (stream, _) = listener.accept().await?;
///     stream.set_nodelay(true)?; // messages are gathered here, and need not wait for others there
///     tokio::spawn(async move {
///         let mut websocket = accept(stream).await?;
///         while let Some(message) = websocket.next().await {
///             websocket.feed(message?).await?;
///         }
///         Ok::<(), websocket_proto::adapter::tokio::Error>(())
///     });
/// }
/// # }
/// ```
///
/// If the future is dropped, so is the transport.
///
/// # Errors
/// [`Error::Handshake`] for a request that breaks the rules, comes too late or never, [`Error::Rejected`] for one
/// that is not let in. By then it has been answered, and the transport has ended. [`Error::Io`] if that failed.
pub async fn accept<S>(transport: S) -> Result<WebSocket<S>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    accept_with(transport, Config::server(), async |request| request.accept(&Acceptance::new()))
        .await
}

/// Waits for a client's request and has the application decide: accept it, or answer with a page, a 404 ...
/// A request that is no WebSocket's reaches it, too ([`Request::is_upgrade`]).
///
/// ```no_run
/// use tokio::net::TcpStream;
/// use websocket_proto::Config;
/// use websocket_proto::adapter::tokio::{Error, accept_with};
/// use websocket_proto::handshake::{Acceptance, Response};
///
/// # async fn is_known(token: Option<&[u8]>) -> bool { token.is_some() }
/// async fn serve(stream: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
///     let unauthorized = Response::new(401)?;
///     let mut websocket = accept_with(stream, Config::server(), async |request| {
///         if is_known(request.header("Authorization")).await {
///             request.accept(&Acceptance::new().subprotocols(["chat"]))
///         } else {
///             Err(request.reject(&unauthorized))
///         }
///     })
///     .await?;
///     websocket.send("welcome").await?;
///     Ok(())
/// }
/// ```
///
/// [`Timeouts::handshake`](crate::Timeouts::handshake) does not run while the application decides.
///
/// # Errors
/// As [`accept`].
pub async fn accept_with<S, F>(
    transport: S,
    config: impl Into<Arc<Config>>,
    decide: F,
) -> Result<WebSocket<S>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: AsyncFnOnce(Request) -> Result<Connection, Rejection>,
{
    let config = config.into();
    let line = Line::new(transport, &config.timeouts);
    // What only the handshake needs is not to be part of a task that lasts.
    Box::pin(let_in(line, Server::new(config), decide)).await
}

async fn let_in<S, F>(
    mut line: Line<S>,
    mut server: Server,
    decide: F,
) -> Result<WebSocket<S>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: AsyncFnOnce(Request) -> Result<Connection, Rejection>,
{
    let mut buffer = ReadBuffer::new();
    let request = loop {
        if !poll_fn(|cx| poll_unread(&mut line, &mut server, &mut buffer, cx)).await {
            return Err(Error::of_handshake(server.error(), line.take_failure()));
        }
        let (mut input, mut unread) = buffer.unread();
        let result = server.receive(&mut input);
        unread.keep_last(input.len());
        // An error is answered, and then told by `failed`.
        if let Ok(Some(request)) = result {
            break request;
        }
    };
    match decide(request).await {
        Ok(connection) => {
            let mut websocket = WebSocket::new(line, connection, buffer);
            websocket.flush().await?;
            Ok(websocket)
        }
        Err(mut rejection) => {
            while poll_fn(|cx| poll_unread(&mut line, &mut rejection, &mut buffer, cx)).await {
                let (_, mut discarded) = buffer.unread();
                discarded.keep_last(0);
            }
            Err(Error::Rejected { status: rejection.status(), reason: rejection.reason() })
        }
    }
}

/// Asks the server at the other end of the transport for a WebSocket (§4.1). For `wss`, give it a transport
/// on which TLS has been set up. Also returns the head of the server's answer, which may hold headers of interest.
///
/// If the future is dropped, so is the transport.
///
/// # Errors
/// [`Error::Refused`] for an answer that is no WebSocket, [`Error::Handshake`] for one that breaks the rules, comes
/// too late or never, [`Error::Io`], [`Error::Seed`]. The transport has ended by then.
pub async fn connect_over<S>(
    transport: S,
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<S>, ResponseHead), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let config = config.into();
    let line = Line::new(transport, &config.timeouts);
    // As with `accept_with`.
    Box::pin(shake_hands(line, Client::from_os(request, config)?)).await
}

/// Carries the way through a proxy out.
pub(super) async fn open_tunnel<S>(mut line: Line<S>, mut tunnel: Tunnel) -> Result<S, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = ReadBuffer::new();
    loop {
        if !poll_fn(|cx| poll_unread(&mut line, &mut tunnel, &mut buffer, cx)).await {
            return Err(match tunnel.refusal() {
                Some(refusal) => Error::Proxy(Box::new(Refused::from(refusal))),
                None => Error::of_handshake(tunnel.error(), line.take_failure()),
            });
        }
        let (mut input, mut unread) = buffer.unread();
        let is_open = tunnel.receive(&mut input);
        unread.keep_last(0);
        if is_open {
            return Ok(line.into_transport());
        }
    }
}

/// Carries an opening handshake out.
pub(super) async fn shake_hands<S>(
    mut line: Line<S>,
    mut client: Client,
) -> Result<(WebSocket<S>, ResponseHead), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = ReadBuffer::new();
    loop {
        if !poll_fn(|cx| poll_unread(&mut line, &mut client, &mut buffer, cx)).await {
            return Err(match client.refusal() {
                Some(refusal) => Error::Refused(Box::new(Refused::from(refusal))),
                None => Error::of_handshake(client.error(), line.take_failure()),
            });
        }
        let (mut input, mut unread) = buffer.unread();
        let result = client.receive(&mut input);
        unread.keep_last(input.len());
        // After an error the transport is dropped, and then `failed` or the refusal tells it.
        if let Ok(Some(established)) = result {
            let websocket = WebSocket::new(line, established.connection, buffer);
            return Ok((websocket, established.response));
        }
    }
}

/// Writes, then waits until there is something unread. `false`: the handshake is over.
fn poll_unread<S: AsyncRead + AsyncWrite + Unpin>(
    line: &mut Line<S>,
    machine: &mut impl Machine,
    buffer: &mut ReadBuffer,
    cx: &mut Context<'_>,
) -> Poll<bool> {
    loop {
        let _: Poll<()> = line.poll_write_out(machine, cx);
        if machine.state() == State::Closed {
            return Poll::Ready(false);
        }
        // A peer that goes on and on does not get past the deadline.
        let deadline = machine.tick(line.now());
        if line.has_work(machine) {
            continue;
        }
        match line.poll_read(buffer, cx) {
            Poll::Ready(Received::Bytes) => return Poll::Ready(true),
            Poll::Ready(Received::End) => machine.receive_eof(),
            Poll::Pending => {
                buffer.give_back();
                ready!(line.poll_deadline(deadline, cx));
            }
        }
    }
}
