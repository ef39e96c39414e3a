//! The forms of a frame and of an expectation, from tokens.

use super::compression::Choice;
use super::deflated::RSV1;
use super::frames::{BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT};
use super::text::{Payload, Token, duration, hex, number};
use super::vector::{Expected, Fields, Piece, PieceBytes, Side, What};

/// Tokens taken one after the other.
pub(crate) struct Words<'a> {
    tokens: &'a [Token],
}

impl<'a> Words<'a> {
    pub(crate) fn new(tokens: &'a [Token]) -> Self {
        Self { tokens }
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [Token] {
        std::mem::take(&mut self.tokens)
    }

    pub(crate) fn end(&mut self) -> Result<(), String> {
        match self.tokens {
            [] => Ok(()),
            left => Err(format!("not understood: {left:?}")),
        }
    }

    fn peek(&self) -> Option<&'a str> {
        match self.tokens.first() {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    pub(crate) fn word(&mut self) -> Result<&'a str, String> {
        let word =
            self.peek().ok_or_else(|| format!("a word is missing before {:?}", self.tokens))?;
        self.tokens = &self.tokens[1..];
        Ok(word)
    }

    /// The next word, if there is one.
    fn optional(&mut self) -> Option<String> {
        self.word().ok().map(Into::into)
    }

    /// Takes the next word if it is this one.
    fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    /// The value of `name=value`, if that is next.
    fn option(&mut self, name: &str) -> Option<&'a str> {
        let value = self.peek()?.strip_prefix(name)?.strip_prefix('=')?;
        self.tokens = &self.tokens[1..];
        Some(value)
    }

    /// `text` or `binary`.
    pub(crate) fn kind(&mut self) -> Result<bool, String> {
        match self.word()? {
            "text" => Ok(true),
            "binary" => Ok(false),
            other => Err(format!("{other:?} is not text or binary")),
        }
    }

    pub(crate) fn fin(&mut self) -> Result<bool, String> {
        match self.option("fin") {
            None | Some("1") => Ok(true),
            Some("0") => Ok(false),
            Some(other) => Err(format!("fin={other}")),
        }
    }

    /// Which messages are to be compressed.
    pub(crate) fn choice(&mut self) -> Result<Choice, String> {
        let first = self.word()?;
        Choice::parse(&match self.optional() {
            Some(number) => format!("{first} {number}"),
            None => first.into(),
        })
    }

    pub(crate) fn payload(&mut self) -> Result<Payload, String> {
        Payload::parse(self.rest())
    }

    /// A status code and a reason, both optional.
    pub(crate) fn close(&mut self) -> Result<(Option<u16>, Payload), String> {
        if self.tokens.is_empty() {
            return Ok((None, Payload::default()));
        }
        Ok((Some(number(self.word()?)?), self.payload()?))
    }

    /// `12 x`, else once.
    fn count(&mut self) -> Result<usize, String> {
        match self.tokens {
            [Token::Word(count), Token::Word(x), ..] if x == "x" => {
                self.tokens = &self.tokens[2..];
                number(count)
            }
            _ => Ok(1),
        }
    }

    /// `name=value` to the end; a value may be quoted.
    fn fields(&mut self, known: &[&str]) -> Result<Fields, String> {
        let mut fields = Fields::new();
        while !self.tokens.is_empty() {
            let word = self.word()?;
            let (name, mut value) =
                word.split_once('=').ok_or_else(|| format!("{word:?}: name=value"))?;
            let quoted;
            if let ("", Some(Token::Text(bytes))) = (value, self.tokens.first()) {
                quoted = String::from_utf8_lossy(bytes).into_owned();
                value = &quoted;
                self.tokens = &self.tokens[1..];
            }
            if !known.contains(&name) {
                return Err(format!("unknown field {name:?}, known: {known:?}"));
            }
            fields.push((name.into(), value.into()));
        }
        Ok(fields)
    }
}

/// A frame or bytes from the peer.
pub(crate) fn piece(tokens: &[Token]) -> Result<Piece, String> {
    let mut words = Words::new(tokens);
    let count = words.count()?;
    let raw = matches!(words.tokens.first(), Some(Token::Text(_)))
        || words.peek().is_some_and(|word| word.starts_with("repeat("));
    if raw {
        return Ok(Piece { count, bytes: PieceBytes::Hex(words.payload()?) });
    }
    let form = words.word()?;
    let bytes = match form {
        "hex" => PieceBytes::Hex(words.payload()?),
        "rest" => PieceBytes::Rest(words.payload()?),
        "frame" => PieceBytes::Raw { key: key(&mut words)?, bytes: words.payload()? },
        _ => {
            let opcode = opcode(form)?;
            let fin = words.fin()?;
            let rsv = match words.option("rsv") {
                Some(bits) => number::<u8>(bits)?,
                None => 0,
            };
            let key = key(&mut words)?;
            let payload = frame_payload(opcode, &mut words)?;
            PieceBytes::Frame { key, first: first_byte(fin, rsv, opcode)?, payload }
        }
    };
    Ok(Piece { count, bytes })
}

