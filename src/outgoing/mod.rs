//! §5 §6.1 §7  Messages to bytes: the rules of the sending direction, and the end of the connection.

mod control_lane;
mod ending;
mod mask_keys;
mod outbox;
mod output;
mod prepared;
mod writer;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::AtomicBool;

use bytes::{Bytes, BytesMut};

use ending::Phase;
pub(crate) use mask_keys::MaskKeys;
use outbox::Outbox;
pub use output::{Output, Transmit};
pub use prepared::Prepared;
pub use writer::MessageWriter;

use crate::closing::CloseRecord;
use crate::frame::{CloseCode, Header, MAX_CONTROL_PAYLOAD, MessageKind, Opcode, Role};
use crate::rules::Sequence;
use crate::timer::Timer;
use crate::utf8::{self, Validator};
use crate::{Config, Counters, SendError, Utf8Bytes};

/// Bytes of control frames that have a place beside a full output.
const CONTROL_HEADROOM: usize = 8 << 10;

/// The sending direction of a connection, for a task of its own: see
/// [`Connection::split`](crate::Connection::split). It owns the timers and the end of the connection.
///
/// Its methods are those of [`Connection`](crate::Connection), which documents them.
pub struct Outgoing {
    config: Arc<Config>,
    keys: Option<MaskKeys>,
    outbox: Outbox,
    sequence: Sequence,
    text: Validator,
    /// A send was refused, and less than half of the output has been transmitted since.
    refused: bool,
    /// Bytes were looked at for the transport, and it has not taken all of them since. (Atomic because
    /// looking needs no exclusive access.)
    shown: AtomicBool,
    phase: Phase,
    record: Option<Box<CloseRecord>>,
    timer: Timer,
    counters: Counters,
    subprotocol: Option<Arc<str>>,
}

impl Outgoing {
    pub(crate) fn new(
        config: Arc<Config>,
        keys: Option<MaskKeys>,
        head: BytesMut,
        subprotocol: Option<Arc<str>>,
    ) -> Self {
        let mut timer = Timer::new();
        if !head.is_empty() {
            timer.used();
        }
        Self {
            config,
            keys,
            outbox: Outbox::starting_with(head),
            sequence: Sequence::Idle,
            text: Validator::new(),
            refused: false,
            shown: AtomicBool::new(false),
            phase: Phase::Open,
            record: None,
            timer,
            counters: Counters::default(),
            subprotocol,
        }
    }

    /// See [`Connection::send_text`](crate::Connection::send_text).
    ///
    /// # Errors
    /// [`SendError::Full`], [`SendError::Closed`], [`SendError::MessageOpen`].
    #[inline]
    pub fn send_text(&mut self, text: &str) -> Result<(), SendError> {
        self.send(MessageKind::Text, text.as_bytes())
    }

