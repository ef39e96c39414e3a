//! §5.2  Bytes to frames. Holds at most 14 bytes, the header, between two calls.

use core::fmt;
use core::mem;

use super::{Header, Role, apply_mask, rotate};
use crate::ProtocolError;
use crate::rules::Sequence;

/// Takes frames apart, wherever the transport cut them.
///
/// ```
/// use websocket_proto::frame::{Decoder, Opcode, Role};
///
/// let mut bytes = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58];
/// let mut input = &mut bytes[..];
/// let mut decoder = Decoder::new(Role::Server);
/// let part = decoder.decode(&mut input)?.expect("a whole frame");
/// assert_eq!(part.header.opcode, Opcode::Text);
/// assert_eq!(part.payload, b"Hello");
/// assert!(part.first && part.last);
/// # Ok::<(), websocket_proto::ProtocolError>(())
/// ```
#[derive(Clone)]
pub struct Decoder {
    receiver: Role,
    compression: bool,
    /// Messages of fewer bytes may be taken whole.
    #[cfg(feature = "alloc")]
    whole_messages_below: u16,
    sequence: Sequence,
    state: State,
}

#[derive(Clone)]
enum State {
    /// The next byte begins a frame, outside any message and before a Close: the usual case, told at a glance.
    Between,
    /// So many bytes of a header are held.
    Header { bytes: [u8; Header::MAX_SIZE], held: u8 },
    /// The header is complete; so many bytes of the payload are still to come.
    Payload { header: Header, missing: u64 },
}

impl State {
    /// The start of a frame.
    const fn start(sequence: Sequence) -> Self {
        match sequence {
            Sequence::Idle => Self::Between,
            _ => Self::Header { bytes: [0; Header::MAX_SIZE], held: 0 },
        }
    }
}

/// Payload bytes of one frame that stood together in the input, unmasked in place.
#[derive(Debug)]
pub struct Part<'i> {
    /// The header of the frame.
    pub header: Header,
    /// The bytes: borrowed from the input.
    pub payload: &'i mut [u8],
    /// Whether the frame begins here.
    pub first: bool,
    /// Whether the frame ends here.
    pub last: bool,
}

/// Payload bytes as they came, with the key that their first byte meets if they are masked.
pub(crate) struct Piece<'i> {
    pub(crate) data: &'i mut [u8],
    pub(crate) key: Option<[u8; 4]>,
    pub(crate) first: bool,
    pub(crate) last: bool,
}

impl Decoder {
    /// A decoder of what is sent to `receiver`, at the start of a frame and outside any message.
    #[must_use]
    pub const fn new(receiver: Role) -> Self {
        Self {
            receiver,
            compression: false,
            #[cfg(feature = "alloc")]
            whole_messages_below: 0,
            sequence: Sequence::Idle,
            state: State::Between,
        }
    }

    /// Has messages of fewer bytes taken whole where they stand in the input so.
    #[cfg(feature = "alloc")]
    pub(crate) const fn with_whole_messages_below(mut self, size: u16) -> Self {
        self.whole_messages_below = size;
        self
    }

    /// Allows RSV1 on the first frame of a data message, with permessage-deflate agreed (RFC 7692 §6).
    /// Nothing is inflated here.
    #[must_use]
    pub const fn with_compression(mut self) -> Self {
        self.allow_compression();
        self
    }

    pub(crate) const fn allow_compression(&mut self) {
        self.compression = true;
    }

