//! §10.6  TLS over a transport that blocks.
//!
//! ```text
//!              reading (locked while it blocks)        writing (locked while it blocks)
//!  transport ──────────▶ received ──┐           ┌──▶ unwritten ──────────▶ transport
//!                                   ▼           │
//!                                  session (locked for a moment)
//!                                   │           ▲
//!      read ◀── what was decrypted ─┘           └─ what is to be encrypted ◀── write
//! ```
//!
//! Nobody blocks while holding the session, so that one handle can wait for the peer while another one writes.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Buf, BufMut, BytesMut};
use rustls::{ClientConnection, Connection, ServerConnection, StreamOwned};

use super::{Transport, TryClone};
use crate::adapter::read_buffer::ReadBuffer;

/// TLS over a [`Transport`], for the blocking adapter: a client's or a server's.
///
/// ```no_run
/// # use std::sync::Arc;
/// use std::net::TcpListener;
/// use websocket_proto::adapter::blocking::{TlsStream, accept};
/// use websocket_proto::adapter::rustls::{ServerConfig, ServerConnection};
///
/// # fn serve(config: Arc<ServerConfig>) -> Result<(), Box<dyn std::error::Error>> {
/// let (stream, _) = TcpListener::bind("127.0.0.1:9443")?.accept()?;
/// let session = ServerConnection::new(config)?;
/// let mut websocket = accept(TlsStream::new(session, stream))?;
/// websocket.send("welcome")?;
/// # Ok(())
/// # }
/// ```
///
/// The handshake of TLS is carried out by the first reads and writes. A [clone](TryClone) is another handle on
/// the same session, for the other direction: [`WebSocket::split`](super::WebSocket::split) works as without TLS.
///
/// A read takes bytes off the transport once: if they complete no record, it returns
/// [`Interrupted`](std::io::ErrorKind::Interrupted), so that a peer that sends one byte by byte holds up nobody's
/// deadline.
///
/// Half-closing sends `close_notify` first. If the peer ends the transport without one, what may have been cut off
/// shows as it would without TLS: no Close of the peer's, no clean end.
pub struct TlsStream<S = TcpStream> {
    transport: S,
    shared: Arc<Shared>,
}

struct Shared {
    session: Mutex<Connection>,
    /// What was read and not decrypted yet.
    reading: Mutex<ReadBuffer>,
    /// What was encrypted and not written yet.
    writing: Mutex<BytesMut>,
}

/// Bytes for which memory is kept while nothing is written.
const KEPT: usize = 20 << 10;

/// What a last message may take when it is too late for patience.
const BRIEFLY: Duration = Duration::from_millis(10);

impl<S: Transport> TlsStream<S> {
    /// Puts a session, a [`ClientConnection`] or [`ServerConnection`], on its transport.
    #[must_use]
    pub fn new(session: impl Into<Connection>, transport: S) -> Self {
        let shared = Shared {
            session: Mutex::new(session.into()),
            reading: Mutex::new(ReadBuffer::new()),
            writing: Mutex::new(BytesMut::new()),
        };
        Self { transport, shared: Arc::new(shared) }
    }
}

impl<S> TlsStream<S> {
    /// The transport below. What is read from it or written to it past the session breaks that.
    #[must_use]
    pub fn socket(&self) -> &S {
        &self.transport
    }

    /// Looks at the session: the peer's certificates, what was negotiated ... All others wait meanwhile.
    pub fn with_session<T>(&self, look: impl FnOnce(&mut Connection) -> T) -> T {
        look(&mut lock(&self.shared.session))
    }
}

impl Shared {
    /// Encrypts what `put` gives to the session, and takes what there is to be written.
    fn encrypt(
        &self,
        writing: &mut BytesMut,
        put: impl FnOnce(&mut Connection) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut session = lock(&self.session);
        let count = put(&mut session)?;
        while session.wants_write() {
            session.write_tls(&mut writing.writer())?;
        }
        Ok(count)
    }

    /// Writes what the session has to say by itself: its handshake, an alert.
    fn answer(&self, transport: &mut impl Transport) {
        // Another handle that is writing will write that, too, sooner or later.
        if let Ok(mut writing) = self.writing.try_lock() {
            // If the transport is broken, the next read says so.
            let _: io::Result<()> =
                self.encrypt(&mut writing, |_| Ok(0)).and_then(|_| push(transport, &mut writing));
        }
    }

    /// Whether everything that was encrypted is written.
    fn is_written(&self) -> bool {
        self.writing.try_lock().is_ok_and(|writing| writing.is_empty())
    }
}

