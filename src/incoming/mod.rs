//! §5 §6.2  Frames to events: the rules of the receiving direction.

mod assembly;
mod event;
mod payload;
mod reply;
mod text;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

pub use event::{Chunk, Close, Event};
pub use payload::Payload;
pub use reply::Reply;
pub(crate) use reply::{React, pass_on};
pub use text::{Text, Utf8Bytes};

use crate::frame::{Decoder, Header, MessageKind, Opcode, Piece, Role, parse_close};
use crate::rules::Sequence;
use crate::utf8::{self, Validator};
use crate::{Config, Counters, Delivery, ProtocolError};
use assembly::Assembly;

/// The receiving direction of a connection, for a task of its own: see
/// [`Connection::split`](crate::Connection::split).
pub struct Incoming {
    config: Arc<Config>,
    decoder: Decoder,
    message: Message,
    assembly: Assembly,
    reply: Option<Box<Reply>>,
    counters: Counters,
}

/// The data message that is being received.
struct Message {
    kind: MessageKind,
    /// Whether a chunk of it was delivered.
    begun: bool,
    /// Payload bytes of its frames so far, as announced in their headers.
    size: u64,
    fragments: u32,
    empty_fragments: u32,
    /// What a text has come to.
    text: Validator,
}

impl Message {
    const fn new(kind: MessageKind) -> Self {
        Self {
            kind,
            begun: false,
            size: 0,
            fragments: 0,
            empty_fragments: 0,
            text: Validator::new(),
        }
    }
}

impl Incoming {
    pub(crate) fn new(config: Arc<Config>, role: Role) -> Self {
        Self {
            config,
            decoder: Decoder::new(role),
            message: Message::new(MessageKind::Binary),
            assembly: Assembly::default(),
            reply: None,
            counters: Counters::default(),
        }
    }

