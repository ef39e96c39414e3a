//! Waiting for the peer: the same for a connection in one hand and for one half of it.

use core::task::{Context, Poll, ready};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::tokio::io::{AsyncRead, AsyncWrite};

use super::Batch;
use super::sending::Sending;
use crate::adapter::read_buffer::ReadBuffer;
use crate::adapter::{Error, Message};
use crate::{Event, Incoming, ProtocolError};

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

    /// The next event of the input. What it means for the sending direction has been passed on.
    #[inline]
    pub(super) fn receive<'i>(
        &mut self,
        incoming: &mut Incoming,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        match self {
            Self::Whole(sending) => incoming.receive_for(&mut sending.outgoing, input),
            Self::Half(shared) => {
                let result = incoming.receive(input);
                if !matches!(
                    result,
                    Ok(None | Some(Event::Text(_) | Event::Binary(_) | Event::Chunk(_)))
                ) {
                    lock(shared).apply(incoming);
                }
                result
            }
        }
    }
}

pub(super) fn lock<S>(shared: &Mutex<Sending<S>>) -> MutexGuard<'_, Sending<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiving {
    pub(super) fn new(incoming: Incoming, buffer: ReadBuffer) -> Self {
        Self { incoming, buffer, told: false }
    }

    /// The next message. `None`: the connection has ended, and how was told.
    pub(super) fn poll_message<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        rest: &mut Rest<'_, S>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, Error>>> {
        loop {
            if !ready!(self.poll_unread(rest, cx)) {
                return Poll::Ready(self.end(rest).err().map(Err));
            }
            let (mut input, mut unread) = self.buffer.unread();
            while let Ok(Some(event)) = rest.receive(&mut self.incoming, &mut input) {
                let message = match event {
                    Event::Text(text) => Message::Text(text.into_utf8_bytes()),
                    Event::Binary(data) => Message::Binary(data.into_bytes()),
                    other => match Message::from_event(other) {
                        Ok(None) => continue,
                        Ok(Some(message)) => message,
                        Err(error) => {
                            unread.keep_last(input.len());
                            return Poll::Ready(Some(Err(error)));
                        }
                    },
                };
                unread.keep_last(input.len());
                return Poll::Ready(Some(Ok(message)));
            }
            // A violation is told when it has been told to the peer.
            unread.keep_last(input.len());
        }
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
