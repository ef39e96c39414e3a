//! Before anything is timed: does what was sent come back, byte for byte and in order?

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use crate::load::{Batch, Load, first_message};
use crate::rows::Row;

/// Has a server echo for a moment, as it will be measured, and looks at each byte.
pub fn echoes(
    address: SocketAddr,
    row: &Row,
    batch: &Rc<Batch>,
    web_socket: bool,
) -> Result<(), String> {
    let mut load = Load::open(address, row, batch, web_socket).map_err(|e| e.to_string())?;
    let expected = batch.expected(web_socket);
    let length = expected.len() / batch.messages;
    let mut seen: Vec<usize> =
        (0..row.connections).map(|index| first_message(index, batch) * length).collect();
    let mut wrong = None;
    let mut see = |index: usize, mut bytes: &[u8]| {
        while !bytes.is_empty() {
            let at = seen[index] % expected.len();
            let run = bytes.len().min(expected.len() - at);
            if bytes[..run] != expected[at..at + run] {
                let message = seen[index] / length - first_message(index, batch);
                wrong.get_or_insert(format!(
                    "message {message} of connection {index} is not what was sent"
                ));
            }
            seen[index] += run;
            bytes = &bytes[run..];
        }
    };
    load.start()
        .and_then(|()| load.run(Duration::from_millis(30), &mut see))
        .and_then(|()| load.stop(&mut see))
        .map_err(|error| error.to_string())?;
    match wrong {
        Some(wrong) => Err(wrong),
        None if load.done < row.connections as u64 => Err("answers less than it got".into()),
        None => Ok(()),
    }
}
