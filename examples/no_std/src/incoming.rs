//! §5 §6.2  Bytes from the peer to messages.

use core::{mem, str};

use heapless::Vec;
use websocket_proto::frame::{Decoder, MAX_CONTROL_PAYLOAD, Opcode, Part, parse_close};
use websocket_proto::utf8::Validator;
use websocket_proto::{CloseCode, MessageKind, ProtocolError, Role};

use crate::Outgoing;

/// What the peer has sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
    /// The peer's Close, which has been answered: nothing comes after it. `None`: it has no status code.
    Close(Option<(CloseCode, &'a str)>),
}

/// The receiving direction. `MESSAGE`: bytes of the largest message that is taken.
pub struct Incoming<const MESSAGE: usize> {
    decoder: Decoder,
    /// What has come of the message that is open, over all its fragments.
    message: Vec<u8, MESSAGE>,
    /// Of which kind it is: its first frame has said so.
    kind: MessageKind,
    text: Validator,
    /// The message was handed over: the next one begins in an empty buffer.
    delivered: bool,
    /// What has come of a control frame, which may stand between the fragments of a message.
    control: Vec<u8, MAX_CONTROL_PAYLOAD>,
    /// Behind a Close or a violation (§5.5.1, §7.1.7): everything is discarded.
    over: bool,
}

impl<const MESSAGE: usize> Incoming<MESSAGE> {
    /// `role`: which end this is.
    #[must_use]
    pub const fn new(role: Role) -> Self {
        Self {
            decoder: Decoder::new(role),
            message: Vec::new(),
            kind: MessageKind::Binary,
            text: Validator::new(),
            delivered: false,
            control: Vec::new(),
            over: false,
        }
    }

    /// Takes bytes off the front of `input`, however the transport has cut them, and gives the next event; `None`: the
    /// input is used up. Answers go into `outgoing`.
    ///
    /// # Errors
    /// The peer's violation, once. Its Close is queued; what comes after it is discarded.
    pub fn receive<const OUTPUT: usize>(
        &mut self,
        input: &mut &mut [u8],
        outgoing: &mut Outgoing<OUTPUT>,
    ) -> Result<Option<Event<'_>>, ProtocolError> {
        if mem::take(&mut self.delivered) {
            self.message.clear();
        }
        match self.take(input, outgoing) {
            Ok(None) => Ok(None),
            Ok(Some(Taken::Message(kind))) => {
                self.delivered = true;
                Ok(Some(match kind {
                    // Validated as it came; to make a `str` of it costs a second look.
                    MessageKind::Text => {
                        Event::Text(str::from_utf8(&self.message).unwrap_or_default())
                    }
                    MessageKind::Binary => Event::Binary(&self.message),
                }))
            }
            Ok(Some(Taken::Close)) => {
                self.over = true;
                *input = &mut [];
                // Valid, or it would have been a violation.
                Ok(Some(Event::Close(parse_close(&self.control).unwrap_or_default())))
            }
            Err(violation) => {
                // §7.1.7: the peer is told, and not listened to any more.
                self.over = true;
                *input = &mut [];
                outgoing.end(Some(violation.close_code()));
                Err(violation)
            }
        }
    }

    /// Takes parts of frames until one completes something that the application wants to know.
    fn take<const OUTPUT: usize>(
        &mut self,
        input: &mut &mut [u8],
        outgoing: &mut Outgoing<OUTPUT>,
    ) -> Result<Option<Taken>, ProtocolError> {
        if self.over {
            *input = &mut [];
            return Ok(None);
        }
        while let Some(part) = self.decoder.decode(input)? {
            let taken = match part.header.opcode {
                Opcode::Text => self.take_data(MessageKind::Text, &part)?,
                Opcode::Binary => self.take_data(MessageKind::Binary, &part)?,
                Opcode::Continuation => self.take_data(self.kind, &part)?,
                Opcode::Close | Opcode::Ping | Opcode::Pong => {
                    self.take_control(&part, outgoing)?
                }
            };
            if taken.is_some() {
                return Ok(taken);
            }
        }
        Ok(None)
    }

    /// §5.4 §5.6  A part of a message.
    fn take_data(
        &mut self,
        kind: MessageKind,
        part: &Part<'_>,
    ) -> Result<Option<Taken>, ProtocolError> {
        self.kind = kind;
        // By its header: nobody has to send a megabyte in vain.
        let room = (MESSAGE - self.message.len()) as u64;
        if part.first && part.header.length > room {
            return Err(ProtocolError::MessageTooLarge);
        }
        self.message.extend_from_slice(part.payload).map_err(|_| ProtocolError::MessageTooLarge)?;
        let ends = part.last && part.header.fin;
        if kind == MessageKind::Text {
            // §8.1: refused at its first wrong byte, though a fragment may end inside a character.
            self.text.push(part.payload).map_err(|_| ProtocolError::InvalidUtf8)?;
            if ends {
                self.text.finish().map_err(|_| ProtocolError::InvalidUtf8)?;
            }
        }
        Ok(ends.then_some(Taken::Message(kind)))
    }

    /// §5.5  A part of a control frame, which is answered when it is complete.
    fn take_control<const OUTPUT: usize>(
        &mut self,
        part: &Part<'_>,
        outgoing: &mut Outgoing<OUTPUT>,
    ) -> Result<Option<Taken>, ProtocolError> {
        if part.first {
            self.control.clear();
        }
        // Always fits: the decoder has refused longer ones.
        self.control.extend_from_slice(part.payload).map_err(|_| ProtocolError::ControlTooLong)?;
        if !part.last {
            return Ok(None);
        }
        match part.header.opcode {
            Opcode::Ping => outgoing.pong(&self.control),
            Opcode::Close => {
                // §5.5.1: answered with the code that came.
                outgoing.end(parse_close(&self.control)?.map(|(code, _)| code));
                return Ok(Some(Taken::Close));
            }
            _ => {}
        }
        Ok(None)
    }
}

/// What is complete, and stands in the buffers.
enum Taken {
    Message(MessageKind),
    Close,
}
