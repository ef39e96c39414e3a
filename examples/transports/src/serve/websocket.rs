//! WebSocket: one connection for both directions, by this crate.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use websocket_proto::adapter::tokio::{Error, Message, accept_with};
use websocket_proto::handshake::Acceptance;
use websocket_proto::{Config, MessageKind};

use crate::lab::Lab;
use crate::messages;
use crate::socket::Socket;
use crate::transport::Transport;

/// What all connections have in common.
pub(super) struct Shared {
    config: Arc<Config>,
    acceptance: Acceptance,
}

impl Shared {
    pub(super) fn new(lab: &Lab) -> Result<Self, crate::lab::Error> {
        let mut config = Config::server();
        config.limits.max_message_size = messages::LONGEST as u64;
        Ok(Self { config: Arc::new(config), acceptance: lab.access.acceptance()? })
    }
}

/// How a connection ends is its peer's affair: an error is nothing to tell.
pub(super) async fn serve(lab: Arc<Lab>, shared: Arc<Shared>, socket: Socket) -> Result<(), Error> {
    let account = lab.account(Transport::WebSocket);
    account.requests.fetch_add(1, Relaxed);
    let mut listener = lab.updates.listen();
    let record = lab.watch.begin();
    let socket = socket.watched_by(record.clone());
    let mut is_watched = false;
    let mut websocket = accept_with(socket, shared.config.clone(), async |request| {
        is_watched = request.query() == Some("watch");
        request.accept(&shared.acceptance)
    })
    .await?;
    if is_watched {
        lab.watch.show(record);
    } else {
        drop(record);
        websocket.transport_mut().unwatched();
    }

    let mut open = true;
    loop {
        tokio::select! {
            () = listener.changed(), if open => {
                // Whoever does not keep up is waited for, and gets the rest later, as far as it is kept.
                for update in listener.news() {
                    open = websocket.feed_with(|outgoing| outgoing.send_prepared(update.message())).await.is_ok();
                    if !open {
                        break;
                    }
                    listener.saw(&update);
                }
            }
            message = websocket.next() => {
                let Some(message) = message.transpose()? else { return Ok(()) };
                match messages::time(message.as_bytes()) {
                    Some(time) if message.kind() == MessageKind::Text => {
                        account.upward(|upward| upward.add(lab.clock.milliseconds() - time));
                    }
                    _ => websocket.feed(Message::from(messages::WHAT_IT_IS)).await?,
                }
            }
        }
    }
}
