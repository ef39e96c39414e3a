//! An allocator that counts, each thread for itself, so that tests can run side by side.
//!
//! A test file that measures makes it its `#[global_allocator]`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What the current thread has asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Calls that got memory, reallocations included.
    pub(crate) allocations: usize,
    /// Bytes in use. (Less than none after freeing what another thread got.)
    pub(crate) bytes: isize,
    /// Blocks in use.
    pub(crate) blocks: isize,
    /// The most bytes in use at one time since `peak_of` began.
    pub(crate) peak: isize,
}

impl Usage {
    /// Allocations since `before`.
    pub(crate) fn allocations_since(self, before: Self) -> usize {
        self.allocations - before.allocations
    }

    /// Bytes in use beyond those of `before`.
    pub(crate) fn bytes_over(self, before: Self) -> isize {
        self.bytes - before.bytes
    }

    /// Blocks in use beyond those of `before`.
    pub(crate) fn blocks_over(self, before: Self) -> isize {
        self.blocks - before.blocks
    }
}

thread_local! {
    static USAGE: Cell<Usage> = const {
        Cell::new(Usage { allocations: 0, bytes: 0, blocks: 0, peak: 0 })
    };
}

pub(crate) fn usage() -> Usage {
    USAGE.get()
}

/// Runs `work`; its result, and the most bytes that were in use on the way beyond those before it.
pub(crate) fn peak_of<T>(work: impl FnOnce() -> T) -> (T, isize) {
    let before = usage();
    USAGE.set(Usage { peak: before.bytes, ..before });
    let result = work();
    (result, usage().peak - before.bytes)
}

#[derive(Debug)]
pub(crate) struct Counting;

fn count(change: impl FnOnce(&mut Usage)) {
    // Not counted while the thread ends.
    let _counted = USAGE.try_with(|cell| {
        let mut usage = cell.get();
        change(&mut usage);
        usage.peak = usage.peak.max(usage.bytes);
        cell.set(usage);
    });
}

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(|usage| {
            usage.allocations += 1;
            usage.blocks += 1;
            usage.bytes += layout.size() as isize;
        });
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(|usage| {
            usage.allocations += 1;
            usage.blocks += 1;
            usage.bytes += layout.size() as isize;
        });
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(|usage| {
            usage.blocks -= 1;
            usage.bytes -= layout.size() as isize;
        });
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(|usage| {
            usage.allocations += 1;
            usage.bytes += size as isize - layout.size() as isize;
        });
        // SAFETY: the caller's promise is the same.
        unsafe { System.realloc(place, layout, size) }
    }
}
