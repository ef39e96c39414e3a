//! What the process holds: live bytes of the heap and their peaks, and resident memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counts the bytes that are allocated and not freed.
pub(crate) struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: everything is the system's allocator's doing; the counters are only told.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(live, Relaxed);
        // SAFETY: passed on as it came.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: passed on as it came.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Bytes of the heap that are in use.
pub(crate) fn live() -> usize {
    LIVE.load(Relaxed)
}

/// One look at the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// The most bytes of the heap that were in use at once since the last look.
    pub(crate) heap: usize,
    /// Bytes of physical memory.
    pub(crate) resident: usize,
}

impl Sample {
    pub(crate) fn take() -> Self {
        let heap = PEAK.swap(live(), Relaxed);
        Self { heap, resident: resident().unwrap_or(0) }
    }
}

fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: usize = line.trim().trim_end_matches("kB").trim_end().parse().ok()?;
    Some(kibibytes << 10)
}

type Figure = fn(&Sample) -> usize;

/// What became of memory while peers came and went.
pub(crate) struct Course {
    /// Before the first connection.
    pub(crate) start: usize,
    /// One for each second.
    pub(crate) samples: Vec<Sample>,
    /// Behind the last connection.
    pub(crate) end: usize,
}

/// What a later time may have more than an earlier one: peaks are a matter of how many large messages happen to
/// meet.
const GROWTH: f64 = 1.25;
/// The same of a run of less than a minute, whose second quarter still sees peers come.
const SHORT_GROWTH: f64 = 2.0;
/// And so many bytes beside.
const ALLOWANCE: usize = 4 << 20;
/// What may be left when all peers have gone: codecs in the pool, read buffers, the runtime's tables.
const LEFT: usize = 8 << 20;

impl Course {
    pub(crate) fn new(seconds: u64) -> Self {
        // Made beforehand: it is not the server's.
        let samples = Vec::with_capacity(seconds as usize + 120);
        Self { start: live(), samples, end: 0 }
    }

    /// Prints the figures; what is wrong with them goes to `broken`.
    pub(crate) fn report(&self, broken: &mut Vec<String>) {
        let quarter = self.samples.len() / 4;
        let growth = if self.samples.len() < 60 { SHORT_GROWTH } else { GROWTH };
        let early = self.samples.get(quarter..2 * quarter).unwrap_or_default();
        let late = self.samples.get(2 * quarter..).unwrap_or_default();
        println!("memory of the server, MiB:          second quarter   last half   may be");
        let figures: [(_, Figure, _); 2] = [
            ("heap", |sample| sample.heap, "live heap"),
            ("resident", |sample| sample.resident, "resident memory"),
        ];
        for (name, figure, what) in figures {
            let [(early_peak, early_middle), (late_peak, late_middle)] =
                [early, late].map(|samples| peak_and_middle(samples, figure));
            for (which, early, late) in
                [("peak", early_peak, late_peak), ("median", early_middle, late_middle)]
            {
                let most = (early as f64 * growth) as usize + ALLOWANCE;
                println!(
                    "  {name:<9} {which:<22} {:>14} {:>11} {:>8}",
                    mebibytes(early),
                    mebibytes(late),
                    mebibytes(most)
                );
                if late > most {
                    broken.push(format!("the {which} of {what} grew"));
                }
            }
        }
        let left = self.end.saturating_sub(self.start);
        println!(
            "  heap with all peers gone: {} (at the start {}, may be {})",
            mebibytes(self.end),
            mebibytes(self.start),
            mebibytes(self.start + LEFT)
        );
        if left > LEFT {
            broken.push(format!("{left} bytes are left of peers that have gone"));
        }
    }
}

fn peak_and_middle(samples: &[Sample], figure: Figure) -> (usize, usize) {
    let mut figures: Vec<usize> = samples.iter().map(figure).collect();
    figures.sort_unstable();
    (figures.last().copied().unwrap_or(0), figures.get(figures.len() / 2).copied().unwrap_or(0))
}

/// With one digit behind the point.
pub(crate) fn mebibytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / f64::from(1 << 20))
}
