//! §5.5  Ping, Pong and Close, as the application asks for them.

use super::Outgoing;
use super::ending::Phase;
use crate::SendError;
use crate::frame::{CloseCode, Header, MAX_CONTROL_PAYLOAD, Opcode};

/// Bytes of control frames that have a place beside a full output.
const CONTROL_HEADROOM: usize = 8 << 10;

impl Outgoing {
    /// Queues a Ping (§5.5.2). Overtakes queued messages at the next frame boundary.
    ///
    /// # Errors
    /// [`SendError::ControlTooLong`] over 125 bytes, [`SendError::Closed`] once Close was queued,
    /// [`SendError::Full`] with 8 KiB of control frames waiting. Nothing is queued on error.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.control(Opcode::Ping, payload)
    }

    /// Queues a Pong (§5.5.3): unasked, or by hand with automatic Pongs off. Overtakes queued messages
    /// at the next frame boundary. Our own Close does not forbid it, the peer's does (§5.5.2).
    ///
    /// # Errors
    /// As [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        if !matches!(self.phase, Phase::Open | Phase::CloseSent) {
            return Err(SendError::Closed);
        }
        self.control(Opcode::Pong, payload)
    }

    /// See [`Connection::close`](crate::Connection::close).
    ///
    /// # Errors
    /// [`SendError::Closed`] once Close was queued, [`SendError::ReasonTooLong`] over 123 bytes,
    /// [`SendError::CloseCode`] for 1010 from a server.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.check_open()?;
        if self.keys.is_none() && code == CloseCode::MANDATORY_EXTENSION {
            return Err(SendError::CloseCode);
        }
        if reason.len() > MAX_CONTROL_PAYLOAD - 2 {
            return Err(SendError::ReasonTooLong);
        }
        self.begin_close(Some(code), reason);
        Ok(())
    }

    /// See [`Connection::close_without_code`](crate::Connection::close_without_code).
    ///
    /// # Errors
    /// [`SendError::Closed`] once Close was queued.
    pub fn close_without_code(&mut self) -> Result<(), SendError> {
        self.check_open()?;
        self.begin_close(None, "");
        Ok(())
    }

    fn control(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), SendError> {
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlTooLong);
        }
        if !self.has_room_for_control(payload.len()) {
            return Err(SendError::Full);
        }
        self.push_control(opcode, payload, usize::MAX);
        Ok(())
    }

    pub(super) fn has_room_for_control(&self, size: usize) -> bool {
        self.outbox.unsent_control() + Header::MAX_SIZE + size <= CONTROL_HEADROOM
    }

    pub(super) fn push_control(&mut self, opcode: Opcode, payload: &[u8], max_pongs: usize) {
        let header = self.header(opcode, true, payload);
        self.outbox.push_control(header, payload, max_pongs);
        self.queued();
    }
}
