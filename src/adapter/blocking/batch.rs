//! The events of one read, lent, and how they are answered while they are held.

use core::fmt;

use super::receiving::{Side, drain};
use super::{Error, Message};
use crate::adapter::read_buffer::Unread;
use crate::{Event, Incoming, Outgoing, ProtocolError, SendError};

/// What one read brought: any number of events, lent by the read buffer.
///
/// An event does not borrow the batch, so that it can be answered while it is held. What is fed goes out in
/// one write, together with Pongs, when the connection is waited for again (the next `read` of any kind).
///
/// ```no_run
/// # use websocket_proto::adapter::blocking::{Error, WebSocket};
/// # use websocket_proto::Event;
/// # fn echo(mut websocket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
/// while let Some(mut batch) = websocket.read_batch()? {
///     while let Some(event) = batch.next_event()? {
///         match event {
///             Event::Text(text) => batch.feed_text(&text)?,
///             Event::Binary(data) => batch.feed_binary(&data)?,
///             _ => {}
///         }
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// A batch that is dropped early loses nothing: the next read goes on where it stopped.
pub struct Batch<'a> {
    input: &'a mut [u8],
    unread: Unread<'a>,
    incoming: &'a mut Incoming,
    side: &'a mut dyn Side,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        (input, unread): (&'a mut [u8], Unread<'a>),
        incoming: &'a mut Incoming,
        side: &'a mut dyn Side,
    ) -> Self {
        Self { input, unread, incoming, side }
    }

    /// The next event; `None`: the batch is used up.
    ///
    /// # Errors
    /// [`Error::Protocol`] for the peer's violation, once. By then what was fed before and the Close that says
    /// so have gone out, and the transport has ended, which takes up to
    /// [`Timeouts::close`](crate::Timeouts::close).
    pub fn next_event(&mut self) -> Result<Option<Event<'a>>, Error> {
        let result = self.incoming.receive(&mut self.input);
        self.unread.keep_last(self.input.len());
        match result {
            Ok(event) => {
                if let Some(Event::Ping(_) | Event::Pong(_) | Event::Close(_)) = event {
                    self.side.apply(self.incoming);
                }
                Ok(event)
            }
            Err(violation) => Err(self.fail(violation)),
        }
    }

    /// The next message, owned; other events are skipped. `None`: the batch is used up.
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event); [`Error::ChunkedDelivery`] if messages are delivered by chunks.
    pub fn next_message(&mut self) -> Result<Option<Message>, Error> {
        while let Some(event) = self.next_event()? {
            if let Some(message) = Message::from_event(event)? {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// Queues a message.
    ///
    /// # Errors
    /// As [`feed_with`](Self::feed_with).
    pub fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        self.feed_with(|outgoing| message.queue(outgoing))
    }

    /// Queues whatever `queue` does, such as `|outgoing| outgoing.send_prepared(&news)`. If the output is full it
    /// is written first, and `queue` called again.
    ///
    /// # Errors
    /// [`Error::Send`] if the call is refused; [`Error::Io`], [`Error::Timeout`], [`Error::ConnectionLost`] if
    /// writing failed or fails.
    pub fn feed_with(
        &mut self,
        mut queue: impl FnMut(&mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.side.feed(&mut queue)
    }

    /// Queues a text message.
    ///
    /// # Errors
    /// As [`feed_with`](Self::feed_with).
    pub fn feed_text(&mut self, text: &str) -> Result<(), Error> {
        self.feed_with(|outgoing| outgoing.send_text(text))
    }

    /// Queues a binary message.
    ///
    /// # Errors
    /// As [`feed_with`](Self::feed_with).
    pub fn feed_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.feed_with(|outgoing| outgoing.send_binary(data))
    }

    /// Writes what is queued now, instead of with what else this batch will cause.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Timeout`], [`Error::ConnectionLost`] if writing failed or fails.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.side.apply(self.incoming);
        self.side.flush()
    }

    fn fail(&mut self, violation: ProtocolError) -> Error {
        drain(self.side, self.incoming);
        Error::Protocol(violation)
    }
}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({} bytes left)", self.input.len())
    }
}
