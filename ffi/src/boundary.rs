//! What comes from C becomes Rust here: pointers, lengths, texts; and no panic goes back.
//!
//! Objects need nothing of this: `Option<&T>`, `Option<&mut T>` and `Option<Box<T>>` are C's pointers, NULL
//! included.

use std::ffi::{CStr, c_char, c_void};
use std::mem::{MaybeUninit, forget, replace};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;

use crate::stage::Stage;
use crate::wsp_result::{self, *};
use crate::{wsp_connection, wsp_slice, wsp_state, wsp_transmit_step};

/// What a function says when it can do nothing.
pub(crate) trait Refusal {
    /// An object is NULL.
    const NULL: Self;
    /// Something has panicked.
    const PANIC: Self;
}

impl Refusal for wsp_result {
    const NULL: Self = WSP_NULL;
    const PANIC: Self = WSP_PANIC;
}

/// Those that answer a question have no place for an error: as if nothing were there.
macro_rules! nothing {
    ($($answer:ty: $nothing:expr),* $(,)?) => {$(
        impl Refusal for $answer {
            const NULL: Self = $nothing;
            const PANIC: Self = $nothing;
        }
    )*};
}

nothing! {
    (): (),
    bool: false,
    u16: 0,
    usize: 0,
    wsp_slice: wsp_slice::NONE,
    wsp_state: wsp_state::WSP_STATE_CLOSED,
    wsp_transmit_step: wsp_transmit_step::WSP_TRANSMIT_ABORT,
}

impl<T> Refusal for Option<Box<T>> {
    const NULL: Self = None;
    const PANIC: Self = None;
}

/// Runs the body of a function; a panic ends here.
#[inline]
pub(crate) fn guarded<R: Refusal>(body: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        // Its destructor is anybody's.
        forget(payload);
        R::PANIC
    })
}

/// Runs the body of a function with its object.
#[inline]
pub(crate) fn with<T, R: Refusal>(object: Option<&T>, body: impl FnOnce(&T) -> R) -> R {
    object.map_or(R::NULL, |object| guarded(|| body(object)))
}

/// Runs the body of a function that changes an object other than a connection.
#[inline]
pub(crate) fn with_mut<T, R: Refusal>(object: Option<&mut T>, body: impl FnOnce(&mut T) -> R) -> R {
    object.map_or(R::NULL, |object| guarded(|| body(object)))
}

/// Runs the body of a function that changes a connection. After a panic it is given up: nobody knows what
/// state it is in.
#[inline]
pub(crate) fn with_connection<R: Refusal>(
    connection: Option<&mut wsp_connection>,
    body: impl FnOnce(&mut wsp_connection) -> R,
) -> R {
    let Some(connection) = connection else { return R::NULL };
    catch_unwind(AssertUnwindSafe(|| body(connection))).unwrap_or_else(|payload| {
        forget(payload);
        forget(replace(&mut connection.stage, Stage::abandoned(WSP_PANIC)));
        R::PANIC
    })
}

/// Fills in what the caller has room for.
#[inline]
pub(crate) fn write<T>(place: Option<&mut MaybeUninit<T>>, value: T) -> wsp_result {
    match place {
        Some(place) => {
            place.write(value);
            WSP_OK
        }
        None => WSP_NULL,
    }
}

/// Bytes of the caller's.
///
/// # Safety
/// If `data` is not NULL, `length` bytes can be read there for as long as `'a`, and nobody writes to them.
#[inline]
pub(crate) unsafe fn bytes<'a>(data: *const c_void, length: usize) -> Result<&'a [u8], wsp_result> {
    match (data.is_null(), length) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(WSP_NULL),
        (false, _) if isize::try_from(length).is_err() => Err(WSP_ARGUMENT),
        // SAFETY: not NULL, no longer than an object may be; the rest is the caller's promise.
        (false, _) => Ok(unsafe { slice::from_raw_parts(data.cast(), length) }),
    }
}

