//! RFC 9110 §5  The header lines of a head, whoever has parsed it.

use super::HandshakeError;
use super::grammar::is_name;

/// Header lines: names are tokens, values have no whitespace around them.
pub(crate) trait HeaderLines<'a>: Copy {
    /// The names and values; those of one name are in their order.
    fn iter(self) -> impl Iterator<Item = (&'a str, &'a [u8])>;

    /// The values of all headers of this name (ASCII case-insensitive).
    fn values(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |header| is_name(header.0.as_bytes(), name)).map(|header| header.1)
    }

    /// The value of a header that may be there once.
    fn single(self, name: &str) -> Result<Option<&'a [u8]>, HandshakeError> {
        single(self.values(name))
    }
}

/// The only one of these values, if there is one.
pub(crate) fn single<'a>(
    mut values: impl Iterator<Item = &'a [u8]>,
) -> Result<Option<&'a [u8]>, HandshakeError> {
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(HandshakeError::DuplicateHeader),
    }
}
