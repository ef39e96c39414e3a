//! §3  WebSocket URIs.

use websocket_proto::handshake::{InvalidUri, Uri, connect_proxy_request};

fn parse(text: &str) -> Uri {
    Uri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

// R6455-3-01, R6455-3-05, R6455-3-06, R6455-4.1-01, T-HS-13
#[test]
fn texts_that_are_no_websocket_uri() {
    use InvalidUri::{Credentials, Fragment, Host, Port, ResourceName, Scheme};
    let cases = [
        ("", Scheme),
        ("chat", Scheme),
        ("http://h/", Scheme),
        ("ws:h", Scheme),
        ("ws:/h", Scheme),
        (" ws://h/", Scheme),
        ("wsss://h/", Scheme),
        ("://h", Scheme),
        ("ws:///x", Host),
        ("ws://", Host),
        ("ws://?x", Host),
        ("ws://:80/", Host),
        ("ws://a b/", Host),
        ("ws://a\r\nb/", Host),
        ("ws://a\0b/", Host),
        ("ws://h\u{e9}/", Host),
        ("ws://h\u{2028}/", Host),
        ("ws://a%zz/", Host),
        ("ws://a\\b/", Host),
        ("ws://[::1/", Host),
        ("ws://[]/", Host),
        ("ws://[1.2.3.4]/", Host),
        ("ws://[::1%25eth0]/", Host),
        ("ws://[::1]x/", Host),
        ("ws://::1/", Host),
        ("ws://h:99999/", Port),
        ("ws://h:65536/", Port),
        ("ws://h:0/", Port),
        ("ws://h:8a/", Port),
        ("ws://h:+80/", Port),
        ("ws://h:-1/", Port),
        ("ws://h:80:80/", Port),
        ("ws://h: 80/", Port),
        ("ws://[::1]:x/", Port),
        ("ws://u:p@h/", Credentials),
        ("ws://@h/", Credentials),
        ("ws://h/a#f", Fragment),
        ("ws://h#", Fragment),
        ("ws://h/a b", ResourceName),
        ("ws://h/\u{e9}", ResourceName),
        ("ws://h/a\r\nX: y", ResourceName),
        ("ws://h/a\0", ResourceName),
        ("ws://h/\u{2028}", ResourceName),
        ("ws://h/%", ResourceName),
        ("ws://h/%a", ResourceName),
        ("ws://h/%zz", ResourceName),
        ("ws://h/a?\"", ResourceName),
        ("ws://h/a\\b", ResourceName),
        ("ws://h/[a]", ResourceName),
    ];
    for (text, expected) in cases {
        assert_eq!(Uri::parse(text), Err(expected), "{text:?}");
        assert!(text.parse::<Uri>().is_err());
    }
    // R6455-4.1-01
    assert_eq!(Uri::new(false, "h", None, "chat"), Err(ResourceName));
    assert_eq!(Uri::new(false, "h", None, "/a#b"), Err(Fragment));
    assert_eq!(Uri::new(false, "h", Some(0), "/"), Err(Port));
    for host in ["", "a\r\nb", "a/b", "h:80", "u@h", "[::1]:80", "a b", ":"] {
        assert_eq!(Uri::new(true, host, None, "/"), Err(Host), "{host:?}");
    }
}

// R6455-3-02, R6455-3-03, R6455-3-07, R6455-4.1-09, R6455-4.1-05
#[test]
fn host_and_port() {
    let cases = [
        ("ws://h/", false, "h", 80, "h"),
        ("ws://h:/", false, "h", 80, "h"),
        ("ws://h:80/", false, "h", 80, "h"),
        ("ws://h:443/", false, "h", 443, "h:443"),
        ("ws://h:65535/", false, "h", 65535, "h:65535"),
        ("wss://h/", true, "h", 443, "h"),
        ("wss://h:443/", true, "h", 443, "h"),
        ("wss://h:80/", true, "h", 80, "h:80"),
        ("WSS://h/", true, "h", 443, "h"),
        ("Ws://h/", false, "h", 80, "h"),
        ("ws://[::1]:9001/", false, "::1", 9001, "[::1]:9001"),
        ("wss://[::1]", true, "::1", 443, "[::1]"),
        ("ws://127.0.0.1:8080", false, "127.0.0.1", 8080, "127.0.0.1:8080"),
        (
            "ws://a-b_c~.x%20!$&'()*+,;=",
            false,
            "a-b_c~.x%20!$&'()*+,;=",
            80,
            "a-b_c~.x%20!$&'()*+,;=",
        ),
    ];
    for (text, secure, host, port, header) in cases {
        let uri = parse(text);
        assert_eq!((uri.secure(), uri.host(), uri.port()), (secure, host, port), "{text}");
        assert_eq!(uri.host_header(), header, "{text}");
        assert_eq!(uri.server_name(), secure.then_some(host), "{text}");
        assert_eq!(parse(&uri.to_string()), uri);
    }
    assert_eq!(Uri::new(false, "[::1]", Some(9001), ""), Ok(parse("ws://[::1]:9001")));
}

// R6455-3-04, R6455-3-05, R6455-4.1-08
#[test]
fn resource_name() {
    for (text, expected) in [
        ("ws://h", "/"),
        ("ws://h/", "/"),
        ("ws://h?", "/"),
        ("ws://h?x=1", "/?x=1"),
        ("ws://h/a", "/a"),
        ("ws://h/a?x=1", "/a?x=1"),
        ("ws://h/a?", "/a"),
        ("ws://h/a??", "/a??"),
        ("ws://h//a", "//a"),
        ("ws://h/a%23f", "/a%23f"),
        ("ws://h/a;b=1/%2e?q=%20", "/a;b=1/%2e?q=%20"),
        ("ws://h/a:b@c?d:e@f/g?", "/a:b@c?d:e@f/g?"),
    ] {
        assert_eq!(parse(text).resource_name(), expected, "{text}");
    }
}

// R6455-4.1-03
#[test]
fn a_proxy_is_asked_for_host_and_port() {
    for (host, port, expected) in [
        ("example.com", 80, "CONNECT example.com:80 HTTP/1.1\r\nHost: example.com\r\n\r\n"),
        ("example.com", 443, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"),
        ("::1", 9001, "CONNECT [::1]:9001 HTTP/1.1\r\nHost: [::1]:9001\r\n\r\n"),
    ] {
        assert_eq!(connect_proxy_request(host, port).unwrap(), expected);
    }
    assert!(connect_proxy_request("a\r\nb", 80).is_err());
    assert!(connect_proxy_request("a", 0).is_err());
}
