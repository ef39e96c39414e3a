//! What an application may choose of compression.

use alloc::vec;
use alloc::vec::Vec;

use super::{CompressionPool, Offer, Preferences};

/// Compression of a connection, to be put into [`Config::compression`](crate::Config::compression).
///
/// ```
/// use websocket_proto::Config;
/// use websocket_proto::deflate::{Compress, Compression, Offer, WindowBits};
///
/// let mut compression = Compression::default();
/// compression.compress = Compress::Above(256);
/// // A server: no more than 4 KiB of window either way, where the client lets us have it so.
/// compression.preferences.server_max_window_bits = WindowBits::new(12)?;
/// compression.preferences.client_max_window_bits = WindowBits::new(12)?;
/// // A client: first try without a context in the server, then as browsers do.
/// let mut frugal = Offer::default();
/// frugal.server_no_context_takeover = true;
/// compression.offers = vec![frugal, Offer::default()];
///
/// let mut config = Config::server();
/// config.compression = Some(compression);
/// # Ok::<(), websocket_proto::deflate::InvalidWindowBits>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compression {
    /// To a client: what it offers, the one it likes best first (RFC 7692 §5.1). With none, it does not ask
    /// for compression. Default: one, that of browsers.
    pub offers: Vec<Offer>,
    /// To a client: whether it closes the connection with 1010 (RFC 6455 §7.4.1) when the server
    /// declines: the handshake succeeds, the connection is [closing](crate::State::Closing) from the start
    /// and refuses to send. Drive it to its end like any other, and the server is told what it declined, as
    /// RFC 7692 §5.1 wants; `close_information` then says that 1010 was sent. Without an offer, nothing is
    /// required. Default: `false`.
    pub required: bool,
    /// To a server: what it wants beyond what is offered. Default: nothing.
    pub preferences: Preferences,
    /// How hard to try, 1 (fast) to 9 (small); more counts as 9, and 0 stores. Default: 6.
    pub level: u8,
    /// Memory of a compressor, 1 to 9; see [the figures](crate::deflate#memory). Less than 1 counts as
    /// 1, more than 9 as 9. Default: 8.
    pub memory_level: u8,
    /// Which messages are compressed, until
    /// [`Connection::set_compress`](crate::Connection::set_compress) says otherwise. Default: those
    /// above 64 bytes.
    pub compress: Compress,
    /// Where codecs wait that no connection needs. Default: one that the whole process shares, of at most 8
    /// compressors and 8 decompressors.
    pub pool: CompressionPool,
}

impl Compression {
    /// The defaults, with another pool than that of the process, which is not even made then: once everything
    /// that has this one is dropped, nothing is left.
    ///
    /// ```
    /// use websocket_proto::deflate::{Compression, CompressionPool};
    ///
    /// let compression = Compression::with_pool(CompressionPool::new(2));
    /// assert_ne!(compression.pool, CompressionPool::default());
    /// ```
    #[must_use]
    pub fn with_pool(pool: CompressionPool) -> Self {
        Self {
            offers: vec![Offer::default()],
            required: false,
            preferences: Preferences::default(),
            level: 6,
            memory_level: 8,
            compress: Compress::default(),
            pool,
        }
    }
}

impl Default for Compression {
    fn default() -> Self {
        Self::with_pool(CompressionPool::default())
    }
}

/// Which messages are compressed (RFC 7692 §6.1: each may or may not be). A
/// [`Prepared`](crate::Prepared) message goes out as it was prepared, unless this is `Never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compress {
    /// All of them, also what becomes larger by it.
    Always,
    /// None: what must not share a context with what an attacker chose (RFC 7692 §8).
    Never,
    /// Those of more bytes than this. Of 1 KiB or more, what does not become smaller goes out as it is. A
    /// message in fragments counts as longer, unless the first one ends it, and is compressed in any case.
    Above(usize),
}

impl Compress {
    pub(crate) const fn applies_to(self, length: usize, fin: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Above(least) => length > least || !fin,
        }
    }
}

impl Compress {
    /// Whether a message goes out as it is if it has not become smaller: for the bytes that it would cost,
    /// and for a receiver whose limit it just meets.
    pub(crate) const fn may_go_as_is(self, length: usize) -> bool {
        matches!(self, Self::Above(_)) && length >= 1024
    }
}

impl Default for Compress {
    fn default() -> Self {
        Self::Above(64)
    }
}
