//! The transport of a client that has opened it by itself.

use core::time::Duration;
use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;

#[cfg(feature = "rustls")]
use super::TlsStream;
use super::{Error, Transport, TryClone};
use crate::adapter::route::Route;
#[cfg(feature = "rustls")]
use crate::adapter::tls::Tls;

/// The transport that [`connect`](super::connect) opens.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientStream {
    /// For `ws`.
    Plain(TcpStream),
    /// For `wss`.
    #[cfg(feature = "rustls")]
    Tls(TlsStream),
}

impl ClientStream {
    /// The TCP connection, whatever goes through it.
    #[must_use]
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            #[cfg(feature = "rustls")]
            Self::Tls(stream) => stream.socket(),
        }
    }

    /// What makes the transport for this route of a TCP connection to its server.
    #[cfg(feature = "rustls")]
    pub(super) fn prepare(route: &Route<'_>) -> Result<impl FnOnce(TcpStream) -> Self, Error> {
        let mut session = None;
        if route.is_secure() {
            let Tls { config, name } = route.tls()?;
            session = Some(rustls::ClientConnection::new(config, name).map_err(Error::from)?);
        }
        Ok(|tcp| match session {
            None => Self::Plain(tcp),
            Some(session) => Self::Tls(TlsStream::new(session, tcp)),
        })
    }

    #[cfg(not(feature = "rustls"))]
    pub(super) fn prepare(route: &Route<'_>) -> Result<impl FnOnce(TcpStream) -> Self, Error> {
        if route.is_secure() { Err(Error::TlsNotBuilt) } else { Ok(Self::Plain) }
    }

    fn transport(&mut self) -> &mut dyn Transport {
        match self {
            Self::Plain(stream) => stream,
            #[cfg(feature = "rustls")]
            Self::Tls(stream) => stream,
        }
    }
}

impl Read for ClientStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.transport().read(buffer)
    }
}

impl Write for ClientStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.transport().write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.transport().write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.transport().flush()
    }
}

impl Transport for ClientStream {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.transport().set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.transport().set_write_timeout(timeout)
    }

    fn set_no_delay(&mut self) -> io::Result<()> {
        self.transport().set_no_delay()
    }

    fn reads_all(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    fn shut_down_write(&mut self) -> io::Result<()> {
        self.transport().shut_down_write()
    }

    fn shut_down(&mut self) -> io::Result<()> {
        self.transport().shut_down()
    }
}

impl TryClone for ClientStream {
    fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Plain(stream) => stream.try_clone().map(Self::Plain),
            #[cfg(feature = "rustls")]
            Self::Tls(stream) => TryClone::try_clone(stream).map(Self::Tls),
        }
    }
}
