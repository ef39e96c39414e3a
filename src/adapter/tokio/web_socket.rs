//! A WebSocket over an asynchronous transport, in one hand.

use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};

use ::tokio::io::{AsyncRead, AsyncWrite};

use super::Batch;
use super::line::Line;
use super::receiving::{Receiving, Rest};
use super::sending::Sending;
use super::tasks::Party;
use crate::adapter::read_buffer::ReadBuffer;
use crate::adapter::{Closed, Error, Message};
use crate::{
    CloseCode, CloseInformation, Config, Connection, Counters, Outgoing, Role, SendError, State,
};

/// An open WebSocket over a transport, such as tokio's `TcpStream`.
///
/// While nothing has been read it holds no buffer, and a timer only if there is a deadline to keep. Deadlines are
/// kept while a future of it is awaited.
///
/// What [`feed`](Self::feed) queues goes out in one write when everything that was read is used up and
/// [`next`](Self::next) comes to wait; [`send`](Self::send) and [`flush`](Self::flush) write at once. Both wait
/// while the peer takes nothing, and do not read meanwhile: where both ends send each other more than the
/// transport holds, [`split`](Self::split).
///
/// Every future may be dropped: nothing that was received is lost, and nothing is sent by halves. It goes on where
/// it stopped when the method is called again.
pub struct WebSocket<S> {
    pub(super) receiving: Receiving,
    pub(super) sending: Sending<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// A WebSocket on a transport on which the opening handshake has been done by other means, such as an HTTP
    /// library. `config` is the one of the connection.
    ///
    /// A transport that had to wait is offered what there is to write by then, which a Pong may have come in front
    /// of. TCP and rustls take that; one that remembers what it was offered, such as OpenSSL's, does not.
    #[must_use]
    pub fn from_connection(transport: S, connection: Connection, config: &Config) -> Self {
        Self::new(Line::new(transport, &config.timeouts), connection, ReadBuffer::new())
    }

    pub(super) fn new(line: Line<S>, connection: Connection, buffer: ReadBuffer) -> Self {
        let (incoming, outgoing) = connection.split();
        Self { receiving: Receiving::new(incoming, buffer), sending: Sending::new(outgoing, line) }
    }

