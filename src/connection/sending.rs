//! §5.5 §5.6 §6.1  What an application sends: the methods of [`Outgoing`](crate::Outgoing), documented.

use bytes::Bytes;

use super::Connection;
#[cfg(feature = "deflate")]
use crate::deflate::Compress;
use crate::frame::{CloseCode, MessageKind};
use crate::outgoing::{Lent, MessageWriter, Prepared};
use crate::{SendError, Utf8Bytes};

impl Connection {
    /// Queues a text message (§5.6). The text is copied.
    ///
    /// # Errors
    /// [`SendError::Full`] if the output would exceed
    /// [`Limits::max_write_buffer`](crate::Limits::max_write_buffer) and is not empty,
    /// [`SendError::Closed`] once a Close was queued or received, [`SendError::MessageOpen`] inside a
    /// fragmented message. Nothing is queued on error.
    #[inline]
    pub fn send_text(&mut self, text: &str) -> Result<(), SendError> {
        self.outgoing.send_text(text)
    }

    /// Queues a binary message (§5.6). The data is copied.
    ///
    /// # Errors
    /// As [`send_text`](Self::send_text).
    #[inline]
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.outgoing.send_binary(data)
    }

    /// Queues a message whose payload a server references instead of copying it, if it has
    /// [`Config::reference_threshold`](crate::Config::reference_threshold) bytes or more. A client copies
    /// as it masks (§5.3).
    ///
    /// # Errors
    /// As [`send_text`](Self::send_text); [`SendError::InvalidUtf8`] if it is to be text and is not.
    pub fn send_shared(&mut self, kind: MessageKind, data: &Bytes) -> Result<(), SendError> {
        self.outgoing.send_shared(kind, data)
    }

    /// As [`send_shared`](Self::send_shared), for text that is known to be UTF-8.
    ///
    /// # Errors
    /// As [`send_text`](Self::send_text).
    pub fn send_shared_text(&mut self, text: &Utf8Bytes) -> Result<(), SendError> {
        self.outgoing.send_shared_text(text)
    }

    /// Lends a text message to the transport: as [`lend_binary`](Self::lend_binary).
    ///
    /// # Errors
    /// As [`send_text`](Self::send_text).
    #[inline]
    pub fn lend_text<'a>(&'a mut self, text: &'a str) -> Result<Lent<'a>, SendError> {
        self.outgoing.lend_text(text)
    }

    /// Lends a binary message to the transport: as [`send_binary`](Self::send_binary) and
    /// [`transmit`](Self::transmit) in one, without copying what is written at once.
    ///
    /// What is returned shows everything that is queued and then this message, so that one vectored write can take it
    /// all: the message is the last two of the slices, if there are enough of them. It may be written in several
    /// steps; when it is dropped, what the transport did not take is copied. If the write fails, too: the message is
    /// queued then, and is not to be lent again. Worth it for large messages, where the transport is likely to take
    /// them; small ones are better queued and written together. (A client masks and copies, and so does whoever
    /// compresses. Without `std` there is `chunk` only, which shows one piece at a time.)
    ///
    #[cfg_attr(feature = "std", doc = "```")]
    #[cfg_attr(not(feature = "std"), doc = "```text")]
    /// use bytes::Buf;
    /// use std::io::{self, IoSlice, Write};
    /// use websocket_proto::Connection;
    ///
    /// fn answer(connection: &mut Connection, data: &[u8], socket: &mut impl Write) -> io::Result<()> {
    ///     let mut output = connection.lend_binary(data).map_err(io::Error::other)?;
    ///     let mut parts = [IoSlice::new(&[]); 16];
    ///     let filled = output.chunks_vectored(&mut parts);
    ///     match socket.write_vectored(&parts[..filled]) {
    ///         Ok(count) => output.advance(count),
    ///         Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
    ///         Err(error) => return Err(error),
    ///     }
    ///     Ok(())      // what is left is queued: for `transmit`, when the socket takes more
    /// }
    /// # let mut connection = Connection::server(websocket_proto::Config::server());
    /// # let mut written = Vec::new();
    /// # answer(&mut connection, b"data", &mut written)?;
    /// # assert_eq!(written, b"\x82\x04data");
    /// # Ok::<(), io::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`send_text`](Self::send_text): the whole message counts, whatever the transport would take at once, unless
    /// nothing is queued.
    #[inline]
    pub fn lend_binary<'a>(&'a mut self, data: &'a [u8]) -> Result<Lent<'a>, SendError> {
        self.outgoing.lend_binary(data)
    }

    /// Queues a message that was encoded once for many connections. A payload of more than 512 bytes is
    /// referenced, a smaller one copied, which takes less.
    ///
    /// # Errors
    /// [`SendError::Unmasked`] from a client; else as [`send_text`](Self::send_text).
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.outgoing.send_prepared(message)
    }

    /// Chooses which messages are compressed, of those that are begun from here on (RFC 7692 §6.1).
    /// Without an agreement on compression nothing is, whatever is chosen. Returns what was chosen before.
    ///
    /// ```
    /// use websocket_proto::deflate::{Agreement, Compress, Compression};
    /// use websocket_proto::{Config, Connection};
    ///
    /// let mut config = Config::server();
    /// config.compression = Some(Compression::default());
    /// let mut connection = Connection::server(config).with_compression(Agreement::default());
    /// let usual = connection.set_compress(Compress::Never);   // §8: a secret, on its own
    /// connection.send_text("token=hunter2")?;
    /// connection.set_compress(usual);
    /// # Ok::<(), websocket_proto::SendError>(())
    /// ```
    #[cfg(feature = "deflate")]
    pub fn set_compress(&mut self, choice: Compress) -> Compress {
        self.outgoing.set_compress(choice)
    }

    /// Queues one fragment of a message (§5.4); `fin` with the last one. The first one fixes the kind.
    ///
    /// ```
    /// use websocket_proto::{Config, Connection, MessageKind};
    ///
    /// let mut connection = Connection::server(Config::server());
    /// connection.fragment(MessageKind::Text, b"Hel", false)?;
    /// connection.fragment(MessageKind::Text, b"lo", true)?;
    /// assert_eq!(&*connection.take_output().expect("two frames"), b"\x01\x03Hel\x80\x02lo");
    /// # Ok::<(), websocket_proto::SendError>(())
    /// ```
    ///
    /// # Errors
    /// [`SendError::KindMismatch`] if the open message is of the other kind,
    /// [`SendError::InvalidUtf8`] for text that cannot become, or at the end is not, UTF-8 (a fragment
    /// may end inside a character), [`SendError::Full`], [`SendError::Closed`]. Nothing is queued on
    /// error, and the message stays as it was.
    pub fn fragment(&mut self, kind: MessageKind, data: &[u8], fin: bool) -> Result<(), SendError> {
        self.outgoing.fragment(kind, data, fin)
    }

    /// Begins a message of unknown length, or goes on with one (§5.4). Each part that is written goes
    /// out as a frame.
    ///
    /// # Errors
    /// [`SendError::Closed`]; [`SendError::KindMismatch`] if a message of the other kind is open.
    pub fn message(&mut self, kind: MessageKind) -> Result<MessageWriter<'_>, SendError> {
        self.outgoing.message(kind)
    }

    /// Queues a Ping (§5.5.2). Overtakes queued messages at the next frame boundary.
    ///
    /// # Errors
    /// [`SendError::ControlTooLong`] over 125 bytes, [`SendError::Closed`] once Close was queued,
    /// [`SendError::Full`] with 8 KiB of control frames waiting. Nothing is queued on error.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.outgoing.ping(payload)
    }

    /// Queues a Pong (§5.5.3): unasked, or by hand with automatic Pongs off. Overtakes queued messages
    /// at the next frame boundary.
    ///
    /// # Errors
    /// As [`ping`](Self::ping), except that our own Close does not forbid it (§5.5.2), only the peer's.
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.outgoing.pong(payload)
    }

    /// Begins the closing handshake (§7.1.2): queues a Close behind everything queued. Messages of the
    /// peer are delivered until its own Close comes.
    ///
    /// # Errors
    /// [`SendError::ReasonTooLong`] over 123 bytes, [`SendError::CloseCode`] for 1010 from a server
    /// (§7.4.1), [`SendError::Closed`] once a Close was queued. Nothing is queued on error.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.outgoing.close(code, reason)
    }

    /// As [`close`](Self::close), with an empty Close frame, which the peer reports as 1005.
    ///
    /// # Errors
    /// [`SendError::Closed`] once a Close was queued.
    pub fn close_without_code(&mut self) -> Result<(), SendError> {
        self.outgoing.close_without_code()
    }
}
