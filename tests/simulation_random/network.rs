//! A transport between two ends: bytes take time to arrive, few fit into it, and it breaks.

use std::collections::VecDeque;
use std::time::Duration;

/// One direction. The times are the network's, which no end sees.
pub(crate) struct Link {
    /// The bytes on the way, and when they arrive.
    in_flight: VecDeque<(Duration, Vec<u8>)>,
    /// The bytes that the reader has not taken.
    arrived: VecDeque<u8>,
    /// From here on, what is written takes so long.
    pub(crate) latency: Duration,
    /// How many bytes may be on the way or wait for the reader.
    pub(crate) capacity: usize,
    /// Nothing overtakes what arrives then.
    last_arrival: Duration,
    /// When the reader is told of the end.
    end: Option<Duration>,
    /// What becomes of what is written.
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Carried,
    /// Nobody acknowledges what is written: so many bytes fill the sender's buffer.
    Swallowed(usize),
    /// The reader has dropped its transport.
    Ignored,
}

impl Link {
    pub(crate) fn new(latency: Duration, capacity: usize) -> Self {
        Self {
            in_flight: VecDeque::new(),
            arrived: VecDeque::new(),
            latency,
            capacity,
            last_arrival: Duration::ZERO,
            end: None,
            fate: Fate::Carried,
        }
    }

    /// How many bytes the writer gets rid of now.
    pub(crate) fn room(&self) -> usize {
        let swallowed = if let Fate::Swallowed(count) = self.fate { count } else { 0 };
        let in_flight: usize = self.in_flight.iter().map(|(_, bytes)| bytes.len()).sum();
        self.capacity.saturating_sub(swallowed + in_flight + self.arrived.len())
    }

    pub(crate) fn write(&mut self, now: Duration, bytes: &[u8]) {
        match &mut self.fate {
            Fate::Carried => {
                self.last_arrival = self.last_arrival.max(now + self.latency);
                self.in_flight.push_back((self.last_arrival, bytes.to_vec()));
            }
            Fate::Swallowed(count) => *count += bytes.len(),
            Fate::Ignored => {}
        }
    }

    /// The writer has ended its direction, or dropped the transport.
    pub(crate) fn shut_down(&mut self, now: Duration) {
        if self.fate == Fate::Carried && self.end.is_none() {
            self.last_arrival = self.last_arrival.max(now + self.latency);
            self.end = Some(self.last_arrival);
        }
    }

    /// The reader has dropped the transport.
    pub(crate) fn ignore(&mut self) {
        self.in_flight.clear();
        self.arrived.clear();
        self.fate = Fate::Ignored;
    }

    /// Everything written from here on gets lost, and nobody is told.
    pub(crate) fn swallow(&mut self) {
        if self.fate == Fate::Carried {
            self.fate = Fate::Swallowed(0);
        }
    }

    /// The network ends this direction behind what is on the way; the writer is not told.
    pub(crate) fn end(&mut self, now: Duration) {
        self.shut_down(now);
        self.swallow();
    }

    /// The connection is reset: what has not been read is lost, and the reader is told at this time.
    pub(crate) fn reset(&mut self, then: Duration) {
        if self.fate != Fate::Ignored {
            self.ignore();
            self.end = Some(then);
        }
    }

    /// Flips a bit of what the reader is to get; says whether there was any.
    pub(crate) fn corrupt(&mut self, at: usize, bit: usize) -> bool {
        let count = self.arrived.len();
        if count > 0 {
            self.arrived[at % count] ^= 1 << bit;
        }
        count > 0
    }

    /// Lets arrive what has had its time.
    pub(crate) fn deliver(&mut self, now: Duration) {
        while self.in_flight.front().is_some_and(|(then, _)| *then <= now) {
            let (_, bytes) = self.in_flight.pop_front().expect("there is one");
            self.arrived.extend(bytes);
        }
    }

    pub(crate) fn available(&self) -> usize {
        self.arrived.len()
    }

    pub(crate) fn read(&mut self, count: usize) -> Vec<u8> {
        self.arrived.drain(..count).collect()
    }

    /// Whether the reader, with nothing left to read, sees the end.
    pub(crate) fn is_at_end(&self, now: Duration) -> bool {
        let ended = self.end.is_some_and(|then| then <= now);
        ended && self.arrived.is_empty() && self.in_flight.is_empty()
    }

    /// When the reader is next told anything.
    pub(crate) fn next(&self, now: Duration) -> Option<Duration> {
        let arrival = self.in_flight.front().map(|(then, _)| *then);
        arrival.or(self.end).filter(|then| *then > now)
    }
}
