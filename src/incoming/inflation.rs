//! RFC 7692 §7.2.2  Compressed messages: from the payload of frames to that of the message.

use core::mem;
use core::time::Duration;

use bytes::BytesMut;

use super::assembly::hand_over;
use crate::buffer::try_reserve;
use crate::deflate::{
    CompressionPool, Corrupt, Direction, History, Inflater, Input, LAST_PART, OWN_OUTPUT, Step,
    Stop, WindowBits,
};
use crate::timer::{Clock, Deadline};
use crate::{Limits, ProtocolError};

/// Bytes inflated at a time into new memory, at most.
const STEP: usize = 16 << 10;
/// Bytes inflated at a time into memory that the message's buffer has already, at most. The codec copies
/// its window at each step and is slower in the first 32 KiB of one: 16 KiB at a time cost a third.
const STEP_IN_PLACE: usize = 256 << 10;
/// What a message is taken for, before it was begun: how many times its compressed size.
const USUAL_RATIO: usize = 4;
/// Final blocks that are saved up at most for the next message, and that the first one may have, beside one
/// for each frame and one for each KiB of them.
const FINAL_BLOCKS: u64 = 16;
/// Bytes of a chunk, at most.
pub(super) const CHUNK: usize = STEP;
/// More than one byte of a stream and the tail behind it can be inflated to: 40 symbols of at most 258
/// bytes, and what a byte before has begun.
pub(super) const LAST_BYTE: usize = 12 << 10;

/// What inflates the compressed messages of a connection that has agreed on them.
pub(super) struct Inflation {
    direction: Direction,
    pool: CompressionPool,
    codec: Option<Inflater>,
    stage: Stage,
    /// What was inflated before, without what is not yet handed over.
    history: History,
    /// Whether the message that is being received is compressed.
    active: bool,
    /// Bytes that it has been inflated to.
    size: u64,
    /// Bytes that it has been inflated from.
    taken: u64,
    /// Whether the codec has its last byte.
    is_ending: bool,
    /// Final blocks (BFINAL) that may still come.
    final_blocks: u64,
    /// Those of them that were allowed for the size of the message.
    final_blocks_for_size: u64,
    /// With [`Delivery::Chunks`](crate::Delivery::Chunks): what is to be delivered next.
    pub(super) chunk: BytesMut,
    clock: Clock,
    release: Deadline,
}

/// Where the codec stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There is none, or it has to be restarted before it is used.
    Stale,
    Running,
    /// Behind a final block: it has to be restarted with the window that it had.
    Ended,
}

impl Inflation {
    pub(super) fn new(direction: Direction, pool: CompressionPool) -> Self {
        Self {
            direction,
            pool,
            codec: None,
            stage: Stage::Stale,
            history: History::new(direction.window.max(WindowBits::LEAST_OWN).bytes()),
            active: false,
            size: 0,
            taken: 0,
            is_ending: false,
            final_blocks: FINAL_BLOCKS,
            final_blocks_for_size: 0,
            chunk: BytesMut::new(),
            clock: Clock::default(),
            release: Deadline::OFF,
        }
    }

    /// Begins a message, with its first frame.
    pub(super) fn begin(&mut self, compressed: bool) {
        self.active = compressed;
        self.size = 0;
        self.taken = 0;
        self.is_ending = false;
        if compressed {
            self.final_blocks = self.final_blocks.min(FINAL_BLOCKS).saturating_add(1);
            self.final_blocks_for_size = 0;
        }
    }

    /// One more frame of the message.
    pub(super) fn continues(&mut self) {
        self.final_blocks = self.final_blocks.saturating_add(1);
    }

    /// Whether the message that is being received is compressed.
    #[inline]
    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    /// Inflates to the end of `target`, which holds what of the message is not in the history, at most
    /// `room` bytes (not 0). Says whether nothing more comes of the input; with `end`, whether the message
    /// is complete.
    ///
    /// The limit of the message is checked before there is room for a byte more than it allows. On an
    /// error, `target` ends with what came before it.
    pub(super) fn step(
        &mut self,
        input: &mut &[u8],
        end: bool,
        target: &mut BytesMut,
        room: usize,
        limits: &Limits,
    ) -> Result<bool, ProtocolError> {
        if end && !self.is_ending && input.len() <= LAST_PART {
            if self.taken == 0 && input.is_empty() {
                // With no byte before it, the tail would be half of a block, and the next message the rest.
                return Ok(true);
            }
            self.ready(target)?.end_with(input);
            self.is_ending = true;
            *input = &[];
        }
        let (feed, waiting) = if self.is_ending {
            (Input::End, self.codec.as_ref().map_or(0, Inflater::missing))
        } else {
            let count = if end { input.len().saturating_sub(LAST_PART) } else { input.len() };
            (Input::Part(input.get(..count).unwrap_or_default()), count)
        };
        let (step, is_full) = self.inflate(feed, waiting, target, room, limits)?;
        self.taken = self.taken.saturating_add(step.consumed as u64);
        if let Input::Part(_) = feed {
            *input = input.get(step.consumed..).unwrap_or_default();
        }
        match step.stop {
            Stop::Wants if step.consumed == 0 && step.produced == 0 && !input.is_empty() => {
                Err(ProtocolError::InvalidCompression)
            }
            Stop::Wants => Ok(!end && input.is_empty() && !is_full),
            Stop::Complete => Ok(true),
            Stop::Ended => {
                self.stage = Stage::Ended;
                // Each costs a copy of the window. Who ends one writes much before, or flushes a frame.
                let for_size = self.taken / 1024;
                let more = for_size.saturating_sub(self.final_blocks_for_size);
                self.final_blocks = self.final_blocks.saturating_add(more);
                self.final_blocks_for_size = for_size;
                match self.final_blocks.checked_sub(1) {
                    Some(left) => self.final_blocks = left,
                    None => return Err(ProtocolError::TooManyFinalBlocks),
                }
                Ok(!end && input.is_empty())
            }
            Stop::Corrupt => Err(ProtocolError::InvalidCompression),
        }
    }