    /// Takes one part of a frame off the front of `input`: what of its payload is there, or all of an
    /// empty one. `None`: the input is used up.
    ///
    /// After a Close frame and after an error, all input is discarded (§5.5.1, §7.1.7). Payload sizes
    /// are not limited here: nothing is held. Text is not validated.
    ///
    /// # Errors
    /// The first violation, once, see [`Header::decode`]. The input is emptied.
    pub fn decode<'i>(
        &mut self,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Part<'i>>, ProtocolError> {
        let header = match self.current() {
            Some(header) => header,
            None => match self.begin(input)? {
                Some(header) => header,
                None => return Ok(None),
            },
        };
        let Some(Piece { data, key, first, last }) = self.take(input) else {
            return Ok(None);
        };
        apply_mask(data, key.unwrap_or_default());
        Ok(Some(Part { header, payload: data, first, last }))
    }

    /// The bytes of an incomplete header that are held.
    #[must_use]
    pub fn held(&self) -> &[u8] {
        match &self.state {
            State::Header { bytes, held } => bytes.get(..usize::from(*held)).unwrap_or_default(),
            State::Between | State::Payload { .. } => &[],
        }
    }

    /// Where the frames taken so far have led. A frame counts from its header on: while the payload of a message's
    /// last frame is still to come, this says `Idle`, so that the kind of a message is best remembered from its
    /// first frame.
    #[inline]
    #[must_use]
    pub const fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// The header of the frame whose payload is being taken.
    #[inline]
    pub(crate) const fn current(&self) -> Option<Header> {
        match self.state {
            State::Between | State::Header { .. } => None,
            State::Payload { header, .. } => Some(header),
        }
    }

    /// Payload bytes of the current frame that have not come yet.
    #[inline]
    pub(crate) const fn missing(&self) -> u64 {
        match self.state {
            State::Between | State::Header { .. } => 0,
            State::Payload { missing, .. } => missing,
        }
    }

    /// Discards everything from here on.
    pub(crate) fn stop(&mut self) {
        self.sequence = Sequence::Closed;
        self.state = State::start(self.sequence);
    }

    /// Takes a header off the input, if it is complete; its payload is next.
    #[inline]
    pub(crate) fn begin(&mut self, input: &mut &mut [u8]) -> Result<Option<Header>, ProtocolError> {
        if self.sequence == Sequence::Closed {
            *input = &mut [];
            return Ok(None);
        }
        if matches!(self.state, State::Between | State::Header { held: 0, .. }) {
            match Header::decode_with(input, self.receiver, self.sequence, self.compression) {
                Ok(Some((header, size))) => {
                    let _header = split_front(input, size);
                    return self.enter(header, input).map(Some);
                }
                Ok(None) => {}
                Err(violation) => return Err(self.fail(violation, input)),
            }
        }
        self.begin_held(input)
    }

    /// As `begin`, for a header that came in several pieces.
    #[cold]
    fn begin_held(&mut self, input: &mut &mut [u8]) -> Result<Option<Header>, ProtocolError> {
        if matches!(self.state, State::Between) && !input.is_empty() {
            self.state = State::Header { bytes: [0; Header::MAX_SIZE], held: 0 };
        }
        while let Some((next, _)) = input.split_first() {
            let State::Header { bytes, held } = &mut self.state else {
                break;
            };
            if let Some(place) = bytes.get_mut(usize::from(*held)) {
                *place = *next;
                *held = held.saturating_add(1);
            }
            let _byte = split_front(input, 1);
            let so_far = bytes.get(..usize::from(*held)).unwrap_or_default();
            match Header::decode_with(so_far, self.receiver, self.sequence, self.compression) {
                Ok(Some((header, _))) => return self.enter(header, input).map(Some),
                Ok(None) => {}
                Err(violation) => return Err(self.fail(violation, input)),
            }
        }
        Ok(None)
    }

    #[inline]
    fn enter(&mut self, header: Header, input: &mut &mut [u8]) -> Result<Header, ProtocolError> {
        match self.sequence.follow(header.opcode, header.fin) {
            // Closed only once the Close frame has been taken: its payload is still to come.
            Ok(Sequence::Closed) => {}
            Ok(sequence) => self.sequence = sequence,
            Err(violation) => return Err(self.fail(violation, input)),
        }
        self.state = State::Payload { header, missing: header.length };
        Ok(header)
    }

    /// Takes what there is of the current frame's payload; `None` if there is nothing of a payload
    /// that is not empty.
    #[inline]
    pub(crate) fn take<'i>(&mut self, input: &mut &'i mut [u8]) -> Option<Piece<'i>> {
        let State::Payload { header, missing } = &mut self.state else {
            return None;
        };
        let taken =
            usize::try_from(*missing).map_or(input.len(), |missing| missing.min(input.len()));
        if taken == 0 && *missing > 0 {
            return None;
        }
        let done = header.length.saturating_sub(*missing);
        let key = header.mask.map(|key| rotate(key, done));
        let data = split_front(input, taken);
        *missing = missing.saturating_sub(taken as u64);
        let last = *missing == 0;
        if last {
            if header.opcode == super::Opcode::Close {
                self.sequence = Sequence::Closed;
            }
            self.state = State::start(self.sequence);
        }
        Some(Piece { data, key, first: done == 0, last })
    }

    /// Whether the next byte begins a frame, outside a message and before a Close.
    #[cfg(feature = "alloc")]
    #[inline]
    pub(super) const fn is_between_messages(&self) -> bool {
        matches!(self.state, State::Between)
    }

    #[cfg(feature = "deflate")]
    #[inline]
    pub(super) const fn allows_compression(&self) -> bool {
        self.compression
    }

    #[cfg(feature = "alloc")]
    #[inline]
    pub(super) const fn whole_messages_below(&self) -> u16 {
        self.whole_messages_below
    }

    #[cfg(feature = "alloc")]
    #[inline]
    pub(crate) const fn receiver(&self) -> Role {
        self.receiver
    }

    /// What there is of the current frame's payload, still masked, and the key that its first byte
    /// meets. Nothing is taken.
    #[cfg(feature = "deflate")]
    pub(crate) fn peek<'a>(&self, input: &'a [u8]) -> (&'a [u8], [u8; 4]) {
        let State::Payload { header, missing } = &self.state else {
            return (&[], [0; 4]);
        };
        let count =
            usize::try_from(*missing).map_or(input.len(), |missing| missing.min(input.len()));
        let key = rotate(header.mask.unwrap_or_default(), header.length.saturating_sub(*missing));
        (input.get(..count).unwrap_or_default(), key)
    }

    /// Takes `count` of the bytes that `peek` has shown. The end of the frame is left to `take`.
    #[cfg(feature = "deflate")]
    pub(crate) fn skip(&mut self, input: &mut &mut [u8], count: usize) {
        if let State::Payload { missing, .. } = &mut self.state {
            let skipped = split_front(input, count);
            *missing = missing.saturating_sub(skipped.len() as u64);
        }
    }

    #[cold]
    pub(crate) fn fail(
        &mut self,
        violation: ProtocolError,
        input: &mut &mut [u8],
    ) -> ProtocolError {
        self.stop();
        *input = &mut [];
        violation
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("receiver", &self.receiver)
            .field("sequence", &self.sequence)
            .field("missing", &self.missing())
            .finish_non_exhaustive()
    }
}

