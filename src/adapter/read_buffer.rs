//! What was read and not looked at yet.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

/// One allocation, made at the first read.
pub(super) struct ReadBuffer {
    bytes: Vec<u8>,
    size: usize,
    unread: Range<usize>,
}

impl ReadBuffer {
    /// Bytes that one read takes unless told otherwise.
    pub(super) const DEFAULT_SIZE: usize = 16 << 10;

    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), size: Self::DEFAULT_SIZE, unread: 0..0 }
    }

    /// Sets the size from the next read on.
    pub(super) fn set_size(&mut self, size: usize) {
        self.size = size.max(1);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.unread.is_empty()
    }

    /// Bytes that are unread.
    #[cfg(feature = "tokio")]
    pub(super) fn len(&self) -> usize {
        self.unread.len()
    }

    /// Where to read to. What was unread is lost.
    pub(super) fn space(&mut self) -> &mut [u8] {
        self.unread = 0..0;
        if self.bytes.len() != self.size {
            self.bytes = new_buffer(self.size);
        }
        &mut self.bytes
    }

    /// Does without the allocation until the next read. Only for a buffer without anything unread.
    #[cfg(feature = "tokio")]
    pub(super) fn give_back(&mut self) {
        pool::give_back(core::mem::take(&mut self.bytes));
    }

    /// Says that the first `count` bytes of the space were read.
    pub(super) fn filled(&mut self, count: usize) {
        self.unread = 0..count.min(self.bytes.len());
    }

    /// What is unread, and where to note how much of it still is.
    pub(super) fn unread(&mut self) -> (&mut [u8], Unread<'_>) {
        let bytes = self.bytes.get_mut(self.unread.clone()).unwrap_or_default();
        (bytes, Unread(&mut self.unread))
    }
}

#[cfg(not(feature = "tokio"))]
fn new_buffer(size: usize) -> Vec<u8> {
    alloc::vec![0; size]
}

#[cfg(feature = "tokio")]
use pool::take as new_buffer;

/// Buffers for those who know beforehand that there is something to be read: any number of connections on a
/// thread get along with a few.
#[cfg(feature = "tokio")]
mod pool {
    use alloc::vec::Vec;
    use core::cell::RefCell;

    use super::ReadBuffer;

    /// Buffers that a thread keeps.
    const KEPT: usize = 4;

    std::thread_local! {
        static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn take(size: usize) -> Vec<u8> {
        let kept = || POOL.try_with(|pool| pool.try_borrow_mut().ok()?.pop()).ok()?;
        match size {
            ReadBuffer::DEFAULT_SIZE => kept(),
            _ => None,
        }
        .unwrap_or_else(|| alloc::vec![0; size])
    }

    pub(super) fn give_back(buffer: Vec<u8>) {
        if buffer.len() == ReadBuffer::DEFAULT_SIZE {
            // While the thread ends there is no pool any more.
            let _ = POOL.try_with(|pool| {
                if let Ok(mut pool) = pool.try_borrow_mut() {
                    if pool.len() < KEPT {
                        pool.push(buffer);
                    }
                }
            });
        }
    }
}

/// How much of a buffer is unread.
pub(super) struct Unread<'a>(&'a mut Range<usize>);

impl Unread<'_> {
    /// Says that all but the last `left` bytes have been taken.
    pub(super) fn keep_last(&mut self, left: usize) {
        self.0.start = self.0.end.saturating_sub(left);
    }
}

impl fmt::Debug for ReadBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadBuffer")
            .field("size", &self.size)
            .field("unread", &self.unread.len())
            .finish()
    }
}
