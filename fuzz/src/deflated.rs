//! RFC 1951: streams that get past the first block, which a fuzzer alone seldom writes.

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush};

use crate::Script;

/// Bytes of a message beyond which nothing is added to it.
const MOST: usize = 20 << 10;
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// Writes the compressed messages that a script describes.
#[derive(Default)]
pub struct Deflated {
    /// The codec that messages have in common.
    codec: Option<Deflate>,
}

impl Deflated {
    /// The next message: blocks of every kind, right and wrong, and what is left of them.
    ///
    /// It ends with the header of an empty block, as it should, or as it is.
    pub fn message(&mut self, script: &mut Script<'_>) -> Vec<u8> {
        let mut bits = Bits::default();
        while bits.bytes.len() < MOST {
            match script.byte() {
                0 => {
                    bits.put(0, 3);
                    break;
                }
                1 => bits.bytes(script.short()),
                2 => {
                    let count = script.byte() % 17;
                    bits.put(script.number(), count);
                }
                3 => {
                    let (is_final, wrong) = (script.byte(), script.byte());
                    stored(&mut bits, is_final, wrong, &many(script));
                }
                4 => Table::fixed().block(&mut bits, 1, script),
                5 => {
                    let table = Table::dynamic(script);
                    table.block(&mut bits, 2, script);
                }
                6 => {
                    let level = script.byte();
                    let codec = self.codec.get_or_insert_with(|| codec(level));
                    bits.bytes(&run(codec, &many(script), DeflateFlush::SyncFlush));
                }
                7 => {
                    let mut codec = codec(script.byte());
                    bits.bytes(&run(&mut codec, &many(script), DeflateFlush::Finish));
                }
                8 => {
                    if bits.bytes.ends_with(&TAIL) {
                        bits.bytes.truncate(bits.bytes.len() - TAIL.len());
                    }
                }
                9 => {
                    let (at, change) = (script.number(), script.byte());
                    if let Some(byte) = bits.bytes.get_mut(at) {
                        *byte ^= change;
                    }
                }
                10 => {
                    let count = usize::from(script.byte());
                    bits.truncate(count);
                }
                11 => {
                    let times = usize::from(script.byte()).min(MOST / bits.bytes.len().max(1));
                    bits.repeat(times);
                }
                _ => break,
            }
        }
        bits.bytes
    }
}

/// Up to 65,025 bytes.
fn many(script: &mut Script<'_>) -> Vec<u8> {
    let times = script.byte();
    script.short().repeat(times.into())
}

fn codec(choice: u8) -> Deflate {
    let window_bits = -(9 + i32::from(choice >> 4) % 7);
    let level = i32::from(choice & 15).min(9);
    Deflate::new_with_config(DeflateConfig { level, window_bits, ..DeflateConfig::default() })
}

fn run(codec: &mut Deflate, data: &[u8], flush: DeflateFlush) -> Vec<u8> {
    let mut output = vec![0; data.len() + data.len() / 8 + 64];
    let before = codec.total_out();
    // Nothing to flush is no error here.
    let _status = codec.compress(data, &mut output, flush);
    output.truncate((codec.total_out() - before) as usize);
    output
}

/// §3.2.4
fn stored(bits: &mut Bits, is_final: u8, wrong: u8, data: &[u8]) {
    let data = &data[..data.len().min(0xFFFF)];
    bits.put(usize::from(is_final & 1), 3);
    bits.align();
    let length = (data.len() as u16).wrapping_add(u16::from(wrong & 15));
    bits.bytes.extend(length.to_le_bytes());
    bits.bytes.extend((!length ^ u16::from(wrong >> 4)).to_le_bytes());
    bits.bytes.extend(data);
}

/// §3.2.1: bits are packed from the least significant one on.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    /// Bits that the last byte has room for.
    room: u8,
}

impl Bits {
    fn put(&mut self, value: usize, count: u8) {
        for place in 0..count {
            if self.room == 0 {
                self.bytes.push(0);
                self.room = 8;
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> place & 1) as u8) << (8 - self.room);
            }
            self.room -= 1;
        }
    }

    /// A code, which begins with its most significant bit.
    fn code(&mut self, value: usize, count: u8) {
        for place in (0..count).rev() {
            self.put(value >> place, 1);
        }
    }

    fn align(&mut self) {
        self.room = 0;
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.align();
        self.bytes.extend_from_slice(bytes);
    }

    fn truncate(&mut self, count: usize) {
        self.bytes.truncate(self.bytes.len().saturating_sub(count));
        self.align();
    }

    fn repeat(&mut self, times: usize) {
        self.bytes = self.bytes.repeat(times);
        self.align();
    }
}

