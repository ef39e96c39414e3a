//! What the tests of both sides of the handshake share.

use websocket_proto::Config;
use websocket_proto::handshake::{Client, ClientRequest};

/// All that is to be transmitted, each byte a character.
macro_rules! drain {
    ($machine:expr) => {{
        let mut text = String::new();
        while let websocket_proto::Transmit::Write(mut output) = $machine.transmit() {
            use bytes::Buf;
            let chunk = output.chunk().to_vec();
            output.advance(chunk.len());
            text.extend(chunk.into_iter().map(char::from));
        }
        text
    }};
}
pub(crate) use drain;

/// Asks for the resource and nothing else.
pub(crate) fn request(uri: &str) -> ClientRequest {
    ClientRequest::try_from(uri).expect("a URI")
}

/// The head that asks for it.
pub(crate) fn head(request: &ClientRequest) -> String {
    let mut client = Client::new(request, Config::client(), [7; 32]);
    drain!(client)
}

/// The bytes whole, cut at every place, and one by one.
pub(crate) fn cuts(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut cuts = vec![vec![bytes.to_vec()]];
    for at in 1..bytes.len() {
        cuts.push(vec![bytes[..at].to_vec(), bytes[at..].to_vec()]);
    }
    cuts.push(bytes.iter().map(|&byte| vec![byte]).collect());
    cuts
}

/// The name and value of each line between the first line and the empty line.
pub(crate) fn lines(head: &str) -> Vec<(&str, &str)> {
    let (head, _) = head.split_once("\r\n\r\n").expect("an empty line");
    let lines = head.split("\r\n").skip(1);
    lines.map(|line| line.split_once(": ").expect("name: value")).collect()
}
