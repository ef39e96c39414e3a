//! RFC 7692 §5 §7.1: what is offered and what is answered, read once more by hand; a server's answer is one
//! that the client takes, and both mean the same by it.

#![no_main]

use bytes::Buf;
use libfuzzer_sys::fuzz_target;
use websocket_proto::deflate::{
    Agreement, ClientWindow, Compress, Compression, CompressionPool, Offer, Preferences, WindowBits,
};
use websocket_proto::handshake::{Acceptance, Client, ClientRequest, HandshakeError, Server, Uri};
use websocket_proto::{Config, Connection, Event, State, Transmit};
use websocket_proto_fuzz::{ReferenceInflater, Script, held, offer, peak_of, preferences};

/// Bytes of a few handshakes, of two connections and of their codecs.
const MEMORY: isize = 1 << 20;

fuzz_target!(init: ReferenceInflater::prepare(), |data: &[u8]| {
    let memory = held();
    let ((), peak) = peak_of(|| play(data));
    assert!(peak <= MEMORY, "{peak} bytes");
    assert_eq!(held(), memory, "everything is freed");
});

fn play(data: &[u8]) {
    let mut script = Script::new(data);
    let choices = script.byte();
    let preferences = preferences(&mut script);
    let offers: Vec<Offer> = (0..choices & 3).map(|_| offer(&mut script)).collect();
    // Header lines, which end with a line feed.
    let lines: Vec<&[u8]> = script.rest().splitn(8, |byte| *byte == b'\n').collect();
    let is_header =
        |line: &&[u8]| line.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control());
    let lists = lines.iter().all(is_header).then(|| parse(&lines));
    serve(choices, preferences, &lines, lists.as_ref().map(Option::as_deref));
    connect(choices, &offers, &lines, lists.as_ref().map(Option::as_deref));
    meet(choices, preferences, &offers);
}

/// An extension, as it stands in a list.
struct Element {
    name: String,
    parameters: Vec<(String, Option<String>)>,
}

/// §9.1: all that is listed; `None`: not by the grammar, or more than a head may list.
fn parse(lines: &[&[u8]]) -> Option<Vec<Element>> {
    let elements = lines.iter().flat_map(|line| line.split(|byte| *byte == b','));
    let elements = elements.filter(|element| !element.trim_ascii().is_empty());
    let elements: Option<Vec<Element>> = elements.map(parse_element).collect();
    elements.filter(|elements| elements.len() <= 32)
}

fn parse_element(element: &[u8]) -> Option<Element> {
    let mut parts = element.split(|byte| *byte == b';');
    let name = token(parts.next()?)?;
    let parameters: Option<Vec<_>> = parts.map(parse_parameter).collect();
    let parameters = parameters.filter(|parameters| parameters.len() <= 16)?;
    Some(Element { name, parameters })
}

fn parse_parameter(parameter: &[u8]) -> Option<(String, Option<String>)> {
    let mut sides = parameter.splitn(2, |byte| *byte == b'=');
    let name = token(sides.next()?)?;
    let Some(value) = sides.next().map(<[u8]>::trim_ascii) else { return Some((name, None)) };
    let value = match value {
        [b'"', quoted @ .., b'"'] => token(&unescape(quoted)?)?,
        plain => token(plain)?,
    };
    Some((name, Some(value)))
}

fn unescape(quoted: &[u8]) -> Option<Vec<u8>> {
    // A token has no blanks, which would be trimmed.
    let mut bytes = quoted.iter().copied();
    let mut unescaped = Vec::new();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'\\' { bytes.next()? } else { byte };
        unescaped.push(Some(byte).filter(|byte| *byte != b' ' && *byte != b'\t')?);
    }
    Some(unescaped)
}

fn token(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes.trim_ascii()).ok()?;
    let is_token = |char: char| char.is_ascii_graphic() && !"()<>@,;:\\\"/[]?={}".contains(char);
    (!text.is_empty() && text.chars().all(is_token)).then(|| text.into())
}

/// The four parameters; a window may be there without a value.
#[derive(Default)]
struct Parameters {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<Option<u8>>,
    client_max_window_bits: Option<Option<u8>>,
}

