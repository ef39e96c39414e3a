//! Whose the heap is: each allocation counts for the thread that made it, until it is freed by whomever.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The threads that are counted apart, and one for all others.
const OWNERS: usize = 8;
static HELD: [AtomicUsize; OWNERS] = [const { AtomicUsize::new(0) }; OWNERS];

thread_local! {
    static OWNER: Cell<usize> = const { Cell::new(0) };
}

/// Has what this thread allocates from now on counted for `owner`, from 1 to 7.
pub(crate) fn count_for(owner: usize) {
    OWNER.set(owner.min(OWNERS - 1));
}

/// Runs `make` with what it allocates counted for nobody in particular.
pub(crate) fn apart<T>(make: impl FnOnce() -> T) -> T {
    let owner = OWNER.replace(0);
    let made = make();
    OWNER.set(owner);
    made
}

/// Bytes that `owner` has allocated and nobody has freed.
pub(crate) fn held(owner: usize) -> usize {
    HELD[owner].load(Relaxed)
}

/// The system's allocator, with the owner written in front of each allocation.
pub(crate) struct Counting;

/// Bytes in front of what is handed out: the owner's number, and as many as keep it aligned.
fn front(layout: Layout) -> usize {
    layout.align().max(align_of::<usize>())
}

fn with_front(layout: Layout) -> Option<Layout> {
    let size = layout.size().checked_add(front(layout))?;
    Layout::from_size_align(size, front(layout)).ok()
}

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: the system's allocator does the work. What it gives is `front` bytes longer and aligned for both the number
// in front and what is behind; the number is written before the rest is handed out, and only read again.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(whole) = with_front(layout) else {
            return std::ptr::null_mut();
        };
        // SAFETY: its size is not zero.
        let start = unsafe { System.alloc(whole) };
        if start.is_null() {
            return start;
        }
        let owner = OWNER.try_with(Cell::get).unwrap_or(0);
        HELD[owner].fetch_add(layout.size(), Relaxed);
        // SAFETY: `front` bytes are there, of which the first are aligned for a `usize`.
        unsafe {
            start.cast::<usize>().write(owner);
            start.add(front(layout))
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let Some(whole) = with_front(layout) else {
            return;
        };
        // SAFETY: `alloc` has made it so.
        unsafe {
            let start = pointer.sub(front(layout));
            HELD[start.cast::<usize>().read()].fetch_sub(layout.size(), Relaxed);
            System.dealloc(start, whole);
        }
    }
}

#[test]
fn memory_is_its_makers() {
    let kept = std::thread::spawn(|| {
        count_for(7);
        let kept = vec![0_u8; 1 << 20];
        drop(vec![0_u8; 1 << 21]);
        kept
    })
    .join()
    .unwrap();
    // What the thread itself took is freed with it, or nearly.
    assert!((1 << 20..(1 << 20) + 4096).contains(&held(7)), "{}", held(7));
    drop(kept);
    assert!(held(7) < 4096);
}
