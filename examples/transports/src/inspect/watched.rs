//! What the page's own WebSocket has exchanged last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use websocket_proto::frame::{Header, Role};
use websocket_proto::rules::Sequence;

use super::fields::{self, SHOWN, Texts};
use super::quoted;
use crate::clock::Clock;
use crate::heap::apart;

/// Frames of each direction that are kept.
const KEPT: usize = 20;
/// Bytes of a head that are kept.
const HEAD: usize = 16 * 1024;

/// The place of the latest record.
pub(crate) struct Watch {
    clock: Clock,
    latest: Mutex<Option<Record>>,
}

impl Watch {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, latest: Mutex::default() }
    }

    /// A record of a connection that begins now.
    pub(crate) fn begin(&self) -> Record {
        // What is kept here is not what a connection costs.
        apart(|| Record { clock: self.clock, exchange: Arc::default() })
    }

    /// Shows this one from now on.
    pub(crate) fn show(&self, record: Record) {
        *lock(&self.latest) = Some(record);
    }

    /// For the page.
    pub(crate) fn json(&self) -> String {
        let latest = lock(&self.latest).clone();
        // The connection does not wait until all of it is written.
        let exchange = latest.map(|record| lock(&record.exchange).clone()).unwrap_or_default();
        exchange.json()
    }
}

/// Sees the bytes of one connection.
#[derive(Clone)]
pub(crate) struct Record {
    clock: Clock,
    exchange: Arc<Mutex<Exchange>>,
}

impl Record {
    /// `sender` has sent this.
    pub(crate) fn push(&self, sender: Role, bytes: &[u8]) {
        apart(|| {
            let mut exchange = lock(&self.exchange);
            let time = self.clock.milliseconds();
            match sender {
                Role::Client => exchange.client.push(Role::Server, time, bytes),
                Role::Server => exchange.server.push(Role::Client, time, bytes),
            }
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, Default)]
struct Exchange {
    client: Direction,
    server: Direction,
}

impl Exchange {
    fn json(&self) -> String {
        let handshake = if self.server.is_past_head {
            let [request, response] =
                [&self.client.head, &self.server.head].map(|head| String::from_utf8_lossy(head));
            format!("{{\"request\":{},\"response\":{}}}", quoted(&request), quoted(&response))
        } else {
            "null".into()
        };
        let mut frames: Vec<_> = self.client.kept.iter().map(|frame| ("client", frame)).collect();
        frames.extend(self.server.kept.iter().map(|frame| ("server", frame)));
        frames.sort_by(|(_, one), (_, other)| one.time.total_cmp(&other.time));
        let frames: Vec<String> = frames
            .into_iter()
            .map(|(name, frame)| {
                let Frame { time, .. } = frame;
                format!(
                    "{{\"direction\":\"{name}\",\"time\":{time:.3},\"frame\":{}}}",
                    frame.json()
                )
            })
            .collect();
        format!("{{\"handshake\":{handshake},\"frames\":[{}]}}", frames.join(","))
    }
}

/// Cuts what one side sends into its head and frames.
#[derive(Clone, Default)]
struct Direction {
    head: Vec<u8>,
    is_past_head: bool,
    kept: VecDeque<Frame>,
    sequence: Sequence,
    /// The frame that has begun: its header, and what is shown of its payload.
    begun: Vec<u8>,
    header: Option<(Header, usize)>,
    /// Bytes of its payload that are still to come.
    missing: u64,
    /// Bytes in front of it.
    offset: u64,
    is_broken: bool,
}

impl Direction {
    fn push(&mut self, receiver: Role, time: f64, bytes: &[u8]) {
        let mut bytes = bytes;
        if !self.is_past_head {
            let before = self.head.len();
            self.head.extend_from_slice(&bytes[..bytes.len().min(HEAD.saturating_sub(before))]);
            let end = self.head.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            let Some(end) = end.map(|start| start + 4) else { return };
            self.is_past_head = true;
            self.head.truncate(end);
            bytes = &bytes[end - before..];
        }
        while !bytes.is_empty() && !self.is_broken {
            if self.header.is_none() {
                self.begun.push(bytes[0]);
                bytes = &bytes[1..];
                match Header::decode(&self.begun, receiver, self.sequence) {
                    Ok(None) => continue,
                    Ok(Some((header, size))) => {
                        self.header = Some((header, size));
                        self.missing = header.length;
                    }
                    // From here on nobody knows where frames begin.
                    Err(_) => self.is_broken = true,
                }
            }
            let count = usize::try_from(self.missing).unwrap_or(usize::MAX).min(bytes.len());
            let (payload, behind) = bytes.split_at(count);
            let size = self.header.map_or(0, |(_, size)| size);
            let room = (size + SHOWN).saturating_sub(self.begun.len());
            self.begun.extend_from_slice(&payload[..count.min(room)]);
            self.missing -= count as u64;
            bytes = behind;
            if self.missing == 0 {
                self.keep(time);
            }
        }
    }

    fn keep(&mut self, time: f64) {
        let header = self.header.take();
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let texts = Texts::within(self.sequence);
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(Frame {
            time,
            offset,
            header,
            texts,
            bytes: self.begun.as_slice().into(),
        });
        self.begun.clear();
        if let Some((header, size)) = header {
            self.offset += size as u64 + header.length;
            self.sequence =
                self.sequence.follow(header.opcode, header.fin).unwrap_or(Sequence::Closed);
        }
    }
}

/// A frame as it went over the wire. It is taken apart when somebody asks.
#[derive(Clone)]
struct Frame {
    time: f64,
    offset: usize,
    header: Option<(Header, usize)>,
    texts: Texts,
    bytes: Box<[u8]>,
}

impl Frame {
    fn json(&self) -> String {
        fields::json(&self.bytes, self.offset, self.header, self.texts)
    }
}

#[test]
fn the_latest_frames_are_kept_however_the_bytes_come() {
    let watch = Watch::new(Clock::start());
    assert_eq!(watch.json(), "{\"handshake\":null,\"frames\":[]}");
    let response = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";
    let mut sent = response.to_vec();
    for number in 0..30_u8 {
        sent.extend([0x81, 2, b'a' + number / 10, b'0' + number % 10]);
    }
    for step in [1, 7, sent.len()] {
        let record = watch.begin();
        watch.show(record.clone());
        record.push(Role::Client, b"GET / HTTP/1.1\r\n\r\n\x81\x80\0\0");
        record.push(Role::Client, b"\0\0");
        sent.chunks(step).for_each(|bytes| record.push(Role::Server, bytes));
        let json = watch.json();
        assert!(json.starts_with(
            "{\"handshake\":{\"request\":\"GET / HTTP/1.1\\r\\n\\r\\n\",\"response\":\"HTTP/1.1 101"
        ));
        assert_eq!(json.matches("\"direction\":\"server\"").count(), KEPT);
        assert_eq!(json.matches("\"direction\":\"client\"").count(), 1);
        assert!(
            !json.contains("\\\"a9\\\"")
                && json.contains("\\\"b0\\\"")
                && json.contains("\\\"c9\\\""),
            "{json}"
        );
        assert!(json.contains(&format!("\"offset\":{}", 29 * 4)));
    }
}
