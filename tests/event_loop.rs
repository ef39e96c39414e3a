//! The example `event_loop` over real sockets: nothing is lost when the client does not read, nobody
//! starves when another one does nothing but send, and every end of a connection is an end.

#![cfg(feature = "std")]

#[path = "../examples/event_loop/alarms.rs"]
mod alarms;
#[path = "../examples/event_loop/peer.rs"]
mod peer;
#[path = "../examples/event_loop/server.rs"]
mod server;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use bytes::Buf;
use websocket_proto::frame::CloseCode;
use websocket_proto::handshake::{Client, ClientRequest, Uri};
use websocket_proto::{Config, Connection, Event, State, Transmit};

/// Serves until the test process ends.
fn serve(config: Config) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = server::Server::new(listener, config).unwrap();
    thread::spawn(move || {
        loop {
            server.turn(None).unwrap();
        }
    });
    address
}

fn connect(address: SocketAddr) -> (TcpStream, Connection) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let uri = Uri::parse(&format!("ws://{address}/")).unwrap();
    let mut client = Client::new(&ClientRequest::new(uri), Config::client(), [3; 32]);
    while let Transmit::Write(mut output) = client.transmit() {
        let count = socket.write(output.chunk()).unwrap();
        output.advance(count);
    }
    let mut buffer = [0; 1024];
    loop {
        let count = socket.read(&mut buffer).unwrap();
        assert!(count > 0, "the server ended the connection");
        let mut input = &mut buffer[..count];
        if let Some(established) = client.receive(&mut input).unwrap() {
            assert!(input.is_empty());
            return (socket, established.connection);
        }
    }
}

fn flush(socket: &mut TcpStream, connection: &mut Connection) {
    while let Transmit::Write(mut output) = connection.transmit() {
        let count = socket.write(output.chunk()).unwrap();
        output.advance(count);
    }
}

/// Reads until `on_event` returns `false` or the server ends.
fn read(
    socket: &mut TcpStream,
    connection: &mut Connection,
    mut on_event: impl FnMut(Event<'_>) -> bool,
) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = socket.read(&mut buffer).unwrap();
        if count == 0 {
            return connection.receive_eof();
        }
        let mut input = &mut buffer[..count];
        let mut wanted = true;
        while let Some(event) = connection.receive(&mut input).unwrap() {
            wanted &= on_event(event);
        }
        if !wanted {
            return;
        }
    }
}

/// The size of the message with this number: mostly small, now and then one that fits into an empty
/// output only.
fn size(number: u32) -> usize {
    match number % 100 {
        99 => 1_100_000,
        other => 4 + 211 * other as usize,
    }
}

#[test]
fn a_client_that_does_not_read_loses_nothing() {
    // 60 MiB of answers find no room on the way: 1 MiB of output, and what the sockets hold.
    const MESSAGES: u32 = 3_000;
    let address = serve(Config::server());
    let (mut socket, mut connection) = connect(address);
    let mut writing = socket.try_clone().unwrap();
    let writer = thread::spawn(move || {
        let mut questions = Connection::client(Config::client(), [5; 32]);
        let mut message = vec![7; 1_100_000];
        for number in 0..MESSAGES {
            message[..4].copy_from_slice(&number.to_be_bytes());
            questions.send_binary(&message[..size(number)]).unwrap();
            flush(&mut writing, &mut questions);
        }
    });
    // By now everything between the two is full.
    thread::sleep(Duration::from_millis(300));
    let mut answers = 0;
    read(&mut socket, &mut connection, |event| {
        let Event::Binary(data) = event else { panic!("{event:?}") };
        assert_eq!(data[..4], u32::to_be_bytes(answers));
        assert_eq!(data.len(), size(answers));
        answers += 1;
        answers < MESSAGES
    });
    writer.join().unwrap();

    connection.close(CloseCode::NORMAL, "").unwrap();
    flush(&mut socket, &mut connection);
    read(&mut socket, &mut connection, |_| true);
    assert_eq!(connection.state(), State::Closed);
    assert!(connection.close_information().unwrap().clean);
}

