//! §5.3 §8.1  Unmasking, and what it tells of text on the way.

use crate::frame::{MessageKind, mask_in_place};
use crate::utf8;

/// Unmasks a message that stands in one place; says whether it is one: text has to be UTF-8.
///
/// Text that is not ASCII is validated by a second pass: to take turns, 8 or 16 KiB at a time, was no faster at any
/// size up to 64 KiB.
#[inline(always)]
pub(super) fn unmask_message(data: &mut [u8], key: Option<[u8; 4]>, kind: MessageKind) -> bool {
    match (kind, key) {
        (MessageKind::Binary, None) => true,
        (MessageKind::Text, None) => utf8::is_valid(data),
        // One masking for both: nothing is asked of what is binary.
        (kind, Some(key)) => {
            mask_in_place(data, key) || kind == MessageKind::Binary || utf8::is_valid(data)
        }
    }
}

/// Unmasks a part of a message; says whether all of it is known to be ASCII.
#[inline]
pub(super) fn unmask_part(data: &mut [u8], key: Option<[u8; 4]>) -> bool {
    key.is_some_and(|key| mask_in_place(data, key))
}
