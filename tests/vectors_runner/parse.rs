//! Vector files to vectors. Every line that is not understood is an error: nothing is skipped.

use super::head;
use super::text::{Payload, Token, duration, number, split_at_arrow, tokens};
use super::vector::{Action, Call, Expected, Head, Piece, Side, Step, Vector, What};
use super::words::{self, Words};

/// Reads a file. An error names the line.
pub(crate) fn parse(file: &str, content: &str) -> Result<Vec<Vector>, String> {
    let mut reader = Reader { file, vectors: Vec::new(), head: None };
    for (at, line) in content.lines().enumerate() {
        let line_number = at + 1;
        reader
            .line(line_number, line)
            .map_err(|reason| format!("{file}:{line_number}: {reason}"))?;
    }
    reader.end_of_head()?;
    for vector in &reader.vectors {
        check(vector).map_err(|reason| format!("{file}:{}: {reason}", vector.line))?;
    }
    Ok(reader.vectors)
}

fn check(vector: &Vector) -> Result<(), String> {
    if vector.sides.is_empty() {
        return Err("no role".into());
    }
    if vector.steps.is_empty() {
        return Err("no steps".into());
    }
    super::settings::config(&vector.config)?;
    super::settings::check_app(&vector.app)
}

struct Reader<'a> {
    file: &'a str,
    vectors: Vec<Vector>,
    /// The head being read; it belongs to the last step.
    head: Option<head::Builder>,
}

impl Reader<'_> {
    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        let text = line.trim();
        if text.is_empty() || text.starts_with("##") {
            return Ok(());
        }
        if let Some(title) = text.strip_prefix("# ") {
            self.end_of_head()?;
            self.vectors.push(Vector {
                file: self.file.into(),
                line: number,
                title: requirement_ids(title)?,
                ..Vector::default()
            });
            return Ok(());
        }
        if let Some(expected) = text.strip_prefix("->") {
            self.end_of_head()?;
            return self.expect(number, expected.trim());
        }
        if let Some(exact) = text.strip_prefix('|').filter(|_| self.head.is_none()) {
            return self.exact_line(exact.strip_prefix(' ').unwrap_or(exact));
        }
        if line.starts_with([' ', '\t']) {
            if let Some(head) = &mut self.head {
                return head.edit(text);
            }
        }
        self.end_of_head()?;
        self.step(number, text)
    }

    fn vector(&mut self) -> Result<&mut Vector, String> {
        self.vectors
            .last_mut()
            .ok_or_else(|| "no vector yet: start one with '# ID  summary'".into())
    }

    fn end_of_head(&mut self) -> Result<(), String> {
        if let Some(head) = self.head.take() {
            let step = self.vector()?.steps.last_mut().ok_or("a head without a step")?;
            step.action = Action::Head(head.finish()?);
        }
        Ok(())
    }

    fn step(&mut self, line: usize, text: &str) -> Result<(), String> {
        let (action, expected) = split_at_arrow(text)?;
        let (word, rest) = action.split_once(char::is_whitespace).unwrap_or((action, ""));
        let rest = rest.trim();
        let vector = self.vector()?;
        let action = match word {
            "role" | "config" | "app" if expected.is_some() => {
                return Err("a setting has no outcome".into());
            }
            "role" => {
                vector.sides = match rest {
                    "server" => vec![Side::Server],
                    "client" => vec![Side::Client],
                    "both" => vec![Side::Server, Side::Client],
                    other => return Err(format!("role {other:?}: server, client or both")),
                };
                return Ok(());
            }
            "config" | "app" => {
                let (key, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                let settings = if word == "app" { &mut vector.app } else { &mut vector.config };
                settings.push((key.into(), value.trim().into()));
                return Ok(());
            }
            "request" | "response" => {
                self.head = Some(head::Builder::new(word, rest)?);
                Action::Head(Head::default())
            }
            "connect" => Action::Connect(rest.into()),
            "parse" => Action::Uri(rest.into()),
            "recv" => Action::Receive(pieces(rest)?),
            "eof" => Action::Eof,
            "tick" => Action::Tick(duration(rest)?),
            "hold" => Action::Hold,
            "release" => Action::Release,
            "drain" => Action::Drain(number_word(rest)?),
            "do" => Action::Call(call(rest)?),
            "queue" => Action::Queue(call(rest)?),
            other => return Err(format!("unknown word {other:?}")),
        };
        if matches!(word, "eof" | "hold" | "release") && !rest.is_empty() {
            return Err(format!("{word} takes nothing, not {rest:?}"));
        }
        let vector = self.vector()?;
        if vector.sides.is_empty() {
            return Err("the role comes before the steps".into());
        }
        vector.steps.push(Step { line, action, expected: Vec::new() });
        match expected {
            Some(expected) => self.expect(line, expected),
            None => Ok(()),
        }
    }

    fn expect(&mut self, line: usize, text: &str) -> Result<(), String> {
        let vector = self.vector()?;
        let step = vector.steps.last_mut().ok_or("an outcome before the first step")?;
        if let Some(http) = head::expectation(text)? {
            step.expected.push(Expected { line, side: None, count: 1, what: What::Http(http) });
            return Ok(());
        }
        let tokens = tokens(text)?;
        for part in tokens.split(|token| *token == Token::Comma) {
            step.expected.push(words::expected(line, part)?);
        }
        Ok(())
    }

    fn exact_line(&mut self, text: &str) -> Result<(), String> {
        let step = self.vector()?.steps.last_mut().ok_or("a line before the first step")?;
        head::exact_line(&mut step.expected, text)
    }
}