/// Cuts the first `count` bytes, or all if there are fewer, off the input.
#[inline]
pub(super) fn split_front<'i>(input: &mut &'i mut [u8], count: usize) -> &'i mut [u8] {
    let all = mem::take(input);
    let count = count.min(all.len());
    let (front, rest) = all.split_at_mut(count);
    *input = rest;
    front
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7692 §6: RSV1 on the first frame of a message, where compression was agreed, and nowhere else.
    #[test]
    fn rsv1_is_for_the_first_frame_of_a_message() {
        let (plain, compressed) =
            (Decoder::new(Role::Client), Decoder::new(Role::Client).with_compression());
        for first in [0x41, 0x42, 0xC1, 0xC2, 0x40, 0xC0, 0xC9, 0xC8, 0x61, 0x51] {
            let begins_message = matches!(first, 0x41 | 0x42 | 0xC1 | 0xC2);
            for (decoder, allowed) in [(&plain, false), (&compressed, begins_message)] {
                let mut decoder = decoder.clone();
                // A continuation is looked at inside a message.
                let mut bytes = std::vec![0x01, 0x00];
                if matches!(first, 0x40 | 0xC0) {
                    assert!(decoder.decode(&mut &mut bytes[..]).is_ok());
                }
                let mut bytes = std::vec![first, 0x00];
                let result = decoder.decode(&mut &mut bytes[..]).map(|part| part.is_some());
                let expected = if allowed { Ok(true) } else { Err(ProtocolError::ReservedBits) };
                assert_eq!(result, expected, "{first:#x}");
            }
        }
    }

    /// Between two messages that is told at a glance, again behind each of them.
    #[cfg(feature = "alloc")]
    #[test]
    fn between_messages() {
        let mut decoder = Decoder::new(Role::Client);
        for (frame, between) in
            [(&[0x01, 0][..], false), (&[0x89, 0], false), (&[0x80, 0], true), (&[0x82, 0], true)]
        {
            assert!(decoder.decode(&mut &mut frame.to_vec()[..]).is_ok());
            assert_eq!(decoder.is_between_messages(), between);
        }
    }
}
