//! A TCP socket that counts: for hyper, and for everyone else on tokio.

use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::mem::MaybeUninit;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};

use hyper::rt::ReadBufCursor;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use websocket_proto::Role;

use crate::account::Account;
use crate::inspect::watched::Record;

/// Bytes that hyper reads at once: what the adapter of this crate does.
const READ: usize = 16 * 1024;

pub(crate) struct Socket {
    stream: TcpStream,
    counted: Counted,
}

/// Who is told what goes through.
enum Counted {
    /// The account of the server whose connection it is, and whoever watches it.
    Server {
        account: Arc<Account>,
        watch: Option<Record>,
    },
    /// Files with every byte that a client received and sent.
    Captured {
        received: File,
        sent: File,
    },
    Nobody,
}

impl Socket {
    pub(crate) fn of_server(stream: TcpStream, account: Arc<Account>) -> Self {
        account.connections.fetch_add(1, Relaxed);
        account.open.fetch_add(1, Relaxed);
        Self { stream, counted: Counted::Server { account, watch: None } }
    }

    pub(crate) fn of_client(stream: TcpStream) -> Self {
        Self { stream, counted: Counted::Nobody }
    }

    /// With everything written to `NAME.received` and `NAME.sent`.
    pub(crate) fn captured(stream: TcpStream, folder: &Path, name: &str) -> io::Result<Self> {
        let file = |direction| File::create(folder.join(format!("{name}.{direction}")));
        let counted = Counted::Captured { received: file("received")?, sent: file("sent")? };
        Ok(Self { stream, counted })
    }

    /// Shows everything to the watch from here on.
    pub(crate) fn watched_by(mut self, by: Record) -> Self {
        if let Counted::Server { watch, .. } = &mut self.counted {
            *watch = Some(by);
        }
        self
    }

    /// Nobody wants to see it.
    pub(crate) fn unwatched(&mut self) {
        if let Counted::Server { watch, .. } = &mut self.counted {
            *watch = None;
        }
    }
}

impl Counted {
    fn received(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Server { account, watch } => {
                account.received.fetch_add(bytes.len() as u64, Relaxed);
                if let Some(watch) = watch {
                    watch.push(Role::Client, bytes);
                }
            }
            Self::Captured { received, .. } => received.write_all(bytes)?,
            Self::Nobody => {}
        }
        Ok(())
    }

    /// So many of these bytes were sent.
    fn sent(&mut self, slices: &[IoSlice<'_>], count: usize) -> io::Result<()> {
        if let Self::Server { account, .. } = self {
            account.sent.fetch_add(count as u64, Relaxed);
        }
        let mut left = count;
        for slice in slices {
            let bytes = &slice[..slice.len().min(left)];
            left -= bytes.len();
            match self {
                Self::Server { watch: Some(watch), .. } => watch.push(Role::Server, bytes),
                Self::Captured { sent, .. } => sent.write_all(bytes)?,
                _ => return Ok(()),
            }
        }
        Ok(())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Counted::Server { account, .. } = &self.counted {
            account.open.fetch_sub(1, Relaxed);
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        Poll::Ready(this.counted.received(&buffer.filled()[before..]))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write_vectored(self, cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let count = ready!(Pin::new(&mut this.stream).poll_write_vectored(cx, slices))?;
        Poll::Ready(this.counted.sent(slices, count).map(|()| count))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl hyper::rt::Read for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut space = [MaybeUninit::uninit(); READ];
        let most = buffer.remaining().min(READ);
        let mut read = ReadBuf::uninit(&mut space[..most]);
        ready!(AsyncRead::poll_read(self, cx, &mut read))?;
        buffer.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write(self, cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write_vectored(self, cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(self, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_shutdown(self, cx)
    }
}
