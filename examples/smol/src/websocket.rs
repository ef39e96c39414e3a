//! What an application calls.

use std::future::poll_fn;
use std::sync::Arc;

use futures_io::{AsyncRead, AsyncWrite};
use websocket_proto::adapter::{Closed, Error, Message, Refused};
use websocket_proto::bytes::Bytes;
use websocket_proto::handshake::{Acceptance, Client, ClientRequest, Rejection, Server};
use websocket_proto::{CloseCode, Config, Connection, Event, MessageKind, SendError, State};

use crate::error::{failed, outcome};
use crate::line::Line;
use crate::machine::Machine;

/// A WebSocket over an asynchronous transport.
pub struct WebSocket<S> {
    line: Line<S>,
    connection: Connection,
}

/// Waits for a client's request and accepts it on these terms (§4.2).
///
/// # Errors
/// [`Error::Handshake`] for a request that breaks the rules, comes too late or never, [`Error::Rejected`] for one
/// that is not let in: they have been answered. [`Error::Io`].
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    transport: S,
    config: impl Into<Arc<Config>>,
    acceptance: &Acceptance,
) -> Result<WebSocket<S>, Error> {
    let mut line = Line::new(transport);
    let mut server = Server::new(config);
    let request = loop {
        wait(&mut line, &mut server).await;
        if server.state() == State::Closed {
            return Err(failed(server.error(), line.take_failure()));
        }
        let mut input = line.unread();
        // After an error its answer is queued: on until that has gone out.
        let request = server.receive(&mut input);
        let left = input.len();
        line.keep_last(left);
        if let Ok(Some(request)) = request {
            break request;
        }
    };
    match request.accept(acceptance) {
        // The 101 goes out with the first thing that is waited for; the client is waiting for it, so now.
        Ok(connection) => {
            let mut websocket = WebSocket { line, connection };
            websocket.flush().await?;
            Ok(websocket)
        }
        Err(rejection) => Err(reject(line, rejection).await),
    }
}

/// Asks the server at the other end of the transport for a WebSocket (§4.1).
///
/// # Errors
/// [`Error::Refused`] for an answer that is no WebSocket, [`Error::Handshake`] for one that breaks the rules, comes
/// too late or never, [`Error::Io`], [`Error::Seed`].
pub async fn connect_over<S: AsyncRead + AsyncWrite + Unpin>(
    transport: S,
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
) -> Result<WebSocket<S>, Error> {
    let mut line = Line::new(transport);
    let mut client = Client::from_os(request, config)?;
    loop {
        wait(&mut line, &mut client).await;
        if client.state() == State::Closed {
            return Err(match client.refusal() {
                Some(refusal) => Error::Refused(Box::new(Refused::from(refusal))),
                None => failed(client.error(), line.take_failure()),
            });
        }
        let mut input = line.unread();
        let established = client.receive(&mut input);
        // What came behind the head is for the connection.
        let left = input.len();
        line.keep_last(left);
        if let Ok(Some(established)) = established {
            return Ok(WebSocket { line, connection: established.connection });
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Waits for the next message; `None`: the closing handshake was completed. Writes what was fed before it waits.
    ///
    /// # Errors
    /// [`Error::ConnectionLost`] or [`Error::Io`] if the transport ended without the peer's Close,
    /// [`Error::Timeout`] if a deadline ended it, [`Error::Protocol`] if the peer's violation did.
    pub async fn next(&mut self) -> Result<Option<Message>, Error> {
        loop {
            if let Some(message) = self.take_message() {
                return Ok(Some(message));
            }
            if self.connection.state() == State::Closed {
                return self.outcome().map(|()| None);
            }
            wait(&mut self.line, &mut self.connection).await;
        }
    }

    /// Queues a message and writes it. It is queued once this was polled: a `send` that is dropped is not undone.
    /// While it waits for a peer that does not read, nothing is read either, for as long as `Timeouts::write_stall`
    /// allows.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Queues a message, to be written together with others by the next [`next`](Self::next) or
    /// [`flush`](Self::flush). Waits only if there is no room. A large payload is referenced by a server, not copied.
    ///
    /// # Errors
    /// [`Error::Send`] if nothing can be sent any more; as [`flush`](Self::flush).
    pub async fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        loop {
            let queued = match &message {
                Message::Text(text) => self.connection.send_shared_text(text),
                Message::Binary(data) => self.connection.send_shared(MessageKind::Binary, data),
            };
            match queued {
                Err(SendError::Full) => self.flush().await?,
                queued => return queued.map_err(Error::Send),
            }
        }
    }

    /// Writes what is queued.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Timeout`], [`Error::ConnectionLost`] if writing fails. Reading may still tell what the
    /// peer said last.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.line.poll_out(cx, &mut self.connection)).await;
        if self.connection.state() == State::Closed {
            self.outcome()
        } else if self.line.is_writable() {
            Ok(())
        } else {
            Err(self.line.take_failure().map_or(Error::ConnectionLost, Error::Io))
        }
    }

    /// Closes to the end: sends a Close, discards what the peer still sends, and waits for its Close and for the end
    /// of the transport, for at most `Timeouts::close`. Says how it ended, which is not always cleanly.
    ///
    /// # Errors
    /// [`Error::Send`] for a reason of more than 123 bytes or a code that this role may not send.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Option<Closed>, Error> {
        match self.connection.close(code, reason) {
            Ok(()) | Err(SendError::Closed) => {}
            Err(misuse) => return Err(Error::Send(misuse)),
        }
        while self.connection.state() != State::Closed {
            wait(&mut self.line, &mut self.connection).await;
            while self.take_message().is_some() {}
        }
        Ok(self.closed())
    }

    /// How and why the connection ends or has ended; `None` while it is open, or if the transport alone has ended.
    pub fn closed(&self) -> Option<Closed> {
        self.connection.close_information().map(Closed::from)
    }

    /// The connection, to ask it or to queue what has no method here: a Ping, a fragment, a prepared message.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// The next message of what was read.
    fn take_message(&mut self) -> Option<Message> {
        loop {
            let mut input = self.line.unread();
            let event = self.connection.receive(&mut input);
            let left = input.len();
            let message = match event {
                Ok(Some(Event::Text(text))) => Some(Message::Text(text.into_utf8_bytes())),
                Ok(Some(Event::Binary(data))) => Some(Message::Binary(Bytes::from(data))),
                // Answered already, if it has to be.
                Ok(Some(_)) => None,
                // Used up; or a violation, whose Close is queued and which is told at the end.
                Ok(None) | Err(_) => {
                    self.line.keep_last(0);
                    return None;
                }
            };
            self.line.keep_last(left);
            if message.is_some() {
                return message;
            }
        }
    }

    fn outcome(&mut self) -> Result<(), Error> {
        let failure = self.line.take_failure();
        outcome(self.connection.close_information(), failure)
    }
}

/// Waits until there is something to receive, or the machine is closed.
async fn wait<S: AsyncRead + AsyncWrite + Unpin>(line: &mut Line<S>, machine: &mut impl Machine) {
    poll_fn(|cx| line.poll_in(cx, machine)).await;
}

/// Has the response go out, and the transport end in order.
async fn reject<S: AsyncRead + AsyncWrite + Unpin>(
    mut line: Line<S>,
    mut rejection: Rejection,
) -> Error {
    while rejection.state() != State::Closed {
        wait(&mut line, &mut rejection).await;
        line.keep_last(0);
    }
    Error::Rejected { status: rejection.status(), reason: rejection.reason() }
}
