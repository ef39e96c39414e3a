//! RFC 1951, as slow and as plain as it can be; counts how far back a stream refers.

use std::sync::LazyLock;

/// One direction of a peer: what it has inflated so far is the window.
#[derive(Clone)]
pub(crate) struct Puff {
    window: Vec<u8>,
    takeover: bool,
    most: usize,
    /// The greatest distance that was met.
    pub(crate) furthest: usize,
}

/// What a message comes to.
pub(crate) struct Inflated {
    /// As far as it could be inflated.
    pub(crate) data: Vec<u8>,
    pub(crate) outcome: Outcome,
    /// Final blocks (BFINAL) that have ended in it.
    pub(crate) final_blocks: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The tail has ended between two blocks: behind an empty stored block, as it should be, or not.
    Complete {
        empty_stored: bool,
    },
    /// The tail has ended elsewhere.
    CutOff,
    Corrupt,
    /// There would be more than was asked for.
    TooLong,
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Result<u32, Outcome> {
        let (first, end) = (self.at / 8, self.at + count as usize);
        let bytes = self.bytes.get(first..end.div_ceil(8)).ok_or(Outcome::CutOff)?;
        let all = bytes.iter().rev().fold(0, |all, byte| all << 8 | u32::from(*byte));
        let taken = all >> (self.at % 8) & ((1 << count) - 1);
        self.at = end;
        Ok(taken)
    }

    fn bit(&mut self) -> Result<u32, Outcome> {
        let byte = self.bytes.get(self.at / 8).ok_or(Outcome::CutOff)?;
        let bit = byte >> (self.at % 8) & 1;
        self.at += 1;
        Ok(u32::from(bit))
    }

    fn align(&mut self) {
        self.at = self.at.next_multiple_of(8);
    }

    fn is_over(&self) -> bool {
        self.at == self.bytes.len() * 8
    }
}

/// A canonical code: how many codes there are of each length, and the symbols in the order of their codes.
struct Code {
    counts: [u32; 16],
    symbols: Vec<u32>,
}

impl Code {
    fn new(lengths: &[u32]) -> Self {
        let mut counts = [0; 16];
        for &length in lengths {
            counts[length as usize] += 1;
        }
        counts[0] = 0;
        let mut symbols = Vec::new();
        for wanted in 1..16 {
            let of_length = lengths.iter().zip(0..).filter(|(length, _)| **length == wanted);
            symbols.extend(of_length.map(|(_, symbol)| symbol));
        }
        Self { counts, symbols }
    }

    /// Every sequence of bits means a symbol, and one only. As an exception, a code may have no symbol, or
    /// one of a single bit (§3.2.7).
    fn check(self, exceptions: bool) -> Result<Self, Outcome> {
        let taken: u32 = (1..16).map(|length| self.counts[length] << (15 - length)).sum();
        let of_one_bit = self.symbols.len() == 1 && self.counts[1] == 1;
        match taken {
            0x8000 => Ok(self),
            0 if exceptions => Ok(self),
            _ if exceptions && of_one_bit => Ok(self),
            _ => Err(Outcome::Corrupt),
        }
    }

    fn read(&self, bits: &mut Bits<'_>) -> Result<u32, Outcome> {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for length in 1..16 {
            code |= bits.bit()?;
            let count = self.counts[length];
            if code < first + count {
                return Ok(self.symbols[(index + code - first) as usize]);
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
            if index as usize == self.symbols.len() {
                break;
            }
        }
        Err(Outcome::Corrupt)
    }
}

const LENGTHS: [(u32, u32); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];
/// The codes of a block that brings none.
static FIXED: LazyLock<(Code, Code)> = LazyLock::new(|| {
    let lengths: Vec<u32> = (0..288)
        .map(|symbol| match symbol {
            144..256 => 9,
            256..280 => 7,
            _ => 8,
        })
        .collect();
    (Code::new(&lengths), Code::new(&[5; 32]))
});
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

impl Puff {
    pub(crate) fn new(window_bits: u8, takeover: bool) -> Self {
        Self { window: Vec::new(), takeover, most: 1 << window_bits, furthest: 0 }
    }

    /// Inflates a message and makes sure that it has no final block, ends at the end of an empty stored
    /// block and keeps to the window.
    pub(crate) fn message(&mut self, payload: &[u8]) -> Vec<u8> {
        let inflated = self.inflate(payload, usize::MAX);
        assert_eq!(inflated.outcome, Outcome::Complete { empty_stored: true });
        assert_eq!(inflated.final_blocks, 0, "we send no final blocks");
        assert!(
            self.keeps_to_window(),
            "refers back by {}, the window is {}",
            self.furthest,
            self.most
        );
        inflated.data
    }

    /// Whether nothing has referred further back than the window allows.
    pub(crate) fn keeps_to_window(&self) -> bool {
        self.furthest <= self.most
    }

    /// What the first bytes of a message are inflated to, as far as it goes.
    pub(crate) fn beginning(&self, payload: &[u8]) -> Inflated {
        self.clone().inflate_bytes(payload, usize::MAX)
    }

