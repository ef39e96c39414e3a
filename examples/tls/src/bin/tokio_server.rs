//! As `server`, for tokio: a task for each connection.
//!
//! ```text
//! tokio_server FILE [HOST:PORT]
//! ```

use std::{env, fs};

use tls::{Authority, Result, Valid};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use websocket_proto::adapter::tokio::accept;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let file = arguments.next().ok_or("tokio_server FILE [HOST:PORT]")?;
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:0".to_owned());

    let authority = Authority::new("An authority for examples")?;
    let config = authority.server(&["localhost", "127.0.0.1", "::1"], Valid::Now)?;
    let acceptor = TlsAcceptor::from(config);
    fs::write(&file, authority.pem())?;

    let listener = TcpListener::bind(address).await?;
    println!("wss://localhost:{}/", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            if let Err(error) = echo(stream, acceptor).await {
                eprintln!("{error:?}");
            }
        });
    }
}

async fn echo(stream: TcpStream, acceptor: TlsAcceptor) -> Result<()> {
    let mut websocket = accept(acceptor.accept(stream).await?).await?;
    while let Some(message) = websocket.next().await {
        websocket.feed(message?).await?;
    }
    Ok(())
}
