//! What the adapter asks of a transport beside reading and writing.

use core::time::Duration;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;

/// A byte stream in both directions that blocks: `TcpStream`, `&TcpStream`, `UnixStream`, [`Plain`] around
/// anything else, or a type of your own. With the feature `rustls`: `TlsStream` around any of them.
///
/// The deadlines of a connection are kept by the two timeouts, so that a transport without them (the
/// defaults do nothing) is watched only between one read or write and the next. A transport in
/// non-blocking mode would make the adapter spin.
pub trait Transport: Read + Write {
    /// Has `read` give up after this time with `WouldBlock` or `TimedOut`; `None`: never. Not called with zero.
    ///
    /// # Errors
    /// Are ignored: what is wrong with the transport shows in the read.
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let _: Option<Duration> = timeout;
        Ok(())
    }

    /// Has `write` give up after this time with `WouldBlock` or `TimedOut`; `None`: never. Not called with zero.
    ///
    /// # Errors
    /// Are ignored: what is wrong with the transport shows in the write.
    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let _: Option<Duration> = timeout;
        Ok(())
    }

    /// Has what is written go out at once (`TCP_NODELAY`): the adapter gathers by itself. Called once.
    ///
    /// # Errors
    /// Are ignored: it only costs time.
    fn set_no_delay(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Whether a read that does not fill the buffer has taken all that has come. So it is with sockets; what reads
    /// record by record, such as TLS, may have more. Where it does (`false`, the default), the adapter takes a
    /// peer for silent only once a read has found nothing.
    fn reads_all(&self) -> bool {
        false
    }

    /// Ends the direction towards the peer and leaves the other one open (half-close, §7.1.1).
    ///
    /// # Errors
    /// [`io::ErrorKind::Unsupported`], the default, for a transport that cannot: the adapter takes it as
    /// ended, and dropping it tells the peer. Other errors are ignored.
    fn shut_down_write(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Ends both directions, for every handle on the transport, reads and writes that are blocked included.
    ///
    /// # Errors
    /// Are ignored: dropping the transport ends it all the same.
    fn shut_down(&mut self) -> io::Result<()> {
        self.shut_down_write()
    }
}

/// A transport of which there can be two handles, one for each direction:
/// [`WebSocket::split`](super::WebSocket::split) needs it.
pub trait TryClone: Sized {
    /// Another handle on the same transport.
    ///
    /// # Errors
    /// Those of the operating system.
    fn try_clone(&self) -> io::Result<Self>;
}

/// Makes a [`Transport`] of anything that reads and writes: no timeouts, no half-close.
///
/// ```no_run
/// use std::net::TcpStream;
/// use websocket_proto::Config;
/// use websocket_proto::adapter::blocking::{Plain, connect_over};
/// use websocket_proto::handshake::{ClientRequest, Uri};
/// # fn encrypted(tcp: TcpStream) -> TcpStream { tcp }
///
/// let request = ClientRequest::new(Uri::parse("wss://example.com/")?);
/// let stream = encrypted(TcpStream::connect(("example.com", 443))?);
/// let (websocket, _) = connect_over(Plain(stream), &request, Config::client())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plain<S>(pub S);

impl<S: Read + Write> Transport for Plain<S> {}

impl<S: Read> Read for Plain<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<S: Write> Write for Plain<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

macro_rules! socket {
    ($Socket:ident, $transport:ty $(, $set_no_delay:ident)?) => {
        impl Transport for $transport {
            fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
                $Socket::set_read_timeout(self, timeout)
            }

            fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
                $Socket::set_write_timeout(self, timeout)
            }

            $(fn set_no_delay(&mut self) -> io::Result<()> {
                $Socket::$set_no_delay(self, true)
            })?

            fn reads_all(&self) -> bool {
                true
            }

            fn shut_down_write(&mut self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }

            fn shut_down(&mut self) -> io::Result<()> {
                self.shutdown(Shutdown::Both)
            }
        }
    };
}

socket!(TcpStream, TcpStream, set_nodelay);
socket!(TcpStream, &TcpStream, set_nodelay);
#[cfg(unix)]
socket!(UnixStream, UnixStream);
#[cfg(unix)]
socket!(UnixStream, &UnixStream);

impl TryClone for TcpStream {
    fn try_clone(&self) -> io::Result<Self> {
        Self::try_clone(self)
    }
}

impl TryClone for &TcpStream {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(*self)
    }
}

#[cfg(unix)]
impl TryClone for UnixStream {
    fn try_clone(&self) -> io::Result<Self> {
        Self::try_clone(self)
    }
}

#[cfg(unix)]
impl TryClone for &UnixStream {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(*self)
    }
}

macro_rules! forward {
    ($transport:ty) => {
        impl<T: Transport + ?Sized> Transport for $transport {
            fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
                (**self).set_read_timeout(timeout)
            }

            fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
                (**self).set_write_timeout(timeout)
            }

            fn set_no_delay(&mut self) -> io::Result<()> {
                (**self).set_no_delay()
            }

            fn reads_all(&self) -> bool {
                (**self).reads_all()
            }

            fn shut_down_write(&mut self) -> io::Result<()> {
                (**self).shut_down_write()
            }

            fn shut_down(&mut self) -> io::Result<()> {
                (**self).shut_down()
            }
        }
    };
}

forward!(&mut T);
forward!(std::boxed::Box<T>);
