//! §5  What bytes look like: opcode, header, mask, close payload and a decoder that holds at most 14 bytes.
//!
//! Nothing here needs a heap.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod close;
mod decoder;
mod header;
mod mask;
mod opcode;
#[cfg(feature = "alloc")]
mod unfragmented;

pub use close::{CloseCode, InvalidCloseCode, parse_close};
pub use decoder::{Decoder, Part};
pub use header::{EncodedHeader, Header, MAX_CONTROL_PAYLOAD};
pub use mask::{apply_mask, rotate};
pub use opcode::{MessageKind, Opcode, Role};

#[cfg(feature = "alloc")]
pub(crate) use decoder::Piece;
#[cfg(feature = "alloc")]
pub(crate) use header::{FIN, encode, encode_word};
#[cfg(feature = "alloc")]
pub(crate) use mask::{mask_copy, mask_in_place};
#[cfg(feature = "alloc")]
pub(crate) use unfragmented::Unfragmented;
