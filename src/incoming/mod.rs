//! §5 §6.2  Frames to events: the rules of the receiving direction.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod assembly;
mod event;
mod frames;
#[cfg(feature = "deflate")]
mod inflate;
#[cfg(feature = "deflate")]
mod inflation;
mod message;
mod payload;
mod reply;
mod text;
mod unmasking;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

pub use event::{Chunk, Close, Event};
pub use payload::Payload;
pub(crate) use reply::React;
pub use reply::Reply;
pub use text::{Text, Utf8Bytes};

use crate::frame::{Decoder, Header, MessageKind, Opcode, Role, Unfragmented};
use crate::rules::Sequence;
use crate::{Config, Counters, Delivery, Outgoing, ProtocolError};
use assembly::Assembly;
#[cfg(feature = "deflate")]
use inflation::Inflation;
use message::Message;
use reply::{Notes, pass_on};
use unmasking::unmask_message;

/// The receiving direction of a connection, for a task of its own: see
/// [`Connection::split`](crate::Connection::split).
pub struct Incoming {
    config: Arc<Config>,
    decoder: Decoder,
    message: Message,
    assembly: Assembly,
    #[cfg(feature = "deflate")]
    inflation: Option<Box<Inflation>>,
    reply: Option<Box<Reply>>,
    counters: Counters,
}

/// What a first look at the input finds.
enum Glance<'i> {
    /// A message that stands there in one frame. It was taken.
    Message(Event<'i>),
    /// One that must not be. It was taken.
    Wrong(ProtocolError),
    /// Anything else. Nothing was taken.
    Other,
}

impl Incoming {
    pub(crate) fn new(config: Arc<Config>, role: Role) -> Self {
        Self {
            decoder: Decoder::new(role).with_whole_messages_below(whole_messages_below(&config)),
            config,
            message: Message::new(MessageKind::Binary),
            assembly: Assembly::default(),
            #[cfg(feature = "deflate")]
            inflation: None,
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
        let mut reply = self.reply.take().unwrap_or_default();
        reply.heard |= !input.is_empty();
        let max_pings = self.config.limits.max_pending_pongs;
        let mut notes = Notes { reply: &mut reply, max_pings };
        let result = match self.next_unfragmented(input) {
            Glance::Message(message) => Ok(Some(message)),
            Glance::Wrong(violation) => self.next_wrong(violation, input, &mut notes),
            Glance::Other if input.is_empty() => Ok(None),
            Glance::Other => self.next(input, &mut notes),
        };
        self.reply = Some(reply);
        result
    }

    /// As `receive`, but what has to be answered, `outgoing` is told at once.
    #[inline(always)]
    pub(crate) fn receive_for<'i>(
        &mut self,
        outgoing: &mut Outgoing,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        match self.next_unfragmented(input) {
            Glance::Message(message) => {
                outgoing.heard();
                Ok(Some(message))
            }
            Glance::Wrong(violation) => {
                outgoing.heard();
                self.next_wrong(violation, input, outgoing)
            }
            // The end of each read: nothing waits inside for being asked.
            Glance::Other if input.is_empty() => Ok(None),
            Glance::Other => {
                outgoing.heard();
                self.next(input, outgoing)
            }
        }
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
        let after = self.config.timeouts.release_after;
        let assembly = self.assembly.tick(now, after, in_use);
        #[cfg(feature = "deflate")]
        if let Some(inflation) = &mut self.inflation {
            return crate::timer::earlier(assembly, inflation.tick(now, after, in_use));
        }
        assembly
    }

    #[cfg(feature = "deflate")]
    pub(crate) fn config(&self) -> &Arc<Config> {
        &self.config
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
        self.clear();
    }

    /// Frees what is assembled and what would inflate more of it: nothing follows.
    fn clear(&mut self) {
        self.assembly.clear();
        #[cfg(feature = "deflate")]
        if let Some(inflation) = &mut self.inflation {
            inflation.close();
        }
    }

