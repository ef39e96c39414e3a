//! The same bytes in two kinds of pieces: equal events, equal violations, equal output, an equal end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use websocket_proto::{Config, Counters, Event, ProtocolError, Role, State, Transmit};
use websocket_proto_fuzz::{
    Observed, Script, Wire, config, connection, frame, observe, receive_within_bounds,
};

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
    receive_within_bounds(role, &config, one.clone().pieces(bytes.clone()));
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
    /// How the connection ends, when everything was sent and when the transport has ended.
    ends: [String; 2],
}

fn play(role: Role, config: Config, bytes: Vec<u8>, mut cuts: Script<'_>) -> Outcome {
    let mut connection = connection(role, config, [7; 32]);
    let connection_inflates = connection.compression().is_some();
    let mut wire = Wire::new(role.peer(), connection_inflates);
    let mut events = Vec::new();
    let mut violation = None;
    for mut piece in cuts.pieces(bytes) {
        let mut input = piece.as_mut_slice();
        loop {
            let before = input.len();
            match connection.receive(&mut input) {
                Ok(Some(event)) => {
                    let is_over = matches!(events.last(), Some(Observed::Close(..)));
                    assert!(violation.is_none() && !is_over, "nothing comes after the end");
                    // What is inflated of the last byte may come by itself.
                    let inflates = connection_inflates && matches!(event, Event::Chunk(_));
                    assert!(input.len() < before || inflates, "an event takes input");
                    observe(&event, &mut events);
                }
                Ok(None) => break,
                Err(error) => {
                    assert!(violation.replace(error).is_none(), "a violation is told once")
                }
            }
        }
        assert!(input.is_empty(), "the input is always taken");
    }
    if violation.is_some() {
        // How much of the message was seen before what is wrong with it is up to the pieces.
        events.retain(|event| !matches!(event, Observed::Part(..)));
    }
    let received = connection.received();
    let mut output = Vec::new();
    while let Some(bytes) = connection.take_output() {
        wire.take(&bytes);
        output.extend_from_slice(&bytes);
    }
    let is_over = violation.is_some() || matches!(events.last(), Some(Observed::Close(..)));
    assert_eq!(wire.is_closed(), is_over, "a Close answers a Close and a violation");
    assert_eq!(connection.state(), if is_over { State::Closing } else { State::Open });
    let shuts_down = matches!(connection.transmit(), Transmit::Shutdown);
    assert!(shuts_down == is_over || role == Role::Client, "the server ends first");
    let before = format!("{:?}", connection.close_information());
    connection.receive_eof();
    assert_eq!(connection.state(), State::Closed);
    let after = format!("{:?}", connection.close_information());
    let ends = [before, after].map(|end| same(&end));
    Outcome { events, violation: violation.map(the_same), output, received, ends }
}

/// Of a compressed text that is cut off and no text, either may be told.
fn the_same(violation: ProtocolError) -> ProtocolError {
    match violation {
        ProtocolError::InvalidCompression => ProtocolError::InvalidUtf8,
        other => other,
    }
}

fn same(end: &str) -> String {
    end.replace("InvalidCompression", "InvalidUtf8")
}