/// The header of a vector: ids, two spaces, a summary.
fn requirement_ids(title: &str) -> Result<String, String> {
    let (ids, summary) =
        title.trim().split_once("  ").ok_or("a header is '# ID[, ID..]  summary'")?;
    for id in ids.split(',') {
        let mut parts = id.trim().splitn(3, '-');
        let kind = |kind: &str| kind == "T" || kind.starts_with('R') && kind.len() == 5;
        let well_formed = parts.next().is_some_and(kind)
            && parts.next().is_some()
            && parts.next().is_some_and(|last| last.len() == 2);
        if !well_formed {
            return Err(format!("{id:?} is the id of no requirement and no threat"));
        }
    }
    if summary.trim().is_empty() {
        return Err("no summary".into());
    }
    Ok(title.trim().into())
}

fn number_word(word: &str) -> Result<usize, String> {
    number(word)
}

/// What a peer sends: pieces joined by `+`.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    tokens(text)?.split(|token| *token == Token::Plus).map(words::piece).collect()
}

fn call(text: &str) -> Result<Call, String> {
    let tokens = tokens(text)?;
    let mut words = Words::new(&tokens);
    let call = match words.word()? {
        "send" => Call::Send { text: words.kind()?, payload: words.payload()? },
        "shared" => Call::Shared { text: words.kind()?, payload: words.payload()? },
        "prepared" => Call::Prepared { text: words.kind()?, payload: words.payload()? },
        "fragment" => {
            let text = words.kind()?;
            let fin = words.fin()?;
            Call::Fragment { text, fin, payload: words.payload()? }
        }
        "message" => {
            let text = words.kind()?;
            let parts = words.rest().split(|token| *token == Token::Plus);
            Call::Message { text, parts: parts.map(Payload::parse).collect::<Result<_, _>>()? }
        }
        "ping" => Call::Ping(words.payload()?),
        "pong" => Call::Pong(words.payload()?),
        "close" => match words.close()? {
            (Some(code), reason) => Call::Close { code, reason },
            (None, _) => Call::CloseWithoutCode,
        },
        "abort" => Call::Abort,
        "compress" => Call::Compress(words.choice()?),
        other => return Err(format!("the application cannot {other:?}")),
    };
    words.end()?;
    Ok(call)
}
