//! The sending half of a split WebSocket.

use alloc::sync::Arc;
use core::fmt;

use super::shared::Shared;
use super::{Closed, Error, Message, Transport};
use crate::{CloseCode, Outgoing, SendError, State};

/// Sends over a WebSocket that was [`split`](super::WebSocket::split). A clone sends over the same one, so that
/// any number of threads can.
///
/// `send_*` writes before it returns. `feed_*` only queues, until someone sends or flushes or the
/// [`Reader`](super::Reader) comes to wait again.
pub struct Writer<W> {
    pub(super) shared: Arc<Shared<W>>,
}

impl<W: Transport> Writer<W> {
    /// Sends a message: queues it, and writes.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn send(&self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        self.send_with(|outgoing| message.queue(outgoing))
    }

    /// Queues a message: it waits to be written.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn feed(&self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        self.feed_with(|outgoing| message.queue(outgoing))
    }

    /// Queues whatever `queue` does, such as `|outgoing| outgoing.send_prepared(&news)`, and writes. If the
    /// output is full it is written first, and `queue` called again. All other threads wait for `queue`: it
    /// must do nothing but queue.
    ///
    /// # Errors
    /// [`Error::Send`] if the call is refused; [`Error::Io`], [`Error::Timeout`], [`Error::ConnectionLost`] if
    /// writing failed or fails.
    pub fn send_with(
        &self,
        queue: impl FnMut(&mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.feed_with(queue)?;
        self.flush()
    }

    /// As [`send_with`](Self::send_with), but what is queued waits to be written.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn feed_with(
        &self,
        mut queue: impl FnMut(&mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.shared.feed(&mut queue)
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn send_text(&self, text: &str) -> Result<(), Error> {
        self.send_with(|outgoing| outgoing.send_text(text))
    }

    /// Sends a binary message.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn send_binary(&self, data: &[u8]) -> Result<(), Error> {
        self.send_with(|outgoing| outgoing.send_binary(data))
    }

    /// Queues a text message.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn feed_text(&self, text: &str) -> Result<(), Error> {
        self.feed_with(|outgoing| outgoing.send_text(text))
    }

    /// Queues a binary message.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn feed_binary(&self, data: &[u8]) -> Result<(), Error> {
        self.feed_with(|outgoing| outgoing.send_binary(data))
    }

    /// Sends a Ping (§5.5.2) with up to 125 bytes.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn ping(&self, payload: &[u8]) -> Result<(), Error> {
        self.send_with(|outgoing| outgoing.ping(payload))
    }

    /// Sends a Close (§7.1.2). The reader goes on until the peer's Close has come and the transport has ended.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.send_with(|outgoing| outgoing.close(code, reason))
    }

    /// Gives up, without a Close: drops what is queued, and ends the transport. While another thread is blocked
    /// in writing, that is left to the reader when it wakes next.
    pub fn abort(&self) {
        self.shared.abort();
    }

    /// Writes what is queued.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Timeout`], [`Error::ConnectionLost`] if writing failed or fails.
    pub fn flush(&self) -> Result<(), Error> {
        self.shared.flush()
    }
}

impl<W> Writer<W> {
    /// Where the connection is in its life.
    #[must_use]
    pub fn state(&self) -> State {
        self.shared.state()
    }

    /// What the opening handshake agreed on of compression (RFC 7692 §7.1); `None`: no message is
    /// compressed.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn compression(&self) -> Option<crate::deflate::Agreement> {
        self.shared.compression()
    }

    /// How and why the connection ends or has ended; `None` while it is open.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.shared.closed()
    }
}

impl<W> Clone for Writer<W> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<W> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("shared", &self.shared).finish()
    }
}
