//! §5.6  Messages to keep.

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use super::Error;
use crate::{Event, MessageKind, Outgoing, SendError, Utf8Bytes};

/// A whole message, owned; a clone is one more reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
// A tag of a whole word: with one of a byte, each move of a message takes it apart (3 ns of 60 in an echo).
#[repr(u64)]
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

    /// The payload, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(data) => data,
        }
    }

    /// The text, if it is a text message.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// The message that `event` is, if it is one.
    pub(super) fn from_event(event: Event<'_>) -> Result<Option<Self>, Error> {
        match event {
            Event::Text(text) => Ok(Some(Self::Text(text.into_utf8_bytes()))),
            Event::Binary(data) => Ok(Some(Self::Binary(data.into_bytes()))),
            Event::Chunk(_) => Err(Error::ChunkedDelivery),
            Event::Ping(_) | Event::Pong(_) | Event::Close(_) => Ok(None),
        }
    }

    /// Queues the message; a large one is referenced where that is possible.
    pub(super) fn queue(&self, outgoing: &mut Outgoing) -> Result<(), SendError> {
        match self {
            Self::Text(text) => outgoing.send_shared_text(text),
            Self::Binary(data) => outgoing.send_shared(MessageKind::Binary, data),
        }
    }
}

impl From<Utf8Bytes> for Message {
    fn from(text: Utf8Bytes) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&str> for Message {
    /// Copies the text.
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Bytes> for Message {
    fn from(data: Bytes) -> Self {
        Self::Binary(data)
    }
}

impl From<Vec<u8>> for Message {
    fn from(data: Vec<u8>) -> Self {
        Self::Binary(data.into())
    }
}

impl From<&[u8]> for Message {
    /// Copies the bytes.
    fn from(data: &[u8]) -> Self {
        Self::Binary(Bytes::copy_from_slice(data))
    }
}
