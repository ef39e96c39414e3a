//! What the page's own WebSocket has exchanged last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

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

/// Sees the bytes of the latest connection that asked for it.
#[derive(Clone)]
pub(crate) struct Watch {
    clock: Clock,
    latest: Arc<Mutex<Watched>>,
    /// Of which connection this is.
    number: u64,
}

#[derive(Default)]
struct Watched {
    number: u64,
    request: String,
    response: Vec<u8>,
    /// Whether the response is complete.
    answered: bool,
    client: Direction,
    server: Direction,
}

impl Watch {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, latest: Arc::default(), number: 0 }
    }

    /// For a connection that begins with this request, in place of the one before.
    pub(crate) fn begin(&self, request: &[u8]) -> Self {
        // What is kept here is not what a connection costs.
        apart(|| {
            let mut latest = self.lock();
            let request = String::from_utf8_lossy(&request[..request.len().min(HEAD)]).into_owned();
            *latest = Watched { number: latest.number + 1, request, ..Watched::default() };
            Self { number: latest.number, ..self.clone() }
        })
    }

    /// `sender` has sent this; of a server, the first is the response to the handshake.
    pub(crate) fn push(&self, sender: Role, bytes: &[u8]) {
        apart(|| self.keep(sender, bytes));
    }

    fn keep(&self, sender: Role, bytes: &[u8]) {
        let mut latest = self.lock();
        if latest.number != self.number {
            return;
        }
        let time = self.clock.milliseconds();
        let mut bytes = bytes;
        if sender == Role::Server && !latest.answered {
            let before = latest.response.len();
            latest.response.extend_from_slice(&bytes[..bytes.len().min(HEAD)]);
            let end = latest.response.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            let Some(end) = end.map(|start| start + 4) else { return };
            latest.answered = true;
            latest.response.truncate(end);
            bytes = &bytes[end - before..];
        }
        match sender {
            Role::Client => latest.client.push(Role::Server, time, bytes),
            Role::Server => latest.server.push(Role::Client, time, bytes),
        }
    }

    /// For the page.
    pub(crate) fn json(&self) -> String {
        let latest = self.lock();
        let handshake = if latest.answered {
            let response = String::from_utf8_lossy(&latest.response);
            format!(
                "{{\"request\":{},\"response\":{}}}",
                quoted(&latest.request),
                quoted(&response)
            )
        } else {
            "null".into()
        };
        let of = |name: &'static str, direction: &Direction| {
            direction
                .kept
                .iter()
                .map(move |frame| (frame.time, name, frame.json()))
                .collect::<Vec<_>>()
        };
        let mut frames = of("client", &latest.client);
        frames.extend(of("server", &latest.server));
        frames.sort_by(|one, other| one.0.total_cmp(&other.0));
        let frames: Vec<String> = frames
            .into_iter()
            .map(|(time, name, json)| {
                format!("{{\"direction\":\"{name}\",\"time\":{time:.3},\"frame\":{json}}}")
            })
            .collect();
        format!("{{\"handshake\":{handshake},\"frames\":[{}]}}", frames.join(","))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Watched> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts what one side sends into frames.
#[derive(Default)]
struct Direction {
    kept: VecDeque<Frame>,
    sequence: Sequence,
    /// The frame that has begun: its header, and what is shown of its payload.
    begun: Vec<u8>,
    header: Option<(Header, usize)>,
    /// Bytes of its payload that are still to come.
    missing: u64,
    /// Bytes in front of it.
    offset: u64,
    broken: bool,
}

impl Direction {
    fn push(&mut self, receiver: Role, time: f64, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.broken {
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
                    Err(_) => self.broken = true,
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
