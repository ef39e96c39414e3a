//! Messages to bytes: the rules of the sending direction.

mod mask_keys;
mod output;

pub(crate) use mask_keys::MaskKeys;
pub use output::{Output, Transmit};
