//! Clients of WebSocket, by this crate.

use std::io;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::time::interval;
use websocket_proto::adapter::tokio::{Message, WebSocket, connect_over};
use websocket_proto::handshake::{ClientRequest, Uri};
use websocket_proto::{CloseCode, Config};

use super::{Present, Surroundings};
use crate::messages;
use crate::socket::Socket;
use crate::transport::Transport;

static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| Arc::new(Config::client()));

async fn connect(surroundings: &Surroundings) -> io::Result<WebSocket<Socket>> {
    let uri = format!("ws://{}/", surroundings.lab.address(Transport::WebSocket));
    let request = ClientRequest::new(Uri::parse(&uri).map_err(io::Error::other)?);
    let request = request.origin(surroundings.lab.access.origin()).map_err(io::Error::other)?;
    let socket = surroundings.connect(Transport::WebSocket).await?;
    let (websocket, _response) =
        connect_over(socket, &request, CONFIG.clone()).await.map_err(io::Error::other)?;
    Ok(websocket)
}

pub(super) async fn listen(surroundings: &Surroundings) -> io::Result<()> {
    let account = surroundings.lab.account(Transport::WebSocket);
    let mut websocket = connect(surroundings).await?;
    let _present = Present::new(&account.headless);
    let mut seen = None;
    while let Some(message) = websocket.next().await {
        if let Message::Text(text) = message.map_err(io::Error::other)? {
            seen = account.deliver(&text, surroundings.lab.clock.milliseconds(), seen);
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// Sends `count` messages of `size` in regular intervals, and closes.
pub(crate) async fn send(
    surroundings: &Surroundings,
    count: u32,
    every: Duration,
    size: usize,
) -> io::Result<()> {
    let mut websocket = connect(surroundings).await?;
    let mut ticks = interval(every);
    for _ in 0..count {
        ticks.tick().await;
        let message = messages::message(surroundings.lab.clock.milliseconds(), size);
        websocket.send_text(&message).await.map_err(io::Error::other)?;
    }
    websocket.close(CloseCode::NORMAL, "").await.map_err(io::Error::other)?;
    Ok(())
}

#[test]
fn a_close_amid_updates_ends_the_connection() {
    use crate::lab::{Lab, runtime};
    use crate::settings::Settings;
    use std::sync::atomic::Ordering::Relaxed;

    let (lab, _page) = Lab::start(Settings { rate: 1000.0, ..Settings::default() }, 0).unwrap();
    let surroundings = Surroundings { lab: lab.clone(), capture: None };
    let all = async {
        for _ in 0..20 {
            send(&surroundings, 3, Duration::from_millis(5), 10).await.unwrap();
        }
    };
    let all = async { tokio::time::timeout(Duration::from_secs(20), all).await };
    runtime()
        .unwrap()
        .block_on(all)
        .expect("a server that is not busy with the connection that closes");
    lab.pause();
    let account = lab.account(Transport::WebSocket);
    assert_eq!(account.upward(|upward| upward.count()), 60);
    assert_eq!(account.connections.load(Relaxed), 20);
}
