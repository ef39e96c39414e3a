//! Bytes out: the driver writes them in the way of the mode, and the runner reads what they say.

use bytes::Buf;
use websocket_proto::{State, Transmit};

use super::{Out, Player};
use crate::vectors_runner::frames::PING;
use crate::vectors_runner::head::SentHead;
use crate::vectors_runner::mode::Take;
use crate::vectors_runner::stage::Stage;
use crate::vectors_runner::vector::Side;

impl Player<'_> {
    /// Writes what there is to write; `limit` bytes of it if the transport is held.
    pub(super) fn drain(&mut self, limit: Option<usize>) -> Result<(), String> {
        let mut taken = 0;
        let mut left = limit.unwrap_or(if self.held { 0 } else { usize::MAX });
        loop {
            if self.mode.take == Take::Owned && limit.is_none() && left > 0 {
                while let Some(bytes) = self.stage.take_output() {
                    self.sent(&bytes)?;
                }
            }
            let mut bytes = Vec::new();
            match self.stage.transmit() {
                Transmit::Write(_) if left == 0 => break,
                Transmit::Write(mut output) => {
                    let chunk = output.chunk();
                    let most = chunk.len().min(left);
                    let count = match self.mode.take {
                        // Byte by byte at first: the rest of a large output would tell no more.
                        Take::OneByte if taken < 4096 => most.min(1),
                        Take::Random(_) => 1 + self.random.below(most),
                        Take::Chunks | Take::Owned | Take::OneByte => most,
                    };
                    if count == 0 {
                        return Err("Write with an empty chunk".into());
                    }
                    bytes.extend_from_slice(&chunk[..count]);
                    output.advance(count);
                    left -= count;
                    taken += count;
                }
                Transmit::Shutdown => {
                    // A driver that was cancelled here asks again and is told again.
                    if !matches!(self.stage.transmit(), Transmit::Shutdown) {
                        return Err("Shutdown is not repeated".into());
                    }
                    self.stage.transport_shut_down();
                    self.observed.out.push(Out::Shutdown);
                }
                Transmit::Abort => {
                    if !matches!(self.stage.transmit(), Transmit::Abort) {
                        return Err("Abort is not repeated".into());
                    }
                    self.stage.transport_shut_down();
                    self.dropped = self.mode.halves;
                    self.observed.out.push(Out::Abort);
                }
                _ => break,
            }
            self.sent(&bytes)?;
        }
        let open = matches!(self.stage, Stage::Open(_) | Stage::Halves(_));
        if open && self.stage.state() == State::Closed && !self.closed {
            self.closed = true;
            let closed = self.stage.closed();
            self.observed.out.push(Out::Closed(closed));
        }
        Ok(())
    }

    fn sent(&mut self, bytes: &[u8]) -> Result<(), String> {
        let mut bytes = bytes;
        if let Some(head) = &mut self.head {
            head.extend_from_slice(bytes);
            bytes = &[];
            while let Some(sent) = SentHead::take(head)? {
                sent.check()?;
                if let [key] = sent.values("Sec-WebSocket-Key").as_slice() {
                    self.key = (*key).into();
                }
                let last = sent.status() == Some(101) || self.side == Side::Client;
                self.answered |= sent.status().is_some_and(|status| status >= 200);
                self.observed.out.push(Out::Head(sent));
                if last {
                    let rest = self.head.take().unwrap_or_default();
                    return self.sent(&rest);
                }
            }
        }
        self.sent.extend_from_slice(bytes);
        for frame in self.frames.read(bytes)? {
            if frame.opcode() == PING {
                self.ping.clone_from(&frame.payload);
            }
            self.observed.out.push(match self.deflated.inflate(&frame)? {
                Some(inflated) => Out::Compressed { frame, inflated },
                None => Out::Frame(frame),
            });
        }
        Ok(())
    }
}
