//! §4  The opening handshake over a transport that blocks.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::line::{Line, Received};
use super::{Error, Refused, Transport, WebSocket};
use crate::adapter::machine::Machine;
use crate::adapter::read_buffer::ReadBuffer;
use crate::adapter::tunnel::Tunnel;
use crate::handshake::{
    Acceptance, Client, ClientRequest, Rejection, Request, ResponseHead, Server,
};
use crate::{Config, Connection, State};

/// Waits for a client's request and accepts it, with the settings of [`Config::server`] and on the terms of
/// [`Acceptance::new`]: no subprotocol, no page of a foreign origin (§4.2). Other terms: [`accept_with`].
///
/// ```no_run
/// use std::net::TcpListener;
/// use websocket_proto::adapter::blocking::accept;
///
/// for stream in TcpListener::bind("127.0.0.1:9001")?.incoming() {
///     let mut websocket = accept(stream?)?;
///     websocket.send_text("welcome")?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Handshake`] for a request that breaks the rules, comes too late or never, [`Error::Rejected`] for one
/// that is not let in. By then it has been answered, and the transport has ended. [`Error::Io`] if that failed.
pub fn accept<S: Transport>(transport: S) -> Result<WebSocket<S>, Error> {
    accept_with(transport, Config::server(), |request| request.accept(&Acceptance::new()))
}

/// Waits for a client's request and has the application decide: accept it, or answer with a page, a 404 ...
/// A request that is no WebSocket's reaches it, too ([`Request::is_upgrade`]).
///
/// ```no_run
/// use std::net::TcpListener;
/// use std::sync::Arc;
/// use websocket_proto::Config;
/// use websocket_proto::adapter::blocking::accept_with;
/// use websocket_proto::handshake::Acceptance;
///
/// let config = Arc::new(Config::server());
/// let acceptance = Acceptance::new().subprotocols(["chat"]);
/// for stream in TcpListener::bind("127.0.0.1:9001")?.incoming() {
///     let mut websocket =
///         accept_with(stream?, config.clone(), |request| request.accept(&acceptance))?;
///     websocket.send_text("welcome")?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// ```no_run
/// use std::net::TcpStream;
/// use websocket_proto::Config;
/// use websocket_proto::adapter::blocking::{Error, WebSocket, accept_with};
/// use websocket_proto::handshake::{Acceptance, Response};
///
/// fn serve(stream: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
///     let page = Response::new(200)?.header("Content-Type", "text/plain")?.body("hello");
///     let not_found = Response::new(404)?;
///     let accepted = accept_with(stream, Config::server(), |request| match request.path() {
///         "/chat" => request.accept(&Acceptance::new()),
///         "/" => Err(request.reject(&page)),
///         _ => Err(request.reject(&not_found)),
///     });
///     match accepted {
///         Ok(mut websocket) => websocket.send_text("welcome")?,
///         Err(Error::Rejected { status: 200, .. }) => {} // the page was sent
///         Err(error) => return Err(error.into()),
///     }
///     Ok(())
/// }
/// ```
///
/// # Errors
/// As [`accept`].
pub fn accept_with<S: Transport>(
    transport: S,
    config: impl Into<Arc<Config>>,
    decide: impl FnOnce(Request) -> Result<Connection, Rejection>,
) -> Result<WebSocket<S>, Error> {
    let config = config.into();
    let mut line = Line::new(transport, &config.timeouts);
    let mut buffer = ReadBuffer::new();
    let mut server = Server::new(config);
    let request = loop {
        if !wait(&mut line, &mut server, &mut buffer) {
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
    match decide(request) {
        Ok(connection) => {
            let mut websocket = WebSocket::new(line, connection, buffer);
            websocket.flush()?;
            Ok(websocket)
        }
        Err(mut rejection) => {
            line.drain(&mut rejection);
            Err(Error::Rejected { status: rejection.status(), reason: rejection.reason() })
        }
    }
}

/// Asks the server at the other end of the transport for a WebSocket (§4.1), and returns the head of its answer,
/// too. For `wss`, give it a transport on which TLS has been set up. ([`connect`](super::connect) opens the
/// transport by itself.)
///
/// ```no_run
/// use std::net::TcpStream;
/// use websocket_proto::Config;
/// use websocket_proto::adapter::blocking::connect_over;
/// use websocket_proto::handshake::{ClientRequest, Uri};
///
/// let uri = Uri::parse("ws://127.0.0.1:9001/chat")?;
/// let stream = TcpStream::connect((uri.host(), uri.port()))?;
/// let (mut websocket, response) =
///     connect_over(stream, &ClientRequest::new(uri), Config::client())?;
/// println!("served by {:?}", response.header("Server"));
/// websocket.send_text("hello")?;
/// let answer = websocket.read()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Refused`] for an answer that is no WebSocket, [`Error::Handshake`] for one that breaks the rules, comes
/// too late or never, [`Error::Io`], [`Error::Seed`]. The transport has ended by then.
pub fn connect_over<S: Transport>(
    transport: S,
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<S>, ResponseHead), Error> {
    let config = config.into();
    let line = Line::new(transport, &config.timeouts);
    shake_hands(line, Client::from_os(request, config)?)
}

/// Carries the way through a proxy out.
pub(super) fn open_tunnel<S: Transport>(mut line: Line<S>, mut tunnel: Tunnel) -> Result<S, Error> {
    let mut buffer = ReadBuffer::new();
    loop {
        if !wait(&mut line, &mut tunnel, &mut buffer) {
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
pub(super) fn shake_hands<S: Transport>(
    mut line: Line<S>,
    mut client: Client,
) -> Result<(WebSocket<S>, ResponseHead), Error> {
    let mut buffer = ReadBuffer::new();
    loop {
        if !wait(&mut line, &mut client, &mut buffer) {
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

/// Writes, then reads until there is something unread. `false`: the handshake is over.
fn wait<S: Transport>(
    line: &mut Line<S>,
    machine: &mut impl Machine,
    buffer: &mut ReadBuffer,
) -> bool {
    loop {
        let deadline = line.write_out(machine);
        if machine.state() == State::Closed {
            return false;
        }
        match line.read(buffer.space(), deadline) {
            Received::Bytes(count) => {
                buffer.filled(count);
                return true;
            }
            Received::Nothing => {}
            Received::End => line.end(machine),
        }
    }
}
