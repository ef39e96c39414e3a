//! RFC 7692 §5 §7.1  What the opening handshake agrees on.
#![cfg(feature = "deflate")]

use bytes::Buf;
use websocket_proto::deflate::{
    Agreement, ClientWindow, Compress, Compression, Offer, Preferences, WindowBits,
};
use websocket_proto::handshake::{Acceptance, Client, ClientRequest, HandshakeError, Server, Uri};
use websocket_proto::{Config, Connection, Event, State};

fn bits(bits: u8) -> WindowBits {
    WindowBits::new(bits).expect("8 to 15")
}

fn server(preferences: Preferences) -> Config {
    let mut config = Config::server();
    let mut compression = Compression::default();
    compression.preferences = preferences;
    config.compression = Some(compression);
    config
}

fn client(offers: Vec<Offer>) -> Config {
    let mut config = Config::client();
    let mut compression = Compression::default();
    compression.offers = offers;
    config.compression = Some(compression);
    config
}

fn output(connection: &mut Connection) -> String {
    let mut text = String::new();
    while let Some(run) = connection.take_output() {
        text.extend(run.iter().map(|byte| char::from(*byte)));
    }
    text
}

fn extension_line(head: &str) -> Option<&str> {
    let mut lines =
        head.split("\r\n").filter_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
    let line = lines.next();
    assert_eq!(lines.next(), None, "one line at most");
    line
}

/// What a server answers to this header, which may be several lines, separated by `|`.
fn answer(config: Config, offer: &str) -> Result<Option<String>, u16> {
    let mut request = String::from(
        "GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
    );
    for line in offer.split('|') {
        request.push_str(&format!("Sec-WebSocket-Extensions: {line}\r\n"));
    }
    request.push_str("\r\n");
    let mut bytes = request.into_bytes();
    let request = Server::new(config)
        .receive(&mut &mut bytes[..])
        .map_err(|error| error.status().expect("an answer"))?;
    let mut connection = request.expect("whole").accept(&Acceptance::new()).expect("no objection");
    let head = output(&mut connection);
    assert!(head.starts_with("HTTP/1.1 101 "));
    let line = extension_line(&head).map(String::from);
    assert_eq!(connection.compression().map(|agreement| agreement.to_string()), line);
    Ok(line)
}

fn check_answers(preferences: Preferences, cases: &[(&str, Option<&str>)]) {
    for (offer, expected) in cases {
        let expected = expected.map(|parameters| format!("permessage-deflate{parameters}"));
        assert_eq!(answer(server(preferences), offer), Ok(expected), "{offer}");
    }
}

/// R7692-5-02 R7692-5-03 R7692-5-05 R6455-9-01 R6455-9.1-03 R6455-9.1-05 R7692-7.1.1.1-02 R7692-7.1.2.1-02
/// R7692-7.1.2.2-05 R7692-7.3-01 R7692-7.3-02 R7692-7-04 T-DF-11
#[test]
fn a_server_takes_the_first_offer_that_it_can_meet() {
    check_answers(
        Preferences::default(),
        &[
            ("permessage-deflate", Some("")),
            ("permessage-deflate; client_max_window_bits", Some("")),
            ("permessage-deflate; client_max_window_bits=15", Some("")),
            ("permessage-deflate; client_max_window_bits=10", Some("; client_max_window_bits=10")),
            ("permessage-deflate; client_max_window_bits=8", Some("; client_max_window_bits=8")),
            ("permessage-deflate; server_max_window_bits=10", Some("; server_max_window_bits=10")),
            ("permessage-deflate; server_max_window_bits=15", Some("; server_max_window_bits=15")),
            ("permessage-deflate; server_max_window_bits=9", Some("; server_max_window_bits=9")),
            ("permessage-deflate; server_max_window_bits=8", None),
            ("permessage-deflate; server_max_window_bits=8, permessage-deflate", Some("")),
            (
                "permessage-deflate; server_no_context_takeover",
                Some("; server_no_context_takeover"),
            ),
            (
                "permessage-deflate; client_no_context_takeover",
                Some("; client_no_context_takeover"),
            ),
            (
                "permessage-deflate; server_max_window_bits=12 ; client_max_window_bits ;\
                 server_no_context_takeover; client_no_context_takeover",
                Some(
                    "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12",
                ),
            ),
            (
                "permessage-deflate; server_max_window_bits=\"10\"",
                Some("; server_max_window_bits=10"),
            ),
            (
                "permessage-deflate; server_max_window_bits=10, permessage-deflate",
                Some("; server_max_window_bits=10"),
            ),
            ("permessage-deflate, permessage-deflate; server_max_window_bits=10", Some("")),
            (
                "permessage-deflate; server_max_window_bits=10|permessage-deflate",
                Some("; server_max_window_bits=10"),
            ),
            (
                "x-foo, permessage-deflate; x|permessage-deflate; client_max_window_bits=9",
                Some("; client_max_window_bits=9"),
            ),
            ("x-foo; permessage-deflate", None),
            ("x-webkit-deflate-frame", None),
        ],
    );
}

