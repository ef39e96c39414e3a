//! What the path of a request asks for: `/close?code=4001&reason=bye`.

use websocket_proto::CloseCode;

/// The Close to send right after the opening handshake.
pub(crate) struct CloseRequest {
    pub(crate) code: CloseCode,
    pub(crate) reason: String,
}

impl CloseRequest {
    pub(crate) fn parse(query: &str) -> Self {
        let mut wanted = Self { code: CloseCode::NORMAL, reason: String::new() };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "code" => {
                    let code = value.parse().ok().and_then(CloseCode::new);
                    wanted.code = code.unwrap_or(CloseCode::NORMAL);
                }
                "reason" => wanted.reason = percent_decode(value),
                _ => {}
            }
        }
        wanted
    }
}

/// `%41+b` to `A b`.
fn percent_decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return String::from_utf8_lossy(&decoded).into_owned(),
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.push(hexadecimal(*high) << 4 | hexadecimal(*low));
                rest
            }
            [byte, rest @ ..] => {
                decoded.push(if *byte == b'+' { b' ' } else { *byte });
                rest
            }
        };
    }
}

fn hexadecimal(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}
