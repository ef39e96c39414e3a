//! §4.1, RFC 9110 §15.4  Redirects.

use websocket_proto::handshake::{Client, InvalidUri, RedirectError};
use websocket_proto::{Config, Transmit};

use crate::support::*;

fn redirect(uri: &str, location: &str) -> Result<String, RedirectError> {
    request(uri).redirect(location).map(|next| next.uri().to_string())
}

#[test]
fn references_are_resolved_as_rfc_3986_says() {
    // RFC 3986 §5.4, without what is no WebSocket URI.
    for (reference, expected) in [
        ("http:g", None),
        ("g", Some("ws://a/b/c/g")),
        ("./g", Some("ws://a/b/c/g")),
        ("g/", Some("ws://a/b/c/g/")),
        ("/g", Some("ws://a/g")),
        ("//g", Some("ws://g/")),
        ("?y", Some("ws://a/b/c/d;p?y")),
        ("g?y", Some("ws://a/b/c/g?y")),
        ("#s", Some("ws://a/b/c/d;p?q")),
        ("g#s", Some("ws://a/b/c/g")),
        ("g?y#s", Some("ws://a/b/c/g?y")),
        (";x", Some("ws://a/b/c/;x")),
        ("g;x", Some("ws://a/b/c/g;x")),
        ("g;x?y#s", Some("ws://a/b/c/g;x?y")),
        ("", Some("ws://a/b/c/d;p?q")),
        (".", Some("ws://a/b/c/")),
        ("./", Some("ws://a/b/c/")),
        ("..", Some("ws://a/b/")),
        ("../", Some("ws://a/b/")),
        ("../g", Some("ws://a/b/g")),
        ("../..", Some("ws://a/")),
        ("../../", Some("ws://a/")),
        ("../../g", Some("ws://a/g")),
        ("../../../g", Some("ws://a/g")),
        ("../../../../g", Some("ws://a/g")),
        ("/./g", Some("ws://a/g")),
        ("/../g", Some("ws://a/g")),
        ("g.", Some("ws://a/b/c/g.")),
        (".g", Some("ws://a/b/c/.g")),
        ("g..", Some("ws://a/b/c/g..")),
        ("..g", Some("ws://a/b/c/..g")),
        ("./../g", Some("ws://a/b/g")),
        ("./g/.", Some("ws://a/b/c/g/")),
        ("g/./h", Some("ws://a/b/c/g/h")),
        ("g/../h", Some("ws://a/b/c/h")),
        ("g;x=1/./y", Some("ws://a/b/c/g;x=1/y")),
        ("g;x=1/../y", Some("ws://a/b/c/y")),
        ("g?y/./x", Some("ws://a/b/c/g?y/./x")),
        ("g?y/../x", Some("ws://a/b/c/g?y/../x")),
        ("g#s/../x", Some("ws://a/b/c/g")),
        // Beyond the examples there.
        ("//g?y", Some("ws://g/?y")),
        ("//g:81/../h", Some("ws://g:81/h")),
        ("/a//../b", Some("ws://a/a/b")),
        ("g?http://h/", Some("ws://a/b/c/g?http://h/")),
        ("/g:h", Some("ws://a/g:h")),
        ("ws://a", Some("ws://a/")),
        ("HTTP://a:8080/b/../c?d#e", Some("ws://a:8080/c?d")),
        ("wss://a/", Some("wss://a/")),
        ("https://a:443/", Some("wss://a/")),
        ("https://[::1]/", Some("wss://[::1]/")),
    ] {
        let to = redirect("ws://a/b/c/d;p?q", reference).ok();
        assert_eq!(to.as_deref(), expected, "{reference}");
    }
    assert_eq!(redirect("ws://[::1]:81/a", "b").as_deref(), Ok("ws://[::1]:81/b"));
    assert_eq!(redirect("wss://a/", "//b:80/").as_deref(), Ok("wss://b:80/"));
}

