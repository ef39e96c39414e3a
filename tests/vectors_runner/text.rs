//! The words of a vector file: tokens, payload notation, escapes.

/// One token of a line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Word(String),
    Text(Vec<u8>),
    Comma,
    Plus,
}

/// Splits a line into tokens.
pub(crate) fn tokens(line: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let end = closing_quote(rest)?;
            tokens.push(Token::Text(unescape(&rest[1..end])?));
            rest = &rest[end + 1..];
        } else if first == ',' {
            tokens.push(Token::Comma);
            rest = &rest[1..];
        } else if first == '+' {
            tokens.push(Token::Plus);
            rest = &rest[1..];
        } else {
            let end = word_end(rest)?;
            tokens.push(Token::Word(rest[..end].to_string()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// Splits a line at its first arrow outside quotes: what is done, and what is expected of it.
pub(crate) fn split_at_arrow(line: &str) -> Result<(&str, Option<&str>), String> {
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        if c == '"' {
            at += closing_quote(&line[at..])?;
        } else if line[at..].starts_with("->") {
            return Ok((line[..at].trim(), Some(line[at + 2..].trim())));
        }
        at += c.len_utf8();
    }
    Ok((line.trim(), None))
}

fn closing_quote(text: &str) -> Result<usize, String> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Ok(at),
            _ => {}
        }
    }
    Err("a quote is not closed".into())
}

/// A word ends at white space, a comma or a quote; parentheses hold it together.
fn word_end(text: &str) -> Result<usize, String> {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1).ok_or("a parenthesis too many")?,
            ' ' | '\t' | ',' | '"' if depth == 0 => return Ok(at),
            _ => {}
        }
    }
    if depth > 0 {
        return Err("a parenthesis is not closed".into());
    }
    Ok(text.len())
}

/// Resolves `\r \n \t \0 \\ \"`, `\xHH` and `\u{H..}`; everything else stands for its UTF-8 bytes.
pub(crate) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        let letter = rest.chars().next().ok_or("a backslash at the end")?;
        rest = &rest[letter.len_utf8()..];
        match letter {
            'r' => bytes.push(b'\r'),
            'n' => bytes.push(b'\n'),
            't' => bytes.push(b'\t'),
            '0' => bytes.push(0),
            '\\' | '"' => bytes.push(letter as u8),
            'x' => {
                let digits = rest.get(..2).ok_or("\\x takes two digits")?;
                bytes.extend(hex(digits)?);
                rest = &rest[2..];
            }
            'u' => {
                let (digits, after) = rest
                    .strip_prefix('{')
                    .and_then(|rest| rest.split_once('}'))
                    .ok_or("\\u takes digits in braces")?;
                let c = u32::from_str_radix(digits, 16)
                    .ok()
                    .and_then(char::from_u32)
                    .ok_or_else(|| format!("\\u{{{digits}}} is no character"))?;
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = after;
            }
            other => return Err(format!("unknown escape \\{other}")),
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

/// Bytes written as pairs of hexadecimal digits.
pub(crate) fn hex(digits: &str) -> Result<Vec<u8>, String> {
    let wrong = || format!("{digits:?} is not hexadecimal");
    if digits.len() % 2 != 0 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| wrong()))
        .collect()
}

/// A decimal number; underscores may group its digits.
pub(crate) fn number<N: std::str::FromStr>(word: &str) -> Result<N, String> {
    word.replace('_', "").parse().map_err(|_| format!("{word:?} is not a number"))
}

/// Bytes in the notation of the vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Payload(Vec<Item>);

#[derive(Clone, Debug, PartialEq)]
enum Item {
    Bytes(Vec<u8>),
    Repeat(Vec<u8>, usize),
    LastPing,
    Any(usize),
}

impl Payload {
    pub(crate) fn parse(tokens: &[Token]) -> Result<Self, String> {
        tokens.iter().map(Item::parse).collect::<Result<_, _>>().map(Self)
    }

    /// The bytes, where the payload of the last Ping that the endpoint sent is `ping`.
    pub(crate) fn bytes(&self, ping: &[u8]) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        for item in &self.0 {
            match item {
                Item::Bytes(part) => bytes.extend_from_slice(part),
                Item::Repeat(part, count) => bytes.extend(part.repeat(*count)),
                Item::LastPing => bytes.extend_from_slice(ping),
                Item::Any(_) => return Err("any(n) cannot be sent".into()),
            }
        }
        Ok(bytes)
    }

    /// Adds what another one describes.
    pub(crate) fn extend(&mut self, more: &Self) {
        self.0.extend_from_slice(&more.0);
    }

    /// Whether `actual` is what this describes.
    pub(crate) fn matches(&self, actual: &[u8], ping: &[u8]) -> bool {
        let mut rest = actual;
        for item in &self.0 {
            let part = match item {
                Item::Bytes(part) => part.clone(),
                Item::Repeat(part, count) => part.repeat(*count),
                Item::LastPing => ping.to_vec(),
                Item::Any(length) => match rest.get(..*length) {
                    Some(part) => part.to_vec(),
                    None => return false,
                },
            };
            match rest.strip_prefix(part.as_slice()) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty()
    }
}

impl Item {
    fn parse(token: &Token) -> Result<Self, String> {
        match token {
            Token::Text(bytes) => Ok(Self::Bytes(bytes.clone())),
            Token::Word(word) if word == "{ping}" => Ok(Self::LastPing),
            Token::Word(word) => {
                let argument =
                    |name: &str| word.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
                if let Some(inner) = argument("repeat") {
                    let (part, count) = repeat(inner)?;
                    Ok(Self::Repeat(part, count))
                } else if let Some(inner) = argument("any") {
                    Ok(Self::Any(number(inner)?))
                } else {
                    hex(word).map(Self::Bytes)
                }
            }
            other => Err(format!("{other:?} is no payload")),
        }
    }
}

/// The inside of `repeat(..)`: hexadecimal bytes or a quoted text, a comma, a number.
fn repeat(inner: &str) -> Result<(Vec<u8>, usize), String> {
    let (part, count) = inner.rsplit_once(',').ok_or("repeat takes two arguments")?;
    let part = part.trim();
    let bytes = match part.strip_prefix('"').and_then(|p| p.strip_suffix('"')) {
        Some(text) => unescape(text)?,
        None => hex(part)?,
    };
    Ok((bytes, number(count.trim())?))
}

/// A line of a head: escapes, and `repeat(..)` anywhere in it.
pub(crate) fn head_line(line: &str) -> Result<Vec<u8>, String> {
    let Some((before, rest)) = line.split_once("repeat(") else {
        return unescape(line);
    };
    let (inner, after) = rest.split_once(')').ok_or("repeat( is not closed")?;
    let (part, count) = repeat(inner)?;
    let mut bytes = unescape(before)?;
    bytes.extend(part.repeat(count));
    bytes.extend(head_line(after)?);
    Ok(bytes)
}

/// A time such as `10s` or `250ms`.
pub(crate) fn duration(word: &str) -> Result<std::time::Duration, String> {
    use std::time::Duration;
    if let Some(digits) = word.strip_suffix("ms") {
        number(digits).map(Duration::from_millis)
    } else if let Some(digits) = word.strip_suffix('s') {
        number(digits).map(Duration::from_secs)
    } else {
        Err(format!("{word:?} is no time: write 10s or 250ms"))
    }
}
