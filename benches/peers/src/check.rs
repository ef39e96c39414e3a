//! Before anything is timed: does each contender do what the row says, byte for byte?

use websocket_proto::Role;

use crate::contenders::{Contender, Receiver, Work};
use crate::frames::{ACCEPT, frame};
use crate::stream::{READ, Stream, Wire, recorded};
use crate::wire::{Batch, Kind, read_back};

type Checked = Result<(), String>;

/// What arrives is what was sent, in order, for more than two rounds of the wire.
pub fn received(receiver: &mut dyn Receiver, batch: &Batch) -> Checked {
    let mut seen = 0;
    let mut wrong = None;
    let count = 2 * batch.payloads.len() + 3;
    receiver.look(count, &mut |kind, data| {
        let expected = &batch.payloads[seen % batch.payloads.len()];
        if kind != batch.kind || data != expected {
            wrong.get_or_insert(format!("message {seen} is not what was sent"));
        }
        seen += 1;
    })?;
    match wrong {
        Some(wrong) => Err(wrong),
        None if seen != count => Err(format!("{seen} messages of {count}")),
        None => Ok(()),
    }
}

/// §8.1: invalid UTF-8 is not delivered, whether its frame comes in one read or in two.
pub fn refuses_invalid_text(contender: &dyn Contender, role: Role, size: usize) -> Checked {
    let mut payload = vec![b'a'; size];
    payload[size / 2] = 0xFF;
    let mut bytes = Vec::new();
    frame(&mut bytes, role, true, 1, &payload);
    let wire = Wire::new(&bytes);
    for (read, how) in [(READ, "in whole reads"), (bytes.len() / 2 + 1, "in two reads")] {
        let stream = Stream::once(wire.clone(), read.min(READ));
        let mut delivered = false;
        let mut receiver = contender.receive(role, stream)?;
        let _refused = receiver.look(1, &mut |_, _| delivered = true);
        if delivered {
            return Err(format!("accepts invalid UTF-8 {how}"));
        }
    }
    Ok(())
}

/// `count` messages are sent, each with this payload.
pub fn sent(work: &mut Work, role: Role, payload: &[u8], count: usize) -> Checked {
    let (outcome, bytes) = recorded(|| work(count));
    outcome?;
    let messages = read_back(role, &bytes)?;
    if messages.len() != count {
        return Err(format!("sent {} messages of {count}", messages.len()));
    }
    if messages.iter().any(|message| *message != (Kind::Binary, payload.to_vec())) {
        return Err("sent something else".into());
    }
    Ok(())
}

/// The first answers are the first messages; a contender may answer more than it is asked to, in whole reads.
pub fn echoed(work: &mut Work, batch: &Batch) -> Checked {
    let count = 2 * batch.payloads.len() + 3;
    let (outcome, bytes) = recorded(|| work(count));
    outcome?;
    let messages = read_back(Role::Server, &bytes)?;
    if messages.len() < count {
        return Err(format!("answered {} messages of {count}", messages.len()));
    }
    for (index, (kind, data)) in messages.iter().enumerate() {
        if *kind != batch.kind || *data != batch.payloads[index % batch.payloads.len()] {
            return Err(format!("answer {index} is not what was sent"));
        }
    }
    Ok(())
}

/// §4.2.2: 101 and the right proof.
pub fn accepted(work: &mut Work) -> Checked {
    let (outcome, bytes) = recorded(|| work(1));
    outcome?;
    let response = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    let good = response.starts_with("HTTP/1.1 101 ")
        && response.ends_with("\r\n\r\n")
        && response.contains(ACCEPT)
        && !response.to_ascii_lowercase().contains("permessage-deflate");
    if good { Ok(()) } else { Err(format!("answered {response:?}")) }
}
