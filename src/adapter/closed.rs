//! §7.1  How a connection ended, to keep.

use alloc::string::String;
use core::fmt;
use std::io;

use super::Error;
use crate::{CloseInformation, CloseStatus, ExpiredDeadline, Initiator, Outgoing, ProtocolError};

/// How and why a connection ended: [`CloseInformation`], owned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed {
    /// The peer's Close.
    pub received: CloseStatus,
    /// The peer's reason: diagnostic text that it chose; empty if none.
    pub reason: String,
    /// Our Close: `None` if none was queued.
    pub sent: Option<CloseStatus>,
    /// Whether the closing handshake was completed (§7.1.4).
    pub clean: bool,
    /// Who began.
    pub initiator: Initiator,
    /// The violation because of which we failed the connection.
    pub error: Option<ProtocolError>,
    /// The first deadline that passed, if one did: why the connection ends. (A peer that is dead does not
    /// answer our Close either.)
    pub deadline: Option<ExpiredDeadline>,
}

impl From<CloseInformation<'_>> for Closed {
    fn from(information: CloseInformation<'_>) -> Self {
        Self {
            received: information.received,
            reason: information.reason.into(),
            sent: information.sent,
            clean: information.clean,
            initiator: information.initiator,
            error: information.error,
            deadline: information.deadline,
        }
    }
}

impl fmt::Display for Closed {
    /// Such as `1001 "going away", cleanly`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.received.as_u16())?;
        if !self.reason.is_empty() {
            write!(f, " {:?}", self.reason)?;
        }
        f.write_str(if self.clean { ", cleanly" } else { ", not cleanly" })
    }
}

impl Closed {
    /// For a connection of which nothing is known but that it ended.
    pub(super) const fn lost() -> Self {
        Self {
            received: CloseStatus::Abnormal,
            reason: String::new(),
            sent: None,
            clean: false,
            initiator: Initiator::Transport,
            error: None,
            deadline: None,
        }
    }
}

/// What the end of a connection means to who reads it: nothing if the peer's Close came, else why not.
pub(super) fn outcome(outgoing: &Outgoing, failure: Option<io::Error>) -> Result<(), Error> {
    let Some(information) = outgoing.close_information() else {
        return Err(failure.map_or(Error::ConnectionLost, Error::from));
    };
    if let Some(violation) = information.error {
        Err(Error::Protocol(violation))
    } else if information.received != CloseStatus::Abnormal {
        Ok(())
    } else if let Some(deadline) = information.deadline {
        // If the transport failed, then because the deadline had ended it.
        Err(Error::Timeout(deadline))
    } else if let Some(failure) = failure {
        Err(failure.into())
    } else {
        Err(Error::ConnectionLost)
    }
}
