//! The second connection: it understands what the endpoint sends, and it sends what the endpoint is to receive.

use bytes::Buf;
use websocket_proto::{CloseCode, Config, Connection, Event, MessageKind, SendError, Transmit};

use super::compression::Parameters;
use super::deflated::Deflated;
#[cfg(feature = "deflate")]
use super::deflated::RSV1;
use super::frames::{self, BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, TEXT};
use super::player::Seen;
use super::settings;
use super::stage::{self, SEED};
use super::vector::Side;

/// A connection of the other role without limits, which answers nothing by itself.
fn other(side: Side, agreed: Option<&Parameters>) -> Result<Connection, String> {
    let mut config = Config::client();
    settings::unlimited(&mut config);
    config.automatic_pong = false;
    #[cfg(feature = "deflate")]
    if agreed.is_some() {
        config.compression = Some(websocket_proto::deflate::Compression::default());
    }
    let connection = match side {
        Side::Server => Connection::client(config, SEED.map(|byte| !byte)),
        Side::Client => Connection::server(config),
    };
    stage::agreeing(connection, agreed)
}

/// Feeds what an endpoint of `side` sent to a second connection, which has to see exactly that.
pub(crate) fn consume(side: Side, sent: &[u8], agreed: Option<&Parameters>) -> Result<(), String> {
    let frames = frames::Reader::new(side == Side::Client).read(sent)?;
    let frames = Deflated::new(agreed, side).plain(&frames)?;
    let expected = assemble(before_close(&frames)?)?;
    let mut peer = other(side, agreed)?;
    let mut bytes = sent.to_vec();
    let mut input = bytes.as_mut_slice();
    let mut seen = Vec::new();
    loop {
        match peer.receive(&mut input) {
            Ok(Some(Event::Text(text))) => {
                seen.push(Seen::Message { text: true, payload: text.as_bytes().to_vec() });
            }
            Ok(Some(Event::Binary(data))) => {
                seen.push(Seen::Message { text: false, payload: data.to_vec() });
            }
            Ok(Some(Event::Ping(data))) => seen.push(Seen::Ping(data.to_vec())),
            Ok(Some(Event::Pong(data))) => seen.push(Seen::Pong(data.to_vec())),
            Ok(Some(Event::Close(close))) => {
                let code = close.code().map(CloseCode::as_u16);
                seen.push(Seen::Close { code, reason: close.reason().into() });
            }
            Ok(Some(other)) => return Err(format!("the second connection sees {other:?}")),
            Ok(None) => break,
            Err(error) => {
                return Err(format!("the second connection refuses what was sent: {error:?}"));
            }
        }
    }
    if seen == expected {
        return Ok(());
    }
    Err(format!("the second connection sees {seen:?}, sent was {expected:?}"))
}

/// The frames up to the Close; behind it there may be Pongs, and nobody listens (§5.5.1, §5.5.2).
fn before_close(frames: &[Frame]) -> Result<&[Frame], String> {
    let close = frames.iter().position(|frame| frame.opcode() == CLOSE);
    let (heard, rest) = frames.split_at(close.map_or(frames.len(), |at| at + 1));
    match rest.iter().find(|frame| frame.opcode() != PONG) {
        Some(frame) => Err(format!("{frame:?} after a Close")),
        None => Ok(heard),
    }
}

/// Frames to what a receiver sees, by the rules of §5.4 and §5.5; an error if they are not legal.
fn assemble(frames: &[Frame]) -> Result<Vec<Seen>, String> {
    let mut seen = Vec::new();
    let mut open: Option<(bool, Vec<u8>)> = None;
    for frame in frames {
        if matches!(seen.last(), Some(Seen::Close { .. })) {
            return Err(format!("{frame:?} after a Close"));
        }
        if frame.first & 0x70 != 0 {
            return Err(format!("{frame:?} with a reserved bit"));
        }
        let control = frame.opcode() >= CLOSE;
        if control && (!frame.fin() || frame.payload.len() > 125) {
            return Err(format!("{frame:?} is no control frame"));
        }
        match (frame.opcode(), open.take()) {
            (PING, message) => {
                open = message;
                seen.push(Seen::Ping(frame.payload.clone()));
            }
            (PONG, message) => {
                open = message;
                seen.push(Seen::Pong(frame.payload.clone()));
            }
            (CLOSE, _) => seen.push(close(&frame.payload)?),
            (TEXT | BINARY, None) => {
                open = Some((frame.opcode() == TEXT, frame.payload.clone()));
            }
            (CONTINUATION, Some((text, mut payload))) => {
                payload.extend_from_slice(&frame.payload);
                open = Some((text, payload));
            }
            (_, _) => return Err(format!("{frame:?} may not follow")),
        }
        if frame.fin() && !control {
            if let Some((text, payload)) = open.take() {
                if text && std::str::from_utf8(&payload).is_err() {
                    return Err("text that is not UTF-8".into());
                }
                seen.push(Seen::Message { text, payload });
            }
        }
    }
    Ok(seen)
}

