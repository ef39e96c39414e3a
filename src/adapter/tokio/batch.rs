//! The events of one read, lent, and how they are answered while they are held.

use core::fmt;
use core::future::poll_fn;

use ::tokio::io::{AsyncRead, AsyncWrite};

use super::receiving::Rest;
use super::tasks::Party;
use crate::adapter::read_buffer::Unread;
use crate::adapter::{Error, Message};
use crate::{Event, Incoming, Outgoing, SendError};

/// What one read brought: any number of events, lent by the read buffer.
///
/// An event does not borrow the batch, so that it can be answered while it is held. What is fed goes out in
/// one write, together with Pongs, when the connection is waited for again.
///
/// ```no_run
/// # use websocket_proto::Event;
/// # use websocket_proto::adapter::tokio::{Error, WebSocket};
/// # async fn echo(mut websocket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
/// while let Some(mut batch) = websocket.next_batch().await? {
///     while let Some(event) = batch.next_event() {
///         match event {
///             Event::Text(text) => batch.feed_text(&text).await?,
///             Event::Binary(data) => batch.feed_binary(&data).await?,
///             _ => {}
///         }
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// A batch that is dropped early loses nothing: what it has not given out comes next.
pub struct Batch<'a, S> {
    input: &'a mut [u8],
    unread: Unread<'a>,
    incoming: &'a mut Incoming,
    rest: Rest<'a, S>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Batch<'a, S> {
    pub(super) fn new(
        (input, unread): (&'a mut [u8], Unread<'a>),
        incoming: &'a mut Incoming,
        rest: Rest<'a, S>,
    ) -> Self {
        Self { input, unread, incoming, rest }
    }

    /// The next event; `None`: the batch is used up. A violation ends it, too: whoever waits for more is told,
    /// once the peer has been.
    #[inline]
    pub fn next_event(&mut self) -> Option<Event<'a>> {
        let result = self.rest.receive(self.incoming, &mut self.input);
        self.unread.keep_last(self.input.len());
        result.unwrap_or_default()
    }

    /// The next message, owned; other events are skipped. `None`: the batch is used up.
    ///
    /// # Errors
    /// [`Error::ChunkedDelivery`] if messages are delivered by chunks.
    pub fn next_message(&mut self) -> Result<Option<Message>, Error> {
        while let Some(event) = self.next_event() {
            if let Some(message) = Message::from_event(event)? {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// Queues a message. If the output is full, waits for the transport to take some of it.
    ///
    /// Cancel safe: it is queued when the call returns `Ok`, and not at all if the future is dropped.
    ///
    /// # Errors
    /// [`Error::Send`] if the message is refused; [`Error::Io`], [`Error::Timeout`], [`Error::ConnectionLost`] if
    /// writing failed or fails.
    pub async fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        self.feed_with(|outgoing| message.queue(outgoing)).await
    }

    /// Queues a text message: as [`feed`](Self::feed).
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn feed_text(&mut self, text: &str) -> Result<(), Error> {
        if self.rest.feed_at_once(|outgoing| outgoing.send_text(text)) {
            return Ok(());
        }
        self.feed_with(|outgoing| outgoing.send_text(text)).await
    }

    /// Queues a binary message: as [`feed`](Self::feed).
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn feed_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        if self.rest.feed_at_once(|outgoing| outgoing.send_binary(data)) {
            return Ok(());
        }
        self.feed_with(|outgoing| outgoing.send_binary(data)).await
    }

    /// Queues whatever `queue` does, such as `|outgoing| outgoing.send_prepared(&news)`. If the output is full it
    /// is written first, and `queue` called again.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn feed_with(
        &mut self,
        mut queue: impl FnMut(&mut Outgoing) -> Result<(), SendError> + Send,
    ) -> Result<(), Error> {
        poll_fn(|cx| self.rest.with(|sending| sending.poll_feed(Party::Reader, &mut queue, cx)))
            .await
    }

    /// Writes what is queued now, instead of with what else this batch will cause. Cancel safe.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Timeout`], [`Error::ConnectionLost`] if writing failed or fails.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.rest.with(|sending| sending.poll_flush(Party::Reader, cx))).await
    }
}

impl<S> fmt::Debug for Batch<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({} bytes left)", self.input.len())
    }
}
