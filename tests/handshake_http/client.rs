//! §4.1, RFC 8441 §5, RFC 9220 §3  A client's requests, and what it takes for an answer.

use http::{Method, Request, Response, Version};
use websocket_proto::handshake::http::{Client, PROTOCOL, RequestError, RequestHead};
use websocket_proto::handshake::{
    Acceptance, ClientRequest, HandshakeError, OriginPolicy, Uri, sec_websocket_accept,
};
use websocket_proto::{Config, Connection, Event};

use crate::support::seed;

fn asking(uri: &str) -> ClientRequest {
    ClientRequest::new(Uri::parse(uri).unwrap())
}

fn upgrade(request: &ClientRequest) -> (Request<()>, Client) {
    Client::upgrade(request, Config::client(), seed(1)).unwrap()
}

fn extended_connect(request: &ClientRequest) -> (Request<()>, Client) {
    Client::extended_connect(request, Config::client(), seed(1)).unwrap()
}

/// The header lines in their order.
fn lines(request: &Request<()>) -> Vec<String> {
    let headers = request.headers().iter();
    headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
}

/// A response with these header lines; `{accept}` stands for the fitting value.
fn response(request: &Request<()>, version: Version, status: u16, lines: &[&str]) -> Response<()> {
    let key = request.headers().get("sec-websocket-key");
    let accept = key.and_then(sec_websocket_accept).unwrap_or([b'x'; 28]);
    let mut response = Response::builder().version(version).status(status);
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        let value = value.replace("{accept}", std::str::from_utf8(&accept).unwrap());
        response = response.header(name, value);
    }
    response.body(()).unwrap()
}

const SWITCHING: [&str; 3] =
    ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}"];

// R6455-4.1-07, R6455-4.1-12
#[test]
fn the_upgrade_is_exactly_this() {
    let (request, _) = upgrade(&asking("ws://server.example.com/chat"));
    assert_eq!((request.method(), request.version()), (&Method::GET, Version::HTTP_11));
    assert_eq!(request.uri(), "/chat");
    let key = request.headers()["sec-websocket-key"].to_str().unwrap();
    assert!(sec_websocket_accept(key).is_some(), "{key}");
    assert_eq!(
        lines(&request),
        [
            "host: server.example.com",
            "upgrade: websocket",
            "connection: Upgrade",
            &format!("sec-websocket-key: {key}"),
            "sec-websocket-version: 13",
        ]
    );
    // A key of its own for each.
    let (another, _) = Client::upgrade(&asking("ws://h/"), Config::client(), seed(2)).unwrap();
    assert_ne!(another.headers()["sec-websocket-key"], key);
    let from_os = || Client::upgrade_from_os(&asking("ws://h/"), Config::client()).unwrap().0;
    assert_ne!(from_os().headers()["sec-websocket-key"], from_os().headers()["sec-websocket-key"]);
}

// R8441-5-01, R8441-5-02, R8441-5-03, R8441-5-04, R8441-5-05, R8441-5-06, R9220-3-01
#[test]
fn the_extended_connect_is_exactly_this() {
    assert_eq!(PROTOCOL, "websocket");
    let full = asking("wss://server.example.com/chat?room=1")
        .subprotocols(["chat", "superchat"])
        .unwrap()
        .origin("https://www.example.com")
        .unwrap()
        .header("Cookie", "a=b")
        .unwrap();
    let (request, _) = extended_connect(&full);
    assert_eq!((request.method(), request.version()), (&Method::CONNECT, Version::HTTP_2));
    assert_eq!(request.uri(), "https://server.example.com/chat?room=1");
    assert_eq!(
        lines(&request),
        [
            "sec-websocket-version: 13",
            "sec-websocket-protocol: chat, superchat",
            "origin: https://www.example.com",
            "cookie: a=b",
        ]
    );
    for (uri, expected) in [
        ("ws://h/", "http://h/"),
        ("ws://h:80/", "http://h/"),
        ("ws://h:443/a", "http://h:443/a"),
        ("wss://h:443/a", "https://h/a"),
        ("wss://[::1]:9001/?a", "https://[::1]:9001/?a"),
    ] {
        assert_eq!(extended_connect(&asking(uri)).0.uri(), expected, "{uri}");
    }
    let (request, _) =
        Client::extended_connect_from_os(&asking("ws://h/"), Config::client()).unwrap();
    assert_eq!(lines(&request), ["sec-websocket-version: 13"]);
}

