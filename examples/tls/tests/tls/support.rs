//! A client of each adapter, and servers, each a thread that ends after so many connections.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tls::{Authority, Valid};
use websocket_proto::adapter::blocking::{self, TlsStream, accept_with};
use websocket_proto::adapter::rustls::{ServerConfig, ServerConnection};
use websocket_proto::adapter::{ClientOptions, Error, Message};
use websocket_proto::handshake::Acceptance;
use websocket_proto::{CloseCode, Config, Event};

/// Connects, says hello, and closes once that is answered; returns the answer.
pub(crate) type Dial = fn(&str, &ClientOptions) -> Result<String, Error>;

/// Runs a test with each adapter.
pub(crate) fn each(test: impl Fn(Dial)) {
    test(by_blocking);
    test(by_tokio);
}

fn by_blocking(uri: &str, options: &ClientOptions) -> Result<String, Error> {
    let (mut websocket, _) = blocking::connect_with(uri, options)?;
    websocket.send("hello")?;
    let answer = websocket.read()?;
    assert!(websocket.close(CloseCode::NORMAL, "")?.clean);
    Ok(text(answer))
}

fn by_tokio(uri: &str, options: &ClientOptions) -> Result<String, Error> {
    run(async {
        let dialing = websocket_proto::adapter::tokio::connect_with(uri, options);
        let (mut websocket, _) = sendable(dialing).await?;
        websocket.send("hello").await?;
        let answer = websocket.next().await.transpose()?;
        assert!(websocket.close(CloseCode::NORMAL, "").await?.clean);
        Ok(text(answer))
    })
}

/// A future for any thread.
fn sendable<F: Future + Send>(future: F) -> F {
    future
}

/// Runs a future on this thread.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("a runtime").block_on(future)
}

fn text(message: Option<Message>) -> String {
    match message {
        Some(Message::Text(text)) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

/// A server that everybody trusts who trusts the authority.
pub(crate) fn trusted() -> (Authority, Arc<ServerConfig>) {
    let authority = Authority::new("one").expect("an authority");
    let config = authority.server(&["localhost", "127.0.0.1"], Valid::Now).expect("a server");
    (authority, config)
}

/// Options with which nothing takes longer than a test may.
pub(crate) fn options(authority: &Authority) -> ClientOptions {
    within(Duration::from_secs(20)).tls(authority.client().expect("a client"))
}

/// Options with so much time for the way.
pub(crate) fn within(time: Duration) -> ClientOptions {
    ClientOptions::new().config(bounded(Config::client(), time))
}

pub(crate) fn bounded(mut config: Config, handshake: Duration) -> Config {
    config.timeouts.handshake = Some(handshake);
    config.timeouts.idle = Some(Duration::from_secs(20));
    config
}

pub(crate) fn server_config() -> Config {
    bounded(Config::server(), Duration::from_secs(20))
}

/// A thread that serves on `address`.
pub(crate) struct Peer<T> {
    pub(crate) port: u16,
    thread: JoinHandle<T>,
}

impl<T> Peer<T> {
    /// What it returns in the end.
    pub(crate) fn join(self) -> T {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    pub(crate) fn uri(&self, host: &str) -> String {
        format!("wss://{host}:{}/", self.port)
    }
}

/// Has `serve` see to so many connections, one after the other.
pub(crate) fn peer<T: Send + 'static>(
    connections: usize,
    mut serve: impl FnMut(TcpStream) -> T + Send + 'static,
) -> Peer<Vec<T>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind");
    let port = listener.local_addr().expect("address").port();
    let thread = thread::spawn(move || {
        let streams = listener.incoming().take(connections);
        streams
            .map(|stream| {
                let stream = stream.expect("a stream");
                let time = Some(Duration::from_secs(20));
                stream.set_read_timeout(time).expect("a timeout");
                stream.set_write_timeout(time).expect("a timeout");
                serve(stream)
            })
            .collect()
    });
    Peer { port, thread }
}

/// A server of the blocking adapter's that echoes; returns whether each connection ended cleanly, or why not.
pub(crate) fn echo_server(
    connections: usize,
    config: Arc<ServerConfig>,
) -> Peer<Vec<Result<bool, Error>>> {
    peer(connections, move |stream| echo(tls(&config, stream)))
}

pub(crate) fn tls(config: &Arc<ServerConfig>, stream: TcpStream) -> TlsStream {
    TlsStream::new(ServerConnection::new(config.clone()).expect("a session"), stream)
}

fn echo(stream: TlsStream) -> Result<bool, Error> {
    let mut websocket =
        accept_with(stream, server_config(), |request| request.accept(&Acceptance::new()))?;
    websocket.run(|event, batch| match event {
        Event::Text(text) => batch.feed_text(&text),
        Event::Binary(data) => batch.feed_binary(&data),
        _ => Ok(()),
    })?;
    Ok(websocket.close_information().is_some_and(|information| information.clean))
}
