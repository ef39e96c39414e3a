//! §5.4 §6.1  A message of unknown length, written as it comes to be.

use super::Outgoing;
use crate::SendError;
use crate::frame::MessageKind;

/// Writes one message, each part as a frame of its own; see
/// [`Connection::message`](crate::Connection::message).
///
/// Dropped before [`finish`](Self::finish), it leaves the message open: `message` with the same kind
/// goes on with it.
///
/// ```
/// use websocket_proto::{Config, Connection, MessageKind};
///
/// let mut connection = Connection::server(Config::server());
/// let mut message = connection.message(MessageKind::Text)?;
/// message.write(b"Hel")?;
/// message.finish(b"lo")?;
/// # Ok::<(), websocket_proto::SendError>(())
/// ```
#[derive(Debug)]
#[must_use = "a message ends with `finish`"]
pub struct MessageWriter<'a> {
    outgoing: &'a mut Outgoing,
    kind: MessageKind,
}

impl<'a> MessageWriter<'a> {
    pub(super) fn new(outgoing: &'a mut Outgoing, kind: MessageKind) -> Self {
        Self { outgoing, kind }
    }

    /// Queues a part that is not the last. An empty one queues nothing.
    ///
    /// # Errors
    /// [`SendError::Full`], [`SendError::Closed`]; [`SendError::InvalidUtf8`] if the part cannot go
    /// on the text so far (it may end inside a character). Nothing is queued on error.
    pub fn write(&mut self, data: &[u8]) -> Result<(), SendError> {
        if data.is_empty() {
            return Ok(());
        }
        self.outgoing.fragment(self.kind, data, false)
    }

    /// Queues the last part, which may be empty, and ends the message.
    ///
    /// # Errors
    /// As [`write`](Self::write); [`SendError::InvalidUtf8`] also if the text ends inside a
    /// character. The message stays open on error.
    pub fn finish(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.outgoing.fragment(self.kind, data, true)
    }
}
