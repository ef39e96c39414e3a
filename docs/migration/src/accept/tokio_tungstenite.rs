use std::io;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

pub async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = welcome(stream).await {
                eprintln!("{error}");
            }
        });
    }
}

async fn welcome(stream: TcpStream) -> Result<(), Error> {
    let mut websocket = accept_async(stream).await?;
    websocket.send(Message::text("welcome")).await?;
    let frame = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
    websocket.close(Some(frame)).await?;
    // The Close is only sent: wait for the answer.
    while let Some(message) = websocket.next().await {
        message?;
    }
    Ok(())
}
