//! The transport of a client that has opened it by itself.

#[cfg(feature = "tokio-rustls")]
use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io::{self, IoSlice};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use ::tokio::net::TcpStream;
#[cfg(feature = "tokio-rustls")]
use ::tokio_rustls::{TlsConnector, client::TlsStream};

use crate::adapter::Error;
use crate::adapter::route::Route;
#[cfg(feature = "tokio-rustls")]
use crate::adapter::tls::Tls;
#[cfg(feature = "tokio-rustls")]
use crate::handshake::HandshakeError;

/// The transport that [`connect`](super::connect) opens.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientStream {
    /// For `ws`.
    Plain(TcpStream),
    /// For `wss`.
    #[cfg(feature = "tokio-rustls")]
    Tls(Box<TlsStream<TcpStream>>),
}

impl ClientStream {
    /// The TCP connection, whatever goes through it.
    #[must_use]
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            #[cfg(feature = "tokio-rustls")]
            Self::Tls(stream) => stream.get_ref().0,
        }
    }

    fn plain_or_tls(self: Pin<&mut Self>) -> Pin<&mut dyn Duplex> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream),
            #[cfg(feature = "tokio-rustls")]
            Self::Tls(stream) => Pin::new(stream),
        }
    }
}

/// What comes on top of the TCP connection to a server.
pub(super) struct Layer {
    #[cfg(feature = "tokio-rustls")]
    tls: Option<Tls>,
}

impl Layer {
    #[cfg(feature = "tokio-rustls")]
    pub(super) fn of(route: &Route<'_>) -> Result<Self, Error> {
        Ok(Self { tls: if route.is_secure() { Some(route.tls()?) } else { None } })
    }

    #[cfg(not(feature = "tokio-rustls"))]
    pub(super) fn of(route: &Route<'_>) -> Result<Self, Error> {
        if route.is_secure() { Err(Error::TlsNotBuilt) } else { Ok(Self {}) }
    }

    #[cfg(feature = "tokio-rustls")]
    pub(super) async fn on(self, tcp: TcpStream) -> Result<ClientStream, Error> {
        let Some(Tls { config, name }) = self.tls else {
            return Ok(ClientStream::Plain(tcp));
        };
        match TlsConnector::from(config).connect(name, tcp).await {
            Ok(stream) => Ok(ClientStream::Tls(Box::new(stream))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(Error::Handshake(HandshakeError::ConnectionEnded))
            }
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(feature = "tokio-rustls"))]
    #[expect(clippy::unused_async, reason = "with TLS it waits")]
    pub(super) async fn on(self, tcp: TcpStream) -> Result<ClientStream, Error> {
        Ok(ClientStream::Plain(tcp))
    }
}

trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Duplex for S {}

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.plain_or_tls().poll_read(cx, buffer).map(|result| match result {
            // The end of TLS without `close_notify`: whether it came too early is seen by who reads.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
            result => result,
        })
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.plain_or_tls().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.plain_or_tls().poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            #[cfg(feature = "tokio-rustls")]
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.plain_or_tls().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.plain_or_tls().poll_shutdown(cx)
    }
}
