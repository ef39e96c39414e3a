//! RFC 9110 §15.4  Redirects, followed on request.

use std::error::Error as _;
use std::sync::mpsc::channel;
use std::time::Duration;

use websocket_proto::adapter::Error;
use websocket_proto::handshake::{
    HandshakeError, InvalidUri, Proxy, RedirectError, Request, Response,
};

use crate::peers::*;
use crate::support::*;

fn redirect(status: u16, location: &str) -> Response {
    let response = Response::new(status).expect("a status");
    response.header("Location", location).expect("a header").body("elsewhere")
}

/// `/3` leads to `2`, that to `1`, and that to `0`, which is there.
fn countdown(request: &Request) -> Option<Response> {
    let count: u16 = request.path().trim_start_matches('/').parse().expect("a number");
    let left = count.checked_sub(1)?;
    Some(redirect([301, 302, 303, 307, 308][usize::from(count) % 5], &left.to_string()))
}

#[test]
fn redirects_are_followed_up_to_the_bound() {
    each(|dial| {
        let server = server(6, countdown);
        let request = request(&format!("ws://{}/5", server.address));
        let answer = dial(&request, &options().max_redirects(5)).expect("connect");
        assert_eq!(answer, "/0 hello");
        server.join();
    });
}

/// T-HS-19: a key that a first server has seen says nothing to a second one.
#[test]
fn each_redirect_has_a_key_of_its_own() {
    each(|dial| {
        let (sender, keys) = channel();
        let server = server(4, move |request| {
            let key = request.header("Sec-WebSocket-Key").expect("a key").to_vec();
            sender.send(key).expect("wanted");
            countdown(request)
        });
        let request = request(&format!("ws://{}/3", server.address));
        dial(&request, &options().max_redirects(3)).expect("connect");
        server.join();
        let keys: Vec<_> = keys.try_iter().collect();
        let different: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!((keys.len(), different.len()), (4, 4), "{keys:?}");
    });
}

#[test]
fn one_redirect_too_many_is_an_error() {
    each(|dial| {
        let server = server(3, countdown);
        let request = request(&format!("ws://{}/5", server.address));
        let error = dial(&request, &options().max_redirects(2)).expect_err("too many");
        assert!(error.source().is_some_and(<dyn std::error::Error>::is::<RedirectError>));
        assert_eq!(error.to_string(), "a redirect that is not followed");
        match error {
            Error::Redirect(redirect) => {
                assert_eq!(redirect.reason, RedirectError::TooMany);
                let answer = redirect.answer;
                assert_eq!((answer.status, &*answer.body), (307, &b"elsewhere"[..]));
                assert_eq!(answer.header("location"), Some(&b"2"[..]));
            }
            other => panic!("{other:?}"),
        }
        server.join();
    });
}

#[test]
fn a_circle_ends() {
    each(|dial| {
        let server = server(11, |_| Some(redirect(302, "/")));
        let request = request(&format!("ws://{}/", server.address));
        let connected = dial(&request, &options().max_redirects(10));
        assert!(
            matches!(&connected, Err(Error::Redirect(end)) if end.reason == RedirectError::TooMany),
            "{connected:?}"
        );
        server.join();
    });
}

// T-HS-23
#[test]
fn no_redirect_is_followed_unasked() {
    each(|dial| {
        let server = server(1, countdown);
        let request = request(&format!("ws://{}/3", server.address));
        match dial(&request, &options()) {
            Err(Error::Refused(refused)) => {
                assert_eq!(refused.status, 307);
                let next = refused.redirect(&request).expect("a redirect").expect("a URI");
                assert_eq!(next.uri().to_string(), format!("ws://{}/2", server.address));
            }
            other => panic!("{other:?}"),
        }
        server.join();
    });
}

#[test]
fn what_is_no_redirect_is_a_refusal() {
    for response in [Response::new(302).expect("a status"), redirect(300, "/"), redirect(401, "/")]
    {
        each(|dial| {
            let response = response.clone();
            let status = response.status();
            let server = server(1, move |_| Some(response.clone()));
            let request = request(&format!("ws://{}/", server.address));
            match dial(&request, &options().max_redirects(10)) {
                Err(Error::Refused(refused)) => assert_eq!(refused.status, status),
                other => panic!("{other:?}"),
            }
            server.join();
        });
    }
}

#[test]
fn a_redirect_to_no_websocket_is_an_error() {
    each(|dial| {
        let server = server(1, |_| Some(redirect(302, "ftp://localhost/")));
        let request = request(&format!("ws://{}/", server.address));
        let expected = RedirectError::Uri(InvalidUri::Scheme);
        match dial(&request, &options().max_redirects(1)) {
            Err(Error::Redirect(redirect)) => assert_eq!(redirect.reason, expected),
            other => panic!("{other:?}"),
        }
        server.join();
    });
}

// T-HS-23
#[test]
fn another_server_gets_no_credentials() {
    each(|dial| {
        let other = server(1, |_| None);
        let location = format!("http://{}/there", other.address);
        let server = server(2, move |request| {
            Some(redirect(302, if request.path() == "/" { "/again" } else { &location }))
        });
        let request = request(&format!("ws://{}/", server.address))
            .header("Cookie", "id=42")
            .expect("a header")
            .bearer_authorization("token")
            .expect("a token");
        let answer = dial(&request, &options().max_redirects(2)).expect("connect");
        assert_eq!(answer, "/there hello");
        let all = [Some("id=42".to_owned()), Some("Bearer token".to_owned())];
        assert_eq!(server.join(), [all.clone(), all]);
        assert_eq!(other.join(), [[None, None]]);
    });
}

#[test]
fn each_redirect_goes_through_the_proxy() {
    each(|dial| {
        let (server, proxy) = (server(2, countdown), proxy(2));
        let (host, port) = proxy.address.rsplit_once(':').expect("host and port");
        let through = Proxy::new(host, port.parse().expect("a port")).expect("a proxy");
        let request = request(&format!("ws://{}/1", server.address));
        let answer = dial(&request, &options().max_redirects(1).proxy(through));
        assert_eq!(answer.expect("connect"), "/0 hello");
        server.join();
        assert_eq!(proxy.join().len(), 2);
    });
}

#[test]
fn all_redirects_share_one_deadline() {
    each(|dial| {
        // Each answer takes half of the time there is.
        let (_open, never) = channel::<()>();
        let server = peer(2, move |mut stream| {
            read_head(&mut stream);
            assert!(never.recv_timeout(Duration::from_millis(100)).is_err());
            let answer = b"HTTP/1.1 302 x\r\nLocation: /\r\nContent-Length: 0\r\n\r\n";
            // The second one comes too late.
            let _: std::io::Result<()> = std::io::Write::write_all(&mut stream, answer);
        });
        let request = request(&format!("ws://{}/", server.address));
        let options = within(Duration::from_millis(150)).max_redirects(100);
        let connected = dial(&request, &options);
        let timeout = HandshakeError::Timeout;
        assert!(matches!(connected, Err(Error::Handshake(e)) if e == timeout), "{connected:?}");
        server.join();
    });
}