    /// Takes bytes off the front of `input` and yields the next event; `None`: the input is used up.
    ///
    /// As [`Connection::receive`](crate::Connection::receive), but what has to be answered waits in
    /// [`take_reply`](Self::take_reply).
    ///
    /// # Errors
    /// The peer's violation of the protocol, once; the input is emptied. Its Close goes out when the
    /// reply is applied.
    pub fn receive<'i>(
        &mut self,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        let heard = !input.is_empty();
        let result = self.next(input);
        if heard || matches!(result, Ok(Some(_)) | Err(_)) {
            let most = self.config.limits.max_pending_pongs;
            let reply = self.reply.get_or_insert_default();
            reply.heard = true;
            if let Ok(Some(Event::Ping(_) | Event::Pong(_) | Event::Close(_))) | Err(_) = &result {
                pass_on(&result, reply.acts(most));
            }
        }
        result
    }

    /// The peer will send no more: drops what is unfinished, and tells the other half by the reply.
    pub fn receive_eof(&mut self) {
        self.stop();
        self.reply.get_or_insert_default().end = true;
    }

    /// What the sending half has to do because of what was received since the last call.
    pub fn take_reply(&mut self) -> Option<Reply> {
        let reply = self.reply.as_mut()?;
        if reply.is_empty() { None } else { Some(core::mem::take(&mut **reply)) }
    }

    /// Frees buffers that have gone unused for [`Timeouts::release_after`](crate::Timeouts::release_after);
    /// returns when to call again. See [`Connection::tick`](crate::Connection::tick).
    pub fn tick(&mut self, now: Duration) -> Option<Duration> {
        let in_use = self.decoder.current().is_some()
            || matches!(self.decoder.sequence(), Sequence::Message(_));
        self.assembly.tick(now, self.config.timeouts.release_after, in_use)
    }

    /// Bytes and frames received.
    #[must_use]
    pub const fn received(&self) -> Counters {
        self.counters
    }

    /// Bytes that are held of an incomplete frame header, at most 14.
    pub(crate) fn held(&self) -> &[u8] {
        self.decoder.held()
    }

    /// Whether a frame's payload or a fragmented message is incomplete.
    pub(crate) fn is_inside_message(&self) -> bool {
        self.decoder.current().is_some() || matches!(self.decoder.sequence(), Sequence::Message(_))
    }

    /// Discards what is unfinished and everything that comes.
    pub fn stop(&mut self) {
        self.decoder.stop();
        self.assembly.clear();
    }

    /// As `receive`, without noting what has to be answered.
    #[inline]
    pub(crate) fn next<'i>(
        &mut self,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        let before = input.len();
        let result = self.frames(input);
        self.counters.bytes += (before - input.len()) as u64;
        result
    }

    #[inline]
    fn frames<'i>(&mut self, input: &mut &'i mut [u8]) -> Result<Option<Event<'i>>, ProtocolError> {
        loop {
            let header = match self.decoder.current() {
                Some(header) => header,
                None => match self.header(input)? {
                    Some(header) => header,
                    None => return Ok(None),
                },
            };
            let Some(piece) = self.decoder.take(input) else {
                return Ok(None);
            };
            let outcome = if header.opcode.is_control() {
                self.control(header.opcode, piece)
            } else {
                self.data(header, piece)
            };
            match outcome {
                Ok(None) => {}
                Ok(event) => return Ok(event),
                Err(violation) => {
                    self.assembly.clear();
                    return Err(self.decoder.fail(violation, input));
                }
            }
        }
    }

    #[inline]
    fn header(&mut self, input: &mut &mut [u8]) -> Result<Option<Header>, ProtocolError> {
        match self.decoder.begin(input) {
            Ok(Some(header)) => {
                self.counters.frames += 1;
                if let Err(excess) = self.admit(&header) {
                    self.assembly.clear();
                    return Err(self.decoder.fail(excess, input));
                }
                Ok(Some(header))
            }
            Ok(None) => Ok(None),
            Err(violation) => {
                self.assembly.clear();
                Err(violation)
            }
        }
    }

    /// §10.4: the limits, checked on the header alone, before anything is done for its payload.
    #[inline]
    fn admit(&mut self, header: &Header) -> Result<(), ProtocolError> {
        let limits = &self.config.limits;
        match header.opcode {
            Opcode::Ping | Opcode::Pong | Opcode::Close => return Ok(()),
            Opcode::Text => self.message = Message::new(MessageKind::Text),
            Opcode::Binary => self.message = Message::new(MessageKind::Binary),
            Opcode::Continuation => {}
        }
        if header.length > limits.max_frame_size {
            return Err(ProtocolError::FrameTooLarge);
        }
        let message = &mut self.message;
        message.size = message.size.saturating_add(header.length);
        if message.size > limits.max_message_size {
            return Err(ProtocolError::MessageTooLarge);
        }
        message.fragments = message.fragments.saturating_add(1);
        if message.fragments > limits.max_fragments {
            return Err(ProtocolError::TooManyFragments);
        }
        if header.length == 0 && !(header.fin && message.fragments == 1) {
            message.empty_fragments = message.empty_fragments.saturating_add(1);
            if message.empty_fragments > limits.max_empty_fragments {
                return Err(ProtocolError::TooManyEmptyFragments);
            }
        }
        Ok(())
    }

    #[inline]
    fn data<'i>(
        &mut self,
        header: Header,
        piece: Piece<'i>,
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        let end = piece.last && header.fin;
        if self.config.delivery == Delivery::Chunks {
            self.chunk(piece, end)
        } else if end && piece.first && header.opcode != Opcode::Continuation {
            in_place(self.message.kind, piece).map(Some)
        } else {
            self.assemble(&piece, header.fin)
        }
    }

    fn assemble<'i>(
        &mut self,
        piece: &Piece<'_>,
        fin: bool,
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        let is_text = self.message.kind == MessageKind::Text;
        if !piece.data.is_empty() {
            // Before its last frame, nobody knows how long the message will be.
            let expected = if fin { self.message.size } else { u64::MAX };
            let (ascii, added) = self
                .assembly
                .add_message(piece, expected)
                .map_err(|_| ProtocolError::OutOfMemory)?;
            if is_text && !(ascii && self.message.text.is_complete()) {
                self.message.text.push(added).map_err(|_| ProtocolError::InvalidUtf8)?;
            }
        }
        if !(fin && piece.last) {
            return Ok(None);
        }
        if is_text {
            self.message.text.finish().map_err(|_| ProtocolError::InvalidUtf8)?;
        }
        let payload = self.assembly.take_message(self.config.limits.retain);
        Ok(Some(if is_text {
            Event::Text(Text::validated(payload))
        } else {
            Event::Binary(payload)
        }))
    }

    fn chunk<'i>(
        &mut self,
        mut piece: Piece<'i>,
        end: bool,
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        let ascii = piece.unmask();
        if self.message.kind == MessageKind::Text {
            if !(ascii && self.message.text.is_complete()) {
                self.message.text.push(piece.data).map_err(|_| ProtocolError::InvalidUtf8)?;
            }
            if end {
                self.message.text.finish().map_err(|_| ProtocolError::InvalidUtf8)?;
            }
        }
        if piece.data.is_empty() && !end {
            return Ok(None);
        }
        let first = !self.message.begun;
        self.message.begun = true;
        let data = Payload::Borrowed(piece.data);
        Ok(Some(Event::Chunk(Chunk { kind: self.message.kind, data, first, last: end })))
    }

    /// §5.5
    fn control<'i>(
        &mut self,
        opcode: Opcode,
        mut piece: Piece<'i>,
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        let payload = if piece.first && piece.last {
            piece.unmask();
            Payload::Borrowed(piece.data)
        } else {
            let added = self.assembly.add_control(&piece);
            match added.map_err(|_| ProtocolError::OutOfMemory)? {
                Some(payload) => payload,
                None => return Ok(None),
            }
        };
        Ok(Some(match opcode {
            Opcode::Ping => Event::Ping(payload),
            Opcode::Pong => Event::Pong(payload),
            _ => {
                parse_close(&payload)?;
                self.assembly.clear();
                Event::Close(Close::validated(payload))
            }
        }))
    }
}

/// A message that stands in the input whole.
#[inline]
fn in_place(kind: MessageKind, mut piece: Piece<'_>) -> Result<Event<'_>, ProtocolError> {
    let ascii = piece.unmask();
    let payload = Payload::Borrowed(piece.data);
    match kind {
        MessageKind::Binary => Ok(Event::Binary(payload)),
        MessageKind::Text if ascii || utf8::is_valid(&payload) => {
            Ok(Event::Text(Text::validated(payload)))
        }
        MessageKind::Text => Err(ProtocolError::InvalidUtf8),
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("decoder", &self.decoder)
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}