fn key(words: &mut Words<'_>) -> Result<Option<[u8; 4]>, String> {
    let Some(digits) = words.option("key") else {
        return Ok(None);
    };
    let key: [u8; 4] = hex(digits)?.try_into().map_err(|_| "a key has four bytes")?;
    Ok(Some(key))
}

fn opcode(word: &str) -> Result<u8, String> {
    Ok(match word {
        "continuation" => CONTINUATION,
        "text" => TEXT,
        "binary" => BINARY,
        "close" => CLOSE,
        "ping" => PING,
        "pong" => PONG,
        other => return Err(format!("{other:?} is no frame")),
    })
}

fn first_byte(fin: bool, rsv: u8, opcode: u8) -> Result<u8, String> {
    if rsv > 7 {
        return Err(format!("rsv={rsv}: three bits, 0 to 7"));
    }
    Ok(u8::from(fin) << 7 | rsv << 4 | opcode)
}

fn frame_payload(opcode: u8, words: &mut Words<'_>) -> Result<Payload, String> {
    if opcode != CLOSE {
        return words.payload();
    }
    let mut body = Vec::new();
    if let Some(code) = words.peek() {
        words.word()?;
        let bytes = number::<u16>(code)?.to_be_bytes();
        body.push(Token::Text(bytes.to_vec()));
    }
    body.extend_from_slice(words.rest());
    Payload::parse(&body)
}

/// One outcome.
pub(crate) fn expected(line: usize, tokens: &[Token]) -> Result<Expected, String> {
    let mut words = Words::new(tokens);
    let side = if words.take("server:") {
        Some(Side::Server)
    } else if words.take("client:") {
        Some(Side::Client)
    } else {
        None
    };
    let form = words.word()?;
    let count = words.count()?;
    let what = what(form, &mut words)?;
    words.end()?;
    Ok(Expected { line, side, count, what })
}

fn what(form: &str, words: &mut Words<'_>) -> Result<What, String> {
    Ok(match form {
        "event" => event(words)?,
        "chunk" => What::Chunk {
            text: words.kind()?,
            first: words.take("first"),
            last: words.take("last"),
            payload: words.payload()?,
        },
        "send" => sent(words)?,
        "error" => What::Error(words.word()?.into()),
        "fail" => What::Fail { code: number(words.word()?)?, error: words.optional() },
        "shutdown" => What::Shutdown,
        "abort" => What::Abort,
        "closed" => What::Closed(
            words.fields(&["code", "reason", "sent", "clean", "by", "error", "deadline"])?,
        ),
        "state" => What::State(match words.word()? {
            state @ ("open" | "closing" | "closed") => state.into(),
            other => return Err(format!("state {other:?}: open, closing or closed")),
        }),
        "deadline" => What::Deadline(match words.word()? {
            "none" => None,
            time => Some(duration(time)?),
        }),
        "full" => What::Full(true),
        "not-full" => What::Full(false),
        "accept" => What::Accept(words.fields(&["subprotocol", "compression"])?),
        "refuse" => What::Refuse { status: number(words.word()?)?, error: words.optional() },
        "open" => What::Open(words.fields(&["subprotocol", "compression"])?),
        "request" => What::Request(words.fields(&[
            "method",
            "target",
            "path",
            "query",
            "host",
            "origin",
            "subprotocols",
            "upgrade",
        ])?),
        "uri" => What::Uri(words.fields(&["secure", "host", "port", "resource", "host-header"])?),
        "refused" => What::Refused(words.fields(&["status", "header", "body", "versions"])?),
        "status" | "body" => return Err(format!("{form} stands on a line of its own")),
        other => return Err(format!("unknown outcome {other:?}")),
    })
}

fn event(words: &mut Words<'_>) -> Result<What, String> {
    Ok(match words.word()? {
        "text" => What::Message { text: true, payload: words.payload()? },
        "binary" => What::Message { text: false, payload: words.payload()? },
        "ping" => What::Ping(words.payload()?),
        "pong" => What::Pong(words.payload()?),
        "close" => {
            let (code, reason) = words.close()?;
            What::Close { code, reason }
        }
        other => return Err(format!("{other:?} is no event")),
    })
}

fn sent(words: &mut Words<'_>) -> Result<What, String> {
    if words.take("hex") {
        return Ok(What::SentHex(words.payload()?));
    }
    let compressed = words.take("compressed");
    let opcode = opcode(words.word()?)?;
    let fin = words.fin()?;
    let payload = frame_payload(opcode, words)?;
    if compressed {
        // Only the first frame of a message says so.
        let rsv1 = if opcode == CONTINUATION { 0 } else { RSV1 };
        return Ok(What::SentCompressed { first: rsv1 | first_byte(fin, 0, opcode)?, payload });
    }
    Ok(What::Sent { first: first_byte(fin, 0, opcode)?, payload })
}
