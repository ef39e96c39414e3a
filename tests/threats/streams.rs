//! RFC 8441 §5, RFC 9220 §3  Streams that are opened and reset: what a handshake over each holds meanwhile.

use std::sync::Arc;

use http::{Method, Request, Response, Version};
use websocket_proto::Config;
use websocket_proto::handshake::http::{Client, RequestHead};
use websocket_proto::handshake::{Acceptance, ClientRequest, Uri};

use crate::support::{peak_of, seed, usage};

const KIB: isize = 1 << 10;

/// T-H2-04: a hundred thousand streams, reset before their answer or behind it. What the server keeps of a request is
/// the caller's own; what it opens is the connection; a client that waits holds less than 2 KiB. All of it goes.
#[test]
fn streams_that_are_reset_leave_nothing() {
    let config = Arc::new(Config::server());
    let acceptance = Acceptance::new().subprotocols(["chat"]);
    let request = Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri("https://server.example.com/chat")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-protocol", "chat")
        .header("origin", "https://server.example.com")
        .body(())
        .expect("a request");
    let asked = ClientRequest::new(Uri::parse("wss://server.example.com/chat").expect("a URI"));
    let asked = asked.subprotocols(["chat"]).expect("a name");
    let refusal = Response::builder().status(404).body(()).expect("a response");

    let before = usage();
    let (head, of_pending) = peak_of(|| RequestHead::new(&request).protocol(Some("websocket")));
    assert_eq!(of_pending, 0, "nothing is copied before it is accepted");
    assert!(size_of_val(&head) <= 256, "{}", size_of_val(&head));
    let mut most = 0;
    for number in 0..100_000 {
        let head = RequestHead::new(&request).protocol(Some("websocket"));
        assert!(head.is_websocket());
        match number % 4 {
            0 => {}
            1 => drop(head.accept(&acceptance, config.clone()).expect("accepted")),
            2 => drop(head.accept(&Acceptance::new().allowed_hosts(["a"]), config.clone())),
            _ => {
                let start = usage();
                let client = Client::extended_connect(&asked, config.clone(), seed(number));
                let (to_send, client) = client.expect("a request");
                drop(to_send);
                most = most.max(usage().bytes_over(start) + size_of_val(&client) as isize);
                if number % 8 == 3 {
                    client.establish(&refusal).expect_err("refused");
                }
            }
        }
        assert_eq!(usage().bytes_over(before), 0);
    }
    assert_eq!(usage().blocks_over(before), 0);
    println!("a client that waits over a stream holds {most} bytes");
    assert!(most <= 2 * KIB);
}
