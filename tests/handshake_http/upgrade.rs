//! §4.2  A server's answer to a request of HTTP/1.1. `agreement.rs` compares the rest with the built-in handshake.

use bytes::Buf;
use http::{Method, Request, Response, Version};
use websocket_proto::handshake::http::RequestHead;
use websocket_proto::handshake::{Acceptance, HandshakeError, sec_websocket_accept};
use websocket_proto::{Config, Transmit};

/// A valid upgrade.
fn upgrade() -> Request<()> {
    Request::get("/chat")
        .header("Host", "server.example.com")
        .header("Upgrade", "websocket")
        .header("Connection", "keep-alive, Upgrade")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("Sec-WebSocket-Version", "13")
        .body(())
        .unwrap()
}

/// One in which the headers of that name are replaced by these values.
fn with(name: &'static str, values: &[&'static str]) -> Request<()> {
    let mut request = upgrade();
    request.headers_mut().remove(name);
    for value in values {
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

/// The name and value of each header, sorted.
fn headers<B>(response: &Response<B>) -> Vec<(&str, &str)> {
    let headers = response.headers().iter();
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    headers.sort_unstable();
    headers
}

fn refused(request: &Request<()>) -> (HandshakeError, Response<&'static str>) {
    let rejection =
        RequestHead::new(request).accept(&Acceptance::new(), Config::server()).expect_err("valid");
    let response = rejection.response();
    assert_eq!(response.status(), rejection.status());
    // T-HS-09: whoever takes it for granted on the way, nothing that follows is another request.
    let connection = response.headers()["Connection"].to_str().unwrap();
    assert!(connection.split(", ").any(|option| option == "close"), "{connection}");
    (rejection.reason(), response)
}

#[test]
fn the_101_has_the_accept_and_what_was_agreed_on() {
    let acceptance = Acceptance::new();
    let (response, mut connection) =
        RequestHead::new(&upgrade()).accept(&acceptance, Config::server()).unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (101, Version::HTTP_11));
    assert_eq!(
        headers(&response),
        [
            ("connection", "Upgrade"),
            ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            ("upgrade", "websocket"),
        ]
    );
    // The stack writes the head: the connection has nothing to transmit before a frame.
    assert!(matches!(connection.transmit(), Transmit::Idle));
    connection.send_text("Hello").unwrap();
    assert_eq!(&connection.take_output().unwrap()[..], b"\x81\x05Hello");

    let acceptance = Acceptance::new()
        .subprotocols(["chat"])
        .header("X-Served-By", "7")
        .and_then(|acceptance| acceptance.header("Set-Cookie", "a=1"))
        .and_then(|acceptance| acceptance.header("Set-Cookie", "b=\u{e4}"))
        .unwrap();
    let mut request = upgrade();
    request.headers_mut().insert("Sec-WebSocket-Protocol", "superchat, chat".parse().unwrap());
    let (parts, ()) = request.into_parts();
    let head = RequestHead::from_parts(&parts);
    assert!(head.is_websocket());
    let (response, connection) = head.accept(&acceptance, Config::server()).unwrap();
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "chat");
    assert_eq!(response.headers()["X-Served-By"], "7");
    let cookies: Vec<_> = response.headers().get_all("Set-Cookie").iter().collect();
    assert_eq!(cookies, [&b"a=1"[..], "b=\u{e4}".as_bytes()]);
    assert_eq!(connection.subprotocol(), Some("chat"));
}

#[test]
fn what_is_refused_says_what_would_do() {
    let (reason, response) = refused(&with("Sec-WebSocket-Version", &["12"]));
    assert_eq!((reason, response.status().as_u16()), (HandshakeError::UnsupportedVersion, 426));
    let of_426 = [
        ("connection", "Upgrade, close"),
        ("sec-websocket-version", "13"),
        ("upgrade", "websocket"),
    ];
    assert_eq!(headers(&response), of_426);

    let (reason, response) = refused(&with("Upgrade", &["h2c"]));
    assert_eq!((reason, response.status().as_u16()), (HandshakeError::NotUpgrade, 426));
    assert_eq!(headers(&response), of_426);

    let (reason, response) = refused(&with("Sec-WebSocket-Version", &["013"]));
    assert_eq!((reason, response.status().as_u16()), (HandshakeError::Version, 400));
    assert_eq!(headers(&response), [("connection", "close"), ("sec-websocket-version", "13")]);

    let mut post = upgrade();
    *post.method_mut() = Method::POST;
    let (reason, response) = refused(&post);
    assert_eq!((reason, response.status().as_u16()), (HandshakeError::Method, 405));
    assert_eq!(headers(&response), [("allow", "GET"), ("connection", "close")]);

    let (reason, response) = refused(&with("Origin", &["http://evil.example"]));
    assert_eq!((reason, response.status().as_u16()), (HandshakeError::OriginRefused, 403));
    assert_eq!((headers(&response), *response.body()), (vec![("connection", "close")], ""));

    let mut old = upgrade();
    for version in [Version::HTTP_09, Version::HTTP_10] {
        *old.version_mut() = version;
        let (reason, response) = refused(&old);
        assert_eq!((reason, response.status().as_u16()), (HandshakeError::HttpVersion, 400));
    }
}

