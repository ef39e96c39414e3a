//! The client's handshake: any answer, in any pieces, leads to a connection, to one error or to more
//! waiting, and the pieces make no difference.

#![no_main]

use std::time::Duration;

use bytes::Buf;
use libfuzzer_sys::fuzz_target;
use websocket_proto::handshake::{
    Acceptance, Client, ClientRequest, Established, HandshakeError, OriginPolicy, Server, Uri,
};
use websocket_proto::{Config, State, Transmit};
use websocket_proto_fuzz::{Script, held, peak_of};

/// Stands for the right value of `Sec-WebSocket-Accept`.
const ACCEPT: &[u8] = b"{accept}";

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let choices = script.byte();
    let cuts = Script::new(script.short());
    let bytes = script.rest();
    let memory = held();
    measure(choices, bytes, cuts.clone());
    let whole = play(choices, bytes, Script::new(&[]));
    let cut = play(choices, bytes, cuts);
    assert_eq!(whole, cut);
    drop((whole, cut));
    assert_eq!(held(), memory, "everything is freed");
});

#[derive(Debug, Default, PartialEq)]
struct Outcome {
    error: Option<HandshakeError>,
    subprotocol: Option<String>,
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    /// What came behind the head.
    left: Vec<u8>,
}

fn config(choices: u8) -> Config {
    let mut config = Config::client();
    if choices & 1 != 0 {
        config.limits.max_head_size = 300;
        config.limits.max_headers = 8;
        config.limits.max_interim_responses = 1;
        config.limits.max_refusal_body = 16;
    }
    config
}

fn request(choices: u8) -> ClientRequest {
    let mut request = ClientRequest::new(Uri::parse("ws://example.com/chat").unwrap());
    if choices & 2 != 0 {
        request = request.subprotocols(["chat", "superchat"]).unwrap();
    }
    if choices & 4 != 0 {
        request = request.origin("https://example.com").unwrap().header("Cookie", "a=b").unwrap();
    }
    request
}

/// Nothing is held but a head and the body of a refusal, within their limits.
fn measure(choices: u8, response: &[u8], mut cuts: Script<'_>) {
    let limits = config(choices).limits;
    // Buffers grow to twice what they hold; a connection.
    let most = 2 * (limits.max_head_size + limits.max_refusal_body) + 1024;
    let mut client = Client::new(&request(choices), config(choices), [7; 32]);
    let accept = accept(&mut client, false);
    let mut pieces = cuts.pieces(substitute(response, &accept));
    let ((), peak) = peak_of(|| {
        for piece in &mut pieces {
            if matches!(client.receive(&mut piece.as_mut_slice()), Ok(Some(_))) {
                break;
            }
        }
    });
    assert!(peak <= most as isize, "{peak} bytes of {most}");
}

fn play(choices: u8, response: &[u8], mut cuts: Script<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let mut client = Client::new(&request(choices), config(choices), [7; 32]);
    client.tick(Duration::ZERO);
    let accept = accept(&mut client, choices & 8 != 0);
    let response = substitute(response, &accept);
    let all = response.clone();

    let mut established = None;
    let mut pieces = cuts.pieces(response).into_iter();
    for mut piece in &mut pieces {
        let mut input = piece.as_mut_slice();
        match client.receive(&mut input) {
            Ok(Some(opened)) => {
                assert_eq!(outcome.error, None, "nothing comes after an error");
                assert_eq!(client.state(), State::Closed);
                outcome.left.extend_from_slice(input);
                established = Some(opened);
                break;
            }
            Ok(None) => assert!(input.is_empty(), "the input is always taken"),
            Err(error) => {
                assert!(input.is_empty(), "the input is always taken");
                assert_eq!(outcome.error, None, "an error is told once");
                assert!(matches!(client.transmit(), Transmit::Abort));
                assert_eq!(client.error(), Some(error));
                outcome.error = Some(error);
            }
        }
    }
    for piece in pieces {
        outcome.left.extend_from_slice(&piece);
    }
    let _ = format!("{client:?}");
    match established {
        Some(established) => {
            let head = all.strip_suffix(outcome.left.as_slice()).expect("what is behind the head");
            assert!(head.ends_with(b"\n\r\n"), "the head, to its end");
            open(established, &mut outcome);
        }
        None => {
            if choices & 16 != 0 {
                client.tick(Duration::from_secs(11));
            }
            client.receive_eof();
            assert_eq!(client.state(), State::Closed);
            assert!(client.error().is_some(), "without a connection there is an error");
            outcome.error = client.error();
        }
    }
    if let Some(refusal) = client.refusal() {
        let _ = (format!("{refusal:?}"), refusal.versions().count());
        outcome.status = refusal.status();
        outcome.headers =
            refusal.headers().map(|(name, value)| (name.into(), value.into())).collect();
        outcome.body = refusal.body().to_vec();
        assert!(outcome.body.len() <= 4096);
        assert_eq!(outcome.error, Some(HandshakeError::Refused { status: outcome.status }));
    }
    outcome
}

/// The request is one that our own server accepts; returns what it answers. `early`: the rest of the
/// request is still waiting when the answer comes.
fn accept(client: &mut Client, early: bool) -> Vec<u8> {
    let Transmit::Write(mut output) = client.transmit() else { panic!("the request is queued") };
    let mut request = output.chunk().to_vec();
    output.advance(request.len() - usize::from(early));
    let mut input = request.as_mut_slice();
    let request = Server::new(Config::server()).receive(&mut input).unwrap().unwrap();
    assert!(input.is_empty() && request.is_upgrade());
    let acceptance = Acceptance::new().origin(OriginPolicy::Any);
    let answer = request.accept(&acceptance).unwrap().take_output().unwrap();
    let answer = std::str::from_utf8(&answer).unwrap();
    let (_, value) = answer.split_once("Sec-WebSocket-Accept: ").unwrap();
    value.as_bytes()[..28].to_vec()
}

fn substitute(response: &[u8], accept: &[u8]) -> Vec<u8> {
    match response.windows(ACCEPT.len()).position(|window| window == ACCEPT) {
        Some(at) => [&response[..at], accept, &response[at + ACCEPT.len()..]].concat(),
        None => response.to_vec(),
    }
}

fn open(established: Established, outcome: &mut Outcome) {
    let Established { mut connection, response, .. } = established;
    outcome.status = response.status();
    assert_eq!(outcome.status, 101);
    outcome.headers = response.headers().map(|(name, value)| (name.into(), value.into())).collect();
    outcome.subprotocol = connection.subprotocol().map(Into::into);
    assert!(matches!(outcome.subprotocol.as_deref(), None | Some("chat" | "superchat")));
    let mut left = outcome.left.clone();
    let mut input = left.as_mut_slice();
    while let Ok(Some(_)) = connection.receive(&mut input) {}
    assert!(input.is_empty());
}