/// §7.1; `None`: invalid.
fn parameters(element: &Element) -> Option<Parameters> {
    let mut found = Parameters::default();
    for (index, (name, value)) in element.parameters.iter().enumerate() {
        if element.parameters[..index].iter().any(|(other, _)| other == name) {
            return None;
        }
        let window = match value.as_deref() {
            None => None,
            Some(value) => {
                let number = value.parse().ok().filter(|bits| (8..16).contains(bits))?;
                Some(Some(number).filter(|number: &u8| number.to_string() == value)?)
            }
        };
        match &name[..] {
            "server_no_context_takeover" if value.is_none() => {
                found.server_no_context_takeover = true;
            }
            "client_no_context_takeover" if value.is_none() => {
                found.client_no_context_takeover = true;
            }
            "server_max_window_bits" => found.server_max_window_bits = Some(window),
            "client_max_window_bits" => found.client_max_window_bits = Some(window),
            _ => return None,
        }
    }
    Some(found)
}

fn as_offer(element: &Element) -> Option<Offer> {
    let found = Some(element).filter(|element| element.name == "permessage-deflate")?;
    let found = parameters(found)?;
    let mut offer = Offer::default();
    offer.server_no_context_takeover = found.server_no_context_takeover;
    offer.client_no_context_takeover = found.client_no_context_takeover;
    offer.server_max_window_bits = match found.server_max_window_bits {
        None => None,
        Some(bits) => Some(window(bits?)),
    };
    offer.client_max_window_bits = match found.client_max_window_bits {
        None => ClientWindow::Fixed,
        Some(None) => ClientWindow::Limitable,
        Some(Some(bits)) => ClientWindow::AtMost(window(bits)),
    };
    Some(offer)
}

fn window(bits: u8) -> WindowBits {
    WindowBits::new(bits).unwrap()
}

fn compression() -> Compression {
    let mut compression = Compression::with_pool(CompressionPool::new(0));
    compression.compress = Compress::Always;
    compression.level = 1;
    compression.memory_level = 1;
    compression
}

fn server(preferences: Preferences) -> Config {
    let mut config = Config::server();
    let mut compression = compression();
    compression.preferences = preferences;
    config.compression = Some(compression);
    config
}

fn client(offers: &[Offer], required: bool) -> Config {
    let mut config = Config::client();
    let mut compression = compression();
    compression.offers = offers.to_vec();
    compression.required = required;
    config.compression = Some(compression);
    config
}

/// A server that is offered these lines. What could be read of them tells what it has to answer.
fn serve(
    choices: u8,
    preferences: Preferences,
    lines: &[&[u8]],
    expected: Option<Option<&[Element]>>,
) {
    let mut request = b"GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Version: 13\r\n"
        .to_vec();
    add(&mut request, lines);
    let mut input = request.as_mut_slice();
    let result = Server::new(server(preferences)).receive(&mut input);
    let Some(expected) = expected else { return };
    let Some(elements) = expected else {
        assert_eq!(result.unwrap_err(), HandshakeError::Extensions);
        return;
    };
    let request = result.unwrap().unwrap();
    let mut connection = request.accept(&Acceptance::new()).unwrap();
    assert_eq!(connection.state(), State::Open, "what is declined is no objection");
    let head = output(&mut connection);
    let agreement = connection.compression();
    assert_eq!(extensions(&head), agreement.map(|agreement| agreement.to_string()));

    let offers: Vec<Offer> = elements.iter().filter_map(as_offer).collect();
    let can_be_met =
        |offer: &&Offer| offer.server_max_window_bits.is_none_or(|bits| bits.bits() > 8);
    let Some(offer) = offers.iter().find(can_be_met) else {
        assert_eq!(agreement, None);
        return;
    };
    let agreement = agreement.expect("an offer that can be met");
    check_answer(&preferences, offer, &agreement);
    for offers in [&offers[..], &[*offer]] {
        let client = establish(client(offers, true), &[agreement.to_string().as_bytes()]).unwrap();
        assert_eq!(client.state(), State::Open);
        assert_eq!(client.compression(), Some(agreement));
        if choices & 4 != 0 && offers.len() == 1 {
            let server = Connection::server(server(preferences)).with_compression(agreement);
            converse(server, client, offer, &agreement);
        }
    }
}

