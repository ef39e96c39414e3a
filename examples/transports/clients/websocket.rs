//! Clients of WebSocket, by this crate.

use std::io;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::time::interval;
use websocket_proto::handshake::{ClientRequest, Uri};
use websocket_proto::{CloseCode, Config, Event};

use super::{Present, Surroundings};
use crate::driver::{Driver, Turn};
use crate::transport::Transport;
use crate::upward;

static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| Arc::new(Config::client()));

async fn connect(surroundings: &Surroundings) -> io::Result<Driver> {
    let lab = &surroundings.lab;
    let uri = format!("ws://{}/", lab.address(Transport::WebSocket));
    let request = ClientRequest::new(Uri::parse(&uri).map_err(io::Error::other)?);
    let socket = surroundings.connect(Transport::WebSocket).await?;
    Driver::connect(socket, lab.clock, &request, &CONFIG).await
}

pub(super) async fn listen(surroundings: &Surroundings) -> io::Result<()> {
    let account = surroundings.lab.account(Transport::WebSocket);
    let mut driver = connect(surroundings).await?;
    let _present = Present::new(&account.headless);
    loop {
        let turn = driver
            .turn(std::future::pending(), |_, event| {
                if let Event::Text(text) = event {
                    for time in upward::times(&text) {
                        account.deliver(surroundings.lab.clock.milliseconds() - time);
                    }
                }
            })
            .await?;
        if turn == Turn::Ended {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Sends `count` messages of `size` in regular intervals, and closes.
pub(crate) async fn send(
    surroundings: &Surroundings,
    count: u32,
    every: Duration,
    size: usize,
) -> io::Result<()> {
    let mut driver = connect(surroundings).await?;
    let mut ticks = interval(every);
    let mut left = count;
    loop {
        let due = async {
            if left == 0 {
                std::future::pending::<()>().await;
            }
            ticks.tick().await;
        };
        match driver.turn(due, |_, _| {}).await? {
            Turn::Woken => {
                let message = upward::message(surroundings.lab.clock.milliseconds(), size);
                driver.connection().send_text(&message).map_err(io::Error::other)?;
                left -= 1;
                if left == 0 {
                    driver.connection().close(CloseCode::NORMAL, "").map_err(io::Error::other)?;
                }
            }
            Turn::Room => {}
            Turn::Ended => return Ok(()),
        }
    }
}

#[test]
fn a_close_amid_updates_ends_the_connection() {
    use crate::lab::{Lab, runtime};
    use crate::settings::Settings;
    use std::sync::atomic::Ordering::Relaxed;

    let lab = Lab::start(Settings { rate: 1000.0, ..Settings::default() }).unwrap();
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
    let account = lab.account(Transport::WebSocket);
    assert_eq!(account.upward(|upward| upward.count()), 60);
    assert_eq!(account.connections.load(Relaxed), 20);
}
