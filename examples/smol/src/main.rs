//! A server and a client on one thread: `cargo run`.
//!
//! The first connection exchanges messages and is closed by the client. The second one says nothing, so that the
//! server's idle deadline, kept by a timer of smol, closes it. Then the program ends:
//!
//! ```text
//! client: hello
//! client: 10 messages of 100000 bytes
//! client: closed by 1000 "", cleanly
//! server: closed by 1000 "that is all", cleanly
//! silent: closed by 1001 "idle", cleanly
//! server: closed by 1001 "", cleanly
//! ```

use std::error::Error as StdError;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use smol::future::zip;
use smol::net::{TcpListener, TcpStream};
use smol_example::{WebSocket, accept, connect_over};
use websocket_proto::adapter::{Closed, Error, Message};
use websocket_proto::handshake::{Acceptance, ClientRequest, Uri};
use websocket_proto::{CloseCode, Config};

fn main() -> Result<(), Box<dyn StdError>> {
    smol::block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        // Each future is polled by this thread alone. `smol::spawn` has any number of connections run at once.
        for client in [Client::Talks, Client::IsSilent] {
            let (at_server, at_client) = zip(serve(&listener), client.run(address)).await;
            println!("{}: {}", client.name(), describe(&at_client?));
            println!("server: {}", describe(&at_server?));
        }
        Ok(())
    })
}

/// Sends back what comes until the client closes or says nothing for too long.
async fn serve(listener: &TcpListener) -> Result<Closed, Error> {
    let (stream, _) = listener.accept().await?;
    // Everything that belongs together is written at once: nothing is gained by waiting for more.
    stream.set_nodelay(true)?;
    let mut config = Config::server();
    config.timeouts.idle = Some(Duration::from_secs(1));
    let mut websocket = accept(stream, config, &Acceptance::new()).await?;
    while let Some(message) = websocket.next().await? {
        // Goes out, with all other answers to what one read brought, when `next` waits.
        websocket.feed(message).await?;
    }
    websocket.closed().ok_or(Error::ConnectionLost)
}

#[derive(Clone, Copy)]
enum Client {
    Talks,
    IsSilent,
}

impl Client {
    async fn run(self, address: SocketAddr) -> Result<Closed, Box<dyn StdError>> {
        let uri = Uri::parse(&format!("ws://{address}/"))?;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut websocket =
            connect_over(stream, &ClientRequest::new(uri), Config::client()).await?;
        match self {
            Self::Talks => talk(&mut websocket).await?,
            Self::IsSilent => while websocket.next().await?.is_some() {},
        }
        websocket.closed().ok_or_else(|| "not closed".into())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Talks => "client",
            Self::IsSilent => "silent",
        }
    }
}

async fn talk(websocket: &mut WebSocket<TcpStream>) -> Result<(), Box<dyn StdError>> {
    websocket.send("hello").await?;
    match websocket.next().await? {
        Some(Message::Text(text)) => println!("client: {text}"),
        other => return Err(format!("no echo, but {other:?}").into()),
    }
    let large = Message::Binary(vec![7; 100_000].into());
    for _ in 0..10 {
        websocket.feed(large.clone()).await?;
    }
    let mut echoes = 0;
    while echoes < 10 && websocket.next().await?.as_ref() == Some(&large) {
        echoes += 1;
    }
    println!("client: {echoes} messages of {} bytes", large.as_bytes().len());
    websocket.close(CloseCode::NORMAL, "that is all").await?;
    Ok(())
}

fn describe(closed: &Closed) -> String {
    let (code, reason) = (closed.received.as_u16(), &closed.reason);
    format!("closed by {code} {reason:?}, {}", if closed.clean { "cleanly" } else { "not cleanly" })
}
