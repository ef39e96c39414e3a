//! A TCP socket that counts: for hyper, and for everyone else on tokio.

use std::fs::File;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};

use hyper::rt::ReadBufCursor;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::account::Account;

/// Bytes that are read at once.
const READ: usize = 8 * 1024;

pub(crate) struct Socket {
    stream: TcpStream,
    counted: Counted,
}

/// Who is told what goes through.
enum Counted {
    /// The account of the server whose connection it is.
    Server(Arc<Account>),
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
        Self { stream, counted: Counted::Server(account) }
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
}

impl Counted {
    fn received(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Server(account) => _ = account.received.fetch_add(bytes.len() as u64, Relaxed),
            Self::Captured { received, .. } => received.write_all(bytes)?,
            Self::Nobody => {}
        }
        Ok(())
    }

    fn sent(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Server(account) => _ = account.sent.fetch_add(bytes.len() as u64, Relaxed),
            Self::Captured { sent, .. } => sent.write_all(bytes)?,
            Self::Nobody => {}
        }
        Ok(())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Counted::Server(account) = &self.counted {
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
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let count = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes))?;
        Poll::Ready(this.counted.sent(&bytes[..count]).map(|()| count))
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

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(self, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_shutdown(self, cx)
    }
}
