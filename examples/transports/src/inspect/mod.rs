//! Bytes as frames, field by field, and what a violation earns. It is the crate that decodes.

mod fields;
pub(crate) mod watched;

use websocket_proto::frame::{Header, Role};
use websocket_proto::rules::Sequence;
use websocket_proto::{Config, Connection, ProtocolError};

/// Characters that may be pasted: two and a space for each of 64 KiB.
pub(crate) const LONGEST_TEXT: usize = 3 * LONGEST;
const LONGEST: usize = 64 * 1024;
/// Frames that are taken apart.
const MOST_FRAMES: usize = 256;
pub(crate) const TOO_LONG: &str = "at most 64 KiB can be looked at";

/// The bytes that are spelled by a text with spaces, colons, commas and `0x`.
pub(crate) fn hexadecimal(text: &[u8]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "that is no text")?;
    let text = text.replace("0x", " ").replace("0X", " ");
    let digits =
        text.chars().filter(|character| !character.is_whitespace() && !":,".contains(*character));
    let mut bytes = Vec::new();
    let mut high = None;
    for character in digits {
        let digit = character
            .to_digit(16)
            .ok_or_else(|| format!("'{character}' is no hexadecimal digit"))?
            as u8;
        match high.take() {
            None => high = Some(digit),
            Some(high) => bytes.push(high << 4 | digit),
        }
    }
    match high {
        Some(_) => Err("a byte is two digits, and the last has one".into()),
        None if bytes.len() > LONGEST => Err(TOO_LONG.into()),
        None => Ok(bytes),
    }
}

pub(crate) fn spelled(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What `sender` says with these bytes, as JSON.
pub(crate) fn json(bytes: &[u8], sender: Role) -> String {
    let mut frames = Vec::new();
    let mut error = None;
    let mut connection = receiver(sender);
    let mut sequence = Sequence::Idle;
    let mut rest = bytes;
    let mut needs = None;
    while !rest.is_empty() {
        let offset = bytes.len() - rest.len();
        let header = Header::decode(rest, sender.peer(), sequence);
        let whole = match header {
            Ok(Some((header, size))) => {
                usize::try_from(header.length).ok().and_then(|length| size.checked_add(length))
            }
            _ => None,
        };
        if frames.len() == MOST_FRAMES {
            needs = Some(format!("no more than {MOST_FRAMES} frames are taken apart"));
            break;
        }
        // Behind a Close nothing is read any more.
        let (frame, behind) = match whole {
            _ if sequence == Sequence::Closed => {
                needs = Some("what comes behind a Close is discarded (§5.5.1)".into());
                break;
            }
            Some(size) if size <= rest.len() => rest.split_at(size),
            _ => (rest, &[][..]),
        };
        let violation = received(&mut connection, frame);
        if let Some((violation, at)) = violation {
            error = Some((violation, offset + at, frames.len()));
        }
        match header {
            Ok(Some((header, size))) if whole.is_some_and(|whole| whole <= rest.len()) => {
                frames.push(fields::json(
                    frame,
                    offset,
                    Some((header, size)),
                    fields::Texts::within(sequence),
                ));
                sequence = sequence.follow(header.opcode, header.fin).unwrap_or(Sequence::Closed);
            }
            Ok(header) if violation.is_none() => {
                needs = Some(missing(header, rest));
                break;
            }
            _ => frames.push(fields::json(frame, offset, None, fields::Texts::within(sequence))),
        }
        rest = behind;
        if violation.is_some() {
            break;
        }
    }
    if needs.is_none() && error.is_none() {
        needs = match sequence {
            Sequence::Message(_) => Some("the message goes on in a continuation frame".into()),
            _ => None,
        };
    }
    let error = error.map_or("null".into(), |(violation, offset, frame)| {
        format!(
            "{{\"name\":\"{violation:?}\",\"message\":{},\"code\":{},\"offset\":{offset},\"frame\":{frame}}}",
            quoted(&violation.to_string()),
            violation.close_code().as_u16()
        )
    });
    format!(
        "{{\"frames\":[{}],\"rest\":\"{}\",\"needs\":{},\"error\":{error}}}",
        frames.join(","),
        spelled(rest),
        needs.map_or("null".into(), |needs: String| quoted(&needs))
    )
}

/// A connection that `sender` talks to, right behind the opening handshake.
fn receiver(sender: Role) -> Connection {
    match sender {
        Role::Client => Connection::server(Config::server()),
        // It sends nothing that would have to be masked well.
        Role::Server => Connection::client(Config::client(), [0; 32]),
    }
}

/// What is wrong with bytes that come next, and at which of them it shows.
fn received(connection: &mut Connection, bytes: &[u8]) -> Option<(ProtocolError, usize)> {
    for (at, byte) in bytes.iter().enumerate() {
        let mut byte = [*byte];
        let mut input = byte.as_mut_slice();
        loop {
            match connection.receive(&mut input) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => return Some((error, at)),
            }
        }
    }
    None
}

