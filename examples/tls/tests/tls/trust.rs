//! RFC 6125, RFC 5280  Who is let pass for the server, and who is not.

use std::sync::Arc;

use tls::{Authority, Valid, self_signed};
use websocket_proto::adapter::rustls::{
    AlertDescription, CertificateError, Error as TlsError, ServerConfig,
};
use websocket_proto::adapter::{ClientOptions, Error, Roots};
use websocket_proto::handshake::InvalidUri;

use crate::support::*;

#[test]
fn a_certificate_of_a_trusted_authority_is_accepted() {
    let (authority, config) = trusted();
    each(|dial| {
        let server = echo_server(2, config.clone());
        // By name and by address.
        for host in ["localhost", "127.0.0.1"] {
            let answer = dial(&server.uri(host), &options(&authority));
            assert_eq!(answer.expect("connect"), "hello");
        }
        assert!(server.join().iter().all(|end| matches!(end, Ok(true))));
    });
}

#[test]
fn one_set_of_options_serves_any_number_of_connections() {
    let (authority, config) = trusted();
    let options = options(&authority);
    each(|dial| {
        let server = echo_server(3, config.clone());
        for _ in 0..3 {
            assert_eq!(dial(&server.uri("localhost"), &options).expect("connect"), "hello");
        }
        server.join();
    });
}

/// What the client makes of the server, and the server of the client's alert.
fn refused(config: &Arc<ServerConfig>, options: &ClientOptions, check: fn(CertificateError)) {
    each(|dial| {
        let server = echo_server(1, config.clone());
        match dial(&server.uri("localhost"), options) {
            Err(error @ Error::Tls(_)) => {
                let source = std::error::Error::source(&error);
                match source.and_then(|source| source.downcast_ref()) {
                    Some(TlsError::InvalidCertificate(reason)) => check(reason.clone()),
                    other => panic!("{other:?}"),
                }
            }
            other => panic!("{other:?}"),
        }
        let end = server.join().remove(0);
        assert!(
            matches!(&end, Err(Error::Tls(error)) if matches!(**error, TlsError::AlertReceived(_))),
            "{end:?}"
        );
    });
}

// T-HS-23
#[test]
fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new("one").expect("an authority");
    let config = authority.server(&["localhost.example", "127.0.0.2"], Valid::Now);
    refused(&config.expect("a server"), &options(&authority), |reason| {
        assert!(matches!(reason, CertificateError::NotValidForNameContext { .. }), "{reason:?}");
    });
}

#[test]
fn an_expired_certificate_is_refused() {
    let authority = Authority::new("one").expect("an authority");
    let config = authority.server(&["localhost"], Valid::NoMore).expect("a server");
    refused(&config, &options(&authority), |reason| {
        assert!(matches!(reason, CertificateError::ExpiredContext { .. }), "{reason:?}");
    });
}

#[test]
fn a_certificate_that_is_not_valid_yet_is_refused() {
    let authority = Authority::new("one").expect("an authority");
    let config = authority.server(&["localhost"], Valid::NotYet).expect("a server");
    refused(&config, &options(&authority), |reason| {
        assert!(matches!(reason, CertificateError::NotValidYetContext { .. }), "{reason:?}");
    });
}

#[test]
fn a_self_signed_certificate_is_refused() {
    let authority = Authority::new("one").expect("an authority");
    let config = self_signed(&["localhost"]).expect("a server");
    refused(&config, &options(&authority), |reason| {
        assert!(matches!(reason, CertificateError::UnknownIssuer), "{reason:?}");
    });
}

#[test]
fn an_authority_that_nobody_knows_is_not_trusted() {
    let (_, config) = trusted();
    let another = Authority::new("another").expect("an authority");
    let unknown = |reason| assert!(matches!(reason, CertificateError::UnknownIssuer), "{reason:?}");
    refused(&config, &options(&another), unknown);
    refused(&config, &ClientOptions::new(), unknown);
    refused(&config, &ClientOptions::new().roots(Roots::Mozilla), unknown);
}

#[test]
fn a_host_that_no_certificate_can_be_for_is_not_connected_to() {
    each(|dial| {
        let connected = dial("wss://a_$/", &ClientOptions::new());
        assert!(matches!(connected, Err(Error::Uri(InvalidUri::Host))), "{connected:?}");
    });
}

#[test]
fn a_server_with_another_application_protocol_is_refused() {
    let (_, config) = trusted();
    let mut config = (*config).clone();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let config = Arc::new(config);
    each(|dial| {
        let server = echo_server(1, config.clone());
        let connected = dial(&server.uri("localhost"), &ClientOptions::new());
        let expected = AlertDescription::NoApplicationProtocol;
        assert!(
            matches!(&connected, Err(Error::Tls(error)) if **error == TlsError::AlertReceived(expected)),
            "{connected:?}"
        );
        assert!(matches!(server.join()[..], [Err(Error::Tls(_))]));
    });
}
