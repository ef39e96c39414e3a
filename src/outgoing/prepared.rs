//! A message encoded once, for any number of receivers.

use core::fmt;

use bytes::Bytes;

use crate::Utf8Bytes;
use crate::frame::{EncodedHeader, Header, MessageKind};

/// A message that is ready to be queued into any number of server connections with
/// [`send_prepared`](crate::Connection::send_prepared): its header is encoded, and its payload is
/// referenced by each of them instead of copied. A clone is one more reference.
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
    header: EncodedHeader,
    payload: Bytes,
}

impl Prepared {
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
        let header =
            Header { fin: true, opcode: kind.opcode(), mask: None, length: payload.len() as u64 };
        Self { header: header.encode(), payload }
    }

    pub(super) fn header(&self) -> &EncodedHeader {
        &self.header
    }

    pub(super) fn payload(&self) -> &Bytes {
        &self.payload
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({} bytes)", self.payload.len())
    }
}
