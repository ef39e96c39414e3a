//! §4  HTTP heads: written as templates with changes, and what is expected of those that are sent.

use super::parse::pieces;
use super::text::{Payload, head_line, number, tokens};
use super::vector::{Expected, Head, Http, Piece, What};

/// A request that opens a WebSocket (§1.3).
const REQUEST: [&str; 6] = [
    "GET /chat HTTP/1.1",
    "Host: server.example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];

/// The answer that accepts it; `{accept}` is the value that fits the client's key.
const RESPONSE: [&str; 4] = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: {accept}",
];

/// Collects the indented lines behind `request` or `response`.
pub(crate) struct Builder {
    lines: Vec<Vec<u8>>,
    literal: bool,
    after: Vec<Piece>,
}

impl Builder {
    pub(crate) fn new(word: &str, rest: &str) -> Result<Self, String> {
        if !rest.is_empty() {
            return Err(format!("{rest:?} behind {word}: changes go on lines of their own"));
        }
        let template: &[&str] = if word == "request" { &REQUEST } else { &RESPONSE };
        let lines = template.iter().map(|line| line.as_bytes().to_vec()).collect();
        Ok(Self { lines, literal: false, after: Vec::new() })
    }

    /// One change.
    pub(crate) fn edit(&mut self, text: &str) -> Result<(), String> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "|" => {
                if !self.literal {
                    self.literal = true;
                    self.lines.clear();
                }
                self.lines.push(head_line(rest)?);
            }
            "first" => self.lines[0] = head_line(rest)?,
            "-" => {
                let before = self.lines.len();
                self.lines.retain(|line| !is_header(line, rest));
                if self.lines.len() == before {
                    return Err(format!("no header {rest:?} to take away"));
                }
            }
            "=" => {
                let (name, _) = rest.split_once(':').ok_or("no colon")?;
                let line = self.lines.iter_mut().find(|line| is_header(line, name));
                *line.ok_or_else(|| format!("no header {name:?} to change"))? = head_line(rest)?;
            }
            "+" => {
                let (count, line) = match rest.split_once(" x ") {
                    Some((count, line)) if number::<usize>(count).is_ok() => (number(count)?, line),
                    _ => (1, rest),
                };
                let line = head_line(line)?;
                self.lines.extend(std::iter::repeat_n(line, count));
            }
            "after" => self.after.extend(pieces(rest)?),
            other => return Err(format!("{other:?}: a head is changed by | first - = + after")),
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Head, String> {
        Ok(Head { lines: self.lines, after: self.after })
    }
}

fn is_header(line: &[u8], name: &str) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        && line.get(name.len()) == Some(&b':')
}

impl Head {
    /// The bytes of the head, its final empty line included.
    pub(crate) fn bytes(&self, key: &str, accept: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        for line in &self.lines {
            match std::str::from_utf8(line) {
                Ok(line) => {
                    let line = line.replace("{accept}", accept).replace("{key}", key);
                    bytes.extend(line.as_bytes());
                }
                Err(_) => bytes.extend(line),
            }
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"\r\n");
        bytes
    }
}

/// An expectation about a head that is sent, if `text` is one. These take the rest of their line as it stands.
pub(crate) fn expectation(text: &str) -> Result<Option<Http>, String> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    Ok(Some(match word {
        "status" => Http::Status(number(rest)?),
        "interim" => Http::Interim(number(rest)?),
        "line" => Http::Line(rest.into()),
        "header" => {
            let (name, value) = rest.split_once(':').ok_or("a header is 'Name: value'")?;
            Http::Header(name.into(), value.trim().into())
        }
        "no-header" => Http::NoHeader(rest.into()),
        "body" => Http::Body(Payload::parse(&tokens(rest)?)?),
        "exact" if rest.is_empty() => Http::Exact(Vec::new()),
        _ => return Ok(None),
    }))
}

