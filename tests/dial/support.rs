//! A client of each adapter.

use std::time::Duration;

use websocket_proto::adapter::{ClientOptions, Error, Message, blocking};
use websocket_proto::handshake::{ClientRequest, Uri};
use websocket_proto::{CloseCode, Config};

/// Connects, says hello, and closes once that is answered; returns the answer.
pub(crate) type Dial = fn(&ClientRequest, &ClientOptions) -> Result<String, Error>;

/// Runs a test with each adapter.
pub(crate) fn each(test: impl Fn(Dial)) {
    test(by_blocking);
    #[cfg(feature = "tokio")]
    test(by_tokio);
}

fn by_blocking(request: &ClientRequest, options: &ClientOptions) -> Result<String, Error> {
    let (mut websocket, response) = blocking::connect_with(request, options)?;
    assert_eq!(response.status(), 101);
    websocket.send("hello")?;
    let answer = websocket.read()?;
    websocket.close(CloseCode::NORMAL, "")?;
    Ok(text(answer))
}

#[cfg(feature = "tokio")]
fn by_tokio(request: &ClientRequest, options: &ClientOptions) -> Result<String, Error> {
    run(async {
        let dialing = websocket_proto::adapter::tokio::connect_with(request, options);
        let (mut websocket, response) = sendable(dialing).await?;
        assert_eq!(response.status(), 101);
        websocket.send("hello").await?;
        let answer = websocket.next().await.transpose()?;
        websocket.close(CloseCode::NORMAL, "").await?;
        Ok(text(answer))
    })
}

/// A future for any thread.
#[cfg(feature = "tokio")]
pub(crate) fn sendable<F: Future + Send>(future: F) -> F {
    future
}

/// Runs a future on this thread.
#[cfg(feature = "tokio")]
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

pub(crate) fn request(uri: &str) -> ClientRequest {
    ClientRequest::new(Uri::parse(uri).expect("a URI"))
}

/// Options with which nothing takes longer than a test may.
pub(crate) fn options() -> ClientOptions {
    within(Duration::from_secs(20))
}

/// Options with so much time for the way.
pub(crate) fn within(time: Duration) -> ClientOptions {
    let mut config = Config::client();
    config.timeouts.handshake = Some(time);
    config.timeouts.idle = Some(Duration::from_secs(20));
    ClientOptions::new().config(config)
}
