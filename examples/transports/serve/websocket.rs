//! WebSocket: one connection for both directions, by this crate.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use websocket_proto::{Config, Event, SendError};

use crate::driver::{Driver, Turn};
use crate::lab::Lab;
use crate::socket::Socket;
use crate::transport::Transport;
use crate::upward;

#[derive(Clone)]
pub(super) struct WebSocket {
    config: Arc<Config>,
}

impl WebSocket {
    pub(super) fn new() -> Self {
        let mut config = Config::server();
        config.limits.max_message_size = upward::LONGEST as u64;
        Self { config: Arc::new(config) }
    }

    pub(super) async fn serve(self, lab: Arc<Lab>, socket: Socket) {
        let account = lab.account(Transport::WebSocket);
        account.requests.fetch_add(1, Relaxed);
        let mut listener = lab.updates.listen();
        let Ok(Some(mut driver)) =
            Driver::accept(socket, lab.clock, &self.config, &lab.watch).await
        else {
            return;
        };
        let mut open = true;
        loop {
            for update in listener.news() {
                match driver.connection().send_prepared(update.message()) {
                    Ok(()) => listener.saw(&update),
                    // Who does not keep up gets the rest later, as far as it is kept.
                    Err(SendError::Full) => break,
                    // It is closing.
                    Err(_) => {
                        open = false;
                        break;
                    }
                }
            }
            let waits = open && !driver.connection().is_full();
            let news = async {
                match waits {
                    true => listener.changed().await,
                    false => std::future::pending().await,
                }
            };
            let turn = driver
                .turn(news, |connection, event| {
                    if let Event::Text(text) = event {
                        match upward::time(text.as_bytes()) {
                            Some(time) => {
                                account
                                    .upward(|upward| upward.add(lab.clock.milliseconds() - time));
                            }
                            // It may be closing already.
                            None => _ = connection.send_text(upward::WHAT_IT_IS),
                        }
                    }
                })
                .await;
            match turn {
                Ok(Turn::Woken | Turn::Room) => {}
                Ok(Turn::Ended) | Err(_) => return,
            }
        }
    }
}
