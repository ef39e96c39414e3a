//! Heads with anything wrong in them, in any pieces: never a panic, always the same outcome
//! (R6455-10.1-01, T-GN-01, T-GN-02, T-HS-06).

use proptest::prelude::*;
use websocket_proto::handshake::{
    Acceptance, Client, ClientRequest, Origin, OriginPolicy, Server, Uri,
};
use websocket_proto::{Config, State};

use crate::support::drain;

const REQUEST: &str = "GET /chat?a=b HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: http://server.example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: a; b=\"c\\d\", e; f=1\r\n\r\n";
const RESPONSES: [&str; 2] = [
    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\
     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\
     Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: a; b=\"c\"\r\n\r\n",
    "HTTP/1.1 401 Unauthorized\r\nSec-WebSocket-Version: 13, 8\r\n\
     Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n",
];

/// A text with some bytes replaced, inserted and removed.
fn damaged(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let byte =
        prop_oneof![any::<u8>(), prop::sample::select(b"\r\n:;,=\"\\ \t\0/?#%[]@0a".as_slice()),];
    let change = (any::<prop::sample::Index>(), 0..3, byte);
    prop::collection::vec(change, 0..6).prop_map(move |changes| {
        let mut bytes = text.as_bytes().to_vec();
        for (index, kind, byte) in changes {
            let at = index.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        bytes
    })
}

fn pieces(mut bytes: Vec<u8>, cuts: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    for cut in cuts {
        let rest = bytes.split_off(cut.index(bytes.len() + 1));
        pieces.push(std::mem::replace(&mut bytes, rest));
    }
    pieces.push(bytes);
    pieces
}

fn serve(pieces: &[Vec<u8>]) -> String {
    let mut server = Server::new(Config::server());
    for piece in pieces {
        let mut piece = piece.clone();
        match server.receive(&mut piece.as_mut_slice()) {
            Ok(None) => {}
            Ok(Some(request)) => {
                let description = format!(
                    "{request:?} {} {:?} {:?} {:?} {:?} {:?}",
                    request.path(),
                    request.query(),
                    request.host(),
                    request.headers().collect::<Vec<_>>(),
                    request.subprotocols().collect::<Vec<_>>(),
                    request.extensions().collect::<Vec<_>>(),
                );
                assert!(request.path().starts_with('/'));
                let answer = match request.accept(&Acceptance::new().subprotocols(["chat"])) {
                    Ok(mut connection) => drain!(connection),
                    Err(mut rejection) => drain!(rejection),
                };
                return description + &answer;
            }
            Err(error) => return format!("{error:?} {}", drain!(server)),
        }
    }
    assert_eq!(server.state(), State::Open);
    "incomplete".to_owned()
}

fn ask(pieces: &[Vec<u8>]) -> String {
    let request = ClientRequest::new(Uri::parse("ws://h/").unwrap());
    let request = request.subprotocols(["chat"]).unwrap();
    let mut client = Client::new(&request, Config::client(), [7; 32]);
    drain!(client);
    let outcome = pieces.iter().find_map(|piece| {
        let mut piece = piece.clone();
        client.receive(&mut piece.as_mut_slice()).map(|established| established.is_some()).err()
    });
    client.receive_eof();
    let refusal = client.refusal();
    let body = refusal.map(|refusal| (refusal.body(), refusal.versions().collect::<Vec<_>>()));
    format!("{outcome:?} {:?} {body:?}", client.error())
}

proptest! {
    #[test]
    fn requests(bytes in damaged(REQUEST), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let whole = serve(std::slice::from_ref(&bytes));
        prop_assert_eq!(serve(&pieces(bytes, &cuts)), whole);
    }

    #[test]
    fn responses(
        bytes in prop_oneof![damaged(RESPONSES[0]), damaged(RESPONSES[1])],
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let whole = ask(std::slice::from_ref(&bytes));
        prop_assert_eq!(ask(&pieces(bytes, &cuts)), whole);
    }

    #[test]
    fn locations(text in "(https?|wss?|HTTPS|ftp)?:?(//)?[\\[\\]:@a-z0-9.%]{0,12}([/?#.%][ -~]{0,12})?", is_secure: bool) {
        let scheme = if is_secure { "wss" } else { "ws" };
        let request = ClientRequest::try_from(format!("{scheme}://h:81/a/b/c?d")).unwrap();
        if let Ok(next) = request.redirect(&text) {
            // As every URI; and what was encrypted stays so.
            prop_assert_eq!(Uri::parse(&next.uri().to_string()), Ok(next.uri().clone()));
            prop_assert!(next.uri().secure() || !is_secure);
            let (path, _) = next.uri().resource_name().split_once('?').unwrap_or((next.uri().resource_name(), ""));
            prop_assert!(path.split('/').all(|segment| segment != "." && segment != ".."), "{}", path);
        }
    }

    #[test]
    fn uris(text in "(ws|wss|WS|http)?(://)?[\\[\\]:@a-z0-9.%]{0,12}(:[0-9]{0,6})?([/?#%][ -~]{0,8})?") {
        if let Ok(uri) = Uri::parse(&text) {
            // What is accepted once is accepted again, the same, and cannot break out of its line.
            prop_assert_eq!(Uri::parse(&uri.to_string()), Ok(uri.clone()));
            prop_assert!(uri.resource_name().starts_with('/'));
            let sent = [uri.resource_name(), uri.host_header()].concat();
            prop_assert!(sent.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'));
        }
        if let Ok(origin) = text.parse::<Origin>() {
            prop_assert!(OriginPolicy::list([origin.to_string()]).is_ok());
        }
    }
}
