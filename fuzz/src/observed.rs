//! Events to keep and to compare.

use websocket_proto::{CloseCode, Event, MessageKind};

/// What an event said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    Message(MessageKind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<CloseCode>, String),
    /// Part of a message that has not come to its end.
    Part(MessageKind, Vec<u8>),
}

/// Adds what `event` says to what was observed so far; the chunks of a message become one.
pub fn observe(event: &Event<'_>, so_far: &mut Vec<Observed>) {
    let observed = match event {
        Event::Text(text) => Observed::Message(MessageKind::Text, text.as_bytes().to_vec()),
        Event::Binary(data) => Observed::Message(MessageKind::Binary, data.to_vec()),
        Event::Ping(payload) => Observed::Ping(payload.to_vec()),
        Event::Pong(payload) => Observed::Pong(payload.to_vec()),
        Event::Close(close) => Observed::Close(close.code(), close.reason().into()),
        Event::Chunk(chunk) => {
            let open = so_far.iter().rposition(|seen| matches!(seen, Observed::Part(..)));
            assert_eq!(chunk.first, open.is_none(), "first says whether the message begins");
            let mut data = match open {
                Some(at) => match so_far.remove(at) {
                    Observed::Part(kind, data) => {
                        assert_eq!(kind, chunk.kind);
                        data
                    }
                    _ => unreachable!(),
                },
                None => Vec::new(),
            };
            assert!(chunk.last || !chunk.data.is_empty(), "an empty chunk is a last one");
            data.extend_from_slice(&chunk.data);
            match chunk.last {
                true => Observed::Message(chunk.kind, data),
                false => Observed::Part(chunk.kind, data),
            }
        }
        _ => unreachable!("an event that the targets do not know"),
    };
    if let Observed::Message(MessageKind::Text, text) = &observed {
        assert!(std::str::from_utf8(text).is_ok(), "text is UTF-8");
    }
    so_far.push(observed);
}