    /// One step of the codec, with as much room as the `waiting` bytes make likely; says whether it was
    /// used up.
    fn inflate(
        &mut self,
        feed: Input<'_>,
        waiting: usize,
        target: &mut BytesMut,
        room: usize,
        limits: &Limits,
    ) -> Result<(Step, bool), ProtocolError> {
        if target.len() >= self.history.window() {
            // What the message is inflated to is a window of its own: no need to hold two.
            self.history.forget();
        }
        let left = limits.max_message_size.saturating_sub(self.size);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let mut wanted = self.likely(waiting);
        if self.stage != Stage::Running {
            // Behind a final block there may be another: no memory is cleared for that.
            wanted = wanted.min(OWN_OUTPUT);
        }
        let inflater = self.ready(target)?;
        if left == 0 {
            // Nothing more may come: see whether something does.
            let step = inflater.probe(feed);
            if step.produced > 0 {
                return Err(ProtocolError::MessageTooLarge);
            }
            return Ok((step, false));
        }
        let start = target.len();
        let room = room.min(left);
        let (step, room) = if wanted <= OWN_OUTPUT {
            // No memory to be cleared, and the fast path to the end.
            let room = room.min(OWN_OUTPUT);
            let (step, inflated) = inflater.inflate(feed, room);
            try_reserve(target, inflated.len(), start.saturating_add(left))
                .map_err(|_| ProtocolError::OutOfMemory)?;
            target.extend_from_slice(inflated);
            (step, room)
        } else {
            let spare = target.capacity().saturating_sub(start);
            let room = wanted.min(spare.clamp(STEP, STEP_IN_PLACE)).min(room);
            try_reserve(target, room, start.saturating_add(left))
                .map_err(|_| ProtocolError::OutOfMemory)?;
            target.resize(start.saturating_add(room), 0);
            let step = inflater.step(feed, target.get_mut(start..).unwrap_or_default());
            target.truncate(start.saturating_add(step.produced));
            (step, room)
        };
        self.size = self.size.saturating_add(step.produced as u64);
        Ok((step, step.produced == room))
    }

    /// What so many bytes will be inflated to if the message goes on as before, and some more.
    fn likely(&self, waiting: usize) -> usize {
        let so_far = (waiting as u64).saturating_mul(self.size);
        let likely = match so_far.checked_div(self.taken) {
            None => waiting.saturating_mul(USUAL_RATIO),
            Some(likely) => {
                usize::try_from(likely.saturating_add(likely / 8)).unwrap_or(usize::MAX)
            }
        };
        likely.saturating_add(512)
    }

    /// Ends the message, of which `rest` is not in the history.
    pub(super) fn finish(&mut self, rest: &[u8]) {
        self.active = false;
        if self.direction.takeover {
            self.history.push(rest);
        } else {
            self.history.clear();
            self.stage = Stage::Stale;
            self.codec = self.codec.take().and_then(|codec| self.pool.give_inflater(codec));
        }
    }

    /// Hands over what is to be delivered next; from here on it is in the history, if that is of use.
    pub(super) fn take_chunk(&mut self, end: bool) -> BytesMut {
        if self.direction.takeover || !end {
            self.history.push(&self.chunk);
        }
        hand_over(&mut self.chunk)
    }

    /// Frees the codec if it has gone unused; the window stays. `in_use` while a message is unfinished.
    pub(super) fn tick(
        &mut self,
        now: Duration,
        after: Duration,
        in_use: bool,
    ) -> Option<Duration> {
        let now = self.clock.advance(now);
        if self.codec.is_none() && self.chunk.capacity() == 0 {
            return None;
        }
        if in_use {
            self.release = Deadline::ASKED;
            return None;
        }
        if self.release.is_due(now) {
            self.put_codec_back();
            self.chunk = BytesMut::new();
            return None;
        }
        self.release.arm(now, Some(after));
        self.release.time()
    }

    /// Frees what can be freed: no message follows.
    pub(super) fn close(&mut self) {
        self.put_codec_back();
        self.history.clear();
        self.chunk = BytesMut::new();
        self.active = false;
    }

    fn put_codec_back(&mut self) {
        self.stage = Stage::Stale;
        // If nothing can be shared, it is freed.
        let _kept = self.codec.take().and_then(|codec| self.pool.give_inflater(codec));
    }

    /// The codec, with the window that belongs to it.
    fn ready(&mut self, current: &[u8]) -> Result<&mut Inflater, Corrupt> {
        self.release = Deadline::ASKED;
        let inflater = self.codec.get_or_insert_with(|| self.pool.take_inflater());
        if mem::replace(&mut self.stage, Stage::Running) != Stage::Running {
            inflater.restart(&self.history, current)?;
        }
        Ok(inflater)
    }
}

impl From<Corrupt> for ProtocolError {
    fn from(_: Corrupt) -> Self {
        Self::InvalidCompression
    }
}
