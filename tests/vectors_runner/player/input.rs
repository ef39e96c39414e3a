//! Bytes in: reads of the lengths that the mode asks for, and the events that they cause.

use websocket_proto::{CloseCode, Event, MessageKind};

use super::{Player, Seen};
use crate::vectors_runner::handshake;
use crate::vectors_runner::mode::reads;
use crate::vectors_runner::stage::{Stage, error_name};

impl Player<'_> {
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<(), String> {
        let lengths = reads(self.mode.cut, self.position, bytes.len(), &mut self.random);
        self.position += bytes.len();
        let mut rest = bytes;
        for length in lengths {
            let (read, after) = rest.split_at(length);
            rest = after;
            if self.mode.empty_reads {
                self.read(&mut [])?;
            }
            self.read(&mut read.to_vec())?;
            if !self.mode.lazy {
                self.drain(None)?;
            }
        }
        Ok(())
    }

    /// One read: everything it causes.
    pub(super) fn read(&mut self, read: &mut [u8]) -> Result<(), String> {
        if self.dropped {
            return Ok(());
        }
        // Progress: a call either takes bytes or says that there are none (threats T-FR-02, T-FR-09).
        let mut calls = read.len() + 8;
        let mut input = read;
        loop {
            calls = calls.checked_sub(1).ok_or("receive makes no progress")?;
            if !matches!(self.stage, Stage::Open(_) | Stage::Halves(_)) {
                if handshake::receive(self, self.vector, &mut input)? {
                    continue;
                }
                break;
            }
            match self.stage.receive(&mut input) {
                Ok(Some(event)) => self.event(&event)?,
                Ok(None) => break,
                Err(error) => {
                    if self.deaf {
                        return Err(format!(
                            "{error:?} after the connection had failed or Close had come"
                        ));
                    }
                    self.deaf = true;
                    self.observed.seen.push(Seen::Error(error_name(&error)));
                    break;
                }
            }
        }
        if input.is_empty() { Ok(()) } else { Err("the input is not used up".into()) }
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), String> {
        if self.deaf {
            return Err("an event after the connection had failed or Close had come".into());
        }
        let seen = match event {
            Event::Text(text) => Seen::Message { text: true, payload: text.as_bytes().to_vec() },
            Event::Binary(data) => Seen::Message { text: false, payload: data.to_vec() },
            Event::Ping(data) => Seen::Ping(data.to_vec()),
            Event::Pong(data) => Seen::Pong(data.to_vec()),
            Event::Close(close) => {
                self.deaf = true;
                let code = close.code().map(CloseCode::as_u16);
                Seen::Close { code, reason: close.reason().into() }
            }
            Event::Chunk(chunk) => {
                let text = chunk.kind == MessageKind::Text;
                let payload = chunk.data.to_vec();
                if self.mode.chunks {
                    return self.assemble(text, chunk.first, chunk.last, payload);
                }
                Seen::Chunk { text, first: chunk.first, last: chunk.last, payload }
            }
            other => return Err(format!("unknown event {other:?}")),
        };
        self.observed.seen.push(seen);
        Ok(())
    }

    /// Chunks to messages, so that the outcome of a vector is the same.
    fn assemble(
        &mut self,
        text: bool,
        first: bool,
        last: bool,
        data: Vec<u8>,
    ) -> Result<(), String> {
        let mut message = match (first, self.partial.take()) {
            (true, None) => (text, Vec::new()),
            (false, Some(message)) if message.0 == text => message,
            (_, open) => {
                return Err(format!("chunk with first={first}, open was {:?}", open.is_some()));
            }
        };
        message.1.extend(data);
        if last {
            self.observed.seen.push(Seen::Message { text, payload: message.1 });
        } else {
            self.partial = Some(message);
        }
        Ok(())
    }
}
