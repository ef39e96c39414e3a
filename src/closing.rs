//! §7  How a connection ends, and what is known of it afterwards.

use alloc::boxed::Box;
use core::fmt;

use crate::ProtocolError;
use crate::frame::CloseCode;

/// Where a connection is in its life (§4, §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Usable. (A handshake that is in progress says this, too.)
    Open,
    /// A Close was queued or received, or the connection has failed: the end is being brought about
    /// (§7.1.3).
    Closing,
    /// The transport has ended, or is of no more use (§7.1.4).
    Closed,
}

/// The status code of a close, or why there is none (§7.1.5). Only here do 1005 and 1006 exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseStatus {
    /// The code of the Close frame.
    Code(CloseCode),
    /// A Close frame without a code: 1005.
    NoCode,
    /// No Close frame: 1006.
    Abnormal,
}

impl CloseStatus {
    /// The number, 1005 and 1006 included.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        match self {
            Self::Code(code) => code.as_u16(),
            Self::NoCode => 1005,
            Self::Abnormal => 1006,
        }
    }
}

impl fmt::Display for CloseStatus {
    /// The number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_u16().fmt(f)
    }
}

impl From<CloseCode> for CloseStatus {
    fn from(code: CloseCode) -> Self {
        Self::Code(code)
    }
}

impl From<Option<CloseCode>> for CloseStatus {
    fn from(code: Option<CloseCode>) -> Self {
        code.map_or(Self::NoCode, Self::Code)
    }
}

/// Who began to end the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Initiator {
    /// We did: `close`, `abort`, a deadline, or a failure because of the peer's violation.
    Local,
    /// The peer did: its Close came first.
    Peer,
    /// The transport ended by itself.
    Transport,
}

/// The deadline that ended a connection or began its closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExpiredDeadline {
    /// [`Timeouts::close`](crate::Timeouts::close)
    Close,
    /// [`Timeouts::write_stall`](crate::Timeouts::write_stall)
    WriteStall,
    /// [`Timeouts::idle`](crate::Timeouts::idle)
    Idle,
    /// [`Timeouts::pong`](crate::Timeouts::pong)
    Pong,
}

/// How and why a connection ends or has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloseInformation<'a> {
    /// The peer's Close, the first one it sent (§7.1.5).
    pub received: CloseStatus,
    /// The peer's reason (§7.1.6): diagnostic text that it chose; empty if none.
    pub reason: &'a str,
    /// Our Close: `None` if none was queued.
    pub sent: Option<CloseStatus>,
    /// Whether the closing handshake was completed: the peer's Close received without a violation
    /// before it, and ours transmitted (§7.1.4). Of use once the state is
    /// [`Closed`](State::Closed).
    pub clean: bool,
    /// Who began.
    pub initiator: Initiator,
    /// The violation because of which we failed the connection (§7.1.7).
    pub error: Option<ProtocolError>,
    /// The first deadline that passed, if one did: why the connection ends. (A peer that is dead does not
    /// answer our Close either.)
    pub deadline: Option<ExpiredDeadline>,
}

/// What is remembered of a close as it goes on; made with its first step.
#[derive(Clone, Debug)]
pub(crate) struct CloseRecord {
    pub(crate) received: CloseStatus,
    pub(crate) reason: Box<str>,
    pub(crate) sent: Option<CloseStatus>,
    pub(crate) initiator: Initiator,
    pub(crate) error: Option<ProtocolError>,
    pub(crate) deadline: Option<ExpiredDeadline>,
}

impl CloseRecord {
    pub(crate) fn begun_by(initiator: Initiator) -> Self {
        Self {
            received: CloseStatus::Abnormal,
            reason: Box::default(),
            sent: None,
            initiator,
            error: None,
            deadline: None,
        }
    }

    pub(crate) fn information(&self, clean: bool) -> CloseInformation<'_> {
        CloseInformation {
            received: self.received,
            reason: &self.reason,
            sent: self.sent,
            clean,
            initiator: self.initiator,
            error: self.error,
            deadline: self.deadline,
        }
    }
}
