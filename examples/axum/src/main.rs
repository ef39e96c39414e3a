//! `cargo run --manifest-path examples/axum/Cargo.toml [-- PORT]`: a page, a REST route and a WebSocket on one port.

use std::net::Ipv4Addr;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use websocket_on_axum::site;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    // Small messages do not wait for each other.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, site()).await?)
}
