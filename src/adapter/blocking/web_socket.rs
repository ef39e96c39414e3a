//! A connection and its transport in one hand.

use core::fmt;
use core::time::Duration;

use super::line::{Line, Received};
use super::receiving::{Queue, Receiving, Side};
use super::{Batch, Closed, Error, Message, Transport};
use crate::adapter::outcome;
use crate::adapter::read_buffer::ReadBuffer;
use crate::timer::earlier;
use crate::{
    CloseCode, CloseInformation, Config, Connection, Counters, Event, Incoming, Outgoing, Role,
    SendError, State,
};

/// A WebSocket over a transport that blocks; from [`accept`](super::accept) or [`connect`](super::connect).
///
/// ```text
///                read, read_batch, run              send_*, close   (write at once)
///  application ◀────────────────────── WebSocket ◀────────────────── application
///                                          ▲       feed_*          (written with the next wait)
///                                          │
///                    one read, one write ──┴── Transport
/// ```
///
/// * `read` gives owned messages, `read_batch` and `run` lend events without copying them.
/// * `send_*` writes before it returns. `feed_*` only queues: what one read caused goes out in one write
///   when the connection is waited for again, or with `flush`.
/// * Pings are answered, and deadlines kept, while the connection is waited for: by reading or writing.
/// * One thread at a time: while it writes it does not read. If both ends write more than the transport
///   buffers before either reads, give each direction a thread of its own: [`split`](Self::split).
///
/// It holds one read buffer of 16 KiB ([`set_read_buffer_size`](Self::set_read_buffer_size)). Dropping it drops
/// the transport and what is queued; [`close`](Self::close) ends it in an orderly way.
pub struct WebSocket<S> {
    pub(super) receiving: Receiving,
    pub(super) sending: Sending<S>,
}

/// The transport and what goes out over it.
pub(super) struct Sending<S> {
    pub(super) line: Line<S>,
    pub(super) outgoing: Outgoing,
}

impl<S: Transport> WebSocket<S> {
    pub(super) fn new(line: Line<S>, connection: Connection, buffer: ReadBuffer) -> Self {
        let (incoming, outgoing) = connection.split();
        Self { receiving: Receiving { incoming, buffer }, sending: Sending { line, outgoing } }
    }

    /// Joins a connection whose opening handshake was done elsewhere, with these settings, to its transport.
    /// Bytes that were read behind the head are the transport's to give first, as [`std::io::Read::chain`]
    /// does.
    #[must_use]
    pub fn from_connection(transport: S, connection: Connection, config: &Config) -> Self {
        Self::new(Line::new(transport, &config.timeouts), connection, ReadBuffer::new())
    }

    /// Waits for the next message. `None`: the closing handshake was completed, see
    /// [`close_information`](Self::close_information).
    ///
    /// ```no_run
    /// # use websocket_proto::adapter::blocking::{Error, Message, WebSocket};
    /// # fn print(mut websocket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// while let Some(message) = websocket.read()? {
    ///     match message {
    ///         Message::Text(text) => println!("{text}"),
    ///         Message::Binary(data) => println!("{} bytes", data.len()),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`read_batch`](Self::read_batch) and [`Batch::next_message`].
    pub fn read(&mut self) -> Result<Option<Message>, Error> {
        self.receiving.read(&mut self.sending)
    }