fn close(body: &[u8]) -> Result<Seen, String> {
    let (code, reason) = match body {
        [] => (None, &[][..]),
        [high, low, reason @ ..] => (Some(u16::from_be_bytes([*high, *low])), reason),
        [_] => return Err("a Close body of one byte".into()),
    };
    let legal = |code| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    if code.is_some_and(|code| !legal(code)) || std::str::from_utf8(reason).is_err() {
        return Err("a Close that may not be sent".into());
    }
    Ok(Seen::Close { code, reason: reason.to_vec() })
}

/// Whether a second connection could send this input to an endpoint of `side`: whole frames that are
/// legal one after the other, each step's input ending with a frame.
pub(crate) fn can_produce(side: Side, steps: &[Vec<u8>], agreed: Option<&Parameters>) -> bool {
    let mut all = Vec::new();
    for input in steps {
        let mut reader = frames::Reader::new(side == Side::Server);
        match reader.read(input) {
            Ok(frames) if !reader.is_inside_a_frame() => all.extend(frames),
            _ => return false,
        }
    }
    let Ok(all) = Deflated::new(agreed, side.other()).plain(&all) else {
        return false;
    };
    // §7.4.1: a server does not send 1010. Text is checked as it is sent, so that an unfinished message counts.
    let not_a_servers =
        |frame: &Frame| frame.opcode() == CLOSE && frame.payload.starts_with(&[0x03, 0xF2]);
    let refused = side == Side::Client && all.iter().any(not_a_servers);
    !refused && assemble(&all).is_ok() && unfinished_text_is_fine(&all)
}

fn unfinished_text_is_fine(frames: &[Frame]) -> bool {
    let mut text: Option<Vec<u8>> = None;
    for frame in frames {
        match frame.opcode() {
            TEXT => text = Some(frame.payload.clone()),
            BINARY => text = None,
            CONTINUATION => text = text.take().map(|text| [text, frame.payload.clone()].concat()),
            _ => {}
        }
    }
    text.is_none_or(|text| match std::str::from_utf8(&text) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    })
}

/// A second connection that sends what a vector's peer sends.
pub(crate) struct Producer {
    side: Side,
    connection: Connection,
    open: bool,
    /// How the frames of the vector read, and those that are made.
    given: Deflated,
    made: Deflated,
}

impl Producer {
    pub(crate) fn new(side: Side, agreed: Option<&Parameters>) -> Result<Self, String> {
        let deflated = || Deflated::new(agreed, side.other());
        Ok(Self {
            side,
            connection: other(side, agreed)?,
            open: false,
            given: deflated(),
            made: deflated(),
        })
    }

    /// The same frames, made by the second connection. Compressed ones are other bytes that mean the same.
    pub(crate) fn produce(&mut self, input: &[u8]) -> Result<Vec<u8>, String> {
        let masked = self.side == Side::Server;
        let compressed = frames::Reader::new(masked).read(input)?;
        let frames = self.given.plain(&compressed)?;
        let mut bytes = Vec::new();
        for (frame, compressed) in frames.iter().zip(&compressed) {
            self.choose(compressed);
            self.send(frame).map_err(|error| {
                format!("the second connection cannot send {frame:?}: {error:?}")
            })?;
            while let Transmit::Write(mut output) = self.connection.transmit() {
                let chunk = output.chunk();
                let count = chunk.len();
                bytes.extend_from_slice(chunk);
                output.advance(count);
            }
        }
        let made = frames::Reader::new(masked).read(&bytes)?;
        let made = self.made.plain(&made)?;
        if made == frames {
            return Ok(bytes);
        }
        Err(format!("the second connection sent {made:?} for {frames:?}"))
    }

    /// A message is compressed where that of the vector is.
    #[cfg(feature = "deflate")]
    fn choose(&mut self, frame: &Frame) {
        use websocket_proto::deflate::Compress;
        if matches!(frame.opcode(), TEXT | BINARY) {
            let compressed = frame.first & RSV1 != 0;
            let choice = if compressed { Compress::Always } else { Compress::Never };
            self.connection.set_compress(choice);
        }
    }

    #[cfg(not(feature = "deflate"))]
    #[allow(clippy::unused_self, reason = "nothing to choose")]
    fn choose(&mut self, _: &Frame) {}

    fn send(&mut self, frame: &Frame) -> Result<(), SendError> {
        let connection = &mut self.connection;
        let payload = &frame.payload;
        match frame.opcode() {
            PING => connection.ping(payload),
            PONG => connection.pong(payload),
            CLOSE => match payload.split_first_chunk::<2>() {
                None => connection.close_without_code(),
                Some((code, reason)) => {
                    let code =
                        CloseCode::new(u16::from_be_bytes(*code)).ok_or(SendError::CloseCode)?;
                    let reason = std::str::from_utf8(reason).map_err(|_| SendError::InvalidUtf8)?;
                    connection.close(code, reason)
                }
            },
            TEXT if frame.fin() => connection
                .send_text(std::str::from_utf8(payload).map_err(|_| SendError::InvalidUtf8)?),
            BINARY if frame.fin() => connection.send_binary(payload),
            opcode => {
                if opcode != CONTINUATION {
                    self.open = opcode == TEXT;
                }
                let kind = if self.open { MessageKind::Text } else { MessageKind::Binary };
                connection.fragment(kind, payload, frame.fin())
            }
        }
    }
}
