//! Codecs that wait for the next message of any connection.

use alloc::sync::Arc;
#[cfg(feature = "std")]
use alloc::vec::Vec;
use core::fmt;
#[cfg(feature = "std")]
use std::sync::{Mutex, PoisonError};

use super::{Deflater, Inflater, Settings};

/// Codecs shared by all connections whose [`Config`](crate::Config) has this pool; a clone is the same
/// pool. A connection that keeps no context between messages has a codec only while it needs it.
///
/// Bounded: what does not fit is freed. Without the feature `std` there is no lock to share with, and
/// each connection keeps its own codecs until they have gone unused for
/// [`Timeouts::release_after`](crate::Timeouts::release_after).
#[derive(Clone)]
pub struct CompressionPool(Arc<Shared>);

struct Shared {
    #[cfg_attr(not(feature = "std"), expect(dead_code, reason = "nothing is kept without a lock"))]
    most: usize,
    #[cfg(feature = "std")]
    inflaters: Mutex<Vec<Inflater>>,
    #[cfg(feature = "std")]
    deflaters: Mutex<Vec<Deflater>>,
}

impl CompressionPool {
    /// A pool of at most `most` compressors and as many decompressors; see
    /// [the figures](crate::deflate#memory).
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Shared {
            most,
            #[cfg(feature = "std")]
            inflaters: Mutex::default(),
            #[cfg(feature = "std")]
            deflaters: Mutex::default(),
        }))
    }

    /// An inflater, to be restarted before use.
    pub(crate) fn take_inflater(&self) -> Inflater {
        #[cfg(feature = "std")]
        if let Some(inflater) = lock(&self.0.inflaters).pop() {
            return inflater;
        }
        Inflater::new()
    }

    /// A deflater, to be restarted before use.
    pub(crate) fn take_deflater(&self, settings: Settings) -> Deflater {
        #[cfg(feature = "std")]
        {
            let mut deflaters = lock(&self.0.deflaters);
            if let Some(at) = deflaters.iter().rposition(|other| other.settings() == settings) {
                return deflaters.remove(at);
            }
        }
        Deflater::new(settings)
    }

    /// Keeps or frees it; gives it back if nothing can be shared.
    #[cfg(feature = "std")]
    pub(crate) fn give_inflater(&self, inflater: Inflater) -> Option<Inflater> {
        let mut inflaters = lock(&self.0.inflaters);
        if inflaters.len() < self.0.most {
            inflaters.push(inflater);
        }
        None
    }

    /// Keeps or frees it; gives it back if nothing can be shared.
    #[cfg(feature = "std")]
    pub(crate) fn give_deflater(&self, deflater: Deflater) -> Option<Deflater> {
        if self.0.most == 0 {
            return None;
        }
        let mut deflaters = lock(&self.0.deflaters);
        // The settings asked for change with the peers: the one that has waited longest makes way.
        let oldest = (deflaters.len() >= self.0.most).then(|| deflaters.remove(0));
        deflaters.push(deflater);
        drop(deflaters);
        // Outside the lock.
        drop(oldest);
        None
    }

    #[cfg(not(feature = "std"))]
    #[expect(clippy::unused_self, reason = "the same call with and without a lock")]
    pub(crate) fn give_inflater(&self, inflater: Inflater) -> Option<Inflater> {
        Some(inflater)
    }

    #[cfg(not(feature = "std"))]
    #[expect(clippy::unused_self, reason = "the same call with and without a lock")]
    pub(crate) fn give_deflater(&self, deflater: Deflater) -> Option<Deflater> {
        Some(deflater)
    }
}

#[cfg(feature = "std")]
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Whoever panicked did so outside: a list of codecs is whole at each moment.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for CompressionPool {
    /// That of the process, of at most 8 of each: all that do not ask for [another](Self::new) share it.
    /// Without the feature `std`, one of its own.
    fn default() -> Self {
        const MOST: usize = 8;
        #[cfg(feature = "std")]
        {
            static POOL: std::sync::LazyLock<CompressionPool> =
                std::sync::LazyLock::new(|| CompressionPool::new(MOST));
            POOL.clone()
        }
        #[cfg(not(feature = "std"))]
        Self::new(MOST)
    }
}

impl PartialEq for CompressionPool {
    /// Whether both are the same pool.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for CompressionPool {}

impl fmt::Debug for CompressionPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CompressionPool")
    }
}
