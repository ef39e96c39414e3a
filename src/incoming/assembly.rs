//! §5.4  Messages and control frames that span reads or fragments.

use alloc::boxed::Box;
use alloc::collections::TryReserveError;
use core::mem;
use core::time::Duration;

use bytes::BytesMut;

use super::Payload;
use crate::buffer::{KEPT, append_masked, try_reserve};
use crate::frame::Piece;
use crate::timer::{Clock, Deadline};

/// The buffers of a connection that has had something to assemble; none before, and none again once
/// they have gone unused for [`Timeouts::release_after`](crate::Timeouts::release_after).
#[derive(Default)]
pub(super) struct Assembly(Option<Box<Buffers>>);

struct Buffers {
    message: BytesMut,
    control: BytesMut,
    /// Whether a large message was assembled since the last release.
    recurring: bool,
    clock: Clock,
    release: Deadline,
}

impl Assembly {
    /// Adds a piece of a message that will have at most `expected` bytes; says whether the piece is
    /// ASCII, and where it stands.
    pub(super) fn add_message(
        &mut self,
        piece: &Piece<'_>,
        expected: u64,
    ) -> Result<(bool, &[u8]), TryReserveError> {
        let buffers = self.buffers();
        let start = buffers.message.len();
        let ascii =
            add(&mut buffers.message, piece, usize::try_from(expected).unwrap_or(usize::MAX))?;
        Ok((ascii, buffers.message.get(start..).unwrap_or_default()))
    }

    /// The message as far as it is assembled.
    #[cfg(feature = "deflate")]
    pub(super) fn message(&mut self) -> &mut BytesMut {
        &mut self.buffers().message
    }

    /// Adds a piece of a control frame; at its last one, hands the payload over.
    pub(super) fn add_control<'i>(
        &mut self,
        piece: &Piece<'_>,
    ) -> Result<Option<Payload<'i>>, TryReserveError> {
        let buffers = self.buffers();
        add(&mut buffers.control, piece, crate::frame::MAX_CONTROL_PAYLOAD)?;
        Ok(piece.last.then(|| Payload::Owned(hand_over(&mut buffers.control))))
    }

    /// Hands the message over. A buffer of more than `retain` bytes is not kept for the next one, nor is the
    /// first large one.
    #[inline]
    pub(super) fn take_message<'i>(&mut self, retain: usize) -> Payload<'i> {
        let Some(buffers) = &mut self.0 else {
            return Payload::Owned(BytesMut::new());
        };
        let capacity = buffers.message.capacity();
        let is_first = capacity > KEPT && !mem::replace(&mut buffers.recurring, true);
        if capacity > retain || is_first {
            return Payload::Owned(mem::take(&mut buffers.message));
        }
        Payload::Owned(hand_over(&mut buffers.message))
    }

    /// Frees everything, unfinished messages too.
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    /// Frees what has gone unused; `in_use` while a message or frame is unfinished.
    pub(super) fn tick(
        &mut self,
        now: Duration,
        after: Duration,
        in_use: bool,
    ) -> Option<Duration> {
        let buffers = self.0.as_mut()?;
        let now = buffers.clock.advance(now);
        if in_use {
            buffers.release = Deadline::ASKED;
            return None;
        }
        if buffers.release.is_due(now) {
            self.0 = None;
            return None;
        }
        buffers.release.arm(now, Some(after));
        buffers.release.time()
    }

    fn buffers(&mut self) -> &mut Buffers {
        let buffers = self.0.get_or_insert_with(|| {
            Box::new(Buffers {
                message: BytesMut::new(),
                control: BytesMut::new(),
                recurring: false,
                clock: Clock::default(),
                release: Deadline::OFF,
            })
        });
        buffers.release = Deadline::ASKED;
        buffers
    }
}

fn add(buffer: &mut BytesMut, piece: &Piece<'_>, expected: usize) -> Result<bool, TryReserveError> {
    try_reserve(buffer, piece.data.len(), expected)?;
    Ok(append_masked(buffer, piece.data, piece.key.unwrap_or_default()))
}

/// Gives the content away and keeps an empty handle on its allocation, which is ours again when the
/// other one is dropped.
#[inline]
pub(super) fn hand_over(buffer: &mut BytesMut) -> BytesMut {
    if buffer.is_empty() {
        return BytesMut::new();
    }
    let rest = buffer.split_off(buffer.capacity());
    mem::replace(buffer, rest)
}
