//! §5.2  A reference for frames: written for the vectors, naive on purpose, sharing no code with the crate.

/// A masking key for frames of which the vector gives none.
pub(crate) const DEFAULT_KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// A frame without its mask: the first byte and the payload.
#[derive(Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn fin(&self) -> bool {
        self.first & 0x80 != 0
    }

    pub(crate) fn opcode(&self) -> u8 {
        self.first & 0x0F
    }

    /// The bytes of the frame, not masked, the length in its shortest form.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.first];
        let length = self.payload.len();
        if length < 126 {
            bytes.push(length as u8);
        } else if length < 65_536 {
            bytes.push(126);
            bytes.extend((length as u16).to_be_bytes());
        } else {
            bytes.push(127);
            bytes.extend((length as u64).to_be_bytes());
        }
        bytes.extend(&self.payload);
        bytes
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "frame {:02X} {}", self.first, show(&self.payload))
    }
}

/// Bytes for a message to a human: text where it is text, shortened where it is long.
pub(crate) fn show(bytes: &[u8]) -> String {
    let part = &bytes[..bytes.len().min(40)];
    let shown = match std::str::from_utf8(part) {
        Ok(text) => format!("{text:?}"),
        Err(_) => part.iter().map(|byte| format!("{byte:02X}")).collect(),
    };
    if part.len() < bytes.len() {
        return format!("{shown}.. ({} bytes)", bytes.len());
    }
    shown
}

/// Length of the header of an unmasked frame, if its first two bytes are there.
fn header_length(frame: &[u8]) -> Option<usize> {
    Some(match frame.get(1)? & 0x7F {
        126 => 4,
        127 => 10,
        _ => 2,
    })
}

/// §5.3, for bytes that start `phase` bytes into the payload.
pub(crate) fn apply_key(payload: &mut [u8], key: [u8; 4], phase: usize) {
    let key = [0, 1, 2, 3, 4, 5, 6, 7].map(|at| key[(phase + at) % 4]);
    let mut blocks = payload.chunks_exact_mut(8);
    for block in &mut blocks {
        let masked =
            u64::from_ne_bytes((&*block).try_into().unwrap_or_default()) ^ u64::from_ne_bytes(key);
        block.copy_from_slice(&masked.to_ne_bytes());
    }
    for (byte, key) in blocks.into_remainder().iter_mut().zip(key) {
        *byte ^= key;
    }
}

/// Turns an unmasked frame, perhaps cut short, into what a client would send. Also says how much of
/// the payload there was.
pub(crate) fn mask(frame: &[u8], key: [u8; 4]) -> (Vec<u8>, usize) {
    let mut bytes = frame.to_vec();
    if let Some(second) = bytes.get_mut(1) {
        *second |= 0x80;
    }
    match header_length(frame) {
        Some(length) if length <= bytes.len() => {
            let mut payload = bytes.split_off(length);
            apply_key(&mut payload, key, 0);
            bytes.extend(key);
            bytes.extend(&payload);
            (bytes, payload.len())
        }
        _ => (bytes, 0),
    }
}

/// Splits what an endpoint sends into frames, and checks what every sender must keep to:
/// masked or not (§5.1), shortest length (§5.2), no key twice (§5.3).
pub(crate) struct Reader {
    masked: bool,
    bytes: Vec<u8>,
    keys: std::collections::HashSet<[u8; 4]>,
}

impl Reader {
    pub(crate) fn new(masked: bool) -> Self {
        Self { masked, bytes: Vec::new(), keys: std::collections::HashSet::new() }
    }

    /// Takes bytes and yields the frames that are complete.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<Vec<Frame>, String> {
        self.bytes.extend_from_slice(bytes);
        let mut frames = Vec::new();
        let mut at = 0;
        while let Some((frame, length)) = self.first_frame(at)? {
            frames.push(frame);
            at += length;
        }
        self.bytes.drain(..at);
        Ok(frames)
    }

    /// Whether a frame was begun and not finished.
    pub(crate) fn is_inside_a_frame(&self) -> bool {
        !self.bytes.is_empty()
    }

    fn first_frame(&mut self, at: usize) -> Result<Option<(Frame, usize)>, String> {
        let bytes = &self.bytes[at..];
        let Some(header) = header_length(bytes) else {
            return Ok(None);
        };
        if (bytes[1] & 0x80 != 0) != self.masked {
            return Err(format!("the endpoint sent second byte {:02X}: wrong mask bit", bytes[1]));
        }
        if bytes.len() < header {
            return Ok(None);
        }
        let declared = &bytes[2..header];
        let length = match declared.len() {
            0 => u64::from(bytes[1] & 0x7F),
            _ => declared.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        let least = [0, 0, 126, 0, 0, 0, 0, 0, 65_536][declared.len()];
        if length < least {
            return Err(format!("the endpoint sent length {length} in {} bytes", declared.len()));
        }
        let start = header + if self.masked { 4 } else { 0 };
        let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
        let Some(end) = end.filter(|end| *end <= bytes.len()) else {
            return Ok(None);
        };
        let mut payload = bytes[start..end].to_vec();
        if self.masked {
            let key = [bytes[header], bytes[header + 1], bytes[header + 2], bytes[header + 3]];
            apply_key(&mut payload, key, 0);
            if !self.keys.insert(key) {
                return Err(format!("the endpoint used masking key {key:02X?} twice"));
            }
        }
        Ok(Some((Frame { first: bytes[0], payload }, end)))
    }
}
