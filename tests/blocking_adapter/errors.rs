//! What an `Error` and a `Closed` say when they are printed, and whom they name as their cause.

use std::error::Error as StdError;
use std::io::{self, ErrorKind, Read, Write};

use websocket_proto::adapter::blocking::{Closed, Error, Plain, Refused};
use websocket_proto::handshake::{HandshakeError, InvalidUri, RedirectError};
use websocket_proto::{CloseCode, ExpiredDeadline, ProtocolError, SendError};

use crate::support::*;

fn broken() -> io::Error {
    io::Error::new(ErrorKind::BrokenPipe, "the pipe broke")
}

/// Each error that can be made without a peer.
fn errors() -> Vec<Error> {
    let rejected = |status, reason| Error::Rejected { status, reason };
    vec![
        Error::Uri(InvalidUri::Scheme),
        Error::Connect(broken()),
        Error::TlsNotBuilt,
        #[cfg(feature = "rustls")]
        Error::from(websocket_proto::adapter::rustls::Error::DecryptError),
        Error::Io(broken()),
        Error::Handshake(HandshakeError::Timeout),
        rejected(403, None),
        rejected(426, Some(HandshakeError::Timeout)),
        Error::Protocol(ProtocolError::InvalidUtf8),
        Error::Send(SendError::Full),
        Error::Timeout(ExpiredDeadline::Close),
        Error::Timeout(ExpiredDeadline::WriteStall),
        Error::Timeout(ExpiredDeadline::Idle),
        Error::Timeout(ExpiredDeadline::Pong),
        Error::ConnectionLost,
        Error::ChunkedDelivery,
        Error::Refused(Box::new(refused())),
        Error::Proxy(Box::new(refused())),
    ]
}

/// An answer with a header and a body that are nobody's business.
const REFUSAL: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nSet-Cookie: secret\r\n\
    Content-Length: 9\r\n\r\nclassified";

fn refused() -> Refused {
    let connected = connect(Plain(Scripted::new(REFUSAL)), &request(), client_config());
    match connected {
        Err(Error::Refused(refused)) => *refused,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_error_says_something_else() {
    let said: Vec<_> = errors().iter().map(ToString::to_string).collect();
    for (index, text) in said.iter().enumerate() {
        assert!(text.contains(' ') && !text.ends_with('.'), "{text:?}");
        assert!(!said[..index].contains(text), "{text:?} is said twice");
    }
}

#[test]
fn the_status_of_an_answer_is_told() {
    for (error, text) in [
        (Error::Refused(Box::new(refused())), "the server answered with status 401"),
        (Error::Proxy(Box::new(refused())), "the proxy answered with status 401"),
        (Error::Rejected { status: 403, reason: None }, "the request was answered with status 403"),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

/// What is printed of an error and its source, as an application would.
fn with_source(error: &Error) -> String {
    error.source().map_or_else(String::new, ToString::to_string)
}

#[test]
fn the_cause_of_an_error_is_its_source() {
    for (error, source) in [
        (Error::from(InvalidUri::Scheme), InvalidUri::Scheme.to_string()),
        (Error::Connect(broken()), broken().to_string()),
        (Error::from(broken()), broken().to_string()),
        (Error::Handshake(HandshakeError::Timeout), HandshakeError::Timeout.to_string()),
        (
            Error::Rejected { status: 426, reason: Some(HandshakeError::Timeout) },
            HandshakeError::Timeout.to_string(),
        ),
        (Error::Protocol(ProtocolError::InvalidUtf8), ProtocolError::InvalidUtf8.to_string()),
        (Error::from(SendError::Full), SendError::Full.to_string()),
    ] {
        assert_eq!(with_source(&error), source);
        // It is said once, not by both.
        assert!(!error.to_string().contains(&source), "{error}");
    }
}

#[test]
fn what_has_no_other_cause_has_no_source() {
    for error in [
        Error::TlsNotBuilt,
        Error::Rejected { status: 404, reason: None },
        Error::Timeout(ExpiredDeadline::Idle),
        Error::ConnectionLost,
        Error::ChunkedDelivery,
        Error::Refused(Box::new(refused())),
        Error::Proxy(Box::new(refused())),
    ] {
        assert!(error.source().is_none(), "{error:?}");
    }
}

#[cfg(feature = "rustls")]
#[test]
fn an_error_of_tls_is_found_inside_of_one_of_the_transport() {
    use websocket_proto::adapter::rustls::Error as TlsError;
    let wrapped = io::Error::new(ErrorKind::InvalidData, TlsError::DecryptError);
    let error = Error::from(wrapped);
    assert!(matches!(&error, Error::Tls(error) if **error == TlsError::DecryptError), "{error:?}");
    assert_eq!(error.to_string(), "TLS failed");
    assert!(error.source().is_some_and(<dyn StdError>::is::<TlsError>));
    // One of another kind stays what it is.
    assert!(
        matches!(Error::from(broken()), Error::Io(error) if error.to_string() == "the pipe broke")
    );
}

#[test]
fn an_error_shows_nothing_of_the_answer_but_its_status() {
    let refused = refused();
    assert_eq!(refused.header("set-cookie"), Some(&b"secret"[..]));
    assert_eq!(refused.body, b"classifie");
    let shown = format!("{:?}", Error::Refused(Box::new(refused)));
    assert!(
        shown.contains("Refused") && shown.contains("401") && shown.contains("9 bytes"),
        "{shown}"
    );
    assert!(!shown.contains("secret") && !shown.contains("classifie"), "{shown}");
}

#[test]
fn a_refusal_that_is_a_redirect_leads_somewhere() {
    let answer = b"HTTP/1.1 307 x\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
    let connected = connect(Plain(Scripted::new(answer)), &request(), client_config());
    let Err(Error::Refused(moved)) = connected else { panic!("{connected:?}") };
    let next = moved.redirect(&request()).expect("a redirect").expect("a request");
    assert_eq!(next.uri().to_string(), "ws://localhost/there");
    assert!(refused().redirect(&request()).is_none());
    let nowhere = b"HTTP/1.1 307 x\r\nLocation: mailto:x@localhost\r\nContent-Length: 0\r\n\r\n";
    let connected = connect(Plain(Scripted::new(nowhere)), &request(), client_config());
    let Err(Error::Refused(moved)) = connected else { panic!("{connected:?}") };
    assert!(matches!(moved.redirect(&request()), Some(Err(RedirectError::Uri(_)))));
}

#[test]
fn the_end_of_a_connection_is_told_in_a_line() {
    let (server, mut client) = pair(server_config(), client_config());
    let server = spawn(move || echo(server));
    let closed = client.close(CloseCode::GOING_AWAY, "good \"bye\"\n").expect("close");
    assert_eq!(closed.to_string(), "1001, cleanly", "the peer's answer gives the code back");
    let at_server = join(server).expect("echo");
    // What the peer has chosen does not get out of its quotes.
    assert_eq!(at_server.to_string(), r#"1001 "good \"bye\"\n", cleanly"#);

    let (server, peer) = server_and_raw_client(server_config());
    let (mut reader, writer) = server.split().expect("split");
    drop(peer);
    assert!(reader.read().is_err());
    let closed: Closed = writer.closed().expect("closed");
    assert_eq!(closed.to_string(), "1006, not cleanly");
}

/// Says this, whatever it is told, and then no more.
struct Scripted {
    input: &'static [u8],
}

impl Scripted {
    fn new(input: &'static [u8]) -> Self {
        Self { input }
    }
}

impl Read for Scripted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer)
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
