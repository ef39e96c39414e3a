//! How much the current thread holds: the allocator of the tests, for all targets.

#[allow(dead_code, unsafe_code, unfulfilled_lint_expectations, reason = "the tests use more of it")]
#[path = "../../tests/support/allocator.rs"]
mod counting;

use std::alloc::{GlobalAlloc, Layout};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Counting;

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

/// What something holds from now on.
#[derive(Debug)]
pub struct Ledger {
    start: isize,
    beside: isize,
}

impl Ledger {
    #[expect(clippy::new_without_default, reason = "it is about a moment")]
    pub fn new() -> Self {
        Self { start: held(), beside: 0 }
    }

    /// Runs `work`, whose memory is not meant.
    pub fn beside<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = held();
        let result = work();
        self.beside += held() - before;
        result
    }

    pub fn held(&self) -> isize {
        held() - self.start - self.beside
    }
}