/// R7692-7-01 R7692-7-02 R7692-7-03 T-DF-03
#[test]
fn a_server_declines_what_is_invalid() {
    let long = format!("server_max_window_bits={}", "9".repeat(40));
    let parameters = [
        "foo",
        "x=1",
        "Server_No_Context_Takeover",
        "server_max_window_bits",
        "server_max_window_bits=7",
        "server_max_window_bits=0",
        "server_max_window_bits=16",
        "server_max_window_bits=255",
        "server_max_window_bits=256",
        "server_max_window_bits=266",
        "server_max_window_bits=-8",
        "server_max_window_bits=08",
        "server_max_window_bits=010",
        "server_max_window_bits=\"010\"",
        "server_max_window_bits=+10",
        "server_max_window_bits=1e1",
        "server_max_window_bits=0xA",
        &long,
        "server_no_context_takeover=1",
        "server_no_context_takeover=true",
        "client_no_context_takeover=true",
        "client_max_window_bits=0",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=true",
        "client_max_window_bits; client_max_window_bits=10",
        "client_max_window_bits; client_max_window_bits",
        "client_no_context_takeover; client_no_context_takeover",
        "server_no_context_takeover; server_no_context_takeover",
        "server_max_window_bits=10; server_max_window_bits=10",
        "server_max_window_bits=10; foo",
    ];
    for parameters in parameters {
        let offer = format!("permessage-deflate; {parameters}");
        assert_eq!(answer(server(Preferences::default()), &offer), Ok(None), "{offer}");
        let with_another = format!("{offer}, permessage-deflate; server_no_context_takeover");
        let expected = Some("permessage-deflate; server_no_context_takeover".into());
        assert_eq!(answer(server(Preferences::default()), &with_another), Ok(expected), "{offer}");
    }
}

/// R6455-9.1-01 R6455-9.1-02: what breaks the grammar is no offer to decline but an error.
#[test]
fn malformed_extensions_are_refused() {
    for offer in [
        "permessage-deflate;",
        "permessage-deflate; server_max_window_bits=",
        "permessage-deflate; =1",
        "permessage-deflate; server_max_window_bits=\"1 0\"",
        "permessage-deflate permessage-deflate",
        "permessage-deflate; server_max_window_bits=\"10",
        "permessage-deflate; x=\"b,c\"",
    ] {
        assert_eq!(answer(server(Preferences::default()), offer), Err(400), "{offer}");
    }
}

