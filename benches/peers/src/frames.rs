//! §5.2 §4.1: what both programs put on the wire: frames, and a key with its proof.

use websocket_proto::Role;

/// Appends one frame as the peer of `receiver` sends it.
pub fn frame(out: &mut Vec<u8>, receiver: Role, fin: bool, opcode: u8, payload: &[u8]) {
    out.push(u8::from(fin) << 7 | opcode);
    let mask = if receiver == Role::Server { 0x80 } else { 0 };
    match payload.len() {
        length @ 0..=125 => out.push(mask | length as u8),
        length @ 126..=0xFFFF => {
            out.push(mask | 126);
            out.extend((length as u16).to_be_bytes());
        }
        length => {
            out.push(mask | 127);
            out.extend((length as u64).to_be_bytes());
        }
    }
    if receiver == Role::Server {
        let key = fastrand::u32(..).to_be_bytes();
        out.extend(key);
        out.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    } else {
        out.extend(payload);
    }
}

pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
