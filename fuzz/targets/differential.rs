//! A stream of frames to this crate, to a naive decoder and to other implementations: this crate does exactly what
//! the naive decoder does, and the others do, but for what is known of them (`src/peers`).

#![no_main]

use libfuzzer_sys::fuzz_target;
use websocket_proto::{Config, Connection, Delivery, Limits, ProtocolError, Role};
use websocket_proto_fuzz::{
    Deviation, FASTWEBSOCKETS, Naive, Observed, Outcome, Peer, Script, TUNGSTENITE, Transport,
    Wire, close_in, frame, observe, receive_within_bounds,
};

const PEERS: [Peer; 2] = [TUNGSTENITE, FASTWEBSOCKETS];

fuzz_target!(init: everything_known_is_so(), |data: &[u8]| {
    let mut script = Script::new(data);
    let choices = script.byte();
    let role = if choices & 1 != 0 { Role::Client } else { Role::Server };
    let mut config = Config::server();
    let limits = &mut config.limits;
    (limits.max_frame_size, limits.max_message_size) = match choices >> 1 & 3 {
        0 => (100_000, 150_000),
        1 => (200, 300),
        2 => (130, 260),
        _ => (40, 40),
    };
    if choices & 8 != 0 {
        (limits.max_fragments, limits.max_empty_fragments) = (4, 2);
    }
    if choices & 16 != 0 {
        config.delivery = Delivery::Chunks;
    }
    let cuts = Script::new(script.short());
    let mut bytes = Vec::new();
    while !script.is_over() {
        match choices & 32 != 0 {
            true => bytes.extend_from_slice(script.rest()),
            false => bytes.extend(frame(role.peer(), &mut script)),
        }
    }

    receive_within_bounds(role, &config, cuts.clone().pieces(bytes.clone()));
    let naive = Naive { receiver: role, limits: &config.limits, deviations: &[] };
    assert_eq!(ours(role, &config, cuts.clone().pieces(bytes.clone())), naive.read(&bytes));
    for peer in &PEERS {
        let deviations: Vec<_> = peer.known.iter().map(|known| known.deviation).collect();
        let naive = Naive { deviations: &deviations, ..naive };
        let transport = Transport::new(cuts.clone().pieces(bytes.clone()));
        let outcome = (peer.read)(role, &config.limits, transport);
        assert_eq!(outcome, naive.read(&bytes).0, "{}", peer.name);
    }
});

fn ours(role: Role, config: &Config, pieces: Vec<Vec<u8>>) -> (Outcome, Option<ProtocolError>) {
    let mut connection = match role {
        Role::Server => Connection::server(config.clone()),
        Role::Client => Connection::client(config.clone(), [7; 32]),
    };
    let mut wire = Wire::new(role.peer(), false);
    let mut outcome = Outcome::default();
    let mut violation = None;
    let mut output = Vec::new();
    for mut piece in pieces {
        let mut input = piece.as_mut_slice();
        loop {
            let before = input.len();
            match connection.receive(&mut input) {
                Ok(Some(event)) => {
                    assert!(input.len() < before, "an event takes input");
                    assert!(violation.is_none(), "nothing comes after a violation");
                    observe(&event, &mut outcome.events);
                }
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(violation.replace(error), None, "a violation is told once")
                }
            }
        }
        assert!(input.is_empty(), "the input is always taken");
        while let Some(bytes) = connection.take_output() {
            wire.take(&bytes);
            output.extend_from_slice(&bytes);
        }
    }
    outcome.events.retain(|event| !matches!(event, Observed::Part(..)));
    outcome.failed = violation.is_some();
    outcome.answer = close_in(&output);
    (outcome, violation)
}

/// Each deviation is shown by a stream, which comes to something else without it.
fn everything_known_is_so() {
    let mut limits = Limits::default();
    (limits.max_frame_size, limits.max_message_size) = (127, 6);
    (limits.max_fragments, limits.max_empty_fragments) = (2, 1);
    for peer in &PEERS {
        for known in peer.known {
            let (receiver, stream) = known.shown_to;
            let is_other = |deviation: &Deviation| *deviation != known.deviation;
            let all: Vec<_> = peer.known.iter().map(|known| known.deviation).collect();
            let others: Vec<_> = all.iter().copied().filter(is_other).collect();
            let read = |deviations: &[Deviation]| {
                Naive { receiver, limits: &limits, deviations }.read(stream).0
            };
            let seen = (peer.read)(receiver, &limits, Transport::new(vec![stream.to_vec()]));
            assert_eq!(seen, read(&all), "{}: {}", peer.name, known.is);
            assert_ne!(seen, read(&others), "{} and {}", peer.name, known.is);
        }
    }
}
