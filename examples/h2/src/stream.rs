//! A stream of HTTP/2 as a transport.
//!
//! | Transport | Stream (RFC 8441 §5) |
//! |---|---|
//! | bytes | DATA, as far as the windows of stream and connection reach |
//! | end of a direction | `END_STREAM` |
//! | dropped before both have ended | `RST_STREAM` with `CANCEL` |

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use h2::{Reason, RecvStream, SendStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that all streams of a connection may have on the way together. Each may have 65,535 (RFC 9113 §6.9.2), and with
/// as many for all of them, one that is not read would hold up the others.
pub(crate) const CONNECTION_WINDOW: u32 = 1 << 20;

/// Reads and writes the DATA of one stream.
#[derive(Debug)]
pub struct Stream {
    sending: SendStream<Bytes>,
    receiving: RecvStream,
    /// What has arrived and was not read.
    received: Bytes,
    sending_ended: bool,
    receiving_ended: bool,
}

impl Stream {
    pub(crate) fn new(sending: SendStream<Bytes>, receiving: RecvStream) -> Self {
        let received = Bytes::new();
        Self { sending, receiving, received, sending_ended: false, receiving_ended: false }
    }

    /// How many of so many bytes the peer has room for, at least one.
    fn poll_room(&mut self, wanted: usize, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.sending.reserve_capacity(wanted);
        loop {
            // What was assigned before is not told again.
            match self.sending.capacity() {
                0 => {}
                room => return Poll::Ready(Ok(room.min(wanted))),
            }
            match ready!(self.sending.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(io_error(error))),
                None => return Poll::Ready(Err(self.why_closed(cx))),
            }
        }
    }

    /// Why nothing more can be sent.
    fn why_closed(&mut self, cx: &mut Context<'_>) -> io::Error {
        match self.sending.poll_reset(cx) {
            Poll::Ready(Ok(reason)) => reset(h2::Error::from(reason)),
            Poll::Ready(Err(error)) => io_error(error),
            Poll::Pending => ErrorKind::BrokenPipe.into(),
        }
    }

    fn send(&mut self, data: Bytes, is_end: bool) -> io::Result<()> {
        self.sending.send_data(data, is_end).map_err(io_error)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.received.is_empty() {
            match ready!(self.receiving.poll_data(cx)) {
                Some(Ok(data)) => self.received = data,
                Some(Err(error)) => {
                    self.receiving_ended = true;
                    return Poll::Ready(Err(io_error(error)));
                }
                None => {
                    self.receiving_ended = true;
                    return Poll::Ready(Ok(()));
                }
            }
        }
        let count = self.received.len().min(buffer.remaining());
        buffer.put_slice(&self.received[..count]);
        self.received.advance(count);
        // Only what was read makes room for more: a slow reader slows the peer down.
        self.receiving.flow_control().release_capacity(count).map_err(io_error)?;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let count = ready!(self.poll_room(bytes.len(), cx))?;
        self.send(Bytes::copy_from_slice(&bytes[..count]), false)?;
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        runs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wanted = runs.iter().map(|run| run.len()).sum();
        if wanted == 0 {
            return Poll::Ready(Ok(0));
        }
        let count = ready!(self.poll_room(wanted, cx))?;
        let mut data = BytesMut::with_capacity(count);
        for run in runs {
            let rest = count - data.len();
            data.extend_from_slice(&run[..run.len().min(rest)]);
        }
        self.send(data.freeze(), false)?;
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// The connection's task writes: there is nothing to wait for.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.sending_ended {
            self.sending_ended = true;
            self.send(Bytes::new(), true)?;
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let receiving_ended = self.receiving_ended || self.receiving.is_end_stream();
        if !(self.sending_ended && receiving_ended) {
            self.sending.send_reset(Reason::CANCEL);
        }
    }
}

fn io_error(error: h2::Error) -> io::Error {
    if error.is_io() {
        error.into_io().unwrap_or_else(|| ErrorKind::Other.into())
    } else if error.is_reset() {
        reset(error)
    } else {
        io::Error::other(error)
    }
}

/// RFC 8441 §5: what a reset is to a connection of TCP.
fn reset(error: h2::Error) -> io::Error {
    io::Error::new(ErrorKind::ConnectionReset, error)
}