/// The stack of a server of our own takes what a client of our own makes.
#[test]
fn both_sides_agree() {
    let asked = asking("wss://server.example.com/chat").subprotocols(["chat"]).unwrap();
    let acceptance = Acceptance::new().subprotocols(["chat"]);
    for ((mut request, client), versions) in [
        (upgrade(&asked), &[Version::HTTP_11][..]),
        (extended_connect(&asked), &[Version::HTTP_2]),
        (extended_connect(&asked), &[Version::HTTP_3]),
    ] {
        *request.version_mut() = versions[0];
        let head = RequestHead::new(&request).protocol(Some(PROTOCOL));
        let (response, mut server) = head.accept(&acceptance, Config::server()).unwrap();
        let mut client = client.establish(&response).unwrap();
        assert_eq!((client.subprotocol(), server.subprotocol()), (Some("chat"), Some("chat")));
        // R8441-5-07: a client masks, a server does not.
        let mut sent = hello(&mut client);
        assert_eq!(&sent[..2], b"\x81\x85");
        let mut input = sent.as_mut_slice();
        let event = server.receive(&mut input).unwrap();
        assert!(matches!(event, Some(Event::Text(text)) if &*text == "Hello"));
        assert_eq!(hello(&mut server), b"\x81\x05Hello");
    }
}

fn hello(connection: &mut Connection) -> Vec<u8> {
    connection.send_text("Hello").unwrap();
    connection.take_output().unwrap().to_vec()
}

