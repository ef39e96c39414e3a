//! §5 §6.1 §7  Messages to bytes for the peer.

use heapless::Vec;
use websocket_proto::frame::{Header, MAX_CONTROL_PAYLOAD, Opcode, apply_mask};
use websocket_proto::{CloseCode, MessageKind};

/// Bytes of the longest control frame: a header of two, a masking key, the payload.
const CONTROL: usize = 2 + 4 + MAX_CONTROL_PAYLOAD;

/// Why a message was not queued. Nothing of it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no room before more is written; or never, for a message of more than
    /// [`Outgoing::LARGEST`] bytes.
    Full,
    /// A Close was queued (§5.5.1).
    Closed,
}

/// The sending direction. `OUTPUT`: bytes that may wait to be written.
///
/// ```text
/// 0 ... taken │ written next ... │ room for messages ... │ for a Pong │ for the Close │ OUTPUT
/// ```
pub struct Outgoing<const OUTPUT: usize> {
    buffer: Vec<u8, OUTPUT>,
    /// Bytes at the front of the buffer that the transport has.
    taken: usize,
    /// A client's: 32 random bits for each frame (§5.3), from the generator of the device.
    key: Option<fn() -> [u8; 4]>,
    /// A Ping whose Pong had no room. A newer one takes its place (§5.5.3).
    unanswered: Option<Vec<u8, MAX_CONTROL_PAYLOAD>>,
    phase: Phase,
}

impl<const OUTPUT: usize> Outgoing<OUTPUT> {
    /// Payload bytes of the largest message that fits.
    pub const LARGEST: usize = {
        assert!(OUTPUT > 2 * CONTROL + Header::MAX_SIZE, "no room for messages");
        OUTPUT - 2 * CONTROL - Header::MAX_SIZE
    };

    /// A server's: frames are not masked.
    #[must_use]
    pub const fn server() -> Self {
        Self { buffer: Vec::new(), taken: 0, key: None, unanswered: None, phase: Phase::Open }
    }

    /// A client's: each frame is masked by a key that nobody can predict (§5.3, §10.3). A counter or zeros
    /// will not do.
    #[must_use]
    pub const fn client(key: fn() -> [u8; 4]) -> Self {
        Self { buffer: Vec::new(), taken: 0, key: Some(key), unanswered: None, phase: Phase::Open }
    }

    /// Queues a message.
    ///
    /// # Errors
    /// [`Refused`]; nothing was queued.
    pub fn send(&mut self, kind: MessageKind, data: &[u8]) -> Result<(), Refused> {
        if self.phase != Phase::Open {
            return Err(Refused::Closed);
        }
        if data.len() > Self::LARGEST || !self.has_room(Header::MAX_SIZE + data.len(), 2 * CONTROL)
        {
            return Err(Refused::Full);
        }
        self.push(kind.opcode(), data);
        Ok(())
    }

    /// Queues a Close (§7.1.2), for which there always is room. `None`: without a status code. Go on receiving until
    /// the peer's has come.
    pub fn close(&mut self, code: Option<CloseCode>) {
        if self.phase != Phase::Open {
            return;
        }
        self.phase = Phase::Closing;
        match code {
            Some(code) => self.push(Opcode::Close, &code.as_u16().to_be_bytes()),
            None => self.push(Opcode::Close, &[]),
        }
    }

    /// Nothing comes from the peer any more: sends a Close, unless one was, and nothing behind it.
    pub(crate) fn end(&mut self, code: Option<CloseCode>) {
        self.close(code);
        self.phase = Phase::Over;
        self.unanswered = None;
    }

    /// Answers a Ping (§5.5.2); later, if there is no room now.
    pub(crate) fn pong(&mut self, payload: &[u8]) {
        let left = match self.phase {
            Phase::Open => CONTROL,
            Phase::Closing => 0,
            Phase::Over => return,
        };
        if self.has_room(CONTROL, left) {
            self.unanswered = None;
            self.push(Opcode::Pong, payload);
        } else {
            self.unanswered = Vec::from_slice(payload).ok();
        }
    }

    /// What is to be written next; empty: nothing.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.buffer.get(self.taken..).unwrap_or_default()
    }

    /// So many of the [`bytes`](Self::bytes) were taken by the transport.
    pub fn advance(&mut self, count: usize) {
        self.taken = self.buffer.len().min(self.taken + count);
        if self.taken == self.buffer.len() {
            self.buffer.clear();
            self.taken = 0;
        }
        if let Some(payload) = self.unanswered.take() {
            self.pong(&payload);
        }
    }

    /// Whether to stop reading until more is written: a Ping could not be answered at once.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.unanswered.is_some()
    }

    /// Whether a Close was queued and the peer's, or its violation, has come. When nothing is left to write, a server
    /// ends the transport, and a client waits for that.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Whether so many bytes fit and leave so many.
    fn has_room(&mut self, size: usize, left: usize) -> bool {
        let free = OUTPUT - self.buffer.len();
        if free < size + left && self.taken > 0 {
            // Only when there is no other way, so that a slow transport does not have all of it moved at each write.
            let unsent = self.buffer.len() - self.taken;
            self.buffer.copy_within(self.taken.., 0);
            self.buffer.truncate(unsent);
            self.taken = 0;
        }
        OUTPUT - self.buffer.len() >= size + left
    }

    /// Adds a frame, for which there is room.
    fn push(&mut self, opcode: Opcode, payload: &[u8]) {
        let mask = self.key.map(|key| key());
        let header = Header { fin: true, rsv1: false, opcode, mask, length: payload.len() as u64 };
        let header = header.encode();
        let start = self.buffer.len() + header.len();
        for part in [&*header, payload] {
            let fits = self.buffer.extend_from_slice(part);
            debug_assert!(fits.is_ok(), "asked before");
        }
        if let Some(key) = mask {
            apply_mask(self.buffer.get_mut(start..).unwrap_or_default(), key);
        }
    }
}

/// How far the connection is in its end (§7.1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// Our Close is queued, and the peer's has not come: Pings are still answered (§5.5.2).
    Closing,
    /// Nothing is sent any more.
    Over,
}
