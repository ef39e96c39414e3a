//! RFC 7692 §7.2.2  From compressed bytes to the message, in steps whose size the caller sets.

use alloc::boxed::Box;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::History;

/// The tail that the sender has removed from each message (§7.2.1, §7.2.2).
pub(crate) const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The most bytes of a message that are inflated together with the tail.
pub(crate) const LAST_PART: usize = 2 << 10;
/// The tail, an empty block, and more: with 15 bytes to come, the codec stays on its fast path to the end
/// of the last block.
const TAIL_AND_MORE: [u8; 20] =
    [0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// An empty block.
const EMPTY_BLOCK: [u8; 5] = [0x00, 0x00, 0x00, 0xFF, 0xFF];
/// Bytes of [`Inflater::inflate`]: a message of 4 KiB, and the 260 that the fast path wants beyond it.
pub(crate) const OWN_OUTPUT: usize = 6 << 10;

/// The data is no DEFLATE stream, or not one that ends as RFC 7692 wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corrupt;

/// How far one step came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Bytes taken off the input.
    pub(crate) consumed: usize,
    /// Bytes written to the output.
    pub(crate) produced: usize,
    /// Where it stopped.
    pub(crate) stop: Stop,
}

/// Why a step came no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The input is used up, or the output is full, or a block has ended.
    Wants,
    /// A final block (BFINAL) was inflated to its end: go on only after [`Inflater::restart`].
    Ended,
    /// The message has ended with its last bit, and no block is open.
    Complete,
    /// The data is corrupt behind what was produced.
    Corrupt,
}

/// What a step inflates.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a> {
    /// Bytes of the message.
    Part(&'a [u8]),
    /// The bytes that [`Inflater::end_with`] was given, and the tail.
    End,
}

/// A decompressor. Its window is always 32 KiB, so that one serves whatever was agreed.
pub(crate) struct Inflater {
    codec: Inflate,
    end: Box<End>,
    output: Box<[u8; OWN_OUTPUT]>,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self {
            codec: Inflate::new(false, 15),
            end: Box::default(),
            output: Box::new([0; OWN_OUTPUT]),
        }
    }

    /// Begins a new stream, whose window is what `history` and then `current` end with.
    pub(crate) fn restart(&mut self, history: &History, current: &[u8]) -> Result<(), Corrupt> {
        self.codec.reset(false);
        let [older, newer] = match current.len() {
            length if length >= history.window() => [&[][..]; 2],
            _ => history.parts(),
        };
        for part in [older, newer, current] {
            if !part.is_empty() {
                self.codec.set_dictionary(part).map_err(|_| Corrupt)?;
            }
        }
        Ok(())
    }

    /// Takes the last bytes of a message, [`LAST_PART`] at most. Steps with [`Input::End`] follow, until
    /// one is [`Stop::Complete`].
    pub(crate) fn end_with(&mut self, rest: &[u8]) {
        self.end.begin(rest);
    }

    /// Bytes that steps with [`Input::End`] have left.
    pub(crate) fn missing(&self) -> usize {
        self.end.length.saturating_sub(self.end.taken)
    }

    /// Inflates as much as the output has room for.
    #[inline]
    pub(crate) fn step(&mut self, input: Input<'_>, output: &mut [u8]) -> Step {
        advance(&mut self.codec, &mut self.end, input, output)
    }

    /// As [`step`](Self::step), where there may be nothing to inflate: with room for the byte that shows it.
    pub(crate) fn probe(&mut self, input: Input<'_>) -> Step {
        if let Input::End = input {
            let step = self.end.exact(&mut self.codec);
            if step.produced > 0 || step.stop != Stop::Wants {
                return step;
            }
        }
        self.step(input, &mut [0])
    }

    /// As [`step`](Self::step), into memory of its own: at most `room` bytes, and [`OWN_OUTPUT`].
    #[inline]
    pub(crate) fn inflate(&mut self, input: Input<'_>, room: usize) -> (Step, &[u8]) {
        let output = self.output.get_mut(..room.min(OWN_OUTPUT)).unwrap_or_default();
        let step = advance(&mut self.codec, &mut self.end, input, output);
        (step, output.get(..step.produced).unwrap_or_default())
    }
}

#[inline]
fn advance(codec: &mut Inflate, end: &mut End, input: Input<'_>, output: &mut [u8]) -> Step {
    match input {
        Input::Part(input) => run(codec, input, output, InflateFlush::NoFlush),
        Input::End => end.step(codec, output),
    }
}

/// The end of a message: its last bytes, the tail, and what must not be read with them.
struct End {
    bytes: [u8; LAST_PART + TAIL_AND_MORE.len()],
    /// Bytes that belong to the message, the tail among them.
    length: usize,
    /// Bytes that the codec has taken.
    taken: usize,
    /// Whether a block ended where `taken` stands.
    block_ended: bool,
}