/// R7692-7.1.1.1-03 R7692-7.1.1.2-02 R7692-7.1.2.1-04 R7692-7.1.2.2-02
#[test]
fn a_server_asks_for_what_it_prefers() {
    let mut preferences = Preferences::default();
    preferences.server_no_context_takeover = true;
    preferences.client_no_context_takeover = true;
    preferences.server_max_window_bits = bits(12);
    preferences.client_max_window_bits = bits(11);
    let takeover =
        "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=";
    check_answers(
        preferences,
        &[
            ("permessage-deflate", Some(&format!("{takeover}12"))),
            (
                "permessage-deflate; client_max_window_bits",
                Some(&format!("{takeover}12; client_max_window_bits=11")),
            ),
            (
                "permessage-deflate; client_max_window_bits=10",
                Some(&format!("{takeover}12; client_max_window_bits=10")),
            ),
            (
                "permessage-deflate; client_max_window_bits=15",
                Some(&format!("{takeover}12; client_max_window_bits=11")),
            ),
            ("permessage-deflate; server_max_window_bits=10", Some(&format!("{takeover}10"))),
            ("permessage-deflate; server_max_window_bits=15", Some(&format!("{takeover}12"))),
        ],
    );
    let mut preferences = Preferences::default();
    preferences.server_max_window_bits = bits(8);
    check_answers(preferences, &[("permessage-deflate", Some("; server_max_window_bits=9"))]);
}

/// R7692-5-05: off by default.
#[test]
fn without_settings_every_offer_is_declined() {
    assert_eq!(answer(Config::server(), "permessage-deflate"), Ok(None));
}

fn offer(set: impl FnOnce(&mut Offer)) -> Offer {
    let mut offer = Offer::default();
    offer.client_max_window_bits = ClientWindow::Fixed;
    set(&mut offer);
    offer
}

/// The head of a client's request.
fn request(config: Config) -> (Client, String) {
    let uri = Uri::parse("ws://example.com/").expect("valid");
    let mut client = Client::new(&ClientRequest::new(uri), config, [7; 32]);
    let websocket_proto::Transmit::Write(mut output) = client.transmit() else {
        panic!("the request")
    };
    let head = String::from_utf8(output.chunk().to_vec());
    output.advance(output.remaining());
    (client, head.expect("ASCII"))
}

/// R7692-5-01 R7692-7.1.1.1-01 R7692-7.1.1.2-01 R7692-7.1.2.1-01 R7692-7.1.2.2-01 R6455-4.1-17 R6455-9.1-06
#[test]
fn a_client_offers_what_it_is_told_to() {
    let (_, head) = request(client(vec![Offer::default()]));
    assert_eq!(extension_line(&head), Some("permessage-deflate; client_max_window_bits"));
    let (_, head) = request(client(vec![
        offer(|offer| offer.server_max_window_bits = Some(bits(10))),
        offer(|_| ()),
    ]));
    assert_eq!(
        extension_line(&head),
        Some("permessage-deflate; server_max_window_bits=10, permessage-deflate")
    );
    let everything = offer(|offer| {
        offer.server_no_context_takeover = true;
        offer.client_no_context_takeover = true;
        offer.server_max_window_bits = Some(bits(8));
        offer.client_max_window_bits = ClientWindow::AtMost(bits(15));
    });
    let (_, head) = request(client(vec![everything]));
    assert_eq!(
        extension_line(&head),
        Some(
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
             server_max_window_bits=8; client_max_window_bits=15"
        )
    );
    for config in [Config::client(), client(Vec::new())] {
        assert_eq!(extension_line(&request(config).1), None);
    }
    assert!(WindowBits::new(7).is_err() && WindowBits::new(16).is_err());
    assert!((8..=15).all(|bits| WindowBits::new(bits).is_ok()));
}

