//! `cargo run --manifest-path examples/h2/Cargo.toml [-- PORT]`: a page and its WebSocket over HTTP/2 and TLS. The
//! certificate is signed by nobody: the browser asks whether it may go on.

use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::TcpListener;
use websocket_over_h2::{Site, acceptor};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on https://{}", listener.local_addr()?);
    let (acceptor, site) = (acceptor()?, Arc::new(Site::new()));
    loop {
        let (stream, _) = listener.accept().await?;
        let (acceptor, site) = (acceptor.clone(), site.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            match acceptor.accept(stream).await {
                Ok(stream) => {
                    if let Err(error) = site.serve(stream).await {
                        println!("failed: {error}");
                    }
                }
                Err(error) => println!("failed: {error}"),
            }
        });
    }
}
