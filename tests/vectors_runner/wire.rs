//! What comes from the peer, as it goes over the wire to an endpoint of one side.

use super::frames::{DEFAULT_KEY, Frame, apply_key, mask};
use super::handshake::accept;
use super::mode::Random;
use super::vector::{Action, Piece, PieceBytes, Side};

pub(crate) struct Wire {
    side: Side,
    /// Makes the masking keys that the vector does not give.
    keys: Option<Random>,
    /// Key of the last frame, and how much of its payload has come.
    key: [u8; 4],
    phase: usize,
}

impl Wire {
    pub(crate) fn new(side: Side, keys: Option<u64>) -> Self {
        Self { side, keys: keys.map(Random), key: DEFAULT_KEY, phase: 0 }
    }

    /// The bytes of a step. `ping` is the payload of the last Ping of the endpoint, `key` the
    /// one of its request.
    pub(crate) fn input(
        &mut self,
        action: &Action,
        ping: &[u8],
        key: &str,
    ) -> Result<Vec<u8>, String> {
        let (head, pieces): (_, &[Piece]) = match action {
            Action::Receive(pieces) => (None, pieces),
            Action::Head(head) => (Some(head), &head.after),
            _ => (None, &[]),
        };
        let mut bytes = head.map_or(Vec::new(), |head| head.bytes(key, &accept(key)));
        for piece in pieces {
            for _ in 0..piece.count {
                bytes.extend(self.piece(&piece.bytes, ping)?);
            }
        }
        Ok(bytes)
    }

    fn piece(&mut self, piece: &PieceBytes, ping: &[u8]) -> Result<Vec<u8>, String> {
        let (key, frame) = match piece {
            PieceBytes::Hex(bytes) => return bytes.bytes(ping),
            PieceBytes::Rest(bytes) => {
                let mut bytes = bytes.bytes(ping)?;
                if self.side == Side::Server {
                    apply_key(&mut bytes, self.key, self.phase);
                    self.phase += bytes.len();
                }
                return Ok(bytes);
            }
            PieceBytes::Raw { key, bytes } => (key, bytes.bytes(ping)?),
            PieceBytes::Frame { key, first, payload } => {
                (key, Frame { first: *first, payload: payload.bytes(ping)? }.bytes())
            }
        };
        if self.side == Side::Client {
            return Ok(frame);
        }
        self.key = match (key, &mut self.keys) {
            (Some(key), _) => *key,
            (None, Some(random)) => (random.next() as u32).to_ne_bytes(),
            (None, None) => DEFAULT_KEY,
        };
        let (bytes, length) = mask(&frame, self.key);
        self.phase = length;
        Ok(bytes)
    }
}
