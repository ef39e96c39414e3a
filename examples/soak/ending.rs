//! How a connection ended, as the server knows it.

use std::fmt;

use websocket_proto::adapter::tokio::{Error, WebSocket};
use websocket_proto::{CloseStatus, ExpiredDeadline};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The request was answered with this status.
    Status(u16),
    /// The peer violated the protocol, and was told so by a Close of this code.
    Violation(u16),
    /// A deadline passed.
    Deadline(ExpiredDeadline),
    /// The closing handshake was completed; the peer's code.
    Clean(u16),
    /// The transport ended without a Close.
    Lost,
}

impl Ending {
    pub(crate) fn of_handshake(error: &Error) -> Self {
        match error {
            Error::Handshake(error) => error.status().map_or(Self::Lost, Self::Status),
            Error::Rejected { status, .. } => Self::Status(*status),
            _ => Self::Lost,
        }
    }

    pub(crate) fn of<S>(websocket: &WebSocket<S>) -> Self {
        let Some(end) = websocket.close_information() else {
            return Self::Lost;
        };
        match (end.error, end.deadline, end.received) {
            (Some(violation), _, _) => Self::Violation(violation.close_code().as_u16()),
            (None, Some(deadline), _) => Self::Deadline(deadline),
            (None, None, CloseStatus::Abnormal) => Self::Lost,
            (None, None, code) => Self::Clean(code.as_u16()),
        }
    }

    /// Whether a peer may have seen this (the text of a `Seen`) of it at the last.
    pub(crate) fn may_be_seen_as(self, seen: &str) -> bool {
        match self {
            Self::Status(status) => seen == format!("HTTP {status}"),
            Self::Violation(code) | Self::Clean(code) => seen == format!("Close {code}"),
            Self::Deadline(ExpiredDeadline::Pong) => seen == "Close 1011",
            // A deaf one sees no Close, whichever deadline it is.
            Self::Deadline(ExpiredDeadline::WriteStall) => seen == "reset",
            // The code is the one of who closed first.
            Self::Deadline(ExpiredDeadline::Close) => ["Close 1000", "Close 1001"].contains(&seen),
            Self::Deadline(_) => false,
            // It has closed its end, or does not look.
            Self::Lost => ["end", "-"].contains(&seen),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "HTTP {status}"),
            Self::Violation(code) => write!(f, "failed with {code}"),
            Self::Deadline(ExpiredDeadline::Close) => f.write_str("close deadline"),
            Self::Deadline(ExpiredDeadline::WriteStall) => f.write_str("write stall deadline"),
            Self::Deadline(ExpiredDeadline::Pong) => f.write_str("pong deadline"),
            Self::Deadline(deadline) => write!(f, "{deadline:?} deadline"),
            Self::Clean(code) => write!(f, "closed, {code}"),
            Self::Lost => f.write_str("lost, 1006"),
        }
    }
}