/// Bytes of the caller's that will be changed.
///
/// # Safety
/// If `data` is not NULL, `length` initialised bytes stand there for as long as `'a`, and nobody else has them.
#[inline]
pub(crate) unsafe fn bytes_mut<'a>(
    data: *mut u8,
    length: usize,
) -> Result<&'a mut [u8], wsp_result> {
    match (data.is_null(), length) {
        (_, 0) => Ok(&mut []),
        (true, _) => Err(WSP_NULL),
        (false, _) if isize::try_from(length).is_err() => Err(WSP_ARGUMENT),
        // SAFETY: not NULL, no longer than an object may be; the rest is the caller's promise.
        (false, _) => Ok(unsafe { slice::from_raw_parts_mut(data, length) }),
    }
}

/// An array of the caller's, to be read or filled in.
///
/// # Safety
/// If `first` is not NULL, `count` of them stand there for as long as `'a`, and nobody else has them.
#[inline]
pub(crate) unsafe fn array_mut<'a, T>(
    first: *mut T,
    count: usize,
) -> Result<&'a mut [MaybeUninit<T>], wsp_result> {
    match (first.is_null(), count) {
        (_, 0) => Ok(&mut []),
        (true, _) => Err(WSP_NULL),
        (false, _) if count > isize::MAX.unsigned_abs() / size_of::<T>().max(1) => {
            Err(WSP_ARGUMENT)
        }
        // SAFETY: not NULL, no longer than an object may be; the rest is the caller's promise.
        (false, _) => Ok(unsafe { slice::from_raw_parts_mut(first.cast(), count) }),
    }
}

/// As [`array_mut`], to be read.
///
/// # Safety
/// If `first` is not NULL, `count` initialised ones stand there for as long as `'a`, and nobody writes to them.
pub(crate) unsafe fn array<'a, T>(first: *const T, count: usize) -> Result<&'a [T], wsp_result> {
    match (first.is_null(), count) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(WSP_NULL),
        (false, _) if count > isize::MAX.unsigned_abs() / size_of::<T>().max(1) => {
            Err(WSP_ARGUMENT)
        }
        // SAFETY: not NULL, no longer than an object may be; the rest is the caller's promise.
        (false, _) => Ok(unsafe { slice::from_raw_parts(first, count) }),
    }
}

/// A text of the caller's.
///
/// # Safety
/// If `text` is not NULL, a 0 ends it, and it can be read for as long as `'a`.
pub(crate) unsafe fn text<'a>(text: *const c_char) -> Result<&'a str, wsp_result> {
    if text.is_null() {
        return Err(WSP_NULL);
    }
    // SAFETY: not NULL; the rest is the caller's promise.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|_| WSP_ARGUMENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{wsp_connection_free, wsp_connection_state, wsp_server_established};

    #[test]
    fn a_panic_ends_at_the_boundary_and_ends_the_connection() {
        std::panic::set_hook(Box::new(|_| {}));
        let mut connection = wsp_server_established(crate::wsp_config_server().as_deref());
        let result: wsp_result = with_connection(connection.as_deref_mut(), |_| panic!("a bug"));
        assert_eq!(result, WSP_PANIC);
        let open = wsp_connection_state(connection.as_deref());
        assert_eq!(open, wsp_state::WSP_STATE_CLOSING);
        let step: wsp_transmit_step = with_connection(connection.as_deref_mut(), |connection| {
            connection.stage.transmit().into()
        });
        assert_eq!(step, wsp_transmit_step::WSP_TRANSMIT_ABORT);
        wsp_connection_free(connection);

        assert_eq!(guarded::<wsp_result>(|| panic!("a bug")), WSP_PANIC);
        assert!(!guarded::<bool>(|| panic!("a bug")));
        let _hook = std::panic::take_hook();
    }

    #[test]
    fn lengths_that_no_object_can_have_are_refused() {
        let byte = 0_u8;
        // SAFETY: nothing is read of what is refused.
        let refused = unsafe { bytes((&raw const byte).cast(), usize::MAX) };
        assert_eq!(refused, Err(WSP_ARGUMENT));
        // SAFETY: as above.
        let refused = unsafe { array(&raw const byte, usize::MAX / 2 + 1) };
        assert_eq!(refused, Err(WSP_ARGUMENT));
        // SAFETY: as above.
        let refused = unsafe { array::<u64>(std::ptr::null(), 1) };
        assert_eq!(refused, Err(WSP_NULL));
    }
}
