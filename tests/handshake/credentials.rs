//! RFC 7617, RFC 6750  Credentials for a server and for a proxy.

use websocket_proto::handshake::{InvalidCredentials, InvalidUri, Proxy, Uri};

use crate::support::*;

#[test]
fn basic_credentials_are_encoded() {
    // RFC 7617 §2, §2.1.
    for (user, password, expected) in [
        ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("test", "123£", "Basic dGVzdDoxMjPCow=="),
        ("", "", "Basic Og=="),
        ("a", "b:c", "Basic YTpiOmM="),
    ] {
        let request = request("wss://h/").basic_authorization(user, password).expect("credentials");
        let head = head(&request);
        assert!(lines(&head).contains(&("Authorization", expected)), "{head}");
    }
    let refused = |user, password| request("wss://h/").basic_authorization(user, password).err();
    assert_eq!(refused("a:b", "c"), Some(InvalidCredentials::Colon));
    for (user, password) in [("a\r\nX", ""), ("", "a\n"), ("\0", ""), ("", "\x7F")] {
        assert_eq!(refused(user, password), Some(InvalidCredentials::ControlCharacter));
    }
}

#[test]
fn bearer_tokens_are_those_of_rfc_6750() {
    for token in ["mF_9.B5f-4.1JqM", "a~+/b==", "eyJhbGciOiJub25lIn0.e30."] {
        let head = head(&request("wss://h/").bearer_authorization(token).expect("a token"));
        assert!(lines(&head).contains(&("Authorization", &*format!("Bearer {token}"))), "{head}");
    }
    for token in ["", "=", "a=b", "a b", "a\r\nX: y", "ä", "a\0"] {
        let refused = request("wss://h/").bearer_authorization(token).err();
        assert_eq!(refused, Some(InvalidCredentials::Token), "{token:?}");
    }
}

#[test]
fn credentials_take_the_place_of_earlier_ones() {
    let request = request("wss://h/")
        .header("AUTHORIZATION", "Digest x")
        .and_then(|request| request.header("X-Authorization", "kept"))
        .expect("headers")
        .basic_authorization("user", "password")
        .and_then(|request| request.bearer_authorization("token"))
        .expect("credentials");
    let head = head(&request);
    let lines = lines(&head);
    let found = lines.iter().filter(|line| line.0.eq_ignore_ascii_case("authorization"));
    assert_eq!(found.collect::<Vec<_>>(), [&("Authorization", "Bearer token")]);
    assert!(lines.contains(&("X-Authorization", "kept")));
}

// R6455-4.1-03
#[test]
fn a_proxy_is_asked_with_its_credentials() {
    let asked = |uri: &str, proxy: &Proxy| {
        let uri: Uri = uri.parse().expect("a URI");
        String::from_utf8(proxy.connect_request(&uri).to_vec()).expect("text")
    };
    let proxy = Proxy::new("[::1]", 3128).expect("a proxy");
    assert_eq!((proxy.host(), proxy.port()), ("::1", 3128));
    for (uri, target, host) in [
        ("ws://h/", "h:80", "h"),
        ("ws://h:443/", "h:443", "h:443"),
        ("ws://h:8080/", "h:8080", "h:8080"),
        ("wss://h/", "h:443", "h:443"),
        ("wss://h:80/", "h:80", "h"),
        ("wss://[::80]/", "[::80]:443", "[::80]:443"),
    ] {
        let expected = format!("CONNECT {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(asked(uri, &proxy), expected, "{uri}");
    }
    let proxy = proxy.basic_authorization("Aladdin", "open sesame").expect("credentials");
    assert_eq!(
        asked("wss://h/", &proxy),
        "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\
         Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
    );
    assert!(!format!("{proxy:?}").contains("QWxhZGRp"));
    assert_eq!(Proxy::new("a b", 80), Err(InvalidUri::Host));
    assert_eq!(Proxy::new("h", 0), Err(InvalidUri::Port));
    let proxy = Proxy::new("h", 80).expect("a proxy");
    assert_eq!(proxy.basic_authorization("a:b", ""), Err(InvalidCredentials::Colon));
}