impl Default for End {
    fn default() -> Self {
        let bytes = [0; LAST_PART + TAIL_AND_MORE.len()];
        Self { bytes, length: 0, taken: 0, block_ended: false }
    }
}

impl End {
    fn begin(&mut self, rest: &[u8]) {
        if let Some((place, behind)) = self.bytes.split_at_mut_checked(rest.len()) {
            place.copy_from_slice(rest);
            if let Some(place) = behind.first_chunk_mut() {
                *place = TAIL_AND_MORE;
            }
        }
        self.length = rest.len() + TAIL.len();
        self.taken = 0;
        self.block_ended = false;
    }

    /// Inflates a byte, if the message and its tail have one, without a look at what is behind them: with the
    /// output full, the codec goes on to the symbol that would come next.
    fn exact(&mut self, codec: &mut Inflate) -> Step {
        let bytes = self.bytes.get(self.taken..self.length).unwrap_or_default();
        let step = run(codec, bytes, &mut [0], InflateFlush::NoFlush);
        self.taken += step.consumed;
        self.block_ended = false;
        step
    }

    /// Inflates to the end, if the output has room for it.
    ///
    /// After the tail, the codec has to stand between two blocks, with no bit unread: what ends
    /// elsewhere is cut off. It does not say where it stands; but with `Block` it stops at the end of each
    /// block, although there are bytes to come.
    #[inline]
    fn step(&mut self, codec: &mut Inflate, output: &mut [u8]) -> Step {
        let all = self.length - TAIL.len() + TAIL_AND_MORE.len();
        let before = self.taken;
        let mut produced = 0;
        loop {
            let bytes = self.bytes.get(self.taken..all).unwrap_or_default();
            let place = output.get_mut(produced..).unwrap_or_default();
            let room = place.len();
            let block = run(codec, bytes, place, InflateFlush::Block);
            let missing = self.length - self.taken;
            produced += block.produced;
            self.taken += block.consumed;
            let is_full = block.produced == room;
            let stop = match block.stop {
                Stop::Wants if block.consumed < missing => {
                    let goes_on = !is_full;
                    self.block_ended = goes_on;
                    if goes_on {
                        continue;
                    }
                    Stop::Wants
                }
                Stop::Wants if block.consumed == missing && is_full => {
                    self.block_ended = false;
                    Stop::Wants
                }
                Stop::Wants if block.consumed == missing => {
                    // What takes the tail, or one byte and the tail, behind a block, and produces nothing
                    // is an empty block without compression: a test tries all that can be in front of it.
                    let is_empty_block = self.block_ended
                        && missing <= TAIL.len() + 1
                        && block.produced == 0
                        && missing > 0;
                    // (A final one lets the codec stop once more: as the first thing in the next message.)
                    if is_empty_block || no_bit_is_unread(codec) {
                        Stop::Complete
                    } else {
                        Stop::Corrupt
                    }
                }
                // The block behind: one had ended just when the output was full, or was a final one.
                Stop::Wants
                    if missing == 0
                        && block.consumed == EMPTY_BLOCK.len()
                        && block.produced == 0 =>
                {
                    Stop::Complete
                }
                Stop::Ended if block.consumed <= missing => {
                    self.block_ended = true;
                    Stop::Ended
                }
                Stop::Corrupt => Stop::Corrupt,
                // Into what is behind the tail: what was made of that, nobody has sent.
                _ => {
                    produced -= block.produced;
                    Stop::Corrupt
                }
            };
            return Step { consumed: self.taken - before, produced, stop };
        }
    }
}

/// Whether a codec that stands between two blocks has read its input to the last bit. If so, it stands
/// there still.
///
/// The tail ends with ones: up to seven of them may be unread. In front of the empty block they read as
/// a final block, or one of type 3. Behind a final block, padding is all that can be unread.
#[cold]
fn no_bit_is_unread(codec: &mut Inflate) -> bool {
    let step = run(codec, &EMPTY_BLOCK, &mut [0], InflateFlush::NoFlush);
    let stood_before_block = Step { consumed: EMPTY_BLOCK.len(), produced: 0, stop: Stop::Wants };
    let stood_behind_final_block = Step { consumed: 0, produced: 0, stop: Stop::Ended };
    step == stood_before_block || step == stood_behind_final_block
}

#[inline]
fn run(codec: &mut Inflate, input: &[u8], output: &mut [u8], flush: InflateFlush) -> Step {
    let (total_in, total_out) = (codec.total_in(), codec.total_out());
    let status = codec.decompress(input, output, flush);
    let count = |total: u64, before: u64, most: usize| {
        usize::try_from(total.wrapping_sub(before)).unwrap_or(most).min(most)
    };
    Step {
        consumed: count(codec.total_in(), total_in, input.len()),
        produced: count(codec.total_out(), total_out, output.len()),
        stop: match status {
            Ok(Status::Ok | Status::BufError) => Stop::Wants,
            Ok(Status::StreamEnd) => Stop::Ended,
            Err(_) => Stop::Corrupt,
        },
    }
}
