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
        // SAFETY: the size with what is in front is not zero.
        unsafe { hand_out(layout, |whole| System.alloc(whole)) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { hand_out(layout, |whole| System.alloc_zeroed(whole)) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let resized = Layout::from_size_align(size, layout.align()).ok();
        let (Some(whole), Some(resized)) = (with_front(layout), resized.and_then(with_front))
        else {
            return std::ptr::null_mut();
        };
        // SAFETY: `alloc` has made it so. The number moves along with the rest.
        unsafe {
            let start = pointer.sub(front(layout));
            let owner = start.cast::<usize>().read();
            let start = System.realloc(start, whole, resized.size());
            if start.is_null() {
                return start;
            }
            HELD[owner].fetch_add(size, Relaxed);
            HELD[owner].fetch_sub(layout.size(), Relaxed);
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

/// What `allocate` gives, with the owner's number in front.
///
/// # Safety
/// `allocate` gives memory for the layout that it is called with, or null.
#[expect(unsafe_code, reason = "part of the allocator")]
unsafe fn hand_out(layout: Layout, allocate: impl FnOnce(Layout) -> *mut u8) -> *mut u8 {
    let Some(whole) = with_front(layout) else {
        return std::ptr::null_mut();
    };
    let start = allocate(whole);
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

#[test]
fn memory_is_its_makers() {
    let kept = std::thread::spawn(|| {
        count_for(7);
        let mut kept = vec![1_u8; 1 << 19];
        kept.resize(1 << 20, 2);
        drop(vec![0_u8; 1 << 21]);
        assert!(
            kept[..1 << 19].iter().all(|byte| *byte == 1)
                && kept[1 << 19..].iter().all(|byte| *byte == 2)
        );
        kept
    })
    .join()
    .unwrap();
    // What the thread itself took is freed with it, or nearly.
    assert!((1 << 20..(1 << 20) + 4096).contains(&held(7)), "{}", held(7));
    drop(kept);
    assert!(held(7) < 4096);
}