#[test]
fn a_client_that_does_not_read_hinders_nobody() {
    let address = serve(Config::server());
    let (mut stuck, mut questions) = connect(address);
    stuck.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    let block = vec![0; 100_000];
    'full: loop {
        questions.send_binary(&block).unwrap();
        while let Transmit::Write(mut output) = questions.transmit() {
            match stuck.write(output.chunk()) {
                Ok(count) => output.advance(count),
                Err(_) => break 'full,
            }
        }
    }
    let (mut socket, mut connection) = connect(address);
    connection.send_text("still there?").unwrap();
    flush(&mut socket, &mut connection);
    read(&mut socket, &mut connection, |event| {
        let Event::Text(text) = event else { panic!("{event:?}") };
        assert_eq!(&*text, "still there?");
        false
    });
}

/// Bytes that one read of the server's may bring, and so the most that one turn may serve of one client.
const READ: usize = 256 << 10;

#[test]
fn a_client_that_sends_without_end_starves_nobody() {
    const TURNS: usize = 100;
    // No thread: the test lets the server have its turns, and looks at what each of them did.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = server::Server::new(listener, without_deadlines()).unwrap();
    let mut join = || {
        let connecting = thread::spawn(move || connect(address));
        while !connecting.is_finished() {
            server.turn(Some(Duration::from_millis(10))).unwrap();
        }
        connecting.join().unwrap()
    };
    let (mut greedy, mut messages) = join();
    let (mut modest, mut connection) = join();
    greedy.set_nonblocking(true).unwrap();
    modest.set_nonblocking(true).unwrap();
    for _ in 0..64 {
        messages.send_binary(&[7; 1024]).unwrap();
    }
    let messages = messages.take_output().unwrap();

    let mut sent = 0;
    let mut answered = 0;
    let mut buffer = vec![0; 1 << 20];
    let mut awaited_since = None;
    let mut questions = 0;
    for turn in 1..=TURNS {
        // There is always more to read than one read takes.
        while let Some(count) = unless_blocked(greedy.write(&messages[sent % messages.len()..])) {
            sent += count;
        }
        let asked = *awaited_since.get_or_insert_with(|| {
            connection.send_text("still there?").unwrap();
            flush(&mut modest, &mut connection);
            questions += 1;
            turn
        });
        server.turn(Some(Duration::ZERO)).unwrap();

        while let Some(count) = unless_blocked(greedy.read(&mut buffer)) {
            assert!(count > 0, "the server ended the connection");
            answered += count;
        }
        assert!(answered <= turn * READ, "{answered} bytes in {turn} turns");
        if let Some(count) = unless_blocked(modest.read(&mut buffer)) {
            let mut input = &mut buffer[..count];
            let Some(Event::Text(text)) = connection.receive(&mut input).unwrap() else { panic!() };
            assert_eq!(&*text, "still there?");
            awaited_since = None;
        }
        // Some, since the way over loopback is not instant.
        assert!(turn - asked < 10, "no answer in 10 turns");
    }
    assert!(questions >= TURNS / 10);
    assert!(answered > 4 * READ, "{answered} bytes are no flood");
}

/// A deadline would be a turn of its own.
fn without_deadlines() -> Config {
    let mut config = Config::client();
    config.timeouts.handshake = None;
    config.timeouts.write_stall = None;
    config.timeouts.release_after = Duration::MAX;
    config
}

fn unless_blocked(result: std::io::Result<usize>) -> Option<usize> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        result => Some(result.unwrap()),
    }
}

#[test]
fn other_requests_get_a_page() {
    let mut socket = TcpStream::connect(serve(Config::server())).unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("Echoes WebSocket messages.\n"), "{response}");
}

#[test]
fn deadlines_pass_though_nothing_happens() {
    let mut config = Config::server();
    config.timeouts.handshake = Some(Duration::from_millis(50));
    config.timeouts.idle = Some(Duration::from_millis(50));
    let address = serve(config);

    let mut silent = TcpStream::connect(address).unwrap();
    let mut response = String::new();
    silent.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");

    let (mut socket, mut connection) = connect(address);
    read(&mut socket, &mut connection, |event| {
        let Event::Close(close) = event else { panic!("{event:?}") };
        assert_eq!(close.code(), Some(CloseCode::GOING_AWAY));
        false
    });
    flush(&mut socket, &mut connection);
    socket.shutdown(Shutdown::Write).unwrap();
    read(&mut socket, &mut connection, |_| true);
    assert!(connection.close_information().unwrap().clean);
}