/// What a client makes of this answer.
fn receive(config: Config, answer: Option<&str>) -> Result<Connection, HandshakeError> {
    let (mut client, head) = request(config);
    let key =
        head.split_once("Sec-WebSocket-Key: ").and_then(|(_, rest)| rest.get(..24)).expect("a key");
    // Another connection knows how to answer a key.
    let mut bytes = format!(
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    .into_bytes();
    let request =
        Server::new(Config::server()).receive(&mut &mut bytes[..]).expect("valid").expect("whole");
    let head = output(&mut request.accept(&Acceptance::new()).expect("no objection"));
    let mut response = head.strip_suffix("\r\n").expect("an empty line").to_owned();
    if let Some(answer) = answer {
        for line in answer.split('|') {
            response.push_str(&format!("Sec-WebSocket-Extensions: {line}\r\n"));
        }
    }
    response.push_str("\r\n");
    let mut bytes = response.into_bytes();
    match client.receive(&mut &mut bytes[..]) {
        Ok(established) => Ok(established.expect("whole").connection),
        Err(error) => {
            assert_eq!(client.state(), State::Closing);
            assert!(matches!(client.transmit(), websocket_proto::Transmit::Abort));
            Err(error)
        }
    }
}

/// R7692-7-05 R7692-7.1.1.2-03 R7692-7.1.2.1-03 R7692-7.1.2.1-04 R7692-7.1.2.2-03 R7692-7.1.2.2-04
/// R7692-7.1.3-01 R7692-5.1-01 R6455-4.1-24
#[test]
fn a_client_takes_an_answer_that_fits_an_offer() {
    let plain = offer(|_| ());
    let limitable = Offer::default();
    let at_most_10 = offer(|offer| offer.client_max_window_bits = ClientWindow::AtMost(bits(10)));
    let server_10 = offer(|offer| offer.server_max_window_bits = Some(bits(10)));
    let server_forgets = offer(|offer| offer.server_no_context_takeover = true);
    let client_forgets = offer(|offer| offer.client_no_context_takeover = true);
    let cases: &[(&[Offer], &str, bool)] = &[
        (&[plain], "", true),
        (&[plain], "; server_no_context_takeover", true),
        (&[plain], "; client_no_context_takeover", true),
        (&[plain], "; server_max_window_bits=12", true),
        (&[plain], "; server_max_window_bits=8", true),
        (&[plain], "; server_max_window_bits=\"12\"", true),
        (&[plain], "; client_max_window_bits=12", false),
        (&[limitable], "; client_max_window_bits=12", true),
        (&[limitable], "; client_max_window_bits=8", true),
        (&[limitable], "; client_max_window_bits", false),
        (&[limitable], "; client_max_window_bits=16", false),
        (&[at_most_10], "; client_max_window_bits=12", true),
        (&[at_most_10], "", true),
        (&[server_10], "; server_max_window_bits=10", true),
        (&[server_10], "; server_max_window_bits=9", true),
        (&[server_10], "; server_max_window_bits=12", false),
        (&[server_10], "", false),
        (&[server_10, plain], "", true),
        (&[server_10, plain], "; server_max_window_bits=12", true),
        (&[server_forgets], "", false),
        (&[server_forgets], "; server_no_context_takeover", true),
        (&[server_forgets, plain], "", true),
        (&[client_forgets], "", true),
        (&[plain], "; foo", false),
        (&[plain], "; server_max_window_bits=7", false),
        (&[plain], "; server_max_window_bits=16", false),
        (&[plain], "; server_max_window_bits=010", false),
        (&[plain], "; server_max_window_bits", false),
        (&[plain], "; server_no_context_takeover=1", false),
        (&[plain], "; client_no_context_takeover=1", false),
        (&[plain], "; server_no_context_takeover; server_no_context_takeover", false),
        (&[limitable], "; client_max_window_bits=10; client_max_window_bits=10", false),
    ];
    for (offers, parameters, fits) in cases {
        let answer = format!("permessage-deflate{parameters}");
        match receive(client(offers.to_vec()), Some(&answer)) {
            Ok(connection) => {
                assert!(fits, "{answer}");
                assert_eq!(
                    connection.compression().expect("agreed").to_string(),
                    answer.replace('"', "")
                );
            }
            Err(error) => {
                assert!(!fits, "{answer}");
                assert_eq!(error, HandshakeError::ExtensionParameters);
            }
        }
    }
}

/// R7692-5-04 R7692-5-06 R6455-4.1-24
#[test]
fn a_client_refuses_extensions_that_it_did_not_offer() {
    let unexpected = |config: Config, answer: &str| {
        assert_eq!(
            receive(config, Some(answer)).err(),
            Some(HandshakeError::UnexpectedExtension),
            "{answer}"
        );
    };
    unexpected(Config::client(), "permessage-deflate");
    unexpected(client(Vec::new()), "permessage-deflate");
    unexpected(client(vec![Offer::default()]), "x-foo");
    unexpected(client(vec![Offer::default()]), "permessage-deflate, x-foo");
    unexpected(client(vec![Offer::default()]), "permessage-deflate, permessage-deflate");
    unexpected(client(vec![Offer::default()]), "permessage-deflate|permessage-deflate");
    let malformed = receive(client(vec![Offer::default()]), Some("permessage-deflate;"));
    assert_eq!(malformed.err(), Some(HandshakeError::Extensions));
}

/// R7692-5.1-01: the connection opens without, unless it is required: then it is closed with 1010.
#[test]
fn a_server_that_declines() {
    let mut connection = receive(client(vec![Offer::default()]), None).expect("opens");
    assert_eq!((connection.state(), connection.compression()), (State::Open, None));
    assert_eq!(output(&mut connection), "");

    let mut config = client(vec![Offer::default()]);
    config.compression.as_mut().expect("set").required = true;
    let mut connection = receive(config.clone(), None).expect("opens");
    assert_eq!(connection.state(), State::Closing);
    let close = connection.take_output().expect("the Close");
    let code = [close[6] ^ close[2], close[7] ^ close[3]];
    assert_eq!((close[0], code), (0x88, [0x03, 0xF2]));
    let mut connection = receive(config, Some("permessage-deflate")).expect("opens");
    assert_eq!((connection.state(), output(&mut connection)), (State::Open, String::new()));
}

/// R7692-5-02: both ends of each negotiation agree.
#[test]
fn both_ends_agree() {
    let windows = [None, Some(9), Some(12), Some(15)];
    for server_window in windows {
        for client_window in windows {
            for takeover in 0..16 {
                let mut offer = Offer::default();
                offer.server_no_context_takeover = takeover & 1 != 0;
                offer.client_no_context_takeover = takeover & 2 != 0;
                offer.server_max_window_bits = server_window.map(bits);
                offer.client_max_window_bits = match client_window {
                    None => ClientWindow::Limitable,
                    Some(window) => ClientWindow::AtMost(bits(window)),
                };
                let mut preferences = Preferences::default();
                preferences.server_no_context_takeover = takeover & 4 != 0;
                preferences.client_no_context_takeover = takeover & 8 != 0;
                preferences.server_max_window_bits = bits(server_window.unwrap_or(11));
                preferences.client_max_window_bits = bits(10);
                let answer = answer(server(preferences), &offer.to_string()).expect("valid");
                let connection = receive(client(vec![offer]), answer.as_deref()).expect("opens");
                assert_eq!(connection.compression().map(|agreement| agreement.to_string()), answer);
            }
        }
    }
}

/// What `with_compression` is given changes a connection only before anything else, however late it comes.
#[test]
fn compression_comes_first_or_not_at_all() {
    let compression = || server(Preferences::default());
    let fresh = || Connection::server(compression()).with_compression(Agreement::default());
    assert_eq!(fresh().compression(), Some(Agreement::default()));
    let mut other = Agreement::default();
    other.server_no_context_takeover = true;
    assert_eq!(fresh().with_compression(other).compression(), Some(Agreement::default()), "twice");

    let mut sent = Connection::server(compression());
    sent.send_text("first").expect("room");
    assert_eq!(sent.with_compression(other).compression(), None);

    let mut closed = Connection::server(compression());
    closed.receive_eof();
    assert_eq!(closed.with_compression(other).compression(), None);

    // In mid-frame: the payload goes on, and nothing is taken for a header.
    let mut connection = Connection::server(compression());
    let mut begun = *b"\x82\x84\0\0\0\0ab";
    assert!(matches!(connection.receive(&mut &mut begun[..]), Ok(None)));
    let mut connection = connection.with_compression(other);
    assert_eq!(connection.compression(), None);
    let mut rest = *b"\xC1\x80";
    let mut input = &mut rest[..];
    let Ok(Some(Event::Binary(data))) = connection.receive(&mut input) else { panic!("a message") };
    assert_eq!(*data, *b"ab\xC1\x80");
}

/// R7692-7.1.1.2-01 R7692-7.1.2.2-04: what a client has offered of its own side it keeps to with an HTTP stack of
/// its own as well.
#[test]
fn a_client_keeps_to_its_own_offer() {
    let promise = offer(|offer| {
        offer.client_no_context_takeover = true;
        offer.client_max_window_bits = ClientWindow::AtMost(bits(9));
    });
    let mut config = client(vec![promise]);
    let compression = config.compression.as_mut().expect("set");
    compression.compress = Compress::Always;
    let request = compression.offer().expect("an offer");
    let agreement = compression.agree([&b"permessage-deflate"[..]]).expect("fits").expect("agreed");
    assert_eq!(request, "permessage-deflate; client_no_context_takeover; client_max_window_bits=9");
    let mut connection = Connection::client(config, [7; 32]).with_compression(agreement);
    let mut payloads = Vec::new();
    for _ in 0..2 {
        connection.send_text("Hello").expect("room");
        let output = connection.take_output().expect("queued");
        let key = &output[2..6];
        payloads.push(
            output[6..].iter().zip(key.iter().cycle()).map(|(a, b)| a ^ b).collect::<Vec<u8>>(),
        );
    }
    assert_eq!(payloads[0], payloads[1], "nothing is taken over");
}

/// R7692-5-05: and a server may decline for one request what it accepts for others.
#[test]
fn a_server_declines_for_one_request() {
    let head =
        b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    for acceptance in [Acceptance::new(), Acceptance::new().without_compression()] {
        let mut bytes = *head;
        let mut handshake = Server::new(server(Preferences::default()));
        let request = handshake.receive(&mut &mut bytes[..]).expect("a request").expect("whole");
        let declined = acceptance.clone().without_compression();
        let is_declined = format!("{acceptance:?}") == format!("{declined:?}");
        let mut connection = request.accept(&acceptance).expect("accepted");
        assert_eq!(connection.compression().is_none(), is_declined);
        assert_eq!(extension_line(&output(&mut connection)).is_none(), is_declined);
    }
}

/// RFC 7692 §5.1: for an HTTP stack of one's own: the first offer that can be met, over all lines, until one is malformed.
#[test]
fn an_answer_to_lines_of_ones_own() {
    let compression = Compression::default();
    let answer = |lines: &[&str]| {
        let answer = compression.answer(lines.iter().map(|line| line.as_bytes()));
        answer.map(|agreement| agreement.to_string())
    };
    let plain = answer(&["permessage-deflate"]);
    assert_eq!(plain.as_deref(), Some("permessage-deflate"));
    assert_eq!(answer(&["x-other", "x-another, permessage-deflate"]), plain);
    assert_eq!(answer(&["permessage-deflate; unknown=1, permessage-deflate"]), plain);
    assert_eq!(answer(&["permessage-deflate", "=malformed"]), plain);
    for none in [
        &[][..],
        &["x-other"],
        &["permessage-deflate; unknown=1"],
        &["=malformed", "permessage-deflate"],
    ] {
        assert_eq!(answer(none), None, "{none:?}");
    }
}