/// Writes once. `WouldBlock` if something is left: the time is over.
fn push(transport: &mut impl Transport, writing: &mut BytesMut) -> io::Result<()> {
    if writing.is_empty() {
        return Ok(());
    }
    match transport.write(writing)? {
        0 => Err(ErrorKind::WriteZero.into()),
        count if count < writing.len() => {
            writing.advance(count);
            Err(ErrorKind::WouldBlock.into())
        }
        count => {
            if count > KEPT {
                *writing = BytesMut::new();
            }
            writing.clear();
            Ok(())
        }
    }
}

impl<S: Transport> TlsStream<S> {
    fn write_by(
        &mut self,
        put: impl FnOnce(&mut Connection) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut writing = lock(&self.shared.writing);
        push(&mut self.transport, &mut writing)?;
        let count = self.shared.encrypt(&mut writing, put)?;
        if count == 0 {
            return Err(io::Error::other("more than TLS holds before it is set up"));
        }
        // What was encrypted was taken. If it cannot be written, the next call says so.
        let _: io::Result<()> = push(&mut self.transport, &mut writing);
        Ok(count)
    }
}

impl<S: Transport> Read for TlsStream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Self { transport, shared } = self;
        let mut reading = lock(&shared.reading);
        let mut has_read = false;
        loop {
            let has_answer = {
                let mut session = lock(&shared.session);
                match session.reader().read(buffer) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    // The end without `close_notify`: whether it came too early is seen by who reads.
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
                    result => return result,
                }
                let result = decrypt(&mut session, &mut reading);
                let has_answer = session.wants_write();
                drop(session);
                if result.is_err() && has_answer {
                    shared.answer(transport);
                }
                if result? {
                    continue;
                }
                has_answer
            };
            // As long as there is no other handle, nobody else writes what is left.
            if has_answer || Arc::strong_count(shared) == 1 {
                shared.answer(transport);
            }
            if has_read {
                // A record that comes byte by byte does not get past a deadline: that is for the caller to see.
                return Err(ErrorKind::Interrupted.into());
            }
            has_read = true;
            match transport.read(reading.space())? {
                0 => {
                    // Tells the session.
                    lock(&shared.session).read_tls(&mut io::empty())?;
                }
                count => reading.filled(count),
            }
        }
    }
}

/// Decrypts some of what was read; `false` if there is nothing.
fn decrypt(session: &mut Connection, reading: &mut ReadBuffer) -> io::Result<bool> {
    let (bytes, mut unread) = reading.unread();
    if bytes.is_empty() {
        return Ok(false);
    }
    let mut rest = &*bytes;
    let result = session.read_tls(&mut rest);
    unread.keep_last(rest.len());
    result?;
    match session.process_new_packets() {
        Ok(_) => Ok(true),
        Err(error) => Err(io::Error::new(ErrorKind::InvalidData, error)),
    }
}

impl<S: Transport> Write for TlsStream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        self.write_by(|session| session.writer().write(bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if slices.iter().all(|slice| slice.is_empty()) {
            return Ok(0);
        }
        self.write_by(|session| session.writer().write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut writing = lock(&self.shared.writing);
        self.shared.encrypt(&mut writing, |_| Ok(0))?;
        push(&mut self.transport, &mut writing)?;
        self.transport.flush()
    }
}

impl<S: Transport> Transport for TlsStream<S> {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.transport.set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.transport.set_write_timeout(timeout)
    }

    fn set_no_delay(&mut self) -> io::Result<()> {
        self.transport.set_no_delay()
    }

    fn shut_down_write(&mut self) -> io::Result<()> {
        lock(&self.shared.session).send_close_notify();
        // The end is told all the same if this cannot be.
        let _: io::Result<()> = self.flush();
        self.transport.shut_down_write()
    }

    fn shut_down(&mut self) -> io::Result<()> {
        lock(&self.shared.session).send_close_notify();
        let is_free = self.shared.is_written();
        if is_free && self.transport.set_write_timeout(Some(BRIEFLY)).is_ok() {
            self.shared.answer(&mut self.transport);
        }
        self.transport.shut_down()
    }
}

impl<S: TryClone> TryClone for TlsStream<S> {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { transport: self.transport.try_clone()?, shared: self.shared.clone() })
    }
}

impl<S: Transport> From<StreamOwned<ClientConnection, S>> for TlsStream<S> {
    fn from(stream: StreamOwned<ClientConnection, S>) -> Self {
        let (session, transport) = stream.into_parts();
        Self::new(session, transport)
    }
}

impl<S: Transport> From<StreamOwned<ServerConnection, S>> for TlsStream<S> {
    fn from(stream: StreamOwned<ServerConnection, S>) -> Self {
        let (session, transport) = stream.into_parts();
        Self::new(session, transport)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: fmt::Debug> fmt::Debug for TlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the session: it holds keys.
        f.debug_struct("TlsStream").field("transport", &self.transport).finish_non_exhaustive()
    }
}
