//! The input of a target, read as a script from front to back.
//!
//! Every byte means something where it stands, so that a seed can be written by hand and a small
//! change of the input is a small change of the script.

/// A cursor over the bytes that the fuzzer made up. Past the end everything is zero.
#[derive(Clone, Debug)]
pub struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub fn flag(&mut self) -> bool {
        self.byte() & 1 != 0
    }

    /// Two bytes, the high one first.
    pub fn number(&mut self) -> usize {
        usize::from(self.byte()) << 8 | usize::from(self.byte())
    }

    /// A byte that says how many, and so many bytes.
    pub fn short(&mut self) -> &'a [u8] {
        let count = self.byte();
        self.bytes(count.into())
    }

    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (front, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        front
    }

    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Cuts `input` into pieces, each as long as the next byte says; what is left over is the last.
    pub fn pieces(&mut self, mut input: Vec<u8>) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        while !input.is_empty() {
            let size = match self.byte() {
                0 => input.len(),
                size => usize::from(size).min(input.len()),
            };
            let rest = input.split_off(size);
            pieces.push(std::mem::replace(&mut input, rest));
        }
        pieces
    }
}
