//! Frames that get past the first checks: a fuzzer alone seldom hits on a length that fits.

use websocket_proto::Role;

use crate::Script;

/// The frame that the script describes, as `sender` would mask it.
///
/// One byte is the first of the header, as it is; the next says in which form the length is
/// written (0: the shortest, else also too long ones and a mask bit that is wrong); then the payload.
pub fn frame(sender: Role, script: &mut Script<'_>) -> Vec<u8> {
    let first = script.byte();
    let form = script.byte();
    let times = if form & 0x10 != 0 { 64 } else { 1 };
    let payload = script.short().repeat(times);
    let masked = sender.masks() ^ (form & 0x20 != 0);

    let mut frame = vec![first];
    let mask_bit = if masked { 0x80 } else { 0 };
    let length = payload.len();
    match (form & 3, length) {
        (0 | 3, 0..126) => frame.push(mask_bit | u8::try_from(length).unwrap()),
        (0 | 1 | 3, _) => {
            frame.push(mask_bit | 126);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            frame.push(mask_bit | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    let key = if masked { [0x37, 0xFA, 0x21, first] } else { [0; 4] };
    if masked {
        frame.extend(key);
    }
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}