    /// Writes what is queued, waits for the peer, and lends what one read brings. `None`: the closing
    /// handshake was completed.
    ///
    /// # Errors
    /// [`Error::ConnectionLost`] or [`Error::Io`] if the transport ended without the peer's Close (1006),
    /// [`Error::Timeout`] if a deadline ended it, [`Error::Protocol`] if the peer's violation did.
    pub fn read_batch(&mut self) -> Result<Option<Batch<'_>>, Error> {
        self.receiving.read_batch(&mut self.sending)
    }

    /// Calls `on_event` with each event until the connection ends, and a batch to answer by.
    ///
    /// ```no_run
    /// # use websocket_proto::adapter::blocking::{Error, WebSocket};
    /// # use websocket_proto::Event;
    /// # fn echo(mut websocket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// websocket.run(|event, batch| match event {
    ///     Event::Text(text) => batch.feed_text(&text),
    ///     Event::Binary(data) => batch.feed_binary(&data),
    ///     _ => Ok(()),
    /// })
    /// # }
    /// ```
    ///
    /// # Errors
    /// The first one of `on_event`; else as [`read_batch`](Self::read_batch) and [`Batch::next_event`].
    pub fn run<E: From<Error>>(
        &mut self,
        on_event: impl FnMut(Event<'_>, &mut Batch<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.receiving.run(&mut self.sending, on_event)
    }

    /// Sends a message: queues it, and writes.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        self.send_with(|outgoing| message.queue(outgoing))
    }

    /// Queues a message: it waits for the next `read`, `send` or `flush`.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        self.feed_with(|outgoing| message.queue(outgoing))
    }

    /// Queues whatever `queue` does, such as `|outgoing| outgoing.send_prepared(&news)`, and writes. If the
    /// output is full it is written first, and `queue` called again.
    ///
    /// # Errors
    /// [`Error::Send`] if the call is refused; [`Error::Io`], [`Error::Timeout`], [`Error::ConnectionLost`] if
    /// writing failed or fails.
    pub fn send_with(
        &mut self,
        queue: impl FnMut(&mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.feed_with(queue)?;
        self.flush()
    }

    /// As [`send_with`](Self::send_with), but what is queued waits for the next `read`, `send` or `flush`.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn feed_with(
        &mut self,
        mut queue: impl FnMut(&mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.sending.feed(&mut queue)
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn send_text(&mut self, text: &str) -> Result<(), Error> {
        self.send_with(|outgoing| outgoing.send_text(text))
    }

    /// Sends a binary message.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.send_with(|outgoing| outgoing.send_binary(data))
    }

    /// Queues a text message.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn feed_text(&mut self, text: &str) -> Result<(), Error> {
        self.feed_with(|outgoing| outgoing.send_text(text))
    }

    /// Queues a binary message.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn feed_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.feed_with(|outgoing| outgoing.send_binary(data))
    }

    /// Sends a Ping (§5.5.2) with up to 125 bytes.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.send_with(|outgoing| outgoing.ping(payload))
    }

    /// Writes what is queued.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Timeout`], [`Error::ConnectionLost`] if writing failed or fails.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.sending.apply(&mut self.receiving.incoming);
        self.sending.flush()
    }

    /// Queues a Close (§7.1.2). Go on reading: the peer may finish what it is sending, and `read` gives `None`
    /// once its Close has come and the transport has ended.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn feed_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.feed_with(|outgoing| outgoing.close(code, reason))
    }

    /// Closes to the end: sends a Close, discards what the peer still sends, and waits for its Close and for
    /// the end of the transport, for at most [`Timeouts::close`](crate::Timeouts::close). Says how it ended,
    /// which is not always cleanly. If the connection is closing already, only waits.
    ///
    /// # Errors
    /// [`Error::Send`] for a reason of more than 123 bytes, or a code that this role may not send.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closed, Error> {
        match self.sending.outgoing.close(code, reason) {
            Ok(()) | Err(SendError::Closed) => {}
            Err(misuse) => return Err(Error::Send(misuse)),
        }
        while self.receiving.wait(&mut self.sending) {
            let mut batch = self.receiving.batch(&mut self.sending);
            // A violation ends the connection, too, and shows in what is returned.
            while let Ok(Some(_)) = batch.next_event() {}
        }
        Ok(self.close_information().map_or_else(Closed::lost, Closed::from))
    }

    /// See [`Connection::set_compress`].
    #[cfg(feature = "deflate")]
    pub fn set_compress(&mut self, choice: crate::deflate::Compress) -> crate::deflate::Compress {
        self.sending.outgoing.set_compress(choice)
    }

    /// Sets how many bytes one read takes, from the next one on. Default: 16 KiB.
    pub fn set_read_buffer_size(&mut self, bytes: usize) {
        self.receiving.buffer.set_size(bytes);
    }
}

