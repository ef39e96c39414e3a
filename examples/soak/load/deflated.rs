//! DEFLATE by hand (RFC 1951): a few bytes that stand for very many.

/// A block with the fixed codes (§3.2.6) that is `repeats` times 258 zeros, and one; each repeat takes 13 bits.
/// Behind it the empty block without its last four bytes, as RFC 7692 §7.2.1 has it.
pub(super) fn zeros(repeats: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push(0b010, 3); // not the last block; fixed codes
    bits.push_code(0b0011_0000, 8); // the literal 0
    for _ in 0..repeats {
        bits.push_code(0b1100_0101, 8); // 258 bytes ...
        bits.push_code(0b00000, 5); // ... from one byte back
    }
    bits.push_code(0b000_0000, 7); // the end of the block
    bits.push(0b000, 3); // a stored block, whose empty length is left out
    bits.bytes
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    /// §3.1.1: numbers begin with the least significant bit ...
    fn push(&mut self, number: u32, count: usize) {
        for at in 0..count {
            if self.used % 8 == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((number >> at & 1) as u8) << (self.used % 8);
            }
            self.used += 1;
        }
    }

    /// ... and codes with the most significant one.
    fn push_code(&mut self, code: u32, count: usize) {
        self.push(code.reverse_bits() >> (32 - count), count);
    }
}
