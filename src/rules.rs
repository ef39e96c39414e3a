//! §5.4 §5.5 §7  Which frame may follow which: one table for both directions and both roles.
//!
//! ```text
//!              Text/Binary      Text/Binary    Continuation   Continuation   Ping   Close
//!              FIN              no FIN         FIN            no FIN         Pong
//! Idle         Idle             Message(kind)  unexpected     unexpected     Idle   Closed
//! Message(k)   unfinished       unfinished     Idle           Message(k)     same   Closed
//! Closed       -                -              -              -              -      -
//! ```
//!
//! "-": nothing may follow a Close (§5.5.1, §7.1.7); a receiver discards it, a sender refuses it.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use crate::ProtocolError;
use crate::frame::{MessageKind, Opcode};

/// Where a direction stands in its sequence of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Sequence {
    /// Between two messages.
    #[default]
    Idle,
    /// Inside a fragmented message of this kind.
    Message(MessageKind),
    /// Behind a Close, or behind a violation.
    Closed,
}

impl Sequence {
    /// The state after a frame with this opcode and FIN bit.
    ///
    /// Behind a Close, everything leaves the state as it is.
    ///
    /// # Errors
    /// [`ProtocolError::UnexpectedContinuation`] or [`ProtocolError::UnfinishedMessage`], both 1002.
    #[inline]
    pub const fn follow(self, opcode: Opcode, fin: bool) -> Result<Self, ProtocolError> {
        Ok(match (self, opcode) {
            (Self::Closed, _) | (_, Opcode::Close) => Self::Closed,
            (state, Opcode::Ping | Opcode::Pong) => state,
            (Self::Idle, Opcode::Text) => Self::open_unless(fin, MessageKind::Text),
            (Self::Idle, Opcode::Binary) => Self::open_unless(fin, MessageKind::Binary),
            (Self::Idle, Opcode::Continuation) => {
                return Err(ProtocolError::UnexpectedContinuation);
            }
            (Self::Message(kind), Opcode::Continuation) => Self::open_unless(fin, kind),
            (Self::Message(_), Opcode::Text | Opcode::Binary) => {
                return Err(ProtocolError::UnfinishedMessage);
            }
        })
    }

    const fn open_unless(fin: bool, kind: MessageKind) -> Self {
        if fin { Self::Idle } else { Self::Message(kind) }
    }
}