    /// Waits for the next message. `None`: the connection has ended, by a closing handshake or by an error that was
    /// returned before; see [`close_information`](Self::close_information). Cancel safe.
    ///
    /// ```no_run
    /// # use websocket_proto::adapter::tokio::{Error, WebSocket};
    /// # async fn echo(mut websocket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// while let Some(message) = websocket.next().await {
    ///     websocket.feed(message?).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Once: [`Error::ConnectionLost`] or [`Error::Io`] if the transport ended without the peer's Close (1006),
    /// [`Error::Timeout`] if a deadline ended it, [`Error::Protocol`] if the peer's violation did: by then it has been
    /// told so by a Close, and the transport has ended, which takes up to
    /// [`Timeouts::close`](crate::Timeouts::close). [`Error::ChunkedDelivery`] if messages are delivered by chunks.
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        // Without a future in the future: most messages do not have to be waited for.
        match self.receiving.message_at_hand(&mut Rest::Whole(&mut self.sending)) {
            Some(result) => Some(result),
            None => poll_fn(|cx| self.poll_message(cx)).await,
        }
    }

    /// Writes what is queued, waits for the peer, and lends what one read brings: nothing is copied, and events of
    /// every kind are seen. `None`: as with [`next`](Self::next). Cancel safe.
    ///
    /// # Errors
    /// As [`next`](Self::next), but for `ChunkedDelivery`.
    pub async fn next_batch(&mut self) -> Result<Option<Batch<'_, S>>, Error> {
        let mut rest = Rest::Whole(&mut self.sending);
        if poll_fn(|cx| self.receiving.poll_unread(&mut rest, cx)).await {
            Ok(Some(self.receiving.batch(rest)))
        } else {
            self.receiving.end(&mut rest).map(|()| None)
        }
    }

    /// Queues a message: it goes out when [`next`](Self::next) waits, or with the next `send` or `flush`. If the
    /// output is full, waits for the transport to take some of it.
    ///
    /// Cancel safe: the message is queued when the call returns `Ok`, and not at all if the future is dropped.
    ///
    /// # Errors
    /// [`Error::Send`] if the message is refused; [`Error::Io`], [`Error::Timeout`], [`Error::ConnectionLost`] if
    /// writing failed or fails.
    pub async fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        if self.sending.feed_at_once(|outgoing| message.queue(outgoing)) {
            return Ok(());
        }
        self.feed_with(|outgoing| message.queue(outgoing)).await
    }

    /// Sends a message, and everything that is queued before it: [`feed`](Self::feed) and [`flush`](Self::flush).
    ///
    /// If the future is dropped, the message may be queued or not, but never in part; who has to know calls the two
    /// one by one.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Sends a text message, without copying it before it is encoded: as [`send`](Self::send).
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn send_text(&mut self, text: &str) -> Result<(), Error> {
        self.send_with(|outgoing| outgoing.send_text(text)).await
    }

    /// Sends a binary message, without copying it before it is encoded: as [`send`](Self::send).
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.send_with(|outgoing| outgoing.send_binary(data)).await
    }

    /// Queues a text message: as [`feed`](Self::feed).
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn feed_text(&mut self, text: &str) -> Result<(), Error> {
        self.feed_with(|outgoing| outgoing.send_text(text)).await
    }

    /// Queues a binary message: as [`feed`](Self::feed).
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn feed_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.feed_with(|outgoing| outgoing.send_binary(data)).await
    }

    /// Queues whatever `queue` does, such as `|outgoing| outgoing.send_prepared(&news)`. If the output is full it
    /// is written first, and `queue` called again. Cancel safe, as [`feed`](Self::feed).
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn feed_with(
        &mut self,
        mut queue: impl FnMut(&mut Outgoing) -> Result<(), SendError> + Send,
    ) -> Result<(), Error> {
        poll_fn(|cx| self.sending.poll_feed(WRITER, &mut queue, cx)).await
    }

    /// As [`feed_with`](Self::feed_with), and writes.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn send_with(
        &mut self,
        queue: impl FnMut(&mut Outgoing) -> Result<(), SendError> + Send,
    ) -> Result<(), Error> {
        self.feed_with(queue).await?;
        self.flush().await
    }

    /// Sends a Ping (§5.5.2) with up to 125 bytes. As [`send`](Self::send).
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.send_with(|outgoing| outgoing.ping(payload)).await
    }

    /// Writes what is queued. Cancel safe.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Timeout`], [`Error::ConnectionLost`] if writing failed or fails.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.sending.poll_flush(WRITER, cx)).await
    }

    /// Queues a Close (§7.1.2). Go on reading: the peer may finish what it is sending, and [`next`](Self::next) gives
    /// `None` once its Close has come and the transport has ended. Cancel safe.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn feed_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.feed_with(|outgoing| outgoing.close(code, reason)).await
    }

    /// Closes to the end: sends a Close, discards what the peer still sends, and waits for its Close and for
    /// the end of the transport, for at most [`Timeouts::close`](crate::Timeouts::close). Says how it ended,
    /// which is not always cleanly. If the connection is closing already, only waits. Cancel safe.
    ///
    /// # Errors
    /// [`Error::Send`] for a reason of more than 123 bytes, or a code that this role may not send.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closed, Error> {
        // What a sink took early goes first.
        poll_fn(|cx| {
            if self.sending.held.is_empty() {
                return Poll::Ready(());
            }
            let ended = self.receiving.poll_end(&mut Rest::Whole(&mut self.sending), cx);
            if self.sending.held.is_empty() { Poll::Ready(()) } else { ended }
        })
        .await;
        match self.sending.outgoing.close(code, reason) {
            Ok(()) | Err(SendError::Closed) => {}
            Err(misuse) => return Err(Error::Send(misuse)),
        }
        let mut rest = Rest::Whole(&mut self.sending);
        poll_fn(|cx| self.receiving.poll_end(&mut rest, cx)).await;
        Ok(self.close_information().map_or_else(Closed::lost, Closed::from))
    }

    /// Gives up, without a Close: drops what is queued. Drop the WebSocket to end the transport as well.
    pub fn abort(&mut self) {
        self.receiving.incoming.stop();
        self.sending.abort();
    }

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

    pub(super) fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, Error>>> {
        self.receiving.poll_message(&mut Rest::Whole(&mut self.sending), cx)
    }
}

/// The sending side of a WebSocket in one hand.
pub(super) const WRITER: Party = Party::Writer(0);

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

    /// As [`close_information`](Self::close_information), to keep.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.close_information().map(Closed::from)
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

    /// See [`Connection::set_compress`].
    #[cfg(feature = "deflate")]
    pub fn set_compress(&mut self, choice: crate::deflate::Compress) -> crate::deflate::Compress {
        self.sending.outgoing.set_compress(choice)
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

    /// Sets how many bytes one read takes, from the next one on. Default: 16 KiB, in buffers that the
    /// connections on a thread share; another size has the connection allocate its buffer for each read.
    pub fn set_read_buffer_size(&mut self, bytes: usize) {
        self.receiving.buffer.set_size(bytes);
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
