//! `Stream` and `Sink`, for combinators and for code that is written against them.
//!
//! What is taken by `start_send` goes out with `poll_flush`, or when the stream comes to wait. `poll_close` sends a
//! Close (1000); the stream goes on until the peer's has come.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use ::tokio::io::{AsyncRead, AsyncWrite};
use futures_core::Stream;
use futures_sink::Sink;

use super::sending::Sending;
use super::tasks::Party;
use super::web_socket::WRITER;
use super::{Reader, WebSocket, Writer};
use crate::adapter::{Error, Message};
use crate::{CloseCode, SendError};

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for WebSocket<S> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_message(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for Reader<S> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_message(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for WebSocket<S> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.sending.poll_feed_held(WRITER, cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        self.sending.start_send(WRITER, message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.sending.poll_flush(WRITER, cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        poll_close(&mut self.sending, WRITER, cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for Writer<S> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_once(Sending::poll_feed_held, cx)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        (*self).start_send(message)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_once(Sending::poll_flush, cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_once(poll_close, cx)
    }
}

fn poll_close<S: AsyncRead + AsyncWrite + Unpin>(
    sending: &mut Sending<S>,
    party: Party,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Error>> {
    match ready!(sending.poll_feed(
        party,
        &mut |outgoing| outgoing.close(CloseCode::NORMAL, ""),
        cx
    )) {
        // It is closing or closed already.
        Ok(()) | Err(Error::Send(SendError::Closed)) => sending.poll_flush(party, cx),
        Err(error) => Poll::Ready(Err(error)),
    }
}
