//! The server: an echo, on one thread.
//!
//! * `/` echoes what one read brought in one write, `/owned` message by message.
//! * `/leave` echoes some messages, then closes.
//! * `/close` closes at once.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::sleep;
use websocket_proto::adapter::tokio::{Error, WebSocket, accept_with};
use websocket_proto::handshake::Acceptance;
use websocket_proto::{CloseCode, Config, Event};

use crate::ending::Ending;
use crate::kind::Kind;
use crate::random::Random;
use crate::records::Records;
use crate::terms;

/// The most messages that `/leave` echoes.
const MOST: usize = 20;

/// A port that the system chooses.
pub(crate) fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_send_buffer_size(terms::SEND_BUFFER)?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.listen(1024)
}

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, records: Arc<Records>, mut random: Random) {
    let config = Arc::new(terms::config());
    let acceptance = Arc::new(Acceptance::new());
    loop {
        let Ok((stream, address)) = listener.accept().await else {
            // Out of descriptors, say: others will go.
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let id = records.begin(Kind::of(address.ip()));
        let (config, acceptance) = (config.clone(), acceptance.clone());
        let (records, random) = (records.clone(), random.another());
        tokio::spawn(async move {
            let ending = converse(stream, config, &acceptance, random).await;
            records.end(id, ending);
        });
    }
}

/// One connection, from its first byte until its transport is dropped.
async fn converse(
    stream: TcpStream,
    config: Arc<Config>,
    acceptance: &Acceptance,
    random: Random,
) -> Ending {
    // Without, answers wait for others; a failure of it is that of the transport.
    let _ = stream.set_nodelay(true);
    let mut path = String::new();
    let accepted = accept_with(stream, config, async |request| {
        path.push_str(request.path());
        request.accept(acceptance)
    });
    let mut websocket = match accepted.await {
        Ok(websocket) => websocket,
        Err(error) => return Ending::of_handshake(&error),
    };
    // How it ended is known to the connection, better than to whoever met with it.
    let _ = match &*path {
        "/owned" => echo_owned(&mut websocket).await,
        "/leave" => echo_some(&mut websocket, random).await,
        "/close" => websocket.close(CloseCode::GOING_AWAY, "").await.map(drop),
        _ => echo(&mut websocket).await,
    };
    Ending::of(&websocket)
}

async fn echo(websocket: &mut WebSocket<TcpStream>) -> Result<(), Error> {
    while let Some(mut batch) = websocket.next_batch().await? {
        while let Some(event) = batch.next_event() {
            match event {
                Event::Text(text) => batch.feed_text(&text).await?,
                Event::Binary(data) => batch.feed_binary(&data).await?,
                _ => {}
            }
        }
    }
    Ok(())
}

async fn echo_owned(websocket: &mut WebSocket<TcpStream>) -> Result<(), Error> {
    while let Some(message) = websocket.next().await {
        websocket.feed(message?).await?;
    }
    Ok(())
}

async fn echo_some(websocket: &mut WebSocket<TcpStream>, mut random: Random) -> Result<(), Error> {
    for _ in 0..random.below(MOST) {
        match websocket.next().await {
            Some(message) => websocket.feed(message?).await?,
            None => return Ok(()),
        }
    }
    websocket.close(CloseCode::GOING_AWAY, "that will do").await.map(drop)
}
