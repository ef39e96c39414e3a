//! A message encoded once, for any number of receivers.

use core::fmt;

use bytes::Bytes;

use crate::Utf8Bytes;
#[cfg(feature = "deflate")]
use crate::deflate::{Compression, History, Settings, WindowBits};
use crate::frame::{EncodedHeader, Header, MessageKind};

/// A message that is ready to be queued into any number of server connections with
/// [`send_prepared`](crate::Connection::send_prepared): its header is encoded, and a payload of more than 512
/// bytes is referenced by each of them instead of copied. A clone is one more reference.
///
/// Unmasked, so that a client cannot send it (§5.1).
///
/// ```
/// use websocket_proto::{Config, Connection, Prepared};
///
/// let news = Prepared::from_static_text("the same for everyone");
/// let mut room = [Connection::server(Config::server()), Connection::server(Config::server())];
/// for member in &mut room {
///     member.send_prepared(&news)?;
/// }
/// # Ok::<(), websocket_proto::SendError>(())
/// ```
#[derive(Clone)]
pub struct Prepared {
    #[cfg(feature = "deflate")]
    kind: MessageKind,
    plain: Frame,
    #[cfg(feature = "deflate")]
    compressed: Compressed,
}

/// A frame that is the whole message.
#[derive(Clone)]
pub(super) struct Frame {
    /// The first byte of the header.
    pub(super) first: u8,
    pub(super) header: EncodedHeader,
    pub(super) payload: Bytes,
}

impl Frame {
    fn new(kind: MessageKind, rsv1: bool, payload: Bytes) -> Self {
        let length = payload.len() as u64;
        let header = Header { fin: true, rsv1, opcode: kind.opcode(), mask: None, length };
        Self { first: header.first_byte(), header: header.encode(), payload }
    }
}

#[cfg(feature = "deflate")]
#[derive(Clone)]
enum Compressed {
    /// Not asked for, or no smaller.
    No,
    /// For every receiver with at least this window.
    Yes { window: WindowBits, frame: Frame },
}

impl Prepared {
    /// Payload bytes up to which it is copied all the same. A reference takes 40 bytes, two atomic operations and a
    /// run of its own in the output: 40 ns, where to copy 256 bytes takes 20, and 4 KiB 80.
    pub(super) const COPIED: usize = 512;

    /// A text message. Takes text by value or copies a `&str`.
    #[must_use]
    pub fn text(text: impl Into<Utf8Bytes>) -> Self {
        Self::new(MessageKind::Text, text.into().into_bytes())
    }

    /// A text message that lives as long as the program.
    #[must_use]
    pub fn from_static_text(text: &'static str) -> Self {
        Self::text(Utf8Bytes::from_static(text))
    }

    /// A binary message. Takes bytes by value; to copy a slice, use [`Bytes::copy_from_slice`].
    #[must_use]
    pub fn binary(data: impl Into<Bytes>) -> Self {
        Self::new(MessageKind::Binary, data.into())
    }

    fn new(kind: MessageKind, payload: Bytes) -> Self {
        Self {
            #[cfg(feature = "deflate")]
            kind,
            plain: Frame::new(kind, false, payload),
            #[cfg(feature = "deflate")]
            compressed: Compressed::No,
        }
    }

    /// Compresses the message as well, once, for all receivers that have agreed on no context takeover
    /// for the server (RFC 7692 §7.1.1.1) and on a window that is large enough: as large as
    /// [`Preferences::server_max_window_bits`](crate::deflate::Preferences::server_max_window_bits), or less
    /// if the message is shorter. A receiver with context takeover or a smaller window has it compressed by
    /// its own context, which costs as much each time as sending any message does; one that has not agreed
    /// on compression gets it as it is; so do all if it does not become smaller.
    ///
    /// ```
    /// use websocket_proto::deflate::{Agreement, Compression};
    /// use websocket_proto::{Config, Connection, Prepared};
    ///
    /// let mut config = Config::server();
    /// let compression = Compression::default();
    /// config.compression = Some(compression.clone());
    /// let mut agreement = Agreement::default();
    /// agreement.server_no_context_takeover = true;
    ///
    /// let news = Prepared::text("the same ".repeat(100)).compressed(&compression);
    /// let mut member = Connection::server(config).with_compression(agreement);
    /// member.send_prepared(&news)?;
    /// assert!(member.unsent() < 50);
    /// # Ok::<(), websocket_proto::SendError>(())
    /// ```
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn compressed(mut self, compression: &Compression) -> Self {
        let payload = &self.plain.payload;
        let own = compression.preferences.server_max_window_bits.max(WindowBits::LEAST_OWN);
        let window = WindowBits::covering(payload.len()).min(own);
        let mut codec = compression.pool.take_deflater(Settings {
            window,
            level: compression.level,
            memory_level: compression.memory_level,
        });
        codec.restart(&History::new(0));
        let compressed = codec.compress(payload, true);
        if compressed.len() < payload.len() {
            let frame = Frame::new(self.kind, true, Bytes::copy_from_slice(compressed));
            self.compressed = Compressed::Yes { window, frame };
        }
        codec.release_output();
        let _kept = compression.pool.give_deflater(codec);
        self
    }

    pub(super) fn plain(&self) -> &Frame {
        &self.plain
    }

    #[cfg(feature = "deflate")]
    pub(super) fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The message compressed, and the least window that a receiver needs.
    #[cfg(feature = "deflate")]
    pub(super) fn compressed_form(&self) -> Option<(WindowBits, &Frame)> {
        match &self.compressed {
            Compressed::No => None,
            Compressed::Yes { window, frame } => Some((*window, frame)),
        }
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({} bytes)", self.plain.payload.len())
    }
}