// R6455-4.1-20, R6455-4.1-21, R6455-4.1-22, R6455-4.1-23, T-HS-10
#[test]
fn only_a_fitting_101_upgrades() {
    let asked = asking("ws://h/").subprotocols(["chat"]).unwrap();
    let outcome = |version, status, lines: &[&str]| {
        let (request, client) = upgrade(&asked);
        client.establish(&response(&request, version, status, lines)).map(|_| ())
    };
    let http = Version::HTTP_11;
    let with = |line| [SWITCHING.as_slice(), &[line]].concat();
    assert_eq!(outcome(http, 101, &SWITCHING), Ok(()));
    assert_eq!(outcome(http, 101, &with("Sec-WebSocket-Protocol: chat")), Ok(()));
    for status in [200, 204, 301, 400, 401, 403, 426, 500] {
        let refused = Err(HandshakeError::Refused { status });
        assert_eq!(outcome(http, status, &SWITCHING), refused);
        assert_eq!(outcome(Version::HTTP_2, status, &SWITCHING), refused);
    }
    // T-H2-02: HTTP/2 has no 101, HTTP/1.0 no upgrade.
    for version in [Version::HTTP_10, Version::HTTP_2, Version::HTTP_3] {
        assert_eq!(outcome(version, 101, &SWITCHING), Err(HandshakeError::HttpVersion));
    }
    for (lines, expected) in [
        (vec![], HandshakeError::Upgrade),
        (SWITCHING[1..].to_vec(), HandshakeError::Upgrade),
        (with("Upgrade: websocket"), HandshakeError::Upgrade),
        (vec![SWITCHING[0], SWITCHING[2]], HandshakeError::Connection),
        (vec![SWITCHING[0], SWITCHING[2], "Connection: close"], HandshakeError::Connection),
        (SWITCHING[..2].to_vec(), HandshakeError::Accept),
        (
            vec![SWITCHING[0], SWITCHING[1], "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
            HandshakeError::Accept,
        ),
        (with(SWITCHING[2]), HandshakeError::DuplicateHeader),
        (with("Sec-WebSocket-Protocol: other"), HandshakeError::UnexpectedSubprotocol),
        (with("Sec-WebSocket-Protocol: CHAT"), HandshakeError::UnexpectedSubprotocol),
        (with("Sec-WebSocket-Extensions: foo"), HandshakeError::UnexpectedExtension),
        (with("Sec-WebSocket-Extensions: permessage-deflate"), HandshakeError::UnexpectedExtension),
        (with("Sec-WebSocket-Extensions: a;"), HandshakeError::Extensions),
    ] {
        assert_eq!(outcome(http, 101, &lines), Err(expected), "{lines:?}");
    }
}

// R8441-5-07, R8441-5-05, R8441-5-06, R9110-9.3.6-01, T-H2-02
#[test]
fn only_a_2xx_answers_an_extended_connect() {
    let asked = asking("wss://h/").subprotocols(["chat"]).unwrap();
    for version in [Version::HTTP_2, Version::HTTP_3] {
        let outcome = |status, lines: &[&str]| {
            let (request, client) = extended_connect(&asked);
            client.establish(&response(&request, version, status, lines)).map(|_| ())
        };
        for status in [200, 201, 204, 299] {
            assert_eq!(outcome(status, &[]), Ok(()), "{status}");
        }
        for status in [101, 301, 400, 403, 404, 501] {
            assert_eq!(outcome(status, &[]), Err(HandshakeError::Refused { status }));
        }
        for line in [
            "Content-Length: 0",
            "Content-Length: 5",
            "Transfer-Encoding: chunked",
            "Sec-WebSocket-Accept: nonsense",
            "Sec-WebSocket-Protocol: chat",
        ] {
            assert_eq!(outcome(200, &[line]), Ok(()), "{line}");
        }
        let wrong = "Sec-WebSocket-Protocol: other";
        assert_eq!(outcome(200, &[wrong]), Err(HandshakeError::UnexpectedSubprotocol));
        let wrong = "Sec-WebSocket-Extensions: permessage-deflate";
        assert_eq!(outcome(200, &[wrong]), Err(HandshakeError::UnexpectedExtension));
    }
    // Over HTTP/1.1 it was a tunnel to the authority that was asked for and granted.
    let (request, client) = extended_connect(&asked);
    let tunnel = response(&request, Version::HTTP_11, 200, &[]);
    assert_eq!(client.establish(&tunnel).err(), Some(HandshakeError::HttpVersion));
}

#[cfg(feature = "deflate")]
#[test]
fn compression_is_agreed_on_as_ever() {
    use websocket_proto::deflate::Compression;
    use websocket_proto::{CloseCode, CloseStatus, State};

    let mut config = Config::client();
    let mut compression = Compression::default();
    compression.required = true;
    config.compression = Some(compression);
    for lines in [&["Sec-WebSocket-Extensions: permessage-deflate"][..], &[]] {
        let (request, client) =
            Client::extended_connect(&asking("wss://h/"), config.clone(), seed(1)).unwrap();
        let offer = "permessage-deflate; client_max_window_bits";
        assert_eq!(request.headers()["sec-websocket-extensions"], offer);
        let connection =
            client.establish(&response(&request, Version::HTTP_2, 200, lines)).unwrap();
        assert_eq!(connection.compression().is_some(), !lines.is_empty());
        // R7692-5.1-01: the server is told what it declined.
        if lines.is_empty() {
            assert_eq!(connection.state(), State::Closing);
            let sent = connection.close_information().and_then(|end| end.sent);
            assert_eq!(sent, Some(CloseStatus::Code(CloseCode::MANDATORY_EXTENSION)));
        }
    }
}

#[test]
fn what_http_does_not_take_is_an_error() {
    let encoded = asking("wss://a%41b/");
    let outcome = Client::extended_connect(&encoded, Config::client(), seed(1));
    let error = outcome.expect_err("no authority of the http crate");
    assert!(matches!(error, RequestError::Http(_)), "{error:?}");
    assert!(std::error::Error::source(&error).is_some());
    let long = asking(&format!("ws://h/{}", "a".repeat(1 << 16)));
    assert!(Client::upgrade(&long, Config::client(), seed(1)).is_err());
}

#[test]
fn a_debug_output_has_no_secrets() {
    let asked = asking("ws://h/").header("Authorization", "Bearer zqxjkv").unwrap();
    let (_, client) = upgrade(&asked);
    assert!(!format!("{client:?}").contains("zqxjkv"));
    assert_eq!(OriginPolicy::default(), OriginPolicy::SameHost);
}
