//! Waiting for the peer: the same for a connection in one hand and for one half of it.

use core::task::{Context, Poll, ready};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::tokio::io::{AsyncRead, AsyncWrite};

use super::Batch;
use super::sending::Sending;
use crate::adapter::read_buffer::ReadBuffer;
use crate::adapter::{Error, Message};
use crate::{Event, Incoming, Outgoing, Payload, ProtocolError, SendError};

/// What is received, and where it is read to.
#[derive(Debug)]
pub(super) struct Receiving {
    pub(super) incoming: Incoming,
    pub(super) buffer: ReadBuffer,
    /// How the connection ended was told.
    told: bool,
}

/// The rest of the connection, as it is at hand.
pub(super) enum Rest<'a, S> {
    Whole(&'a mut Sending<S>),
    Half(&'a Mutex<Sending<S>>),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Rest<'_, S> {
    pub(super) fn with<R>(&mut self, act: impl FnOnce(&mut Sending<S>) -> R) -> R {
        match self {
            Self::Whole(sending) => act(sending),
            Self::Half(shared) => act(&mut lock(shared)),
        }
    }

    /// As [`Sending::feed_at_once`].
    #[inline]
    pub(super) fn feed_at_once(
        &mut self,
        queue: impl FnOnce(&mut Outgoing) -> Result<(), SendError>,
    ) -> bool {
        match self {
            Self::Whole(sending) => sending.feed_at_once(queue),
            Self::Half(_) => false,
        }
    }

    /// The next event of the input. What it means for the sending direction has been passed on.
    #[inline(always)]
    pub(super) fn receive<'i>(
        &mut self,
        incoming: &mut Incoming,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        match self {
            Self::Whole(sending) => incoming.receive_for(&mut sending.outgoing, input),
            Self::Half(shared) => receive_apart(incoming, shared, input),
        }
    }
}

/// The first message that `receive` gives.
#[inline(always)]
fn next_message<'i>(
    mut receive: impl FnMut() -> Result<Option<Event<'i>>, ProtocolError>,
) -> Option<Result<Message, Error>> {
    loop {
        // An event is matched where it is received, and what is borrowed is copied in an arm of its own: moving
        // either costs as much as the header.
        match receive() {
            Ok(Some(Event::Text(text))) => return Some(Ok(Message::Text(text.into_utf8_bytes()))),
            Ok(Some(Event::Binary(Payload::Borrowed(data)))) => {
                return Some(Ok(Message::from(&*data)));
            }
            Ok(Some(Event::Binary(data))) => return Some(Ok(Message::Binary(data.into_bytes()))),
            Ok(Some(Event::Chunk(_))) => return Some(Err(Error::ChunkedDelivery)),
            Ok(Some(Event::Ping(_) | Event::Pong(_) | Event::Close(_))) => {}
            Ok(None) | Err(_) => return None,
        }
    }
}

#[inline(never)]
fn receive_apart<'i, S: AsyncRead + AsyncWrite + Unpin>(
    incoming: &mut Incoming,
    shared: &Mutex<Sending<S>>,
    input: &mut &'i mut [u8],
) -> Result<Option<Event<'i>>, ProtocolError> {
    let result = incoming.receive(input);
    if !matches!(result, Ok(None | Some(Event::Text(_) | Event::Binary(_) | Event::Chunk(_)))) {
        lock(shared).apply(incoming);
    }
    result
}

pub(super) fn lock<S>(shared: &Mutex<Sending<S>>) -> MutexGuard<'_, Sending<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiving {
    pub(super) fn new(incoming: Incoming, buffer: ReadBuffer) -> Self {
        Self { incoming, buffer, told: false }
    }

    /// The next message. `None`: the connection has ended, and how was told.
    #[inline(never)]
    pub(super) fn poll_message<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        rest: &mut Rest<'_, S>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, Error>>> {
        loop {
            if let Some(result) = self.message_at_hand(rest) {
                return Poll::Ready(Some(result));
            }
            if !ready!(self.poll_unread(rest, cx)) {
                return Poll::Ready(self.end(rest).err().map(Err));
            }
        }
    }

    /// The next message of what is unread, if there is one. A violation is told when it has been told to the peer.
    #[inline]
    pub(super) fn message_at_hand<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        rest: &mut Rest<'_, S>,
    ) -> Option<Result<Message, Error>> {
        if self.buffer.is_empty() {
            return None;
        }
        let (mut input, mut unread) = self.buffer.unread();
        let result = match rest {
            Rest::Whole(sending) => {
                next_message(|| self.incoming.receive_for(&mut sending.outgoing, &mut input))
            }
            Rest::Half(shared) => {
                next_message(|| receive_apart(&mut self.incoming, shared, &mut input))
            }
        };
        unread.keep_last(input.len());
        result
    }

    /// Waits until there is something unread. `false`: the connection has ended.
    pub(super) fn poll_unread<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        rest: &mut Rest<'_, S>,
        cx: &mut Context<'_>,
    ) -> Poll<bool> {
        if self.buffer.is_empty() {
            rest.with(|sending| sending.poll_receive(&mut self.incoming, &mut self.buffer, cx))
        } else {
            Poll::Ready(true)
        }
    }

    /// Discards what comes until the connection has ended.
    pub(super) fn poll_end<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        rest: &mut Rest<'_, S>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        while ready!(self.poll_unread(rest, cx)) {
            let (mut input, mut unread) = self.buffer.unread();
            // A violation ends the connection, too.
            while let Ok(Some(_)) = rest.receive(&mut self.incoming, &mut input) {}
            unread.keep_last(0);
        }
        Poll::Ready(())
    }

    /// How the connection ended, once.
    pub(super) fn end<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        rest: &mut Rest<'_, S>,
    ) -> Result<(), Error> {
        if self.told {
            return Ok(());
        }
        self.told = true;
        rest.with(Sending::outcome)
    }

    /// What is unread, as events.
    pub(super) fn batch<'a, S: AsyncRead + AsyncWrite + Unpin>(
        &'a mut self,
        rest: Rest<'a, S>,
    ) -> Batch<'a, S> {
        Batch::new(self.buffer.unread(), &mut self.incoming, rest)
    }
}
