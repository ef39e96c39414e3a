//! What the application calls.

use websocket_proto::{CloseCode, MessageKind, Prepared};

use super::Player;
use crate::vectors_runner::stage::{Stage, error_name, refusal, sender};
use crate::vectors_runner::vector::Call;

impl Player<'_> {
    /// Makes the call; the name of the error if it is refused.
    pub(super) fn call(&mut self, call: &Call) -> Result<Option<String>, String> {
        let kind = |text: bool| if text { MessageKind::Text } else { MessageKind::Binary };
        let impossible = || Some("NotOpen".to_string());
        let ping = self.ping.clone();
        let stage = &mut self.stage;
        Ok(match call {
            Call::Send { text, payload } => {
                let payload = payload.bytes(&ping)?;
                let as_text = std::str::from_utf8(&payload);
                sender!(stage, c => match (text, as_text) {
                    (true, Ok(text)) => refusal(c.send_text(text)),
                    (true, Err(_)) => Some("InvalidUtf8".into()),
                    (false, _) => refusal(c.send_binary(&payload)),
                }, impossible())
            }
            Call::Shared { text, payload } => {
                let payload = payload.bytes(&ping)?.into();
                sender!(stage, c => refusal(c.send_shared(kind(*text), &payload)), impossible())
            }
            Call::Prepared { text, payload } => {
                let payload = payload.bytes(&ping)?;
                let message = match text {
                    true => {
                        Prepared::text(std::str::from_utf8(&payload).map_err(|e| e.to_string())?)
                    }
                    false => Prepared::binary(payload),
                };
                #[cfg(feature = "deflate")]
                let message = match &self.config.compression {
                    Some(compression) => message.compressed(compression),
                    None => message,
                };
                sender!(stage, c => refusal(c.send_prepared(&message)), impossible())
            }
            Call::Fragment { text, fin, payload } => {
                let payload = payload.bytes(&ping)?;
                sender!(stage, c => refusal(c.fragment(kind(*text), &payload, *fin)), impossible())
            }
            Call::Message { text, parts } => {
                let parts: Vec<_> =
                    parts.iter().map(|part| part.bytes(&ping)).collect::<Result<_, _>>()?;
                let Some((last, first)) = parts.split_last() else {
                    return Err("a message without parts".into());
                };
                sender!(stage, c => match c.message(kind(*text)) {
                    Err(error) => Some(error_name(&error)),
                    Ok(mut writer) => {
                        let written = first.iter().try_for_each(|part| writer.write(part));
                        refusal(written.and_then(|()| writer.finish(last)))
                    }
                }, impossible())
            }
            Call::Ping(payload) => {
                let payload = payload.bytes(&ping)?;
                sender!(stage, c => refusal(c.ping(&payload)), impossible())
            }
            Call::Pong(payload) => {
                let payload = payload.bytes(&ping)?;
                sender!(stage, c => refusal(c.pong(&payload)), impossible())
            }
            Call::Close { code, reason } => {
                let reason = String::from_utf8(reason.bytes(&ping)?).map_err(|e| e.to_string())?;
                // A code that the type cannot hold is refused by the type.
                match CloseCode::new(*code) {
                    None => Some("CloseCode".into()),
                    Some(code) => {
                        sender!(stage, c => refusal(c.close(code, &reason)), impossible())
                    }
                }
            }
            Call::CloseWithoutCode => {
                sender!(stage, c => refusal(c.close_without_code()), impossible())
            }
            #[cfg(feature = "deflate")]
            Call::Compress(choice) => {
                sender!(stage, c => c.set_compress(choice.typed()), return Err("not open".into()));
                None
            }
            #[cfg(not(feature = "deflate"))]
            Call::Compress(choice) => return Err(format!("{choice:?}: not built in")),
            Call::Abort => {
                sender!(stage, c => c.abort(), return Err("nothing to abort".into()));
                None
            }
        })
    }
}
