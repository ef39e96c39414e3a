//! What a transport has cost so far.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::heap;
use crate::histogram::Histogram;
use crate::messages;
use crate::transport::Transport;

/// The figures of one transport, as its server and its clients count them.
pub(crate) struct Account {
    transport: Transport,
    /// TCP connections that were accepted, and those that are open.
    pub(crate) connections: AtomicU64,
    pub(crate) open: AtomicU64,
    /// HTTP requests; of WebSocket, opening handshakes.
    pub(crate) requests: AtomicU64,
    /// Bytes that the server read and wrote at its sockets.
    pub(crate) received: AtomicU64,
    pub(crate) sent: AtomicU64,
    /// Clients without a browser that are there, and updates that have reached them.
    pub(crate) headless: AtomicU64,
    pub(crate) delivered: AtomicU64,
    /// Updates that have not: they were no longer kept when a client asked.
    pub(crate) missed: AtomicU64,
    latency: Mutex<Histogram>,
    upward: Mutex<Histogram>,
    /// Where Linux keeps the processor time of the server's thread.
    schedule: OnceLock<String>,
    /// Bytes of the heap that the server's thread held before its first connection.
    heap_at_start: OnceLock<usize>,
}

impl Account {
    pub(crate) fn new(transport: Transport) -> Self {
        let number = || AtomicU64::new(0);
        Self {
            transport,
            connections: number(),
            open: number(),
            requests: number(),
            received: number(),
            sent: number(),
            headless: number(),
            delivered: number(),
            missed: number(),
            latency: Mutex::new(Histogram::new()),
            upward: Mutex::new(Histogram::new()),
            schedule: OnceLock::new(),
            heap_at_start: OnceLock::new(),
        }
    }

    /// The calling thread is the server's: its processor time and memory are the transport's.
    pub(crate) fn is_of_this_thread(&self) {
        if let Ok(thread) = std::fs::read_link("/proc/thread-self") {
            let _ = self.schedule.set(format!("/proc/{}/schedstat", thread.display()));
        }
        heap::count_for(self.owner());
    }

    /// Everything that is needed without any connection is there.
    pub(crate) fn starts_here(&self) {
        let _ = self.heap_at_start.set(heap::held(self.owner()));
    }

    fn owner(&self) -> usize {
        self.transport as usize + 1
    }

    /// Milliseconds of processor time, where the system tells.
    pub(crate) fn processor_time(&self) -> Option<f64> {
        let text = std::fs::read_to_string(self.schedule.get()?).ok()?;
        let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
        Some(nanoseconds / 1e6)
    }

    /// Bytes of the heap that the connections hold.
    pub(crate) fn heap(&self) -> Option<usize> {
        Some(heap::held(self.owner()).saturating_sub(*self.heap_at_start.get()?))
    }

    /// Takes what has reached a client, whose latest update was number `seen`; the latest is now.
    pub(crate) fn deliver(&self, text: &str, now: f64, mut seen: Option<i64>) -> Option<i64> {
        for (sequence, time) in messages::updates(text) {
            let gap = seen.map_or(0, |seen| sequence - seen - 1);
            self.missed.fetch_add(u64::try_from(gap).unwrap_or(0), Relaxed);
            self.delivered.fetch_add(1, Relaxed);
            self.latency(|latency| latency.add(now - time));
            seen = Some(sequence);
        }
        seen
    }

    pub(crate) fn latency<T>(&self, with: impl FnOnce(&mut Histogram) -> T) -> T {
        with(&mut self.latency.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Of what clients send to the server.
    pub(crate) fn upward<T>(&self, with: impl FnOnce(&mut Histogram) -> T) -> T {
        with(&mut self.upward.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// For the page.
    pub(crate) fn json(&self) -> String {
        let number = |counter: &AtomicU64| counter.load(Relaxed);
        let processor_time =
            self.processor_time().map_or("null".into(), |time| format!("{time:.3}"));
        let heap = self.heap().map_or("null".into(), |heap| heap.to_string());
        format!(
            "{{\"name\":\"{}\",\"connections\":{},\"open\":{},\"requests\":{},\"received\":{},\"sent\":{},\"cpu\":{},\
             \"heap\":{},\"headless\":{},\"delivered\":{},\"missed\":{},\"latency\":{},\"upward\":{}}}",
            self.transport.name(),
            number(&self.connections),
            number(&self.open),
            number(&self.requests),
            number(&self.received),
            number(&self.sent),
            processor_time,
            heap,
            number(&self.headless),
            number(&self.delivered),
            number(&self.missed),
            self.latency(|latency| latency.json()),
            self.upward(|upward| upward.json())
        )
    }
}
