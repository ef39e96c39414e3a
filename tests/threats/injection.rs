//! §4.1 §10.1, RFC 9110 §5.5  What an application puts into a head, and may have from anywhere: no line of its own.

use bytes::Buf;
use proptest::prelude::*;
use websocket_proto::handshake::{Acceptance, Client, ClientRequest, Proxy, Response, Server, Uri};
use websocket_proto::{Config, Transmit};

use crate::support::seed;

/// What ends a line or a text somewhere, alone and with a header behind it.
const BREAKS: [&str; 7] = ["\r", "\n", "\r\n", "\r\nX: y", "\n\nX: y", "\0", "\u{2028}"];

/// A head whose field is this text, if it may be.
type Field = (&'static str, fn(&str) -> Option<Vec<u8>>);

fn asking() -> ClientRequest {
    ClientRequest::new(Uri::parse("ws://h/").expect("a URI"))
}

/// All that a machine has to transmit.
macro_rules! drain {
    ($machine:expr) => {{
        let (mut machine, mut bytes) = ($machine, Vec::new());
        while let Transmit::Write(mut output) = machine.transmit() {
            let count = output.chunk().len();
            bytes.extend_from_slice(output.chunk());
            output.advance(count);
        }
        bytes
    }};
}

fn sent(request: &ClientRequest) -> Vec<u8> {
    drain!(Client::new(request, Config::client(), seed(1)))
}

/// What answers a request that offers the subprotocol `chat`.
fn answered(acceptance: &Acceptance) -> Vec<u8> {
    let mut asked = sent(&asking().subprotocols(["chat"]).expect("a name"));
    let request = Server::new(Config::server()).receive(&mut &mut asked[..]);
    let request = request.expect("valid").expect("whole");
    match request.accept(acceptance) {
        Ok(connection) => drain!(connection),
        Err(rejection) => drain!(rejection),
    }
}

fn rejected(response: &Response) -> Vec<u8> {
    let mut asked = sent(&asking());
    let request = Server::new(Config::server()).receive(&mut &mut asked[..]);
    drain!(request.expect("valid").expect("whole").reject(response))
}

fn proxied(proxy: &Proxy) -> Vec<u8> {
    proxy.connect_request(&Uri::parse("ws://h/").expect("a URI")).to_vec()
}

/// Everything that an application may give. Of those that are passed on as they are, none has a break in it; but U+2028
/// is bytes like any others where a header has a value (RFC 9110 §5.5: `obs-text`), and is no line end there.
const FIELDS: [Field; 16] = [
    ("host", |text| {
        Uri::new(false, text, None, "/").ok().map(|uri| sent(&ClientRequest::new(uri)))
    }),
    ("URI", |text| {
        Uri::parse(&format!("ws://h{text}/")).ok().map(|uri| sent(&ClientRequest::new(uri)))
    }),
    ("path", |text| {
        Uri::new(false, "h", None, &format!("/{text}"))
            .ok()
            .map(|uri| sent(&ClientRequest::new(uri)))
    }),
    ("query", |text| {
        Uri::parse(&format!("ws://h/?{text}")).ok().map(|uri| sent(&ClientRequest::new(uri)))
    }),
    ("location", |text| {
        let location = format!("/a{text}");
        asking().redirect(&location).ok().map(|request| sent(&request))
    }),
    ("subprotocol", |text| asking().subprotocols([text]).ok().map(|request| sent(&request))),
    ("header name", |text| asking().header(text, "x").ok().map(|request| sent(&request))),
    ("header value", |text| asking().header("Y", text).ok().map(|request| sent(&request))),
    ("origin", |text| asking().origin(text).ok().map(|request| sent(&request))),
    ("user", |text| asking().basic_authorization(text, "x").ok().map(|request| sent(&request))),
    ("token", |text| asking().bearer_authorization(text).ok().map(|request| sent(&request))),
    ("name in the 101", |text| {
        Acceptance::new().header(text, "x").ok().map(|acceptance| answered(&acceptance))
    }),
    ("value in the 101", |text| {
        Acceptance::new().header("Y", text).ok().map(|acceptance| answered(&acceptance))
    }),
    ("name in a rejection", |text| {
        let response = Response::new(404).expect("a status");
        response.header(text, "x").ok().map(|response| rejected(&response))
    }),
    ("value in a rejection", |text| {
        let response = Response::new(404).expect("a status");
        response.header("Y", text).ok().map(|response| rejected(&response))
    }),
    ("user at a proxy", |text| {
        let proxy = Proxy::new("proxy", 1).expect("a proxy");
        proxy.basic_authorization(text, "x").ok().map(|proxy| proxied(&proxy))
    }),
];

/// The first line and the others, by their line ends; nothing else ends one.
fn lines(head: &[u8]) -> (String, Vec<(String, Vec<u8>)>) {
    let text: String = head.iter().copied().map(char::from).collect();
    let head = text.strip_suffix("\r\n\r\n").expect("one empty line, at the end");
    assert!(!head.replace("\r\n", "").contains(['\r', '\n', '\0']), "{head:?}");
    let (first, lines) = head.split_once("\r\n").expect("lines");
    let line = |line: &str| {
        let (name, value) = line.split_once(": ").expect("name: value");
        let value = value.trim_matches([' ', '\t']);
        (name.to_owned(), value.chars().map(|c| c as u8).collect())
    };
    (first.to_owned(), lines.split("\r\n").map(line).collect())
}

/// T-HS-13: every field, with every break at its start, in its middle and at its end.
#[test]
fn no_field_takes_a_line_end() {
    for (name, head) in FIELDS {
        let plain = head("ab").unwrap_or_else(|| panic!("{name}: taken without a break"));
        let (_, expected) = lines(&plain);
        for breaks in BREAKS {
            for text in [
                breaks.to_owned(),
                format!("{breaks}b"),
                format!("a{breaks}b"),
                format!("a{breaks}"),
            ] {
                match head(&text) {
                    None => {}
                    Some(bytes) => {
                        assert_eq!(breaks, "\u{2028}", "{name}: {text:?}");
                        assert!(
                            name.contains("value") || name.contains("user") || name == "origin",
                            "{name}"
                        );
                        assert_eq!(lines(&bytes).1.len(), expected.len(), "{name}");
                    }
                }
            }
        }
    }
}

/// What a server is to choose from is never checked, as it is sent only where the client has offered it.
#[test]
fn a_subprotocol_with_a_line_end_is_never_chosen() {
    for name in ["chat\r\nX: y", "\r\nX: y", "chat\n", "chat\0"] {
        for acceptance in
            [Acceptance::new().subprotocol(name), Acceptance::new().subprotocols([name])]
        {
            let (_, lines) = lines(&answered(&acceptance));
            assert!(lines.iter().all(|(name, _)| name != "X" && name != "Sec-WebSocket-Protocol"));
        }
    }
}

fn anything() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,12}", "\\PC{0,6}", "[a-z!#$%&'*+.^_`|~-]{1,8}", any::<String>()]
}