    /// The next event, if it is a message that stands in the input in one frame.
    ///
    /// This is all that most messages go through, so it is made for being compiled into the loop around it: an
    /// event is larger than what registers hold, and to be handed through a call costs it as much as its header.
    /// For the same reason there is no `Result` here: its error would share its place with parts of the event.
    #[inline(always)]
    fn next_unfragmented<'i>(&mut self, input: &mut &'i mut [u8]) -> Glance<'i> {
        match self.decoder.take_message(input) {
            Some(message) => self.unfragmented(message, false),
            None => Glance::Other,
        }
    }

    /// What has become of a message that was taken.
    #[inline(always)]
    #[cfg_attr(not(feature = "deflate"), expect(unused_variables, reason = "none is compressed"))]
    fn unfragmented<'i>(&mut self, message: Unfragmented<'i>, is_compressed: bool) -> Glance<'i> {
        let Unfragmented { kind, data, key, size } = message;
        self.counters.add_frame();
        self.counters.add_bytes(size);
        #[cfg(feature = "deflate")]
        if is_compressed {
            return match self.inflate_unfragmented(kind, data, key) {
                Ok(()) => Glance::Message(self.inflated()),
                Err(violation) => Glance::Wrong(violation),
            };
        }
        if !unmask_message(data, key, kind) {
            return Glance::Wrong(ProtocolError::InvalidUtf8);
        }
        Glance::Message(whole(kind, Payload::Borrowed(data)))
    }

    /// As `receive`; what has to be answered, `reaction` is told.
    #[inline(never)]
    fn next<'i>(
        &mut self,
        input: &mut &'i mut [u8],
        reaction: &mut impl React,
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        if let Some((message, is_compressed)) = self.decoder.take_rare_message(input) {
            return match self.unfragmented(message, is_compressed) {
                Glance::Message(event) => Ok(Some(event)),
                Glance::Wrong(violation) => self.next_wrong(violation, input, reaction),
                Glance::Other => Ok(None),
            };
        }
        let before = input.len();
        let result = self.frames(input);
        self.counters.add_bytes(before.saturating_sub(input.len()));
        pass_on(&result, reaction);
        result
    }

    /// What a wrong message that [`next_unfragmented`](Self::next_unfragmented) has taken leads to.
    #[cold]
    fn next_wrong<'i>(
        &mut self,
        violation: ProtocolError,
        input: &mut &'i mut [u8],
        reaction: &mut impl React,
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        // What is discarded was received.
        self.counters.add_bytes(input.len());
        reaction.violation(violation);
        Err(self.fail(violation, input))
    }

    #[cold]
    fn fail(&mut self, violation: ProtocolError, input: &mut &mut [u8]) -> ProtocolError {
        self.clear();
        self.decoder.fail(violation, input)
    }

    #[inline]
    fn header(&mut self, input: &mut &mut [u8]) -> Result<Option<Header>, ProtocolError> {
        match self.decoder.begin(input) {
            Ok(Some(header)) => {
                self.counters.add_frame();
                if let Err(excess) = self.admit(&header) {
                    return Err(self.fail(excess, input));
                }
                Ok(Some(header))
            }
            Ok(None) => Ok(None),
            Err(violation) => {
                self.clear();
                Err(violation)
            }
        }
    }

    /// §10.4
    #[inline]
    fn admit(&mut self, header: &Header) -> Result<(), ProtocolError> {
        let begins = match header.opcode {
            Opcode::Ping | Opcode::Pong | Opcode::Close => return Ok(()),
            Opcode::Text => Some(MessageKind::Text),
            Opcode::Binary => Some(MessageKind::Binary),
            Opcode::Continuation => None,
        };
        if let Some(kind) = begins {
            self.message = Message::new(kind);
        }
        #[cfg(feature = "deflate")]
        if let Some(inflation) = &mut self.inflation {
            match begins {
                Some(_) => inflation.begin(header.rsv1),
                None => inflation.continues(),
            }
        }
        self.message.admit(header, &self.config.limits)
    }
}

/// Messages of fewer bytes that come whole, in one frame, are within every limit.
fn whole_messages_below(config: &Config) -> u16 {
    let limits = &config.limits;
    if config.delivery != Delivery::Messages || limits.max_fragments == 0 {
        return 0;
    }
    let most = limits.max_frame_size.min(limits.max_message_size);
    u16::try_from(most.saturating_add(1)).unwrap_or(u16::MAX)
}

/// The event of a message, a text of which must have passed our validator.
#[inline(always)]
fn whole(kind: MessageKind, payload: Payload<'_>) -> Event<'_> {
    match kind {
        MessageKind::Binary => Event::Binary(payload),
        MessageKind::Text => Event::Text(Text::validated(payload)),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is taken whole is not looked at again: it has to be within every limit.
    #[test]
    fn messages_that_are_taken_whole_are_within_the_limits() {
        let below = |set: fn(&mut Config)| {
            let mut config = Config::server();
            set(&mut config);
            whole_messages_below(&config)
        };
        assert_eq!(below(|_| {}), u16::MAX);
        assert_eq!(below(|config| config.limits.max_frame_size = 100), 101);
        assert_eq!(below(|config| config.limits.max_message_size = 99), 100);
        assert_eq!(below(|config| config.limits.max_frame_size = 65_534), u16::MAX);
        assert_eq!(below(|config| config.limits.max_frame_size = u64::MAX), u16::MAX);
        assert_eq!(below(|config| config.limits.max_fragments = 0), 0);
        assert_eq!(below(|config| config.delivery = Delivery::Chunks), 0);
    }
}
