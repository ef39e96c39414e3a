//! §9.1  Lists of extensions, read in a single pass.

use core::fmt;
use core::iter::from_fn;

use super::grammar::{Malformed, is_token_byte};

/// A checked token, which is ASCII. Few of them are looked at as text.
#[derive(Clone, Copy)]
struct Token<'a>(&'a [u8]);

impl<'a> Token<'a> {
    fn as_str(self) -> &'a str {
        core::str::from_utf8(self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// One extension of `Sec-WebSocket-Extensions`, as it stands in the head (§9.1).
#[derive(Clone, Copy)]
pub struct Extension<'a> {
    name: Token<'a>,
    /// From the first `;` on; its grammar is checked.
    parameters: &'a [u8],
}

impl<'a> Extension<'a> {
    /// The extension token.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name.as_str()
    }

    /// The parameters in their order.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter<'a>> + use<'a> {
        let mut cursor = Cursor::new(self.parameters);
        from_fn(move || cursor.parameter().ok().flatten())
    }
}

impl fmt::Debug for Extension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        f.debug_list().entries(self.parameters()).finish()
    }
}

/// One parameter of an [`Extension`] (§9.1).
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'a> {
    name: Token<'a>,
    value: Option<ParameterValue<'a>>,
}

impl<'a> Parameter<'a> {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name.as_str()
    }

    /// The value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<ParameterValue<'a>> {
        self.value
    }
}

/// The value of a [`Parameter`]: a token, whether it was quoted or not (§9.1).
#[derive(Clone, Copy)]
pub struct ParameterValue<'a> {
    /// Without quotation marks, with the backslashes.
    escaped: &'a [u8],
}

impl<'a> ParameterValue<'a> {
    /// The characters, quoting undone; all of them ASCII.
    pub fn chars(self) -> impl Iterator<Item = char> + use<'a> {
        // No token holds a backslash, so that each one there is quotes the next character.
        let unescaped = self.escaped.iter().filter(|&&byte| byte != b'\\');
        unescaped.map(|&byte| char::from(byte))
    }
}

impl PartialEq<str> for ParameterValue<'_> {
    fn eq(&self, other: &str) -> bool {
        self.chars().eq(other.chars())
    }
}

impl PartialEq<&str> for ParameterValue<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for ParameterValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars().try_for_each(|char| fmt::Write::write_char(f, char))
    }
}

impl fmt::Debug for ParameterValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The extensions of all header lines, in their order (§11.3.2).
pub(crate) fn extensions<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
) -> impl Iterator<Item = Result<Extension<'a>, Malformed>> {
    lines.flat_map(|line| ExtensionList::new(line, usize::MAX))
}

/// Reads one header line of extensions: `1#( token *( ";" token [ "=" ( token / quoted-string ) ] ) )`.
pub(crate) struct ExtensionList<'a> {
    cursor: Cursor<'a>,
    max_parameters: usize,
}

impl<'a> ExtensionList<'a> {
    /// An extension of more than `max_parameters` is malformed.
    pub(crate) fn new(line: &'a [u8], max_parameters: usize) -> Self {
        Self { cursor: Cursor::new(line), max_parameters }
    }

    fn extension(&mut self) -> Result<Option<Extension<'a>>, Malformed> {
        let cursor = &mut self.cursor;
        cursor.skip_while(|byte| matches!(byte, b',' | b' ' | b'\t'));
        if cursor.rest.is_empty() {
            return Ok(None);
        }
        let name = cursor.token()?;
        let start = cursor.rest;
        let mut count: usize = 0;
        while cursor.parameter()?.is_some() {
            count = count.saturating_add(1);
            if count > self.max_parameters {
                return Err(Malformed);
            }
        }
        let length = start.len().saturating_sub(cursor.rest.len());
        let parameters = start.get(..length).unwrap_or_default();
        Ok(Some(Extension { name, parameters }))
    }
}

impl<'a> Iterator for ExtensionList<'a> {
    type Item = Result<Extension<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let extension = self.extension();
        if extension.is_err() {
            self.cursor.rest = &[];
        }
        extension.transpose()
    }
}

/// What is left to read; it only ever moves on.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    fn skip_while(&mut self, is_skipped: impl Fn(u8) -> bool) {
        while let Some((&byte, rest)) = self.rest.split_first() {
            if !is_skipped(byte) {
                break;
            }
            self.rest = rest;
        }
    }

    fn skip_whitespace(&mut self) {
        self.skip_while(|byte| matches!(byte, b' ' | b'\t'));
    }

    fn skip(&mut self, wanted: u8) -> bool {
        match self.rest.split_first() {
            Some((&byte, rest)) if byte == wanted => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn token(&mut self) -> Result<Token<'a>, Malformed> {
        let end = self.rest.iter().position(|byte| !is_token_byte(*byte));
        match self.rest.split_at_checked(end.unwrap_or(self.rest.len())) {
            Some((token, rest)) if !token.is_empty() => {
                self.rest = rest;
                Ok(Token(token))
            }
            _ => Err(Malformed),
        }
    }

    /// The parameter that comes next; `None` at the end of the extension.
    fn parameter(&mut self) -> Result<Option<Parameter<'a>>, Malformed> {
        self.skip_whitespace();
        if !self.skip(b';') {
            return match self.rest.first() {
                None | Some(b',') => Ok(None),
                Some(_) => Err(Malformed),
            };
        }
        self.skip_whitespace();
        let name = self.token()?;
        self.skip_whitespace();
        if !self.skip(b'=') {
            return Ok(Some(Parameter { name, value: None }));
        }
        self.skip_whitespace();
        let escaped = if self.skip(b'"') { self.quoted_token()? } else { self.token()?.0 };
        let value = Some(ParameterValue { escaped });
        Ok(Some(Parameter { name, value }))
    }

    /// §9.1: "the value after quoted-string unescaping MUST conform to the 'token' ABNF".
    fn quoted_token(&mut self) -> Result<&'a [u8], Malformed> {
        let start = self.rest;
        loop {
            match self.rest {
                [b'"', rest @ ..] => {
                    let length = start.len().saturating_sub(self.rest.len());
                    self.rest = rest;
                    return match start.get(..length) {
                        Some(value) if !value.is_empty() => Ok(value),
                        _ => Err(Malformed),
                    };
                }
                [b'\\', byte, rest @ ..] | [byte, rest @ ..] if is_token_byte(*byte) => {
                    self.rest = rest;
                }
                _ => return Err(Malformed),
            }
        }
    }
}
