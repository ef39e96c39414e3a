//! How much the current thread holds: the allocator of the tests, for a target that measures.

#[allow(dead_code, unsafe_code, unfulfilled_lint_expectations, reason = "the tests use more of it")]
#[path = "../../tests/support/allocator.rs"]
mod counting;

use std::alloc::{GlobalAlloc, Layout};

/// To be made the `#[global_allocator]`.
pub struct Counting;

// SAFETY: everything is handed on as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is the same.
        unsafe { counting::Counting.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is the same.
        unsafe { counting::Counting.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the same.
        unsafe { counting::Counting.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise is the same.
        unsafe { counting::Counting.realloc(place, layout, size) }
    }
}

/// Bytes in use.
pub fn held() -> isize {
    counting::usage().bytes
}

/// Runs `work`; its result, and the most bytes that were in use on the way beyond those before it.
pub fn peak_of<T>(work: impl FnOnce() -> T) -> (T, isize) {
    counting::peak_of(work)
}
