//! The halves of a split WebSocket, for tasks of their own.

use alloc::sync::Arc;
use core::fmt;
use core::future::poll_fn;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{Context, Poll};
use std::sync::Mutex;

use ::tokio::io::{AsyncRead, AsyncWrite};

use super::receiving::{Receiving, Rest, lock};
use super::sending::Sending;
use super::tasks::Party;
use super::{Batch, WebSocket};
use crate::adapter::{Closed, Error, Message};
use crate::{CloseCode, Outgoing, SendError, State};

/// Receives from a WebSocket that was [`split`](WebSocket::split).
///
/// It answers Pings and the Close, keeps the deadlines, and writes what writers have fed while it waits for the
/// peer: keep it waiting. Without it, writers only write.
pub struct Reader<S> {
    receiving: Receiving,
    shared: Arc<Shared<S>>,
}

/// Sends over a WebSocket that was [`split`](WebSocket::split). A clone sends over the same one, for another task.
///
/// What is fed goes out with the next `send` or `flush` of any writer, or when the [`Reader`], which is told, comes
/// to wait.
pub struct Writer<S> {
    shared: Arc<Shared<S>>,
    number: u32,
}

struct Shared<S> {
    sending: Mutex<Sending<S>>,
    /// The number of the next writer.
    next: AtomicU32,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Divides the WebSocket into a half that receives and one that sends, in this order, for tasks of their own:
    /// neither waits for what the other one waits for. (`StreamExt::split` gives the sink first.)
    ///
    /// ```no_run
    /// # use websocket_proto::adapter::tokio::{Error, WebSocket};
    /// # async fn talk(websocket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// let (mut reader, mut writer) = websocket.split();
    /// tokio::spawn(async move { writer.send("as soon as something happens").await });
    /// while let Some(message) = reader.next().await {
    ///     println!("{:?}", message?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn split(self) -> (Reader<S>, Writer<S>) {
        let Self { receiving, mut sending } = self;
        sending.line.tasks.expect_several();
        let shared = Arc::new(Shared { sending: Mutex::new(sending), next: AtomicU32::new(1) });
        (Reader { receiving, shared: shared.clone() }, Writer { shared, number: 0 })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Reader<S> {
    /// Waits for the next message: as [`WebSocket::next`]. Cancel safe.
    ///
    /// # Errors
    /// As [`WebSocket::next`].
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        poll_fn(|cx| self.poll_message(cx)).await
    }

    /// Lends what one read brings: as [`WebSocket::next_batch`]. Cancel safe.
    ///
    /// # Errors
    /// As [`WebSocket::next_batch`].
    pub async fn next_batch(&mut self) -> Result<Option<Batch<'_, S>>, Error> {
        let mut rest = Rest::Half(&self.shared.sending);
        if poll_fn(|cx| self.receiving.poll_unread(&mut rest, cx)).await {
            Ok(Some(self.receiving.batch(rest)))
        } else {
            self.receiving.end(&mut rest).map(|()| None)
        }
    }

    /// How and why the connection ends or has ended; `None` while it is open.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        lock(&self.shared.sending).outgoing.close_information().map(Closed::from)
    }

    pub(super) fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, Error>>> {
        self.receiving.poll_message(&mut Rest::Half(&self.shared.sending), cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Writer<S> {
    /// Queues a message: as [`WebSocket::feed`]. Cancel safe: it is queued when the call returns `Ok`, and not at all
    /// if the future is dropped.
    ///
    /// # Errors
    /// As [`WebSocket::feed`].
    pub async fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        self.feed_with(|outgoing| message.queue(outgoing)).await
    }

    /// Sends a message: as [`WebSocket::send`].
    ///
    /// # Errors
    /// As [`WebSocket::feed`].
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Queues whatever `queue` does: as [`WebSocket::feed_with`]. All other tasks wait for `queue`: it must do
    /// nothing but queue.
    ///
    /// # Errors
    /// As [`WebSocket::feed`].
    pub async fn feed_with(
        &mut self,
        mut queue: impl FnMut(&mut Outgoing) -> Result<(), SendError> + Send,
    ) -> Result<(), Error> {
        self.poll(|sending, party, cx| sending.poll_feed(party, &mut queue, cx)).await
    }

    /// As [`feed_with`](Self::feed_with), and writes.
    ///
    /// # Errors
    /// As [`WebSocket::feed`].
    pub async fn send_with(
        &mut self,
        queue: impl FnMut(&mut Outgoing) -> Result<(), SendError> + Send,
    ) -> Result<(), Error> {
        self.feed_with(queue).await?;
        self.flush().await
    }

    /// Sends a Ping (§5.5.2) with up to 125 bytes.
    ///
    /// # Errors
    /// As [`WebSocket::feed`].
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.send_with(|outgoing| outgoing.ping(payload)).await
    }

    /// Writes what is queued. Cancel safe.
    ///
    /// # Errors
    /// As [`WebSocket::flush`].
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.poll(Sending::poll_flush).await
    }

    /// Sends a Close (§7.1.2), and does not wait for the peer's: the reader goes on until that has come and the
    /// transport has ended. [`Reader::closed`] then tells how.
    ///
    /// # Errors
    /// As [`WebSocket::feed`].
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.send_with(|outgoing| outgoing.close(code, reason)).await
    }

    /// Gives up, without a Close: drops what is queued, and ends the connection.
    pub fn abort(&mut self) {
        lock(&self.shared.sending).abort();
    }

    /// Has `act` done for this writer until it is ready.
    async fn poll<T>(
        &self,
        mut act: impl FnMut(&mut Sending<S>, Party, &mut Context<'_>) -> Poll<T>,
    ) -> T {
        poll_fn(|cx| self.poll_once(&mut act, cx)).await
    }

    pub(super) fn poll_once<T>(
        &self,
        act: impl FnOnce(&mut Sending<S>, Party, &mut Context<'_>) -> Poll<T>,
        cx: &mut Context<'_>,
    ) -> Poll<T> {
        act(&mut lock(&self.shared.sending), Party::Writer(self.number), cx)
    }

    pub(super) fn start_send(&self, message: Message) -> Result<(), Error> {
        lock(&self.shared.sending).start_send(Party::Writer(self.number), message)
    }
}

impl<S> Writer<S> {
    /// Where the connection is in its life.
    #[must_use]
    pub fn state(&self) -> State {
        lock(&self.shared.sending).outgoing.state()
    }

    /// How and why the connection ends or has ended; `None` while it is open.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        lock(&self.shared.sending).outgoing.close_information().map(Closed::from)
    }
}

impl<S> Clone for Writer<S> {
    fn clone(&self) -> Self {
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        Self { shared: self.shared.clone(), number }
    }
}

impl<S> Drop for Writer<S> {
    fn drop(&mut self) {
        lock(&self.shared.sending).line.tasks.leave(Party::Writer(self.number));
    }
}

impl<S> Drop for Reader<S> {
    fn drop(&mut self) {
        lock(&self.shared.sending).line.tasks.leave(Party::Reader);
    }
}

impl<S> fmt::Debug for Reader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("receiving", &self.receiving).finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for Writer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("number", &self.number).finish_non_exhaustive()
    }
}
