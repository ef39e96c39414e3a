//! §5  What bytes look like: opcode, header, mask, close payload and a decoder that holds at most 14 bytes.
//!
//! Nothing here needs a heap.

mod close;

pub use close::{CloseCode, InvalidCloseCode, parse_close};