#[test]
fn what_leads_to_no_websocket_is_refused() {
    for (location, invalid) in [
        ("ftp://a/", InvalidUri::Scheme),
        ("javascript:alert(1)", InvalidUri::Scheme),
        ("ws:", InvalidUri::Host),
        ("ws:/a", InvalidUri::Host),
        ("ws:///a", InvalidUri::Host),
        ("//", InvalidUri::Host),
        ("ws://a b/", InvalidUri::Host),
        ("ws://user:password@a/", InvalidUri::Credentials),
        ("//user@a/", InvalidUri::Credentials),
        ("ws://a:0/", InvalidUri::Port),
        ("ws://a:65536/", InvalidUri::Port),
        ("/a b", InvalidUri::ResourceName),
        ("/a\\b", InvalidUri::ResourceName),
        ("/%zz", InvalidUri::ResourceName),
    ] {
        assert_eq!(redirect("ws://h/", location), Err(RedirectError::Uri(invalid)), "{location}");
    }
    assert_eq!(redirect("ws://h/", "/ä"), Err(RedirectError::Location));
    assert_eq!(request("ws://h/").redirect(b"/\xFF").err(), Some(RedirectError::Location));
    for location in ["ws://h/", "http://h/", "http://h:443/", "HTTP://other/"] {
        assert_eq!(redirect("wss://h/", location), Err(RedirectError::Downgrade), "{location}");
    }
}

// T-HS-23
#[test]
fn credentials_stay_with_the_server_they_are_for() {
    let request = request("wss://Example.com/old")
        .subprotocols(["chat"])
        .expect("a subprotocol")
        .origin("https://page.example")
        .expect("an origin")
        .header("Cookie", "id=42")
        .and_then(|request| request.header("X-Kept", "1"))
        .and_then(|request| request.header("proxy-authorization", "Basic eDp5"))
        .expect("headers")
        .basic_authorization("user", "password")
        .expect("credentials");
    let sent = |location| {
        let head = head(&request.redirect(location).expect("a redirect"));
        let names = ["authorization", "cookie", "proxy-authorization"];
        let of =
            |name| lines(&head).iter().filter(|line| line.0.eq_ignore_ascii_case(name)).count();
        assert_eq!((of("x-kept"), of("origin"), of("sec-websocket-protocol")), (1, 1, 1));
        names.map(of)
    };
    for same in ["/new", "https://example.com/new", "wss://EXAMPLE.COM:443/"] {
        assert_eq!(sent(same), [1, 1, 1], "{same}");
    }
    for other in ["//example.org/", "wss://example.com:444/", "https://www.example.com/old"] {
        assert_eq!(sent(other), [0, 0, 0], "{other}");
    }
}

#[test]
fn an_upgrade_to_tls_is_another_server() {
    let request = request("ws://h/").header("Cookie", "id=42").expect("a header");
    let next = request.redirect("wss://h/").expect("a redirect");
    assert!(!head(&next).contains("Cookie"));
}

#[test]
fn a_refusal_is_a_redirect_by_status_and_location() {
    let request = request("ws://h/a/b");
    let answer = |status: u16, fields: &str| {
        let mut client = Client::new(&request, Config::client(), [7; 32]);
        drain!(client);
        let mut response =
            format!("HTTP/1.1 {status} x\r\n{fields}Content-Length: 0\r\n\r\n").into_bytes();
        client.receive(&mut response.as_mut_slice()).expect_err("refused");
        assert!(matches!(client.transmit(), Transmit::Abort));
        let next = client.refusal().expect("a refusal").redirect(&request);
        next.map(|next| next.map(|next| next.uri().to_string()))
    };
    for status in [301, 302, 303, 307, 308] {
        assert_eq!(
            answer(status, "Location: c\r\n"),
            Some(Ok("ws://h/a/c".to_owned())),
            "{status}"
        );
        assert_eq!(answer(status, ""), None, "{status}");
    }
    for status in [200, 300, 304, 305, 306, 309, 401, 426] {
        assert_eq!(answer(status, "Location: c\r\n"), None, "{status}");
    }
    let two = answer(302, "Location: c\r\nLocation: d\r\n");
    assert_eq!(two, Some(Err(RedirectError::Location)));
}
