//! The same bytes in two kinds of pieces: equal events, equal violations, equal output.

#![no_main]

use libfuzzer_sys::fuzz_target;
use websocket_proto::{Config, Counters, ProtocolError, Role};
use websocket_proto_fuzz::{Observed, Script, config, connection, frame, observe};

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let role = if script.flag() { Role::Client } else { Role::Server };
    let config = config(role, &mut script);
    let one = Script::new(script.short());
    let other = Script::new(script.short());
    let raw = script.flag();
    let mut bytes = Vec::new();
    while !script.is_over() {
        match raw {
            true => bytes.extend_from_slice(script.rest()),
            false => bytes.extend(frame(role.peer(), &mut script)),
        }
    }
    let one = play(role, config.clone(), bytes.clone(), one);
    let other = play(role, config, bytes, other);
    assert_eq!(one, other);
});

#[derive(Debug, PartialEq)]
struct Outcome {
    events: Vec<Observed>,
    violation: Option<ProtocolError>,
    output: Vec<u8>,
    received: Counters,
}

fn play(role: Role, config: Config, bytes: Vec<u8>, mut cuts: Script<'_>) -> Outcome {
    let mut connection = connection(role, config, [7; 32]);
    let mut events = Vec::new();
    let mut violation = None;
    for mut piece in cuts.pieces(bytes) {
        let mut input = piece.as_mut_slice();
        loop {
            match connection.receive(&mut input) {
                Ok(Some(event)) => observe(&event, &mut events),
                Ok(None) => break,
                Err(error) => assert!(violation.replace(error).is_none()),
            }
        }
        assert!(input.is_empty());
    }
    if violation == Some(ProtocolError::InvalidCompression) {
        // Of a compressed text that is cut off and no text, either may be told.
        violation = Some(ProtocolError::InvalidUtf8);
    }
    if violation.is_some() {
        // How much of the message was seen before what is wrong with it is up to the pieces.
        events.retain(|event| !matches!(event, Observed::Part(..)));
    }
    let received = connection.received();
    let mut output = Vec::new();
    while let Some(bytes) = connection.take_output() {
        output.extend_from_slice(&bytes);
    }
    Outcome { events, violation, output, received }
}