impl<S> WebSocket<S> {
    /// Where the connection is in its life.
    #[must_use]
    pub fn state(&self) -> State {
        self.sending.outgoing.state()
    }

    /// How and why the connection ends or has ended; `None` while it is open.
    #[must_use]
    pub fn close_information(&self) -> Option<CloseInformation<'_>> {
        self.sending.outgoing.close_information()
    }

    /// Which end of the connection this is.
    #[must_use]
    pub fn role(&self) -> Role {
        self.sending.outgoing.role()
    }

    /// The subprotocol that the opening handshake agreed on (§1.9).
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.sending.outgoing.subprotocol()
    }

    /// What the opening handshake agreed on of compression (RFC 7692 §7.1); `None`: no message is
    /// compressed.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn compression(&self) -> Option<crate::deflate::Agreement> {
        self.sending.outgoing.compression()
    }

    /// Bytes and frames received.
    #[must_use]
    pub fn received(&self) -> Counters {
        self.receiving.incoming.received()
    }

    /// Bytes taken by the transport, and frames queued.
    #[must_use]
    pub fn sent(&self) -> Counters {
        self.sending.outgoing.sent()
    }
}

impl<S: Transport> WebSocket<S> {
    /// The transport. What is read from it or written to it past the WebSocket breaks the connection.
    #[must_use]
    pub fn transport(&self) -> &S {
        self.sending.line.transport()
    }

    /// The transport, see [`transport`](Self::transport).
    pub fn transport_mut(&mut self) -> &mut S {
        self.sending.line.transport_mut()
    }

    /// The transport, without the WebSocket. What is queued or unread is dropped.
    #[must_use]
    pub fn into_transport(self) -> S {
        self.sending.line.into_transport()
    }
}

impl<S: Transport> Side for Sending<S> {
    fn apply(&mut self, incoming: &mut Incoming) {
        if let Some(reply) = incoming.take_reply() {
            self.outgoing.apply(reply);
        }
    }

    fn turn(&mut self, incoming: &mut Incoming) -> Option<Duration> {
        self.apply(incoming);
        let _deadline = self.line.tick(&mut self.outgoing);
        self.line.write_queued(&mut self.outgoing);
        let deadline = self.line.deadline();
        if self.outgoing.ignores_peer() {
            incoming.stop();
        }
        earlier(deadline, incoming.tick(self.line.now()))
    }

    fn is_closed(&self) -> bool {
        self.outgoing.state() == State::Closed
    }

    fn read(&mut self, space: &mut [u8], deadline: Option<Duration>) -> Received {
        self.line.read(space, deadline)
    }

    fn end(&mut self, incoming: &mut Incoming) {
        incoming.receive_eof();
        self.apply(incoming);
        self.line.end(&mut self.outgoing);
    }

    fn feed(&mut self, queue: &mut Queue<'_>) -> Result<(), Error> {
        loop {
            match queue(&mut self.outgoing) {
                Err(SendError::Full) if self.outgoing.unsent() > 0 => self.flush()?,
                Err(misuse) => return Err(Error::Send(misuse)),
                Ok(()) if !self.line.is_writable() => return self.flush(),
                Ok(()) => return Ok(()),
            }
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.line.write_queued(&mut self.outgoing);
        if self.outgoing.state() == State::Closed {
            self.outcome()
        } else if self.line.is_writable() {
            Ok(())
        } else {
            Err(self.line.take_failure().map_or(Error::ConnectionLost, Error::from))
        }
    }

    fn outcome(&mut self) -> Result<(), Error> {
        outcome(&self.outgoing, self.line.take_failure())
    }
}

impl<S> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("incoming", &self.receiving.incoming)
            .field("outgoing", &self.sending.outgoing)
            .field("line", &self.sending.line)
            .finish_non_exhaustive()
    }
}