/// §7.1: the answer is within the offer, and what is preferred is asked for where it can be.
fn check_answer(preferences: &Preferences, offer: &Offer, answer: &Agreement) {
    assert_eq!(
        answer.server_no_context_takeover,
        offer.server_no_context_takeover || preferences.server_no_context_takeover
    );
    assert_eq!(
        answer.client_no_context_takeover,
        offer.client_no_context_takeover || preferences.client_no_context_takeover
    );
    let bits = |window: Option<WindowBits>| window.map_or(15, WindowBits::bits);
    let own = preferences.server_max_window_bits.bits().max(9);
    assert_eq!(bits(answer.server_max_window_bits), own.min(bits(offer.server_max_window_bits)));
    assert!(offer.server_max_window_bits.is_none() || answer.server_max_window_bits.is_some());
    let wanted = match offer.client_max_window_bits {
        ClientWindow::Fixed => {
            assert_eq!(answer.client_max_window_bits, None);
            15
        }
        ClientWindow::Limitable => preferences.client_max_window_bits.bits(),
        ClientWindow::AtMost(window) => window.min(preferences.client_max_window_bits).bits(),
    };
    assert_eq!(bits(answer.client_max_window_bits), wanted);
}

/// Each end keeps to what was agreed, and the other reads it.
fn converse(server: Connection, client: Connection, offer: &Offer, agreement: &Agreement) {
    let bits = |window: Option<WindowBits>| window.map_or(15, WindowBits::bits);
    let hint = match offer.client_max_window_bits {
        ClientWindow::AtMost(window) => window.bits().max(9),
        _ => 15,
    };
    let server_reference = ReferenceInflater::new(
        bits(agreement.server_max_window_bits),
        !agreement.server_no_context_takeover,
    );
    let client_reference = ReferenceInflater::new(
        bits(agreement.client_max_window_bits).min(hint),
        !agreement.client_no_context_takeover,
    );
    let mut ends = [(server, server_reference), (client, client_reference)];
    for from in [0, 1, 0, 1] {
        let [(server, _), (client, _)] = &mut ends;
        let (sender, receiver) = if from == 0 { (server, client) } else { (client, server) };
        let text: String =
            (0..250).map(|index| char::from(b'a' + (index * index % 26) as u8)).collect();
        let text = [&text[..], "---", &text, &"other ".repeat(60), &text].concat();
        sender.send_text(&text).unwrap();
        let mut wire = Vec::new();
        while let Some(run) = sender.take_output() {
            wire.extend_from_slice(&run);
        }
        let compressed = wire[0] & 0x40 != 0;
        let payload = payload(&wire);
        let mut input = wire.as_mut_slice();
        match receiver.receive(&mut input) {
            Ok(Some(Event::Text(received))) => assert_eq!(&*received, &*text),
            other => panic!("{other:?}"),
        }
        if compressed {
            assert_eq!(ends[from].1.message(&payload), text.as_bytes());
        } else {
            let agreed = [agreement.server_max_window_bits, agreement.client_max_window_bits];
            assert_eq!(bits(agreed[from]), 8, "no compressor has such a window");
        }
    }
}

/// The payload of one frame.
fn payload(wire: &[u8]) -> Vec<u8> {
    let size = if wire[1] & 0x7F == 126 { 4 } else { 2 };
    match wire[1] & 0x80 {
        0 => wire[size..].to_vec(),
        _ => {
            let (key, payload) = wire[size..].split_at(4);
            payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
        }
    }
}

/// A client that made these offers and is answered these lines.
fn connect(choices: u8, offers: &[Offer], lines: &[&[u8]], lists: Option<Option<&[Element]>>) {
    let required = choices & 8 != 0;
    let result = establish(client(offers, required), lines);
    let Some(elements) = lists else { return };
    match (expect(offers, elements), result) {
        (Ok(None), Ok(connection)) => {
            let closed = required && !offers.is_empty();
            assert_eq!(connection.state() == State::Closing, closed);
            assert_eq!(connection.compression(), None);
        }
        (Ok(expected), Ok(connection)) => {
            assert_eq!(connection.state(), State::Open);
            assert_eq!(connection.compression(), expected);
        }
        (Err(expected), Err(error)) => assert_eq!(error, expected),
        (expected, result) => panic!("{expected:?} {result:?}"),
    }
}

