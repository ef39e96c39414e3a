//! §4.2.2 §10.1  What a server says of what it was sent: nothing but the subprotocol that both speak.

use bytes::Buf;
use websocket_proto::handshake::{Acceptance, OriginPolicy, Response, Server};
use websocket_proto::{Config, Transmit};

use crate::support::Random;

/// Letters that stand nowhere else.
fn marker(random: &mut Random) -> String {
    (0..12).map(|_| char::from(b'a' + random.below(26) as u8)).collect()
}

/// A request of which every field that may be anything holds the marker. A line that starts with a name takes the place
/// of the one of that name.
fn request(first: &str, changed: &[&str], marker: &str) -> Vec<u8> {
    let mut lines: Vec<String> = [
        "Host: MARK.example:1234",
        "Upgrade: MARK, websocket",
        "Connection: MARK, Upgrade",
        "Sec-WebSocket-Key: MARKAAAAAAAAAA==",
        "Sec-WebSocket-Version: 13",
        "Origin: http://MARK.example:1234",
        "Cookie: MARK",
        "User-Agent: MARK",
        "Sec-WebSocket-Protocol: MARK, chat",
        "Sec-WebSocket-Extensions: MARK; MARK=MARK; MARK=\"MARK\", permessage-deflate; client_max_window_bits",
        "MARK: MARK",
        "Sec-WebSocket-Accept: MARK",
    ]
    .map(str::to_owned)
    .into();
    for line in changed {
        let (name, _) = line.split_once(':').expect("a header line");
        lines.retain(|other| !other.starts_with(&format!("{name}:")));
        lines.push((*line).to_owned());
    }
    format!("{first}\r\n{}\r\n\r\n", lines.join("\r\n")).replace("MARK", marker).into_bytes()
}

fn config() -> Config {
    #[cfg_attr(not(feature = "deflate"), expect(unused_mut, reason = "nothing to agree on"))]
    let mut config = Config::server();
    #[cfg(feature = "deflate")]
    {
        config.compression = Some(websocket_proto::deflate::Compression::default());
    }
    config
}

/// All that the server says to it, whatever the application makes of it.
fn answer(mut bytes: Vec<u8>, acceptance: Option<&Acceptance>) -> String {
    let mut text = String::new();
    let mut take = |transmit: Transmit<'_>| match transmit {
        Transmit::Write(mut output) => {
            let count = output.remaining();
            text.extend(output.copy_to_bytes(count).iter().map(|byte| char::from(*byte)));
        }
        other => panic!("{other:?}: no answer"),
    };
    let mut server = Server::new(config());
    let mut input = &mut bytes[..];
    match (server.receive(&mut input), acceptance) {
        (Ok(None), _) => panic!("half a head"),
        (Err(_), _) => take(server.transmit()),
        (Ok(Some(request)), None) => {
            let response = Response::new(404).expect("a status").body("no such room");
            take(request.reject(&response).transmit());
        }
        (Ok(Some(request)), Some(acceptance)) => match request.accept(acceptance) {
            Ok(mut connection) => take(connection.transmit()),
            Err(mut rejection) => take(rejection.transmit()),
        },
    }
    text
}

/// T-HS-14: a random word in every field, and every answer that there is: the word is in none.
#[test]
fn no_answer_has_a_word_of_the_request() {
    let get = "GET /MARK/MARK?MARK=MARK HTTP/1.1";
    let open = || Acceptance::new().origin(OriginPolicy::Any);
    let ways = [
        Some(open()),
        Some(Acceptance::new()),
        Some(open().subprotocols(["chat"])),
        Some(open().subprotocol("other")),
        Some(open().allowed_hosts(["localhost"])),
        Some(Acceptance::new().origin(OriginPolicy::list(["http://h"]).expect("an origin"))),
        None,
    ];
    let many = "MARK: MARK\r\n".repeat(100) + "X: y";
    let long = format!("X: {}", "MARK".repeat(8_000));
    let endless = format!("GET /{} HTTP/1.1", "MARK".repeat(4_000));
    let requests: [(&str, &[&str]); 28] = [
        (get, &[]),
        (get, &["Expect: 100-continue"]),
        (get, &["Expect: MARK"]),
        (get, &["Upgrade: MARK"]),
        ("MARK /MARK HTTP/1.1", &[]),
        ("POST /MARK HTTP/1.1", &[]),
        ("GET /MARK HTTP/1.0", &[]),
        ("GET /MARK HTTP/MARK", &[]),
        ("GET MARK HTTP/1.1", &[]),
        ("GET http://MARK/MARK HTTP/1.1", &[]),
        ("GET /MARK#MARK HTTP/1.1", &[]),
        (&endless, &[]),
        (get, &["Host: MARK MARK"]),
        (get, &["Connection: MARK"]),
        (get, &["Connection: MARK MARK"]),
        (get, &["Sec-WebSocket-Key: MARK"]),
        (get, &["Sec-WebSocket-Version: MARK"]),
        (get, &["Sec-WebSocket-Version: 8", "X: MARK"]),
        (get, &["Origin: http://MARK", "X: y\r\nOrigin: MARK"]),
        (get, &["Sec-WebSocket-Protocol: MARK MARK"]),
        (get, &["Sec-WebSocket-Extensions: MARK; MARK="]),
        (get, &["Sec-WebSocket-Extensions: permessage-deflate; MARK=MARK"]),
        (get, &["Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=MARK"]),
        (get, &["Content-Length: MARK"]),
        (get, &["Transfer-Encoding: MARK"]),
        (get, &["MARK : MARK"]),
        (get, &[&many]),
        (get, &[&long]),
    ];
    let mut statuses = std::collections::BTreeSet::new();
    let mut random = Random::new(14);
    for (first, changed) in requests {
        for way in &ways {
            let marker = marker(&mut random);
            let answer = answer(request(first, changed, &marker), way.as_ref());
            assert!(!answer.to_lowercase().contains(&marker), "{first} {changed:?}: {answer}");
            let is_interim = answer.starts_with("HTTP/1.1 100 Continue\r\n\r\n");
            statuses.insert(answer[if is_interim { 34..37 } else { 9..12 }].to_owned());
            // And it is one answer.
            let heads = answer.matches("HTTP/1.1 ").count();
            assert_eq!(heads, 1 + usize::from(is_interim), "{answer}");
        }
    }
    assert_eq!(
        statuses.into_iter().collect::<Vec<_>>(),
        ["101", "400", "403", "404", "405", "414", "426", "431", "500"]
    );
}

/// T-HS-14: the subprotocol that the application speaks, too, is the one word, once; and it is the application's.
#[test]
fn the_subprotocol_is_the_one_word_that_comes_back() {
    let mut random = Random::new(15);
    let marker = marker(&mut random);
    let acceptance = Acceptance::new().subprotocols([&marker]);
    let answer = answer(request("GET /MARK HTTP/1.1", &[], &marker), Some(&acceptance));
    assert_eq!(answer.matches(&marker).count(), 1);
    assert!(answer.contains(&format!("\r\nSec-WebSocket-Protocol: {marker}\r\n")), "{answer}");
}