    /// See [`Connection::send_binary`](crate::Connection::send_binary).
    ///
    /// # Errors
    /// [`SendError::Full`], [`SendError::Closed`], [`SendError::MessageOpen`].
    #[inline]
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.send(MessageKind::Binary, data)
    }

    /// See [`Connection::send_shared`](crate::Connection::send_shared).
    ///
    /// # Errors
    /// [`SendError::Full`], [`SendError::Closed`], [`SendError::MessageOpen`];
    /// [`SendError::InvalidUtf8`] for text that is not.
    pub fn send_shared(&mut self, kind: MessageKind, data: &Bytes) -> Result<(), SendError> {
        self.check_open()?;
        if kind == MessageKind::Text && !utf8::is_valid(data) {
            return Err(SendError::InvalidUtf8);
        }
        self.send_valid_shared(kind, data)
    }

    /// See [`Connection::send_shared_text`](crate::Connection::send_shared_text).
    ///
    /// # Errors
    /// [`SendError::Full`], [`SendError::Closed`], [`SendError::MessageOpen`].
    pub fn send_shared_text(&mut self, text: &Utf8Bytes) -> Result<(), SendError> {
        self.send_valid_shared(MessageKind::Text, text.as_bytes())
    }

    /// See [`Connection::send_prepared`](crate::Connection::send_prepared).
    ///
    /// # Errors
    /// [`SendError::Unmasked`] from a client; [`SendError::Full`], [`SendError::Closed`],
    /// [`SendError::MessageOpen`].
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        if self.keys.is_some() {
            return Err(SendError::Unmasked);
        }
        self.check_send(message.payload().len())?;
        let payload = message.payload();
        if payload.is_empty() {
            self.outbox.push_encoded(message.header());
        } else {
            self.outbox.push_reference(message.header(), payload.clone());
        }
        self.queued();
        Ok(())
    }

    /// See [`Connection::fragment`](crate::Connection::fragment).
    ///
    /// # Errors
    /// [`SendError::KindMismatch`], [`SendError::InvalidUtf8`], [`SendError::Full`],
    /// [`SendError::Closed`].
    pub fn fragment(&mut self, kind: MessageKind, data: &[u8], fin: bool) -> Result<(), SendError> {
        self.check_open()?;
        let opcode = match self.sequence {
            Sequence::Message(open) if open != kind => return Err(SendError::KindMismatch),
            Sequence::Message(_) => Opcode::Continuation,
            _ => kind.opcode(),
        };
        let mut text = self.text;
        if kind == MessageKind::Text {
            text.push(data).map_err(|_| SendError::InvalidUtf8)?;
            if fin {
                text.finish().map_err(|_| SendError::InvalidUtf8)?;
            }
        }
        self.check_room(data.len())?;
        self.text = text;
        self.push(opcode, fin, data);
        self.sequence = if fin { Sequence::Idle } else { Sequence::Message(kind) };
        Ok(())
    }

    /// See [`Connection::message`](crate::Connection::message).
    ///
    /// # Errors
    /// [`SendError::Closed`]; [`SendError::KindMismatch`] if a message of the other kind is open.
    pub fn message(&mut self, kind: MessageKind) -> Result<MessageWriter<'_>, SendError> {
        self.check_open()?;
        match self.sequence {
            Sequence::Message(open) if open != kind => Err(SendError::KindMismatch),
            _ => Ok(MessageWriter::new(self, kind)),
        }
    }

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

    /// See [`Connection::is_full`](crate::Connection::is_full).
    #[must_use]
    pub fn is_full(&self) -> bool {
        let unsent = self.outbox.weight();
        unsent > 0 && (self.refused || unsent >= self.config.limits.max_write_buffer)
    }

    /// See [`Connection::unsent`](crate::Connection::unsent).
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.outbox.unsent()
    }

    /// Bytes taken by the transport, and frames queued.
    #[must_use]
    pub const fn sent(&self) -> Counters {
        self.counters
    }

    /// Which end of the connection this is.
    #[must_use]
    pub const fn role(&self) -> Role {
        if self.keys.is_some() { Role::Client } else { Role::Server }
    }

    /// The subprotocol that the opening handshake agreed on (§1.9).
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    #[inline]
    fn send(&mut self, kind: MessageKind, data: &[u8]) -> Result<(), SendError> {
        self.check_send(data.len())?;
        self.push(kind.opcode(), true, data);
        Ok(())
    }

    fn send_valid_shared(&mut self, kind: MessageKind, data: &Bytes) -> Result<(), SendError> {
        if self.keys.is_some() || data.len() < self.config.reference_threshold.max(1) {
            return self.send(kind, data);
        }
        self.check_send(data.len())?;
        let header =
            Header { fin: true, opcode: kind.opcode(), mask: None, length: data.len() as u64 };
        self.outbox.push_reference(&header.encode(), data.clone());
        self.queued();
        Ok(())
    }

    /// §5.1 §5.5.1: data goes out from the opening on until Close was queued or received.
    #[inline]
    fn check_open(&self) -> Result<(), SendError> {
        if self.phase == Phase::Open { Ok(()) } else { Err(SendError::Closed) }
    }

    #[inline]
    fn check_send(&mut self, size: usize) -> Result<(), SendError> {
        self.check_open()?;
        if self.sequence != Sequence::Idle {
            return Err(SendError::MessageOpen);
        }
        self.check_room(size)
    }

    #[inline]
    fn check_room(&mut self, size: usize) -> Result<(), SendError> {
        let unsent = self.outbox.weight();
        let header = Header::size(size as u64, self.keys.is_some());
        let after = unsent.saturating_add(size).saturating_add(header);
        if unsent > 0 && after > self.config.limits.max_write_buffer {
            self.refused = true;
            return Err(SendError::Full);
        }
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

    fn has_room_for_control(&self, size: usize) -> bool {
        self.outbox.unsent_control() + Header::MAX_SIZE + size <= CONTROL_HEADROOM
    }

    #[inline]
    fn push(&mut self, opcode: Opcode, fin: bool, payload: &[u8]) {
        let header = self.header(opcode, fin, payload);
        self.outbox.push(header, payload);
        self.queued();
    }

    fn push_control(&mut self, opcode: Opcode, payload: &[u8], max_pongs: usize) {
        let header = self.header(opcode, true, payload);
        self.outbox.push_control(header, payload, max_pongs);
        self.queued();
    }

    /// §5.3 §10.3: the key is drawn when the payload is final, anew for each frame.
    #[inline]
    fn header(&mut self, opcode: Opcode, fin: bool, payload: &[u8]) -> Header {
        let mask = self.keys.as_mut().map(MaskKeys::next_key);
        Header { fin, opcode, mask, length: payload.len() as u64 }
    }

    #[inline]
    fn queued(&mut self) {
        self.counters.frames += 1;
        self.timer.used();
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("role", &self.role())
            .field("phase", &self.phase)
            .field("unsent", &self.unsent())
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}