/// The two codes of a block: the length of the code of each symbol.
struct Table {
    literals: Vec<u8>,
    distances: Vec<u8>,
}

impl Table {
    /// §3.2.6
    fn fixed() -> Self {
        let length = |symbol| match symbol {
            144..256 => 9,
            256..280 => 7,
            _ => 8,
        };
        Self { literals: (0..288).map(length).collect(), distances: vec![5; 32] }
    }

    /// §3.2.7: some that are worth a look, or as the script has it.
    fn dynamic(script: &mut Script<'_>) -> Self {
        let mut literals = vec![0; 286];
        let mut distances = vec![0; 30];
        match script.byte() {
            // What ends the block is a single bit, and set.
            0 => {
                (literals[97], literals[256], distances[0]) = (1, 1, 1);
            }
            // Complete, with lengths and distances.
            1 => {
                for symbol in [97, 98, 256, 258] {
                    literals[symbol] = 2;
                }
                (distances[0], distances[5]) = (1, 1);
            }
            // One code of a single bit.
            2 => literals[256] = 1,
            // The longest reference.
            3 => {
                (literals[97], literals[256], literals[285]) = (1, 2, 2);
                (distances[28], distances[29]) = (1, 1);
            }
            // What ends the block is eight ones.
            4 => {
                literals[..255].fill(8);
                literals[256] = 8;
            }
            // What ends the block is 15 ones.
            5 => {
                for length in 1..16 {
                    literals[96 + usize::from(length)] = length;
                }
                literals[256] = 15;
                distances[0] = 1;
            }
            // What ends the block is a zero, and what follows a length is one bit with no meaning.
            6 => {
                (literals[256], literals[257], literals[284], distances[0]) = (1, 2, 2, 1);
            }
            _ => {
                for pair in script.short().chunks_exact(2) {
                    let length = pair[1] & 15;
                    match pair[1] >> 4 {
                        0..8 => literals[usize::from(pair[0])] = length,
                        8..12 => literals[256 + usize::from(pair[0]) % 30] = length,
                        _ => distances[usize::from(pair[0]) % 30] = length,
                    }
                }
            }
        }
        Self { literals, distances }
    }

    /// A block of this type: bits of its first byte say whether it is final and whether it ends.
    fn block(&self, bits: &mut Bits, kind: u8, script: &mut Script<'_>) {
        let choices = script.byte();
        bits.put(usize::from(choices & 1) | usize::from(kind) << 1, 3);
        if kind == 2 {
            self.header(bits);
        }
        let literals = codes(&self.literals);
        let distances = codes(&self.distances);
        let used: Vec<usize> =
            (0..self.literals.len()).filter(|symbol| self.literals[*symbol] > 0).collect();
        let mut symbols = Script::new(script.short());
        while !symbols.is_over() && !used.is_empty() && bits.bytes.len() < MOST {
            let choice = match symbols.byte() {
                // What is in the upper half are lengths, if there are any.
                byte @ 0..0xC0 => usize::from(byte) % used.len(),
                byte => used.len() - 1 - usize::from(byte - 0xC0) % used.len(),
            };
            let symbol = used[choice];
            bits.code(literals[symbol], self.literals[symbol]);
            if symbol > 256 {
                let extra = match symbol {
                    265..285 => (symbol - 261) as u8 / 4,
                    _ => 0,
                };
                bits.put(symbols.byte().into(), extra);
                let distance = usize::from(symbols.byte()) % self.distances.len();
                bits.code(distances[distance], self.distances[distance]);
                let extra = (distance as u8 / 2).saturating_sub(1);
                bits.put(symbols.number(), extra);
            }
        }
        if choices & 2 == 0 {
            bits.code(literals[256], self.literals[256]);
        }
        if choices & 4 != 0 {
            bits.align();
        }
    }

    /// Each length by itself, in a code in which 13 of them take 4 bits and the others 5.
    fn header(&self, bits: &mut Bits) {
        bits.put(29, 5);
        bits.put(29, 5);
        bits.put(15, 4);
        let lengths = [[4; 13].as_slice(), &[5; 6]].concat();
        for place in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] {
            bits.put(lengths[place].into(), 3);
        }
        let codes = codes(&lengths);
        for length in self.literals.iter().chain(&self.distances) {
            bits.code(codes[usize::from(*length)], lengths[usize::from(*length)]);
        }
    }
}

/// §3.2.2: the canonical codes of these lengths.
fn codes(lengths: &[u8]) -> Vec<usize> {
    let mut codes = vec![0; lengths.len()];
    let mut next = 0;
    for length in 1..16 {
        next <<= 1;
        for (code, _) in codes.iter_mut().zip(lengths).filter(|(_, wanted)| **wanted == length) {
            *code = next;
            next += 1;
        }
    }
    codes
}
