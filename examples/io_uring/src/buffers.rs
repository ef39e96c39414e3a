//! Provided buffers: a ring that we fill with buffers, and from which the kernel picks one when data arrives.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::io;
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::Submitter;
use io_uring::types::BufRingEntry;

/// The number under which the kernel knows the ring.
pub(crate) const GROUP: u16 = 0;

/// A power of two.
const COUNT: u16 = 256;
/// Bytes of each.
const SIZE: usize = 16 << 10;
const PAGE: usize = 4096;

pub(crate) struct Buffers {
    entries: NonNull<BufRingEntry>,
    memory: NonNull<u8>,
    /// How many buffers were ever given to the kernel.
    tail: u16,
}

/// A buffer that the kernel has filled and that is ours until it is given back. There is one of these for each
/// buffer at most.
pub(crate) struct Buffer {
    id: u16,
    length: usize,
}

impl Buffers {
    /// Registers the ring and gives all buffers to the kernel.
    ///
    /// # Errors
    /// The kernel's: `EINVAL` before Linux 5.19.
    pub(crate) fn register(submitter: &Submitter<'_>) -> io::Result<Self> {
        let mut buffers = Self {
            entries: allocate(Self::entries_layout()).cast(),
            memory: allocate(Self::memory_layout()),
            tail: 0,
        };
        let address = buffers.entries.as_ptr() as u64;
        // SAFETY: the entries are `COUNT` zeroed ones, at the start of a page, and stay until `unregister`, or, if that
        // is never called, for ever (`Drop` is in `Ring` alone).
        let registered =
            unsafe { submitter.register_buf_ring_with_flags(address, COUNT, GROUP, 0) };
        if let Err(error) = registered {
            buffers.free();
            return Err(error);
        }
        for id in 0..COUNT {
            buffers.give_back(Buffer { id, length: 0 });
        }
        Ok(buffers)
    }

    /// The buffer that a completion names, with what has arrived. Once for each such completion: the caller says so.
    pub(crate) fn filled(id: u16, length: usize) -> Buffer {
        Buffer { id, length: length.min(SIZE) }
    }

    /// What has arrived.
    pub(crate) fn bytes<'a>(&'a mut self, buffer: &'a mut Buffer) -> &'a mut [u8] {
        // SAFETY: in bounds, since `id < COUNT` and `length <= SIZE`, and initialised. The kernel has given the buffer to
        // us and picks it again only once it is given back, which takes the `Buffer`.
        unsafe {
            let start = self.memory.add(usize::from(buffer.id % COUNT) * SIZE);
            slice::from_raw_parts_mut(start.as_ptr(), buffer.length)
        }
    }

    /// Gives a buffer to the kernel.
    pub(crate) fn give_back(&mut self, buffer: Buffer) {
        let id = buffer.id % COUNT;
        // SAFETY: both are in bounds. The kernel reads an entry only once the tail is past it, and the place of this
        // one was read long ago: no more than `COUNT` buffers exist.
        unsafe {
            let entry = self.entries.add(usize::from(self.tail % COUNT)).as_mut();
            entry.set_addr(self.memory.add(usize::from(id) * SIZE).as_ptr() as u64);
            entry.set_len(SIZE as u32);
            entry.set_bid(id);
        }
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: the tail is a `u16` in the first entry that nobody but us writes, and the kernel reads at any time: hence
        // atomic. What was written to the entry is to be seen before it: hence `Release`.
        unsafe {
            let tail = BufRingEntry::tail(self.entries.as_ptr()).cast::<AtomicU16>();
            (*tail).store(self.tail, Ordering::Release);
        }
    }

    /// Takes the buffers from the kernel and frees them. No operation that may pick one is in flight.
    pub(crate) fn unregister(self, submitter: &Submitter<'_>) {
        if submitter.unregister_buf_ring(GROUP).is_ok() {
            self.free();
        }
    }

    fn free(self) {
        // SAFETY: allocated with these layouts, and unknown to the kernel.
        unsafe {
            dealloc(self.entries.as_ptr().cast(), Self::entries_layout());
            dealloc(self.memory.as_ptr(), Self::memory_layout());
        }
    }

    fn entries_layout() -> Layout {
        layout(usize::from(COUNT) * size_of::<BufRingEntry>())
    }

    fn memory_layout() -> Layout {
        layout(usize::from(COUNT) * SIZE)
    }
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, PAGE).expect("a small size and a power of two")
}

fn allocate(layout: Layout) -> NonNull<u8> {
    // SAFETY: the size is not zero.
    let memory = unsafe { alloc_zeroed(layout) };
    NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(layout))
}