/// §5.1: what a client has to make of an answer.
fn expect(
    offers: &[Offer],
    elements: Option<&[Element]>,
) -> Result<Option<Agreement>, HandshakeError> {
    let elements = elements.ok_or(HandshakeError::Extensions)?;
    let Some((first, rest)) = elements.split_first() else { return Ok(None) };
    if first.name != "permessage-deflate" || offers.is_empty() {
        return Err(HandshakeError::UnexpectedExtension);
    }
    let found = parameters(first).ok_or(HandshakeError::ExtensionParameters)?;
    let fits = |offer: &Offer| {
        let server_window = match (offer.server_max_window_bits, found.server_max_window_bits) {
            (Some(offered), Some(Some(answered))) => answered <= offered.bits(),
            (Some(_), None) | (_, Some(None)) => false,
            (None, _) => true,
        };
        let client_window = match found.client_max_window_bits {
            None => true,
            Some(None) => false,
            Some(Some(_)) => offer.client_max_window_bits != ClientWindow::Fixed,
        };
        let takeover = found.server_no_context_takeover || !offer.server_no_context_takeover;
        server_window && client_window && takeover
    };
    if !offers.iter().any(fits) {
        return Err(HandshakeError::ExtensionParameters);
    }
    if !rest.is_empty() {
        return Err(HandshakeError::UnexpectedExtension);
    }
    let mut agreement = Agreement::default();
    agreement.server_no_context_takeover = found.server_no_context_takeover;
    agreement.client_no_context_takeover = found.client_no_context_takeover;
    agreement.server_max_window_bits = found.server_max_window_bits.flatten().map(window);
    agreement.client_max_window_bits = found.client_max_window_bits.flatten().map(window);
    Ok(Some(agreement))
}

/// A client of ours and a server of ours.
fn meet(choices: u8, preferences: Preferences, offers: &[Offer]) {
    let (mut client, head) = request(client(offers, choices & 8 != 0));
    let mut head = head.into_bytes();
    let mut input = head.as_mut_slice();
    let request = Server::new(server(preferences)).receive(&mut input).unwrap().unwrap();
    let mut server = request.accept(&Acceptance::new()).unwrap();
    let mut answer = output(&mut server).into_bytes();
    let mut input = answer.as_mut_slice();
    let client = client.receive(&mut input).unwrap().unwrap().connection;
    assert_eq!(client.compression(), server.compression());
}

fn add(head: &mut Vec<u8>, lines: &[&[u8]]) {
    for line in lines {
        head.extend_from_slice(b"Sec-WebSocket-Extensions: ");
        head.extend_from_slice(line);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
}

fn request(config: Config) -> (Client, String) {
    let uri = Uri::parse("ws://example.com/").unwrap();
    let mut client = Client::new(&ClientRequest::new(uri), config, [7; 32]);
    let Transmit::Write(mut output) = client.transmit() else { panic!("the request is queued") };
    let head = output.copy_to_bytes(output.remaining());
    (client, String::from_utf8(head.to_vec()).unwrap())
}

/// What a client makes of a 101 with these lines.
fn establish(config: Config, lines: &[&[u8]]) -> Result<Connection, HandshakeError> {
    let (mut client, head) = request(config);
    let mut head = head.into_bytes();
    let mut input = head.as_mut_slice();
    // A server that knows no extensions knows how to answer the rest.
    let request = Server::new(Config::server()).receive(&mut input).unwrap().unwrap();
    let mut response = output(&mut request.accept(&Acceptance::new()).unwrap()).into_bytes();
    response.truncate(response.len() - 2);
    add(&mut response, lines);
    let mut input = response.as_mut_slice();
    match client.receive(&mut input) {
        Ok(Some(established)) => Ok(established.connection),
        Ok(None) => Err(HandshakeError::Timeout),
        Err(error) => Err(error),
    }
}

fn output(connection: &mut Connection) -> String {
    let mut bytes = Vec::new();
    while let Some(run) = connection.take_output() {
        bytes.extend_from_slice(&run);
    }
    String::from_utf8(bytes).expect("a head is ASCII")
}

/// The value of the header line, of which there is one at most, with one element.
fn extensions(head: &str) -> Option<String> {
    let mut values =
        head.split("\r\n").filter_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
    let value = values.next();
    assert!(values.next().is_none() && !value.is_some_and(|value| value.contains(',')));
    value.map(Into::into)
}
