//! §5.6  Messages to keep.

use bytes::Bytes;

use crate::{MessageKind, Utf8Bytes};

/// A whole message, owned; a clone is one more reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// Text, valid UTF-8.
    Text(Utf8Bytes),
    /// Any bytes.
    Binary(Bytes),
}

impl Message {
    /// Which of the two kinds of message it is.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Text(_) => MessageKind::Text,
            Self::Binary(_) => MessageKind::Binary,
        }
    }

    /// The payload.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(data) => data,
        }
    }
}