    /// Inflates a message up to `most` bytes, whatever it refers to of those before it.
    pub(crate) fn inflate(&mut self, payload: &[u8], most: usize) -> Inflated {
        self.inflate_bytes(&[payload, &[0, 0, 0xFF, 0xFF]].concat(), most)
    }

    fn inflate_bytes(&mut self, bytes: &[u8], most: usize) -> Inflated {
        let mut bits = Bits { bytes, at: 0 };
        if !self.takeover {
            self.window.clear();
        }
        self.window.drain(..self.window.len().saturating_sub(0x8000));
        let start = self.window.len();
        let most = most.saturating_add(start);
        let mut final_blocks = 0;
        let mut outcome = Outcome::CutOff;
        while !bits.is_over() {
            outcome = match self.block(&mut bits, most, &mut final_blocks) {
                Ok(empty_stored) => Outcome::Complete { empty_stored },
                Err(outcome) => {
                    self.window.truncate(most);
                    outcome
                }
            };
            if !matches!(outcome, Outcome::Complete { .. }) {
                break;
            }
        }
        Inflated { data: self.window[start..].to_vec(), outcome, final_blocks }
    }

    /// Whether the block was an empty stored one.
    fn block(
        &mut self,
        bits: &mut Bits<'_>,
        most: usize,
        final_blocks: &mut u32,
    ) -> Result<bool, Outcome> {
        let is_final = bits.bit()? == 1;
        let mut is_empty_stored = false;
        match bits.take(2)? {
            0 => {
                bits.align();
                let length = bits.take(16)?;
                if bits.take(16)? != length ^ 0xFFFF {
                    return Err(Outcome::Corrupt);
                }
                for _ in 0..length {
                    let byte = bits.take(8)? as u8;
                    self.push(byte, most)?;
                }
                is_empty_stored = length == 0;
            }
            1 => {
                let (literals, distances) = &*FIXED;
                self.codes(bits, literals, distances, most)?;
            }
            2 => {
                let (literals, distances) = Self::dynamic(bits)?;
                self.codes(bits, &literals, &distances, most)?;
            }
            _ => return Err(Outcome::Corrupt),
        }
        if is_final {
            *final_blocks += 1;
            bits.align();
        }
        Ok(is_empty_stored)
    }

    /// §3.2.7
    fn dynamic(bits: &mut Bits<'_>) -> Result<(Code, Code), Outcome> {
        let (literals, distances, ordered) =
            (bits.take(5)? + 257, bits.take(5)? + 1, bits.take(4)? + 4);
        if literals > 286 || distances > 30 {
            return Err(Outcome::Corrupt);
        }
        let mut lengths = [0; 19];
        for place in ORDER.iter().take(ordered as usize) {
            lengths[*place] = bits.take(3)?;
        }
        let code = Code::new(&lengths).check(false)?;
        let mut lengths: Vec<u32> = Vec::new();
        let count = (literals + distances) as usize;
        while lengths.len() < count {
            let (length, times) = match code.read(bits)? {
                16 => (*lengths.last().ok_or(Outcome::Corrupt)?, 3 + bits.take(2)?),
                17 => (0, 3 + bits.take(3)?),
                18 => (0, 11 + bits.take(7)?),
                length => (length, 1),
            };
            lengths.extend((0..times).map(|_| length));
        }
        if lengths.len() > count || lengths[256] == 0 {
            return Err(Outcome::Corrupt);
        }
        let (literals, distances) = lengths.split_at(literals as usize);
        Ok((Code::new(literals).check(true)?, Code::new(distances).check(true)?))
    }

    fn codes(
        &mut self,
        bits: &mut Bits<'_>,
        literals: &Code,
        distances: &Code,
        most: usize,
    ) -> Result<(), Outcome> {
        loop {
            match literals.read(bits)? {
                literal @ 0..256 => self.push(literal as u8, most)?,
                256 => return Ok(()),
                symbol => {
                    let index = symbol as usize - 257;
                    let (base, extra) = *LENGTHS.get(index).ok_or(Outcome::Corrupt)?;
                    let length = base + bits.take(extra)?;
                    let symbol = distances.read(bits)?;
                    if symbol >= 30 {
                        return Err(Outcome::Corrupt);
                    }
                    let extra = (symbol / 2).saturating_sub(1);
                    let base =
                        if symbol < 4 { symbol + 1 } else { ((2 + symbol % 2) << extra) + 1 };
                    let distance = (base + bits.take(extra)?) as usize;
                    if distance > self.window.len() {
                        return Err(Outcome::Corrupt);
                    }
                    self.furthest = self.furthest.max(distance);
                    for _ in 0..length {
                        self.push(self.window[self.window.len() - distance], most)?;
                    }
                }
            }
        }
    }

    fn push(&mut self, byte: u8, most: usize) -> Result<(), Outcome> {
        if self.window.len() >= most {
            return Err(Outcome::TooLong);
        }
        self.window.push(byte);
        Ok(())
    }
}