/// A line behind `-> exact`.
pub(crate) fn exact_line(expected: &mut [Expected], text: &str) -> Result<(), String> {
    match expected.last_mut() {
        Some(Expected { what: What::Http(Http::Exact(lines)), .. }) => {
            lines.push(text.into());
            Ok(())
        }
        _ => Err("a line of a head without '-> exact' or 'request' before it".into()),
    }
}

/// A head that an endpoint sent, with its body.
#[derive(Clone, Debug)]
pub(crate) struct SentHead {
    pub(crate) lines: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl SentHead {
    /// Takes a complete message off the front of `bytes`, if it is there.
    pub(crate) fn take(bytes: &mut Vec<u8>) -> Result<Option<Self>, String> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes[..end].to_vec()).map_err(|_| "the head is no text")?;
        let lines: Vec<String> = text.split("\r\n").map(Into::into).collect();
        if lines.iter().any(|line| line.contains(['\r', '\n', '\0'])) {
            return Err(format!("a line end or NUL inside a line: {lines:?}"));
        }
        let mut head = Self { lines, body: Vec::new() };
        if head.lines[1..].iter().any(|line| !line.contains(": ")) {
            return Err(format!("a header without ': ': {:?}", head.lines));
        }
        let length = match head.values("Content-Length").as_slice() {
            [] => 0,
            [value] => number(value)?,
            _ => return Err("Content-Length twice".into()),
        };
        let Some(body) = bytes.get(end + 4..end + 4 + length) else {
            return Ok(None);
        };
        head.body = body.to_vec();
        bytes.drain(..end + 4 + length);
        Ok(Some(head))
    }

    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let headers = self.lines.iter().skip(1).filter_map(|line| line.split_once(": "));
        headers
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    pub(crate) fn status(&self) -> Option<u16> {
        self.lines[0].strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
    }

    /// What every head of ours keeps to (RFC 9110 §7.8, RFC 6455 §4.2.2).
    pub(crate) fn check(&self) -> Result<(), String> {
        let one = |name| match self.values(name).as_slice() {
            [] | [_] => Ok(()),
            _ => Err(format!("{name} is sent twice")),
        };
        let names = [
            "Upgrade",
            "Connection",
            "Host",
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Accept",
            "Sec-WebSocket-Protocol",
            "Sec-WebSocket-Extensions",
            "Sec-WebSocket-Version",
        ];
        names.into_iter().try_for_each(one)?;
        let connection = self.values("Connection").join(",");
        let has =
            |option: &str| connection.split(',').any(|o| o.trim().eq_ignore_ascii_case(option));
        if !self.values("Upgrade").is_empty() && !has("upgrade") {
            return Err("Upgrade without Connection: Upgrade".into());
        }
        match self.status() {
            Some(100..=199) | None => Ok(()),
            Some(_) if has("close") => Ok(()),
            Some(status) => Err(format!("status {status} without Connection: close")),
        }
    }

    /// Compares with one expectation.
    pub(crate) fn matches(&self, expected: &Http, key: &str) -> Result<(), String> {
        let wrong = |what: String| Err(format!("{what}, but sent was {:#?}", self.lines));
        match expected {
            Http::Status(status) if self.status() != Some(*status) => {
                wrong(format!("expected status {status}"))
            }
            Http::Line(line) if self.lines[0] != *line => wrong(format!("expected {line:?}")),
            Http::Header(name, value) => match self.values(name).as_slice() {
                [sent] if *sent == value.replace("{key}", key) => Ok(()),
                sent => wrong(format!("expected {name}: {value:?} once, found {sent:?}")),
            },
            Http::NoHeader(name) if !self.values(name).is_empty() => {
                wrong(format!("expected no {name}"))
            }
            Http::Body(body) if !body.matches(&self.body, &[]) => {
                wrong(format!("expected body {body:?}, found {:?}", self.body))
            }
            Http::Exact(lines) => {
                let lines: Vec<_> = lines.iter().map(|line| line.replace("{key}", key)).collect();
                if lines == self.lines {
                    Ok(())
                } else {
                    wrong(format!("expected exactly {lines:#?}"))
                }
            }
            _ => Ok(()),
        }
    }
}