/// A page, a plain CONNECT: the application's own business.
#[test]
fn other_requests_ask_for_no_websocket() {
    let mut tunnel = upgrade();
    *tunnel.method_mut() = Method::CONNECT;
    *tunnel.uri_mut() = "server.example.com:443".parse().unwrap();
    for name in ["Upgrade", "Connection"] {
        tunnel.headers_mut().remove(name);
    }
    for request in [with("Upgrade", &[]), with("Upgrade", &["h2c, websockets"]), tunnel] {
        let head = RequestHead::new(&request);
        assert!(!head.is_websocket());
        // A stack that knows nothing of HTTP/2 cannot turn it into one by a pseudo-header.
        assert!(!head.protocol(Some("websocket")).is_websocket());
        refused(&request);
    }
    // Invalid as it is, it asks for one.
    assert!(RequestHead::new(&with("Sec-WebSocket-Key", &[])).is_websocket());
}

// T-HS-14
#[test]
fn nothing_of_the_request_is_reflected() {
    let mut request = upgrade();
    *request.uri_mut() = "/zqxjkv?zqxjkv".parse().unwrap();
    for (name, value) in [
        ("Host", "zqxjkv.example"),
        ("Origin", "http://zqxjkv"),
        ("Cookie", "zqxjkv"),
        ("Sec-WebSocket-Protocol", "zqxjkv, chat"),
        ("Sec-WebSocket-Extensions", "zqxjkv; zqxjkv=zqxjkv"),
        ("zqxjkv", "zqxjkv"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let head = RequestHead::new(&request);
    let any = websocket_proto::handshake::OriginPolicy::Any;
    for acceptance in [
        Acceptance::new(),
        Acceptance::new().origin(any.clone()).subprotocols(["chat"]),
        Acceptance::new().origin(any).subprotocol("other"),
        Acceptance::new().allowed_hosts(["other"]),
    ] {
        let answer = match head.accept(&acceptance, Config::server()) {
            Ok((response, _)) => format!("{response:?}"),
            Err(rejection) => format!("{rejection} {:?}", rejection.response()),
        };
        assert!(!answer.contains("zqxjkv"), "{answer}");
    }
    // What identifies the client does not get into a log, either.
    request.headers_mut().insert("Cookie", "secret".parse().unwrap());
    assert!(!format!("{:?}", RequestHead::new(&request)).contains("secret"));
}

/// R6455-4.2.2-10: what who does it all by himself needs.
#[test]
fn the_accept_of_a_key() {
    assert_eq!(
        sec_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==").as_ref().map(<[u8; 28]>::as_slice),
        Some(&b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="[..])
    );
    for key in ["", "dGhlIHNhbXBsZSBub25jZQ", "!GhlIHNhbXBsZSBub25jZQ==", "AAAA"] {
        assert_eq!(sec_websocket_accept(key), None, "{key}");
    }
}

/// RFC 9110 §15: the built-in server's reason phrases are the registered ones, or none.
#[test]
fn reason_phrases_are_the_registered_ones() {
    use websocket_proto::handshake::{Response, Server};

    let mut known = 0;
    for status in 200..600 {
        let mut head = *b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        let mut server = Server::new(Config::server());
        let request = server.receive(&mut &mut head[..]).unwrap().unwrap();
        let mut rejection = request.reject(&Response::new(status).unwrap());
        let Transmit::Write(output) = rejection.transmit() else { panic!("{status}") };
        let text = String::from_utf8_lossy(output.chunk());
        let line = text.lines().next().unwrap();
        let phrase = line.strip_prefix(&format!("HTTP/1.1 {status} ")).unwrap();
        let registered = match status {
            // Renamed by RFC 9110; the `http` crate has the older names.
            413 => Some("Content Too Large"),
            422 => Some("Unprocessable Content"),
            _ => http::StatusCode::from_u16(status).unwrap().canonical_reason(),
        };
        assert!(phrase.is_empty() || Some(phrase) == registered, "{line}");
        known += usize::from(!phrase.is_empty());
    }
    assert!(known >= 44, "{known}");
}
