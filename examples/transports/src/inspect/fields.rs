//! §5.2  The fields of one frame, as JSON.

use websocket_proto::frame::{Header, MessageKind, Opcode, apply_mask, parse_close};
use websocket_proto::rules::Sequence;

use super::{quoted, spelled};

/// Bytes of a payload that are shown: all of a control frame's.
pub(super) const SHOWN: usize = 125;

/// Whether a continuation goes on with text.
#[derive(Clone, Copy)]
pub(super) struct Texts(bool);

impl Texts {
    /// Behind the frames that have led there.
    pub(super) fn within(sequence: Sequence) -> Self {
        Self(sequence == Sequence::Message(MessageKind::Text))
    }
}

/// The frame at `offset`; `header` with its size is what the decoder has made of it, and if it made nothing of it, the
/// bits stand for themselves.
pub(super) fn json(
    frame: &[u8],
    offset: usize,
    header: Option<(Header, usize)>,
    texts: Texts,
) -> String {
    let mut fields = Fields(Vec::new());
    let mut rest = frame;
    let (first, second) = (take(&mut rest, 1), take(&mut rest, 1));
    let bit = |bytes: &[u8], bit: u8| bytes.first().map(|byte| byte >> bit & 1);
    let fin = bit(first, 7);
    fields.bit(
        "FIN",
        fin,
        if fin == Some(1) { "the last fragment of its message" } else { "more fragments follow" },
    );
    for (name, place) in [("RSV1", 6), ("RSV2", 5), ("RSV3", 4)] {
        let set = bit(first, place);
        fields.bit(
            name,
            set,
            if set == Some(1) { "set, and no extension was agreed on" } else { "not in use" },
        );
    }
    let opcode = first.first().map(|byte| byte & 0xF);
    if let Some(opcode) = opcode {
        fields.add("opcode", 4, format!("{opcode:04b}"), &named(opcode));
    }
    let masked = bit(second, 7);
    fields.bit(
        "MASK",
        masked,
        if masked == Some(1) { "masked: from a client" } else { "not masked: from a server" },
    );
    if let Some(length) = second.first().map(|byte| byte & 0x7F) {
        let (means, more) = match length {
            126 => ("the length is in the next 16 bits".to_owned(), 2),
            127 => ("the length is in the next 64 bits".to_owned(), 8),
            _ => (bytes_in_words(length.into()), 0),
        };
        fields.add("payload length", 7, length.to_string(), &means);
        let extended = take(&mut rest, more);
        if !extended.is_empty() {
            let length = extended.iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
            let means =
                if extended.len() == more { bytes_in_words(length) } else { "not complete".into() };
            fields.add(
                "extended payload length",
                8 * extended.len() as u64,
                length.to_string(),
                &means,
            );
        }
    }
    let key = if masked == Some(1) { take(&mut rest, 4) } else { &[] };
    if !key.is_empty() {
        let means = "each byte of the payload is xored with its next byte, in turn";
        fields.add("masking key", 32, spelled(key), means);
    }
    let shown = &rest[..rest.len().min(SHOWN)];
    // Of a long payload, no more than what is shown may be there.
    let length = header.map_or(rest.len() as u64, |(header, _)| header.length);
    let means = match header {
        Some((header, _)) => payload(shown, &header, texts),
        None => String::new(),
    };
    if !rest.is_empty() {
        fields.add("payload", 8 * length, spelled(shown), &means);
    }
    let before = frame.len() - rest.len();
    let whole = before as u64 + length;
    let kept = before + shown.len();
    format!(
        "{{\"offset\":{offset},\"length\":{},\"hex\":\"{}\",\"truncated\":{},\"fields\":[{}]}}",
        whole,
        spelled(&frame[..kept]),
        (kept as u64) < whole,
        fields.0.join(",")
    )
}

struct Fields(Vec<String>);

impl Fields {
    fn bit(&mut self, name: &str, bit: Option<u8>, means: &str) {
        if let Some(bit) = bit {
            self.add(name, 1, bit.to_string(), means);
        }
    }

    fn add(&mut self, name: &str, bits: u64, value: String, means: &str) {
        self.0.push(format!(
            "{{\"name\":\"{name}\",\"bits\":{bits},\"value\":\"{value}\",\"means\":{}}}",
            quoted(means)
        ));
    }
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, left) = rest.split_at(count.min(rest.len()));
    *rest = left;
    taken
}

fn named(opcode: u8) -> String {
    match Opcode::from_bits(opcode) {
        Some(opcode) => format!("{opcode:?}").to_lowercase(),
        None => "reserved".into(),
    }
}

fn bytes_in_words(count: u64) -> String {
    if count == 1 { "1 byte".into() } else { format!("{count} bytes") }
}

/// What the payload says, by its first bytes.
fn payload(shown: &[u8], header: &Header, texts: Texts) -> String {
    let mut shown = shown.to_vec();
    apply_mask(&mut shown, header.mask.unwrap_or_default());
    let cut = header.length > shown.len() as u64;
    match header.opcode {
        Opcode::Close => match parse_close(&shown) {
            Ok(Some((code, reason))) => format!("{} {reason:?}", code.as_u16()),
            Ok(None) => "no status code".into(),
            Err(error) => error.to_string(),
        },
        Opcode::Binary => bytes_in_words(header.length),
        Opcode::Continuation if !texts.0 => bytes_in_words(header.length),
        _ => {
            let text = String::from_utf8_lossy(&shown);
            // A character may have been cut in two.
            let text = if cut { text.trim_end_matches(char::REPLACEMENT_CHARACTER) } else { &text };
            format!("{text:?}{}", if cut { " ..." } else { "" })
        }
    }
}
