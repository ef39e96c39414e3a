//! RFC 8441 §4 §5, RFC 9220 §3  A server's answer to an extended CONNECT, over HTTP/2 and HTTP/3 alike (R9220-3-01).

use http::{Method, Request, Response, Version};
use websocket_proto::handshake::http::{Rejection, RequestHead};
use websocket_proto::handshake::{Acceptance, HandshakeError, OriginPolicy};
use websocket_proto::{Config, Connection, ProtocolError};

use crate::origins::{ORIGINS, policies};

const VERSIONS: [Version; 2] = [Version::HTTP_2, Version::HTTP_3];

type Outcome = Result<(Response<()>, Connection), Rejection>;

/// A valid request: that of RFC 8441 §5.1.
fn connect() -> Request<()> {
    Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri("https://server.example.com/chat")
        .header("sec-websocket-protocol", "chat, superchat")
        .header("sec-websocket-extensions", "permessage-deflate")
        .header("sec-websocket-version", "13")
        .header("origin", "https://server.example.com")
        .body(())
        .unwrap()
}

/// One in which the headers of that name are replaced by these values.
fn with(name: &'static str, values: &[&str]) -> Request<()> {
    let mut request = connect();
    request.headers_mut().remove(name);
    for value in values {
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

fn to(uri: &str) -> Request<()> {
    let mut request = connect();
    *request.uri_mut() = uri.parse().unwrap();
    request
}

/// The outcome by both versions, which has to be the same.
fn accept_as(mut request: Request<()>, protocol: Option<&str>, acceptance: &Acceptance) -> Outcome {
    let [first, second] = VERSIONS.map(|version| {
        *request.version_mut() = version;
        RequestHead::new(&request).protocol(protocol).accept(acceptance, Config::server())
    });
    let seen = |outcome: &Outcome| match outcome {
        Ok((response, connection)) => (
            response.status(),
            response.headers().clone(),
            format!("{:?}", connection.subprotocol()),
        ),
        Err(rejection) => {
            let response = rejection.response();
            (response.status(), response.headers().clone(), format!("{:?}", rejection.reason()))
        }
    };
    assert_eq!(seen(&first), seen(&second));
    first
}

fn accept(request: Request<()>) -> Outcome {
    accept_as(request, Some("websocket"), &Acceptance::new())
}

/// The reason, and the response, which has no header of a connection (T-H2-02).
fn refused(outcome: Outcome) -> (HandshakeError, Response<&'static str>) {
    let rejection = outcome.expect_err("valid");
    let response = rejection.response();
    for name in ["connection", "upgrade", "keep-alive", "transfer-encoding", "content-length"] {
        assert!(!response.headers().contains_key(name), "{name}");
    }
    (rejection.reason(), response)
}

// R8441-5-01, R8441-5-05, R8441-5-07, R9110-9.3.6-01
#[test]
fn the_answer_is_a_200_with_what_was_agreed_on_and_no_more() {
    let (response, connection) = accept(connect()).unwrap();
    assert_eq!((response.status().as_u16(), response.headers().len()), (200, 0));
    assert_eq!(connection.subprotocol(), None);

    let acceptance =
        Acceptance::new().subprotocols(["superchat", "chat"]).header("X-Served-By", "7").unwrap();
    let (response, connection) = accept_as(connect(), Some("websocket"), &acceptance).unwrap();
    let mut names: Vec<_> = response.headers().keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["sec-websocket-protocol", "x-served-by"]);
    assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
    assert_eq!(connection.subprotocol(), Some("chat"));
    // A length or coding of the application's could not be added to it either.
    for name in ["Content-Length", "Transfer-Encoding", "Sec-WebSocket-Accept"] {
        assert!(Acceptance::new().header(name, "0").is_err(), "{name}");
    }
}

// R8441-5-05: neither required nor looked at.
#[test]
fn a_key_and_an_accept_mean_nothing() {
    for name in ["sec-websocket-key", "sec-websocket-accept"] {
        for values in [&["nonsense"][..], &["dGhlIHNhbXBsZSBub25jZQ=="], &["a", "b"]] {
            let (response, _) = accept(with(name, values)).unwrap();
            assert!(!response.headers().contains_key("sec-websocket-accept"), "{name} {values:?}");
        }
    }
}

// R8441-5-01
#[test]
fn the_method_is_connect() {
    for method in [Method::GET, Method::POST, Method::HEAD] {
        let mut request = connect();
        *request.method_mut() = method;
        assert!(!RequestHead::new(&request).protocol(Some("websocket")).is_websocket());
        let (reason, response) = refused(accept(request));
        assert_eq!((reason, response.status().as_u16()), (HandshakeError::Method, 405));
        assert_eq!(response.headers()["allow"], "CONNECT");
    }
}

// R9220-3-02, R9220-3-03, R8441-4-02, R8441-4-03, T-H2-01
#[test]
fn other_protocols_are_not_implemented_and_told_why() {
    let others = [
        None,
        Some("connect-udp"),
        Some("webtransport"),
        Some(""),
        Some("WebSocket"),
        Some("websocket, websocket"),
        Some("websocket websocket"),
        Some(" websocket"),
    ];
    for protocol in others {
        assert!(!RequestHead::new(&connect()).protocol(protocol).is_websocket(), "{protocol:?}");
        let (reason, response) = refused(accept_as(connect(), protocol, &Acceptance::new()));
        assert_eq!((reason, response.status().as_u16()), (HandshakeError::ConnectProtocol, 501));
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert!(response.body().contains("\"status\":501"), "{}", response.body());
        assert!(response.body().contains("websocket"), "{}", response.body());
    }
    assert!(RequestHead::new(&connect()).protocol(Some("websocket")).is_websocket());

    // R8441-4-02: a plain CONNECT has an authority and nothing else. It is refused, and nothing is dialled: there is
    // nothing in the crate that could.
    let (reason, _) = refused(accept_as(to("server.example.com:443"), None, &Acceptance::new()));
    assert_eq!(reason, HandshakeError::ConnectProtocol);
}

// R8441-4-01, R8441-5-02
#[test]
fn the_target_has_a_scheme_and_a_path() {
    for uri in [
        "https://server.example.com/chat",
        "http://server.example.com/",
        "https://server.example.com",
    ] {
        let mut request = to(uri);
        request.headers_mut().remove("origin");
        assert!(accept(request).is_ok(), "{uri}");
    }
    for uri in [
        "/chat",
        "server.example.com:443",
        "server.example.com",
        "*",
        "wss://server.example.com/chat",
        "ws://server.example.com/chat",
        "ftp://server.example.com/chat",
        "https://user@server.example.com/chat",
        "https://server.example.com:65536/chat",
    ] {
        let Ok(parsed) = uri.parse() else { continue };
        let mut request = connect();
        *request.uri_mut() = parsed;
        let (reason, response) = refused(accept(request));
        assert_eq!((reason, response.status().as_u16()), (HandshakeError::Target, 400), "{uri}");
    }
}

// R8441-5-03, T-H2-02
#[test]
fn headers_of_a_connection_are_malformed() {
    for (name, value) in [
        ("connection", "Upgrade"),
        ("connection", ""),
        ("upgrade", "websocket"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("transfer-encoding", "chunked"),
        ("te", "gzip"),
        ("te", "trailers, gzip"),
    ] {
        let (reason, response) = refused(accept(with(name, &[value])));
        assert_eq!(
            (reason, response.status().as_u16()),
            (HandshakeError::Malformed, 400),
            "{name}"
        );
    }
    assert!(accept(with("te", &["trailers"])).is_ok());
}

// R8441-5-04
#[test]
fn the_authority_is_the_host() {
    let refused = |request, acceptance: &Acceptance| {
        refused(accept_as(request, Some("websocket"), acceptance)).0
    };
    assert!(accept(with("host", &["server.example.com"])).is_ok());
    assert!(accept(with("host", &["SERVER.example.com:443"])).is_ok());
    let any = Acceptance::new();
    assert_eq!(refused(with("host", &["evil.example"]), &any), HandshakeError::Host);
    assert_eq!(refused(with("host", &["server.example.com:80"]), &any), HandshakeError::Host);
    assert_eq!(refused(with("host", &["a b"]), &any), HandshakeError::Host);
    let twice = with("host", &["server.example.com", "server.example.com"]);
    assert_eq!(refused(twice, &any), HandshakeError::DuplicateHeader);

    let known = Acceptance::new().allowed_hosts(["server.example.com"]);
    assert!(accept_as(connect(), Some("websocket"), &known).is_ok());
    let local = Acceptance::new().allowed_hosts(["localhost"]);
    assert_eq!(refused(connect(), &local), HandshakeError::HostRefused);
}

// R8441-5-06
#[test]
fn version_subprotocols_and_extensions_are_as_ever() {
    let many = ["a"; 65].join(", ");
    let parameters = format!("a{}", "; b".repeat(17));
    let cases: [(&str, &[&str], HandshakeError); 12] = [
        ("sec-websocket-version", &[], HandshakeError::Version),
        ("sec-websocket-version", &["12"], HandshakeError::UnsupportedVersion),
        ("sec-websocket-version", &["013"], HandshakeError::Version),
        ("sec-websocket-version", &["13", "13"], HandshakeError::DuplicateHeader),
        ("sec-websocket-protocol", &["a b"], HandshakeError::Subprotocols),
        ("sec-websocket-protocol", &[&many], HandshakeError::Subprotocols),
        ("sec-websocket-extensions", &["a;"], HandshakeError::Extensions),
        ("sec-websocket-extensions", &[&parameters], HandshakeError::Extensions),
        ("origin", &["https://server.example.com"; 2], HandshakeError::DuplicateHeader),
        // RFC 9110 §9.3.6: a CONNECT has no content.
        ("content-length", &["1"], HandshakeError::Body),
        ("content-length", &["+0"], HandshakeError::Malformed),
        ("content-length", &["0", "0"], HandshakeError::DuplicateHeader),
    ];
    for (name, values, expected) in cases {
        let mut request = connect();
        request.headers_mut().remove(name);
        for value in values {
            request.headers_mut().append(
                http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                value.parse().unwrap(),
            );
        }
        let (reason, response) = refused(accept(request));
        assert_eq!((reason, response.status().as_u16()), (expected, 400), "{name} {values:?}");
        let says_version =
            response.headers().get("sec-websocket-version").map(|value| value == "13");
        let wrong_version =
            matches!(expected, HandshakeError::Version | HandshakeError::UnsupportedVersion);
        assert_eq!(says_version, wrong_version.then_some(true), "{name} {values:?}");
    }
    let other = Acceptance::new().subprotocol("other");
    let (reason, response) = refused(accept_as(connect(), Some("websocket"), &other));
    assert_eq!((reason, response.status().as_u16()), (HandshakeError::SubprotocolNotOffered, 500));
}

// R8441-8-01, T-HS-16, T-H2-03: the table of the built-in handshake.
#[test]
fn origins_are_let_in_as_ever() {
    for (host, origin, expected) in ORIGINS {
        for (policy, expected) in policies().into_iter().zip(expected) {
            let mut request = to(&format!("https://{host}/chat"));
            request.headers_mut().remove("origin");
            if let Some(origin) = origin {
                request.headers_mut().insert("origin", origin.parse().unwrap());
            }
            let acceptance = Acceptance::new().origin(policy.clone());
            let status = match accept_as(request, Some("websocket"), &acceptance) {
                Ok((response, _)) if response.status() == 200 => 101,
                Ok((response, _)) => panic!("{response:?}"),
                Err(rejection) => rejection.status().as_u16(),
            };
            assert_eq!(status, expected, "{host} {origin:?} {policy:?}");
        }
    }
}

// R8441-8-01, R8441-5-07: limits and masking go with the connection, however it was opened.
#[test]
fn the_connection_keeps_to_the_rules() {
    let mut config = Config::server();
    config.limits.max_message_size = 4;
    let request = connect();
    let head = RequestHead::new(&request).protocol(Some("websocket"));
    let open = || {
        let any = Acceptance::new().origin(OriginPolicy::Any);
        head.accept(&any, config.clone()).unwrap().1
    };
    for (bytes, expected) in [
        (&b"\x81\x05Hello"[..], ProtocolError::UnmaskedFrame),
        (b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", ProtocolError::MessageTooLarge),
    ] {
        let mut bytes = bytes.to_vec();
        assert_eq!(open().receive(&mut bytes.as_mut_slice()).unwrap_err(), expected);
    }
}

#[cfg(feature = "deflate")]
#[test]
fn compression_is_agreed_on_as_ever() {
    let mut config = Config::server();
    config.compression = Some(websocket_proto::deflate::Compression::default());
    let request = connect();
    let head = RequestHead::new(&request).protocol(Some("websocket"));
    let (response, connection) = head.accept(&Acceptance::new(), config.clone()).unwrap();
    assert_eq!(response.headers()["sec-websocket-extensions"], "permessage-deflate");
    assert!(connection.compression().is_some());
    let without = Acceptance::new().without_compression();
    let (response, connection) = head.accept(&without, config).unwrap();
    assert!(response.headers().is_empty() && connection.compression().is_none());
}
