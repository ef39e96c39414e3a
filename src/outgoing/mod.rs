//! §5 §6.1 §7  Messages to bytes: the rules of the sending direction, and the end of the connection.

#[cfg(feature = "deflate")]
mod compression;
mod control_frames;
mod control_lane;
mod ending;
mod lent;
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

#[cfg(feature = "deflate")]
use compression::{Deflation, PreparedPlan};
use ending::Phase;
pub use lent::Lent;
pub(crate) use mask_keys::MaskKeys;
use outbox::Outbox;
pub use output::{Output, Transmit};
pub use prepared::Prepared;
pub use writer::MessageWriter;

use crate::buffer::SHORT;
use crate::closing::CloseRecord;
#[cfg(feature = "deflate")]
use crate::deflate::bound;
use crate::frame::{FIN, Header, MessageKind, Opcode, Role};
use crate::rules::Sequence;
use crate::timer::Timer;
use crate::utf8::{self, Validator};
use crate::{Config, Counters, SendError, Utf8Bytes};

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
    /// A large output was drained since the last release.
    recurring: bool,
    phase: Phase,
    record: Option<Box<CloseRecord>>,
    timer: Timer,
    counters: Counters,
    subprotocol: Option<Arc<str>>,
    #[cfg(feature = "deflate")]
    deflation: Option<Box<Deflation>>,
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
            recurring: false,
            phase: Phase::Open,
            record: None,
            timer,
            counters: Counters::default(),
            subprotocol,
            #[cfg(feature = "deflate")]
            deflation: None,
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
    #[inline]
    pub fn send_shared(&mut self, kind: MessageKind, data: &Bytes) -> Result<(), SendError> {
        if kind == MessageKind::Binary && data.len() <= SHORT {
            return self.send(kind, data);
        }
        self.send_checked_shared(kind, data)
    }

    fn send_checked_shared(&mut self, kind: MessageKind, data: &Bytes) -> Result<(), SendError> {
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
    #[inline]
    pub fn send_shared_text(&mut self, text: &Utf8Bytes) -> Result<(), SendError> {
        if text.len() <= SHORT {
            return self.send(MessageKind::Text, text.as_bytes());
        }
        self.send_valid_shared(MessageKind::Text, text.as_bytes())
    }

    /// See [`Connection::lend_text`](crate::Connection::lend_text).
    ///
    /// # Errors
    /// [`SendError::Full`], [`SendError::Closed`], [`SendError::MessageOpen`].
    #[inline]
    pub fn lend_text<'a>(&'a mut self, text: &'a str) -> Result<Lent<'a>, SendError> {
        self.lend(MessageKind::Text, text.as_bytes())
    }

    /// See [`Connection::lend_binary`](crate::Connection::lend_binary).
    ///
    /// # Errors
    /// [`SendError::Full`], [`SendError::Closed`], [`SendError::MessageOpen`].
    #[inline]
    pub fn lend_binary<'a>(&'a mut self, data: &'a [u8]) -> Result<Lent<'a>, SendError> {
        self.lend(MessageKind::Binary, data)
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
        #[cfg(feature = "deflate")]
        let frame = match self.plan_prepared(message) {
            PreparedPlan::AsIs(frame) => frame,
            PreparedPlan::OwnContext => {
                let data = &message.plain().payload;
                self.check_send(bound(data.len()))?;
                self.push_compressed(message.kind().opcode(), true, data);
                return Ok(());
            }
        };
        #[cfg(not(feature = "deflate"))]
        let frame = message.plain();
        self.check_send(frame.payload.len())?;
        if frame.payload.len() <= Prepared::COPIED {
            self.outbox.push(frame.first, None, &frame.payload);
        } else {
            self.outbox.push_reference(&frame.header, frame.payload.clone());
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
        let (compress, most) = self.plan(data.len(), fin);
        self.check_room(most)?;
        self.text = text;
        self.push_part(opcode, fin, data, compress);
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

    /// The way of short messages, which calls nothing and so saves no registers: a third of their time.
    fn send(&mut self, kind: MessageKind, data: &[u8]) -> Result<(), SendError> {
        let open = self.phase == Phase::Open && self.sequence == Sequence::Idle;
        if !open || data.len() > SHORT || self.is_compressing() {
            return self.send_any(kind, data);
        }
        let first = FIN | kind.opcode() as u8;
        let most = self.config.limits.max_write_buffer;
        // Compiled twice, without and with a key, so that neither has to ask at each step.
        let done = match &mut self.keys {
            None => self.outbox.push_short(first, None, data, most),
            Some(keys) => keys.peek().is_some_and(|key| {
                let done = self.outbox.push_short(first, Some(key), data, most);
                if done {
                    keys.skip();
                }
                done
            }),
        };
        if !done {
            return self.send_any(kind, data);
        }
        self.queued();
        Ok(())
    }

    #[inline(never)]
    fn send_any(&mut self, kind: MessageKind, data: &[u8]) -> Result<(), SendError> {
        let (compress, most) = self.plan(data.len(), true);
        self.check_send(most)?;
        self.push_part(kind.opcode(), true, data, compress);
        Ok(())
    }

    fn lend<'a>(&'a mut self, kind: MessageKind, data: &'a [u8]) -> Result<Lent<'a>, SendError> {
        // A client masks, and so copies; so does who compresses.
        if self.keys.is_some() || self.plan(data.len(), true).0 {
            self.send(kind, data)?;
            return Ok(Lent::queued(self));
        }
        self.check_send(data.len())?;
        Ok(Lent::behind_queued(self, FIN | kind.opcode() as u8, data))
    }

    fn send_valid_shared(&mut self, kind: MessageKind, data: &Bytes) -> Result<(), SendError> {
        if self.keys.is_some()
            || data.len() < self.config.reference_threshold.max(1)
            || self.plan(data.len(), true).0
        {
            return self.send(kind, data);
        }
        self.check_send(data.len())?;
        let header = Header {
            fin: true,
            rsv1: false,
            opcode: kind.opcode(),
            mask: None,
            length: data.len() as u64,
        };
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
        let most = unsent.saturating_add(size).saturating_add(Header::MAX_SIZE);
        if most <= self.config.limits.max_write_buffer || self.has_room(unsent, size) {
            return Ok(());
        }
        self.refused = true;
        Err(SendError::Full)
    }

    /// Whether a message of `size` bytes fits an output that is as good as full, or an empty one.
    #[cold]
    fn has_room(&self, unsent: usize, size: usize) -> bool {
        let header = Header::size(size as u64, self.keys.is_some());
        let after = unsent.saturating_add(size).saturating_add(header);
        unsent == 0 || after <= self.config.limits.max_write_buffer
    }

    /// Whether messages may go out compressed.
    #[inline]
    const fn is_compressing(&self) -> bool {
        #[cfg(feature = "deflate")]
        {
            self.deflation.is_some()
        }
        #[cfg(not(feature = "deflate"))]
        {
            false
        }
    }

    /// Whether the next part of a message goes out compressed, and the most bytes that it can come to.
    #[cfg(not(feature = "deflate"))]
    #[inline]
    #[expect(clippy::unused_self, reason = "as with compression")]
    const fn plan(&self, length: usize, _fin: bool) -> (bool, usize) {
        (false, length)
    }

    #[cfg(not(feature = "deflate"))]
    #[inline]
    fn push_part(&mut self, opcode: Opcode, fin: bool, data: &[u8], _compress: bool) {
        self.push(opcode, fin, data);
    }

    #[cfg(feature = "deflate")]
    #[inline]
    fn push_part(&mut self, opcode: Opcode, fin: bool, data: &[u8], compress: bool) {
        if compress {
            self.push_compressed(opcode, fin, data);
        } else {
            self.push(opcode, fin, data);
        }
    }

    fn push(&mut self, opcode: Opcode, fin: bool, payload: &[u8]) {
        let header = self.header(opcode, fin, payload);
        self.outbox.push(header.first_byte(), header.mask, payload);
        self.queued();
    }

    /// §5.3 §10.3: the key is drawn when the payload is final, anew for each frame.
    #[inline]
    fn header(&mut self, opcode: Opcode, fin: bool, payload: &[u8]) -> Header {
        let mask = self.keys.as_mut().map(MaskKeys::next_key);
        Header { fin, rsv1: false, opcode, mask, length: payload.len() as u64 }
    }

    #[inline]
    fn queued(&mut self) {
        self.counters.add_frame();
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
