//! The two heads of an opening handshake.

use std::hint::black_box;
use std::sync::Arc;

use bytes::Buf;
use websocket_proto::handshake::{Acceptance, Client, ClientRequest, Server, Uri};
use websocket_proto::{Config, Connection, Transmit};

/// What a browser sends, in about 500 bytes.
pub(crate) const REQUEST: &str = "GET /chat/rooms/42 HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Connection: Upgrade\r\n\
    Pragma: no-cache\r\n\
    Cache-Control: no-cache\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\r\n\
    Upgrade: websocket\r\n\
    Origin: https://server.example.com\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Accept-Encoding: gzip, deflate, br\r\n\
    Accept-Language: en-US,en;q=0.9\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

/// A server's part: the request read, the 101 written.
pub(crate) fn serve(config: &Arc<Config>, request: &mut [u8]) -> Connection {
    let request = Server::new(config.clone()).receive(&mut &mut *request);
    let request = request.expect("legal").expect("complete");
    let mut connection = request.accept(&Acceptance::new()).expect("acceptable");
    super::drain(&mut connection);
    connection
}

pub(crate) fn request() -> ClientRequest {
    ClientRequest::new(Uri::parse("ws://server.example.com/chat/rooms/42").expect("a URI"))
}

/// The 101 to the request that [`connect`] sends: the seed makes it the same each time.
pub(crate) fn response(config: &Arc<Config>) -> Vec<u8> {
    let mut client = Client::new(&request(), config.clone(), SEED);
    let Transmit::Write(output) = client.transmit() else { unreachable!("the request is queued") };
    let mut head = output.chunk().to_vec();
    let received = Server::new(config.clone()).receive(&mut &mut head[..]);
    let request = received.expect("legal").expect("complete");
    let mut connection = request.accept(&Acceptance::new()).expect("acceptable");
    connection.take_output().expect("the 101").to_vec()
}

/// A client's part: the request written, the 101 read.
pub(crate) fn connect(
    request: &ClientRequest,
    config: &Arc<Config>,
    response: &mut [u8],
) -> Connection {
    let mut client = Client::new(request, config.clone(), SEED);
    while let Transmit::Write(mut output) = client.transmit() {
        let count = black_box(output.chunk()).len();
        output.advance(count);
    }
    client.receive(&mut &mut *response).expect("accepted").expect("complete").connection
}

const SEED: [u8; 32] = [7; 32];
