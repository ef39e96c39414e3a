//! Time by the thread's CPU clock, allocations by a counting allocator, medians of interleaved rounds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::order::order;

/// Counts calls that allocate or grow. One thread, so a plain load and store is enough.
pub struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

#[inline]
fn count() {
    ALLOCATIONS.store(ALLOCATIONS.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

/// Allocations, reads, writes, so far.
fn counters() -> [usize; 3] {
    let (reads, writes) = crate::stream::calls();
    [ALLOCATIONS.load(Ordering::Relaxed), reads, writes]
}

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(place, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is the same.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// Nanoseconds of CPU that this thread has used.
fn cpu_time() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place to write to.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(result, 0, "the thread's CPU clock");
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Nanoseconds that `work` takes.
pub fn time(work: impl FnOnce()) -> u64 {
    let before = cpu_time();
    work();
    cpu_time() - before
}

/// Something to be measured: does `messages` of its task.
pub struct Subject<'a> {
    /// The same several times over, at other places in memory, so that no one has luck with its place.
    pub instances: Vec<Box<dyn FnMut(usize) + 'a>>,
    /// Messages that belong together.
    pub batch: usize,
}

impl Subject<'_> {
    fn run(&mut self, round: usize, messages: usize) {
        let index = round % self.instances.len();
        (self.instances[index])(messages);
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Median, per message.
    pub nanoseconds: f64,
    /// Least and greatest of the rounds, per message.
    pub range: (f64, f64),
    /// Per message, as the two after it.
    pub allocations: f64,
    /// Calls of the transport's: over a socket, a system call each.
    pub reads: f64,
    pub writes: f64,
}

/// Measures all subjects in turn, `rounds` times, `at_least` nanoseconds each time.
pub fn interleaved(subjects: &mut [Subject<'_>], rounds: usize, at_least: u64) -> Vec<Figure> {
    let counts: Vec<usize> =
        subjects.iter_mut().map(|subject| calibrated(subject, at_least)).collect();
    let mut samples = vec![Vec::with_capacity(rounds); subjects.len()];
    let mut used = vec![[0; 3]; subjects.len()];
    for round in 0..rounds {
        for index in order(round, subjects.len()) {
            let (subject, count) = (&mut subjects[index], counts[index]);
            let before = counters();
            let nanoseconds = time(|| subject.run(round, count));
            for (used, (now, before)) in used[index].iter_mut().zip(counters().iter().zip(before)) {
                *used += now - before;
            }
            samples[index].push(nanoseconds as f64 / count as f64);
        }
    }
    samples
        .iter_mut()
        .zip(used.iter().zip(&counts))
        .map(|(samples, (&used, &count))| {
            samples.sort_by(f64::total_cmp);
            let [allocations, reads, writes] =
                used.map(|used| used as f64 / (count * rounds) as f64);
            Figure {
                nanoseconds: samples[rounds / 2],
                range: (samples[0], samples[rounds - 1]),
                allocations,
                reads,
                writes,
            }
        })
        .collect()
}

/// How many messages take `at_least` nanoseconds; all instances are warm afterwards.
fn calibrated(subject: &mut Subject<'_>, at_least: u64) -> usize {
    let mut count = subject.batch;
    loop {
        let nanoseconds = time(|| subject.run(0, count));
        if nanoseconds >= at_least {
            break;
        }
        let factor = (at_least as f64 * 1.1 / nanoseconds.max(1) as f64).clamp(1.5, 16.0);
        count = ((count as f64 * factor) as usize).next_multiple_of(subject.batch);
    }
    (1..subject.instances.len()).for_each(|index| subject.run(index, count));
    count
}
