//! This crate's tokio adapter, as in its documentation.

use std::io;
use std::net::TcpListener;

use tokio::net::TcpStream;
use websocket_proto::Event;
use websocket_proto::adapter::tokio::accept;

use super::tasks::{self, Outcome};

pub fn serve(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, echo)
}

pub fn serve_lent(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, echo_lent)
}

async fn echo(stream: TcpStream) -> Outcome {
    let mut socket = accept(stream).await?;
    while let Some(message) = socket.next().await {
        socket.feed(message?).await?;
    }
    Ok(())
}

async fn echo_lent(stream: TcpStream) -> Outcome {
    let mut socket = accept(stream).await?;
    while let Some(mut batch) = socket.next_batch().await? {
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
