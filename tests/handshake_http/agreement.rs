//! §4.1 §4.2  Whatever a head says, the built-in handshake and the one over the `http` crate decide alike
//! (T-H2-03): one negotiation serves both.

use http::{Request, Response, Version};
use proptest::prelude::*;
use websocket_proto::handshake::http::{Client, RequestHead};
use websocket_proto::handshake::{
    self, Acceptance, ClientRequest, HandshakeError, Server, Uri, sec_websocket_accept,
};
use websocket_proto::{Config, Connection, Transmit};

use crate::support::{output, seed};

type Lines = Vec<(String, String)>;

fn lines(lines: &[(&str, &str)]) -> Lines {
    lines.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn request_lines() -> Lines {
    lines(&[
        ("Host", "server.example.com"),
        ("Upgrade", "websocket"),
        ("Connection", "keep-alive, Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
        ("Origin", "http://server.example.com"),
        ("Sec-WebSocket-Protocol", "chat, superchat"),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits, e; f=\"1\""),
        ("Content-Length", "0"),
        ("Cookie", "a=b"),
    ])
}

/// One change of a head. Numbers choose a line, and a place in its value.
#[derive(Clone, Debug)]
enum Change {
    Remove(usize),
    Twice(usize),
    Swap(usize, usize),
    /// Replaces the byte at that place, or inserts before it.
    Byte(usize, usize, char, bool),
    Cut(usize, usize),
    Set(usize, &'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let number = 0..64_usize;
    let byte = prop_oneof![
        prop::sample::select(",;=\"\\ \t/:@[]#%0a=-".chars().collect::<Vec<_>>()),
        prop::char::range(' ', '~'),
    ];
    let value = prop::sample::select(vec![
        "",
        "websocket",
        "WebSocket",
        "h2c",
        "Upgrade",
        "close",
        "13",
        "12",
        "8",
        "0",
        "5",
        "chat",
        "chunked",
        "100-continue",
        "http://evil.example",
        "permessage-deflate",
        "other",
    ]);
    prop_oneof![
        number.clone().prop_map(Change::Remove),
        number.clone().prop_map(Change::Twice),
        (number.clone(), number.clone()).prop_map(|(one, two)| Change::Swap(one, two)),
        (number.clone(), number.clone(), byte, any::<bool>())
            .prop_map(|(line, at, byte, insert)| Change::Byte(line, at, byte, insert)),
        (number.clone(), number.clone()).prop_map(|(line, at)| Change::Cut(line, at)),
        (number, value).prop_map(|(line, value)| Change::Set(line, value)),
    ]
}

fn changed(mut lines: Lines, changes: &[Change]) -> Lines {
    for change in changes {
        let count = lines.len();
        if count == 0 {
            break;
        }
        match *change {
            Change::Remove(line) => drop(lines.remove(line % count)),
            Change::Twice(line) => lines.push(lines[line % count].clone()),
            Change::Swap(one, two) => lines.swap(one % count, two % count),
            Change::Byte(line, at, byte, insert) => {
                let value = &mut lines[line % count].1;
                let at = at % (value.len() + 1);
                if !insert && at < value.len() {
                    value.remove(at);
                }
                value.insert(at, byte);
            }
            Change::Cut(line, at) => {
                let value = &mut lines[line % count].1;
                value.truncate(at % (value.len() + 1));
            }
            Change::Set(line, value) => value.clone_into(&mut lines[line % count].1),
        }
    }
    lines
}

fn text(first_line: &str, lines: &Lines) -> Vec<u8> {
    let mut text = format!("{first_line}\r\n");
    for (name, value) in lines {
        text += &format!("{name}: {value}\r\n");
    }
    (text + "\r\n").into_bytes()
}

/// What was decided: the subprotocol and the head of the response, or the reason and status.
type Decision = Result<(Option<String>, Lines), (HandshakeError, u16)>;

fn sorted(mut lines: Lines) -> Lines {
    for (name, _) in &mut lines {
        name.make_ascii_lowercase();
    }
    lines.sort_unstable();
    lines
}

fn built_in(request: &[u8], acceptance: &Acceptance, config: &Config) -> Decision {
    let mut bytes = request.to_vec();
    let mut server = Server::new(config.clone());
    match server.receive(&mut bytes.as_mut_slice()) {
        Ok(request) => match request.expect("a complete head").accept(acceptance) {
            Ok(mut connection) => {
                let head = String::from_utf8(output(&mut connection)).unwrap();
                let head = head.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&head);
                let lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
                let lines = lines.map(|(name, value)| (name.to_owned(), value.to_owned()));
                Ok((connection.subprotocol().map(Into::into), sorted(lines.collect())))
            }
            Err(rejection) => Err((rejection.reason().unwrap(), rejection.status())),
        },
        Err(error) => Err((error, error.status().unwrap())),
    }
}

fn over_http(request: &Request<()>, acceptance: &Acceptance, config: &Config) -> Decision {
    match RequestHead::new(request).accept(acceptance, config.clone()) {
        Ok((response, mut connection)) => {
            assert_eq!(response.status(), 101);
            assert!(matches!(connection.transmit(), Transmit::Idle));
            let lines = response.headers().iter().map(|(name, value)| {
                (name.as_str().to_owned(), value.to_str().unwrap().to_owned())
            });
            Ok((connection.subprotocol().map(Into::into), sorted(lines.collect())))
        }
        Err(rejection) => Err((rejection.reason(), rejection.response().status().as_u16())),
    }
}

fn config(preset: Config) -> Config {
    #[cfg_attr(not(feature = "deflate"), expect(unused_mut, reason = "set with compression"))]
    let mut config = preset;
    #[cfg(feature = "deflate")]
    {
        config.compression = Some(websocket_proto::deflate::Compression::default());
    }
    config
}

/// A value as a stack of HTTP reads it: without the whitespace around it.
fn fill(mut headers: http::HeaderMap, lines: &Lines) -> Option<http::HeaderMap> {
    for (name, value) in lines {
        let name = http::HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.append(name, value.trim_matches([' ', '\t']).parse().ok()?);
    }
    Some(headers)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn servers_decide_alike(
        changes in prop::collection::vec(change(), 0..4),
        method in prop::sample::select(vec!["GET", "GET", "GET", "GET", "POST", "get", "HEAD"]),
        target in prop::sample::select(vec![
            "/chat", "/", "/?a=b", "/a?b?c", "//a", "http://server.example.com/chat",
            "https://server.example.com:443?q", "http://other.example/", "server.example.com:80",
            "*", "ws://server.example.com/",
        ]),
        minor in prop::sample::select(vec![1_u8, 1, 1, 1, 0]),
        choice in 0..3,
    ) {
        let lines = changed(request_lines(), &changes);
        let head = text(&format!("{method} {target} HTTP/1.{minor}"), &lines);
        let mut request = Request::new(());
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = target.parse().unwrap();
        *request.version_mut() = if minor == 0 { Version::HTTP_10 } else { Version::HTTP_11 };
        *request.headers_mut() = fill(http::HeaderMap::new(), &lines).unwrap();
        let acceptance = match choice {
            0 => Acceptance::new(),
            1 => Acceptance::new().subprotocols(["superchat", "chat"]).header("X-Y", "z").unwrap(),
            _ => Acceptance::new().subprotocol("chat").allowed_hosts(["server.example.com"]),
        };
        let config = config(Config::server());
        let decision = built_in(&head, &acceptance, &config);
        let same = over_http(&request, &acceptance, &config);
        prop_assert_eq!(same, decision, "{}", String::from_utf8_lossy(&head));
    }

    #[test]
    fn clients_decide_alike(
        changes in prop::collection::vec(change(), 0..4),
        status in prop::sample::select(vec![101_u16, 101, 101, 101, 101, 200, 403, 426]),
    ) {
        let asked = ClientRequest::new(Uri::parse("ws://server.example.com/").unwrap());
        let asked = asked.subprotocols(["chat"]).unwrap();
        let config = config(Config::client());
        let (request, client) = Client::upgrade(&asked, config.clone(), seed(7)).unwrap();
        let accept = sec_websocket_accept(&request.headers()["sec-websocket-key"]).unwrap();
        let lines = changed(lines(&[
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", std::str::from_utf8(&accept).unwrap()),
            ("Sec-WebSocket-Protocol", "chat"),
            ("Sec-WebSocket-Extensions", "permessage-deflate"),
            ("X-Y", "z"),
        ]), &changes);

        // The same seed: the same key.
        let mut built_in = handshake::Client::new(&asked, config, seed(7));
        while let Transmit::Write(mut output) = built_in.transmit() {
            let count = bytes::Buf::remaining(&output);
            bytes::Buf::advance(&mut output, count);
        }
        let mut head = text(&format!("HTTP/1.1 {status} X"), &lines);
        let outcome = built_in.receive(&mut head.as_mut_slice());
        built_in.receive_eof();
        let decision = match outcome {
            Ok(Some(established)) => Ok(established.connection),
            Ok(None) => Err(built_in.error().unwrap()),
            Err(error) => Err(error),
        };

        let mut response = Response::new(());
        *response.status_mut() = status.try_into().unwrap();
        *response.headers_mut() = fill(http::HeaderMap::new(), &lines).unwrap();
        let same = client.establish(&response);
        let seen = |decision: Result<Connection, HandshakeError>| {
            decision.map(|connection| {
                #[cfg(feature = "deflate")]
                let compression = connection.compression();
                #[cfg(not(feature = "deflate"))]
                let compression = ();
                (connection.subprotocol().map(ToOwned::to_owned), compression)
            })
        };
        prop_assert_eq!(seen(same), seen(decision), "{}", String::from_utf8_lossy(&head));
    }
}

/// What is asked for is the same, too.
#[test]
fn clients_ask_alike() {
    let asked = ClientRequest::new(Uri::parse("wss://[::1]:9001/a?b").unwrap())
        .subprotocols(["chat", "superchat"])
        .unwrap()
        .origin("http://www.example.com")
        .unwrap()
        .header("Cookie", "a=b")
        .unwrap()
        .header("X-Y", "\u{f6} z")
        .unwrap();
    let config = config(Config::client());
    let mut built_in = handshake::Client::new(&asked, config.clone(), seed(7));
    let mut head = Vec::new();
    while let Transmit::Write(mut output) = built_in.transmit() {
        let chunk = bytes::Buf::chunk(&output).to_vec();
        bytes::Buf::advance(&mut output, chunk.len());
        head.extend(chunk);
    }
    let head = String::from_utf8(head).unwrap();
    let (request, _) = Client::upgrade(&asked, config, seed(7)).unwrap();
    assert!(head.starts_with(&format!("{} {} HTTP/1.1\r\n", request.method(), request.uri())));
    let expected = head.split("\r\n").filter_map(|line| line.split_once(": "));
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let lines = request.headers().iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8(value.as_bytes().to_vec()).unwrap())
    });
    assert_eq!(sorted(lines.collect()), sorted(expected));
}