fn missing(header: Option<(Header, usize)>, bytes: &[u8]) -> String {
    match header {
        None => "the header is not complete".into(),
        Some((header, size)) => {
            let there = bytes.len() - size;
            format!("{there} of {} bytes of payload are there", header.length)
        }
    }
}

/// A text as JSON spells it.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            _ if character.is_control() => {
                quoted += &format!("\\u{:04x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspected(text: &str, sender: Role) -> String {
        json(&hexadecimal(text.as_bytes()).unwrap(), sender)
    }

    #[test]
    fn digits_are_read_as_people_write_them() {
        assert_eq!(
            hexadecimal(b"81 05\n48:65,0x6C 0x6cAf"),
            Ok(vec![0x81, 5, 0x48, 0x65, 0x6C, 0x6C, 0xAF])
        );
        assert_eq!(hexadecimal(b""), Ok(vec![]));
        for wrong in ["8", "8g", "81 0", "hello", "\u{663}1"] {
            assert!(hexadecimal(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(hexadecimal(&[b'0'; 2 * LONGEST]).is_ok());
        assert!(hexadecimal(&[b'0'; 2 * LONGEST + 2]).is_err());
    }

    /// §5.7
    #[test]
    fn frames_of_the_rfc() {
        for (hex, sender, means) in [
            ("81 05 48 65 6c 6c 6f", Role::Server, "\\\"Hello\\\""),
            ("81 85 37 fa 21 3d 7f 9f 4d 51 58", Role::Client, "\\\"Hello\\\""),
            ("01 03 48 65 6c 80 02 6c 6f", Role::Server, "\\\"lo\\\""),
            ("89 05 48 65 6c 6c 6f", Role::Server, "\\\"Hello\\\""),
            ("88 02 03 e8", Role::Server, "1000"),
        ] {
            let json = inspected(hex, sender);
            assert!(json.contains(means), "{json}");
            assert!(json.ends_with("\"rest\":\"\",\"needs\":null,\"error\":null}"), "{json}");
        }
    }

    #[test]
    fn violations_have_names_and_codes() {
        for (hex, sender, name, code) in [
            ("81 05 48 65 6c 6c 6f", Role::Client, "UnmaskedFrame", 1002),
            ("81 80 00 00 00 00", Role::Server, "MaskedFrame", 1002),
            ("c1 00", Role::Server, "ReservedBits", 1002),
            ("83 00", Role::Server, "ReservedOpcode", 1002),
            ("09 00", Role::Server, "FragmentedControl", 1002),
            ("89 7e 00 7e", Role::Server, "ControlTooLong", 1002),
            ("81 7e 00 05 48 65 6c 6c 6f", Role::Server, "LengthNotMinimal", 1002),
            ("80 00", Role::Server, "UnexpectedContinuation", 1002),
            ("01 00 81 00", Role::Server, "UnfinishedMessage", 1002),
            ("88 01 03", Role::Server, "ClosePayloadTooShort", 1002),
            ("88 02 03 ed", Role::Server, "InvalidCloseCode", 1002),
            ("81 01 ff", Role::Server, "InvalidUtf8", 1007),
            ("82 7f 00 00 00 00 01 00 00 01", Role::Server, "FrameTooLarge", 1009),
        ] {
            let json = inspected(hex, sender);
            assert!(json.contains(&format!("\"error\":{{\"name\":\"{name}\"")), "{hex}: {json}");
            assert!(json.contains(&format!("\"code\":{code},")), "{hex}: {json}");
        }
        // Of a fragmented message it is the byte of the frame that breaks it.
        let json = inspected("01 01 e2 80 01 28", Role::Server);
        assert!(json.contains("\"offset\":5,\"frame\":1"), "{json}");
    }

    #[test]
    fn what_is_missing_is_said() {
        for (hex, needs) in [
            ("81", "the header is not complete"),
            ("81 05 48", "1 of 5 bytes of payload are there"),
            ("01 00", "the message goes on in a continuation frame"),
            ("88 00 81 00", "what comes behind a Close is discarded"),
        ] {
            let json = inspected(hex, Role::Server);
            assert!(json.contains(needs) && json.ends_with("\"error\":null}"), "{json}");
        }
        let json = inspected(&"8900".repeat(MOST_FRAMES + 1), Role::Server);
        assert!(json.contains("\"rest\":\"8900\",\"needs\":\"no more than 256 frames"), "{json}");
        assert_eq!(
            inspected("", Role::Client),
            "{\"frames\":[],\"rest\":\"\",\"needs\":null,\"error\":null}"
        );
    }
}
