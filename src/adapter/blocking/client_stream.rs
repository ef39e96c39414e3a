//! The transport of a client that has opened it by itself.

use core::time::Duration;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};

use super::{Transport, TryClone};

/// The transport that [`connect`](super::connect) opens.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientStream {
    /// For `ws`.
    Plain(TcpStream),
}

impl ClientStream {
    /// The TCP connection, on whatever goes through it.
    #[must_use]
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
        }
    }
}

impl Read for ClientStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
        }
    }
}

impl Write for ClientStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write_vectored(slices),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
        }
    }
}

impl Transport for ClientStream {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.tcp().set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.tcp().set_write_timeout(timeout)
    }

    fn set_no_delay(&mut self) -> io::Result<()> {
        self.tcp().set_nodelay(true)
    }

    fn shut_down_write(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.shut_down_write(),
        }
    }

    fn shut_down(&mut self) -> io::Result<()> {
        self.tcp().shutdown(Shutdown::Both)
    }
}

impl TryClone for ClientStream {
    fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Plain(stream) => stream.try_clone().map(Self::Plain),
        }
    }
}
