//! What the application sees of the peer.

use core::fmt;

use super::{Payload, Text};
use crate::frame::{CloseCode, MessageKind, parse_close};

/// One thing the peer said. Borrows the caller's input at most, never the connection, so that it can
/// be answered while it is held.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'i> {
    /// A text message, whole and valid (§5.6).
    Text(Text<'i>),
    /// A binary message, whole (§5.6).
    Binary(Payload<'i>),
    /// A Ping (§5.5.2). Its Pong is queued already, unless
    /// [`Config::automatic_pong`](crate::Config::automatic_pong) is off.
    Ping(Payload<'i>),
    /// A Pong (§5.5.3), asked for or not.
    Pong(Payload<'i>),
    /// The peer's Close (§5.5.1): the last event. Ours is queued already.
    Close(Close<'i>),
    /// Part of a message, with [`Delivery::Chunks`](crate::Delivery::Chunks).
    Chunk(Chunk<'i>),
}

const _: () = assert!(size_of::<Event<'_>>() <= 40);
const _: () = assert!(size_of::<usize>() != 8 || size_of::<Option<Event<'_>>>() <= 40);

/// Bytes of a message as they came. They are not moved to align characters: a chunk of text may begin
/// and end inside one, but what was delivered so far can always become valid UTF-8.
#[derive(PartialEq, Eq)]
#[non_exhaustive]
pub struct Chunk<'i> {
    /// The kind of the message.
    pub kind: MessageKind,
    /// The bytes; empty only at the end of a message.
    pub data: Payload<'i>,
    /// Whether the message begins with this chunk.
    pub first: bool,
    /// Whether the message ends with this chunk; for text, it was valid to its end.
    pub last: bool,
}

impl fmt::Debug for Chunk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunk")
            .field("kind", &self.kind)
            .field("data", &self.data)
            .field("first", &self.first)
            .field("last", &self.last)
            .finish()
    }
}

/// The content of a Close frame, valid (§5.5.1).
#[derive(PartialEq, Eq)]
pub struct Close<'i>(Payload<'i>);

impl<'i> Close<'i> {
    /// `body` must have passed [`parse_close`].
    pub(super) fn validated(body: Payload<'i>) -> Self {
        Self(body)
    }

    /// The status code; `None` if the frame had no body, which
    /// [`CloseInformation`](crate::CloseInformation) reports as 1005.
    #[must_use]
    pub fn code(&self) -> Option<CloseCode> {
        parse_close(&self.0).ok().flatten().map(|(code, _)| code)
    }

    /// The reason: at most 123 bytes of diagnostic text that the peer chose, not meant for users.
    #[must_use]
    pub fn reason(&self) -> &str {
        parse_close(&self.0).ok().flatten().map_or("", |(_, reason)| reason)
    }
}

impl fmt::Debug for Close<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Close").field("code", &self.code()).field("reason", &self.reason()).finish()
    }
}
