//! Two handles on one session: one waits for the peer while the other one writes.

use std::sync::Arc;
use std::thread;

use websocket_proto::CloseCode;
use websocket_proto::adapter::blocking::{
    ClientStream, Reader, TlsStream, TryClone, Writer, accept_with, connect_with,
};
use websocket_proto::adapter::rustls::ServerConfig;
use websocket_proto::handshake::Acceptance;

use crate::support::*;

/// More in each direction than any buffer holds.
const MESSAGES: usize = 100;
const SIZE: usize = 100_000;

fn message(number: usize) -> Vec<u8> {
    let mut data = vec![b'x'; SIZE + number];
    data[..8].copy_from_slice(&number.to_le_bytes());
    data
}

/// Sends everything while it receives everything, as the other end does.
fn exchange<S>(
    reader: &mut Reader<S, S>,
    writer: &Writer<S>,
    before_each: impl Fn(usize) + Send + 'static,
) where
    S: websocket_proto::adapter::blocking::Transport + Send + 'static,
{
    let sender = writer.clone();
    let sending = thread::spawn(move || {
        for number in 0..MESSAGES {
            before_each(number);
            sender.send(message(number)).expect("send");
        }
    });
    for number in 0..MESSAGES {
        let received = reader.read().expect("read").expect("a message");
        assert!(received.as_bytes() == &message(number), "message {number}");
    }
    sending.join().expect("no panic");
}

/// Exchanges messages with a client; `before_each` of its own has the session.
fn server(config: Arc<ServerConfig>, before_each: fn(&TlsStream, usize)) -> Peer<Vec<()>> {
    peer(1, move |stream| {
        let stream = tls(&config, stream);
        let session = stream.try_clone().expect("another handle");
        let accepted =
            accept_with(stream, server_config(), |request| request.accept(&Acceptance::new()));
        let (mut reader, writer) = accepted.expect("accept").split().expect("split");
        exchange(&mut reader, &writer, move |number| before_each(&session, number));
        assert_eq!(reader.read().expect("read"), None);
        assert!(reader.closed().expect("closed").clean);
    })
}

fn client(server: Peer<Vec<()>>, authority: &tls::Authority, before_each: fn(&TlsStream, usize)) {
    let (websocket, _) =
        connect_with(server.uri("localhost"), &options(authority)).expect("connect");
    let Ok(ClientStream::Tls(session)) = websocket.transport().try_clone() else {
        panic!("no TLS")
    };
    let (mut reader, writer) = websocket.split().expect("split");
    exchange(&mut reader, &writer, move |number| before_each(&session, number));
    writer.close(CloseCode::NORMAL, "").expect("close");
    assert_eq!(reader.read().expect("read"), None);
    assert!(reader.closed().expect("closed").clean);
    server.join();
}

#[test]
fn both_ends_send_much_at_once() {
    let (authority, config) = trusted();
    client(server(config, |_, _| {}), &authority, |_, _| {});
}

#[test]
fn halves_of_tokio_send_much_at_once() {
    let (authority, config) = trusted();
    let server = server(config, |_, _| {});
    let options = options(&authority);
    run(async {
        let dialing =
            websocket_proto::adapter::tokio::connect_with(server.uri("localhost"), &options);
        let (mut reader, mut writer) = dialing.await.expect("connect").0.split();
        let mut sender = writer.clone();
        let sending = tokio::spawn(async move {
            for number in 0..MESSAGES {
                sender.send(message(number)).await.expect("send");
            }
        });
        for number in 0..MESSAGES {
            let received = reader.next().await.expect("a message").expect("read");
            assert!(received.as_bytes() == &message(number), "message {number}");
        }
        sending.await.expect("no panic");
        writer.close(CloseCode::NORMAL, "").await.expect("close");
        assert!(reader.next().await.is_none());
        assert!(writer.closed().expect("closed").clean);
    });
    server.join();
}

// RFC 8446 §4.6.3
#[test]
fn keys_change_meanwhile() {
    let refresh = |session: &TlsStream, number: usize| {
        if number % 10 == 5 {
            session.with_session(|session| session.refresh_traffic_keys()).expect("new keys");
        }
    };
    let (authority, config) = trusted();
    client(server(config, refresh), &authority, refresh);
}
