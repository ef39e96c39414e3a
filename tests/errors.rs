//! What errors say: one line each, no two of an enum the same, and what is behind them.

use std::collections::BTreeSet;
use std::error::Error;

use websocket_proto::ProtocolError;
use websocket_proto::frame::{CloseCode, InvalidCloseCode};
use websocket_proto::utf8::InvalidUtf8;

/// A fragment of a sentence, to be put behind "failed: ".
fn say(errors: &[&dyn Error]) -> Vec<String> {
    let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    for text in &texts {
        assert!(text.len() > 5 && !text.contains('\n') && !text.ends_with('.'), "{text:?}");
    }
    assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len(), "{texts:?}");
    texts
}

#[test]
fn violations_say_what_is_wrong() {
    use ProtocolError::*;
    let all = [
        ReservedBits,
        ReservedOpcode,
        FragmentedControl,
        UnmaskedFrame,
        MaskedFrame,
        ControlTooLong,
        UnexpectedContinuation,
        UnfinishedMessage,
        LengthNotMinimal,
        LengthOverflow,
        FrameTooLarge,
        MessageTooLarge,
        TooManyFragments,
        TooManyEmptyFragments,
        TooManyFinalBlocks,
        InvalidUtf8,
        InvalidCompression,
        ClosePayloadTooShort,
        InvalidCloseCode,
        InvalidCloseReason,
        OutOfMemory,
    ];
    let texts = say(&all.each_ref().map(|error| error as &dyn Error));
    assert_eq!(texts[3], "unmasked frame from a client");
    assert!(all.iter().all(|error| error.source().is_none()));
}

#[test]
fn what_is_no_value_says_so() {
    let texts = say(&[&InvalidUtf8, &InvalidCloseCode]);
    assert_eq!(texts, ["invalid UTF-8", "not a status code that may be sent"]);
    assert_eq!(CloseCode::try_from(1004), Err(InvalidCloseCode));
    let code = CloseCode::try_from(4999).unwrap();
    assert_eq!((u16::from(code), code.to_string().as_str()), (4999, "4999"));
    assert_eq!(format!("{code:?}"), "CloseCode(4999)");
}

#[cfg(feature = "alloc")]
mod with_a_heap {
    use super::*;
    use websocket_proto::handshake::{
        HandshakeError, InvalidCredentials, InvalidHeader, InvalidOrigin, InvalidStatus,
        InvalidSubprotocol, InvalidUri, RedirectError,
    };
    use websocket_proto::{CloseStatus, SendError};

    #[test]
    fn misuse_says_what_is_not_allowed() {
        use SendError::*;
        let all = [
            Closed,
            Full,
            MessageOpen,
            KindMismatch,
            ControlTooLong,
            ReasonTooLong,
            CloseCode,
            InvalidUtf8,
            Unmasked,
        ];
        say(&all.each_ref().map(|error| error as &dyn Error));
        assert!(all.iter().all(|error| error.source().is_none()));
    }

    #[test]
    fn handshakes_say_why_they_failed() {
        use HandshakeError::*;
        let all = [
            Malformed,
            DuplicateHeader,
            HeadTooLarge,
            RequestLineTooLong,
            TooManyHeaders,
            Timeout,
            ConnectionEnded,
            Extensions,
            Connection,
            Method,
            HttpVersion,
            Target,
            Host,
            Body,
            ConnectProtocol,
            Key,
            Version,
            UnsupportedVersion,
            Subprotocols,
            NotUpgrade,
            OriginRefused,
            HostRefused,
            SubprotocolNotOffered,
            Refused { status: 418 },
            EarlyResponse,
            Upgrade,
            Accept,
            UnexpectedSubprotocol,
            UnexpectedExtension,
            ExtensionParameters,
            TooManyInterimResponses,
            TransportFailed,
            Aborted,
        ];
        let texts = say(&all.each_ref().map(|error| error as &dyn Error));
        assert!(texts.contains(&"the server answered with status 418".into()));
    }

    #[test]
    fn arguments_say_what_they_are_not() {
        use InvalidUri::*;
        let uris = [Scheme, Credentials, Host, Port, ResourceName, Fragment];
        say(&uris.each_ref().map(|error| error as &dyn Error));
        use InvalidHeader::{Name, Reserved, Value};
        say(&[&Name, &Value, &Reserved]);
        use InvalidCredentials::{Colon, ControlCharacter, Token};
        say(&[&Colon, &ControlCharacter, &Token]);
        say(&[&InvalidOrigin, &InvalidStatus]);
        let subprotocols = [
            InvalidSubprotocol::NotAToken("a b".into()),
            InvalidSubprotocol::Duplicate("c".into()),
        ];
        let texts = say(&[&subprotocols[0], &subprotocols[1]]);
        assert_eq!(texts, ["subprotocol \"a b\" is no token", "subprotocol \"c\" is there twice"]);
    }

    #[test]
    fn redirects_say_why_they_are_not_followed() {
        use RedirectError::{Downgrade, Location, TooMany, Uri};
        let all = [Location, Uri(InvalidUri::Port), Downgrade, TooMany];
        say(&all.each_ref().map(|error| error as &dyn Error));
        for error in &all {
            let behind = error.source().map(ToString::to_string);
            let expected = matches!(error, Uri(_)).then(|| InvalidUri::Port.to_string());
            assert_eq!(behind, expected);
        }
    }

    #[test]
    fn a_status_is_a_code_or_none() {
        for code in [1000, 3000] {
            let code = websocket_proto::CloseCode::new(code).unwrap();
            assert_eq!(CloseStatus::from(code), CloseStatus::Code(code));
            assert_eq!(CloseStatus::from(Some(code)).as_u16(), code.as_u16());
        }
        assert_eq!(CloseStatus::from(None).as_u16(), 1005);
        assert_eq!(CloseStatus::Abnormal.as_u16(), 1006);
        assert_eq!(
            [CloseStatus::NoCode, CloseStatus::Abnormal].map(|status| status.to_string()),
            ["1005", "1006"]
        );
    }

    #[cfg(feature = "deflate")]
    #[test]
    fn windows_say_what_they_are() {
        use websocket_proto::deflate::{InvalidWindowBits, WindowBits};
        assert_eq!(say(&[&InvalidWindowBits]), ["window bits are 8 to 15"]);
        assert_eq!(WindowBits::new(16), Err(InvalidWindowBits));
    }

    #[cfg(feature = "http")]
    #[test]
    fn requests_say_what_the_http_crate_did_not_take() {
        use websocket_proto::handshake::http::RequestError;
        let refused = websocket_proto::http::Request::builder().method(" ").body(()).unwrap_err();
        let error = RequestError::from(refused);
        say(&[&error]);
        assert!(error.source().is_some_and(|behind| !behind.to_string().is_empty()));
    }
}
