//! RFC 7692 §6.2  What a compressed message becomes: an event as from any other.

use alloc::boxed::Box;
use core::mem;

use super::inflation::{CHUNK, Inflation, LAST_BYTE};
use super::{Chunk, Event, Incoming, Message, Payload, whole};
use crate::deflate::{CompressionPool, Direction};
use crate::frame::{Header, MessageKind, apply_mask};
use crate::utf8::InvalidUtf8;
use crate::{Delivery, ProtocolError};

/// Bytes unmasked at a time where only those that are inflated may be taken.
const BLOCK: usize = 2 << 10;

impl Incoming {
    /// Compressed messages may come. Nothing was received before.
    pub(crate) fn set_compression(&mut self, direction: Direction, pool: &CompressionPool) {
        self.inflation = Some(Box::new(Inflation::new(direction, pool.clone())));
        self.decoder.allow_compression();
    }

    /// A compressed message in one frame; if all is well, it is [`inflated`](Self::inflated).
    pub(super) fn inflate_unfragmented(
        &mut self,
        kind: MessageKind,
        data: &mut [u8],
        key: Option<[u8; 4]>,
    ) -> Result<(), ProtocolError> {
        self.message = Message::new(kind);
        if let Some(inflation) = &mut self.inflation {
            inflation.begin(true);
        }
        self.inflate(data, key, true)
    }

    /// Adds a piece of a compressed message; its `end` makes it [`inflated`](Self::inflated).
    pub(super) fn inflate(
        &mut self,
        data: &mut [u8],
        key: Option<[u8; 4]>,
        end: bool,
    ) -> Result<(), ProtocolError> {
        let Some(inflation) = &mut self.inflation else {
            return Ok(());
        };
        apply_mask(data, key.unwrap_or_default());
        let mut input: &[u8] = data;
        let target = self.assembly.message();
        let mut drained = input.is_empty() && !end;
        while !drained {
            let start = target.len();
            let step = inflation.step(&mut input, end, target, usize::MAX, &self.config.limits);
            // First what came first: text may be wrong before the stream is.
            self.message.add(target.get(start..).unwrap_or_default())?;
            drained = step?;
        }
        if end {
            inflation.finish(target);
            self.message.end()?;
        }
        Ok(())
    }

    /// The message whose last piece was inflated.
    #[inline]
    pub(super) fn inflated<'i>(&mut self) -> Event<'i> {
        let payload = self.assembly.take_message(self.config.limits.retain);
        whole(self.message.kind, payload)
    }

    /// Whether the frame's payload is to be inflated chunk by chunk.
    pub(super) fn inflates_chunks(&self, header: &Header) -> bool {
        self.inflation.as_ref().is_some_and(|inflation| inflation.is_active())
            && self.config.delivery == Delivery::Chunks
            && !header.opcode.is_control()
    }

    /// Inflates at most one chunk of the frame's payload, and takes off the input only what went into
    /// it. Of a payload that is inflated to more, the last byte stays, so that there is input left as
    /// long as there are chunks to come.
    pub(super) fn inflate_chunk<'i>(
        &mut self,
        header: Header,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        let Some(inflation) = &mut self.inflation else {
            return Ok(None);
        };
        let mut chunk = mem::take(&mut inflation.chunk);
        let is_full = loop {
            let (payload, key) = self.decoder.peek(input);
            let count = payload.len().saturating_sub(1).clamp(1, BLOCK);
            let Some(payload_block) = payload.get(..count) else {
                break false;
            };
            if payload.len() == 1 && chunk.len().saturating_add(LAST_BYTE) > CHUNK {
                break true;
            }
            let mut block = [0; BLOCK];
            let block = block.get_mut(..count).unwrap_or_default();
            block.copy_from_slice(payload_block);
            apply_mask(block, key);
            let mut rest = &*block;
            let mut drained = false;
            while !drained && chunk.len() < CHUNK {
                let start = chunk.len();
                let room = CHUNK.saturating_sub(start);
                let step = inflation.step(&mut rest, false, &mut chunk, room, &self.config.limits);
                self.message.add(chunk.get(start..).unwrap_or_default())?;
                drained = step?;
            }
            let taken = count.saturating_sub(rest.len());
            self.decoder.skip(input, taken);
            if !drained {
                break true;
            }
        };
        let frame_ends = !is_full && self.decoder.missing() == 0;
        if frame_ends {
            let _end_of_frame = self.decoder.take(input);
        }
        let end = frame_ends && header.fin;
        let mut complete = !end;
        while !complete {
            let start = chunk.len();
            let room = CHUNK.saturating_sub(start).max(1);
            let step = inflation.step(&mut &[][..], true, &mut chunk, room, &self.config.limits);
            self.message.add(chunk.get(start..).unwrap_or_default())?;
            complete = step?;
        }
        inflation.chunk = chunk;
        if inflation.chunk.is_empty() && !end {
            return Ok(None);
        }
        let data = Payload::Owned(inflation.take_chunk(end));
        if end {
            inflation.finish(&[]);
            self.message.end()?;
        }
        let first = !mem::replace(&mut self.message.begun, true);
        Ok(Some(Event::Chunk(Chunk { kind: self.message.kind, data, first, last: end })))
    }
}

impl From<InvalidUtf8> for ProtocolError {
    fn from(_: InvalidUtf8) -> Self {
        Self::InvalidUtf8
    }
}
