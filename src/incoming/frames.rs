//! §5.4 §5.5  What becomes of frames, a piece at a time: messages that are assembled or handed on in chunks, and
//! control frames.

use super::unmasking::{unmask_message, unmask_part};
use super::{Chunk, Close, Event, Incoming, Payload, whole};
use crate::frame::{Header, Opcode, Piece, apply_mask, parse_close};
use crate::{Delivery, MessageKind, ProtocolError};

impl Incoming {
    /// The next event of the input, frame by frame.
    pub(super) fn frames<'i>(
        &mut self,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        loop {
            let header = match self.decoder.current() {
                Some(header) => header,
                None => match self.header(input)? {
                    Some(header) => header,
                    None => return Ok(None),
                },
            };
            #[cfg(feature = "deflate")]
            if self.inflates_chunks(&header) {
                match self.inflate_chunk(header, input) {
                    Ok(None) if input.is_empty() && self.decoder.current().is_some() => {
                        return Ok(None);
                    }
                    Ok(None) => continue,
                    Ok(event) => return Ok(event),
                    Err(violation) => return Err(self.fail(violation, input)),
                }
            }
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
                Err(violation) => return Err(self.fail(violation, input)),
            }
        }
    }

    #[inline]
    fn data<'i>(
        &mut self,
        header: Header,
        piece: Piece<'i>,
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        let end = piece.last && header.fin;
        #[cfg(feature = "deflate")]
        if self.inflation.as_ref().is_some_and(|inflation| inflation.is_active()) {
            self.inflate(piece.data, piece.key, end)?;
            return Ok(end.then(|| self.inflated()));
        }
        if self.config.delivery == Delivery::Chunks {
            self.chunk(piece, end)
        } else if end && piece.first && header.opcode != Opcode::Continuation {
            let Piece { data, key, .. } = piece;
            let kind = self.message.kind;
            if !unmask_message(data, key, kind) {
                return Err(ProtocolError::InvalidUtf8);
            }
            Ok(Some(whole(kind, Payload::Borrowed(data))))
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
            let most = self.config.limits.max_message_size;
            let expected = if fin { self.message.size } else { most };
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
        Ok(Some(whole(self.message.kind, payload)))
    }

    fn chunk<'i>(
        &mut self,
        piece: Piece<'i>,
        end: bool,
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        let ascii = unmask_part(piece.data, piece.key);
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
        piece: Piece<'i>,
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        let payload = if piece.first && piece.last {
            apply_mask(piece.data, piece.key.unwrap_or_default());
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
                self.clear();
                Event::Close(Close::validated(payload))
            }
        }))
    }
}