proptest! {
    /// T-HS-13: whatever was taken is in the head as it was given, each once, and nothing else is.
    #[test]
    fn a_head_is_what_was_asked_for(
        path in anything(),
        names in prop::collection::vec(anything(), 0..3),
        added in prop::collection::vec((anything(), anything()), 0..4),
        origin in prop::option::of(anything()),
    ) {
        let resource = format!("/{path}");
        let uri = Uri::new(false, "h", None, &resource);
        // §3: a query of nothing is none.
        let resource = match (&uri, resource.split_once('?')) {
            (Err(_), _) => "/",
            (Ok(_), Some((path, ""))) => path,
            (Ok(_), _) => &resource,
        };
        let mut request = uri.map_or_else(|_| asking(), ClientRequest::new);
        let mut expected: Vec<(String, Vec<u8>)> = [
            ("Host", "h"),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
        ]
        .map(|(name, value)| (name.to_owned(), value.into()))
        .into();
        let trimmed = |value: &str| value.trim_matches([' ', '\t']).as_bytes().to_vec();
        if let Some((origin, with)) = origin
            .and_then(|origin| Some((origin.clone(), request.clone().origin(origin).ok()?)))
        {
            request = with;
            expected.push(("Origin".to_owned(), trimmed(&origin)));
        }
        let mut offered = Vec::new();
        for name in names {
            if let Ok(with) = request.clone().subprotocols([&name]) {
                request = with;
                offered.push(name);
            }
        }
        if !offered.is_empty() {
            expected.push(("Sec-WebSocket-Protocol".to_owned(), offered.join(", ").into_bytes()));
        }
        for (name, value) in added {
            if let Ok(with) = request.clone().header(&name, &value) {
                request = with;
                expected.push((name, trimmed(&value)));
            }
        }

        let mut head = sent(&request);
        let (first, mut found) = lines(&head);
        prop_assert_eq!(first, format!("GET {resource} HTTP/1.1"));
        let key = found.iter().position(|(name, _)| name == "Sec-WebSocket-Key").expect("a key");
        prop_assert_eq!(found.remove(key).1.len(), 24);
        found.sort();
        expected.sort();
        prop_assert_eq!(&found, &expected);

        // A server of our own reads the same.
        let request = Server::new(Config::server()).receive(&mut &mut head[..]);
        let request = request.expect("valid").expect("whole");
        let headers = request.headers().filter(|(name, _)| *name != "Sec-WebSocket-Key");
        let mut read: Vec<_> = headers.map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
        read.sort();
        prop_assert_eq!(read, expected);
        prop_assert_eq!(request.target(), resource);
    }
}
