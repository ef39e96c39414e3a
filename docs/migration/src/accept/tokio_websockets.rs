use std::io;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_websockets::{CloseCode, Error, Message, ServerBuilder};

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
    let (_request, mut websocket) = ServerBuilder::new().accept(stream).await?;
    websocket.send(Message::text("welcome")).await?;
    websocket.send(Message::close(Some(CloseCode::NORMAL_CLOSURE), "")).await?;
    // The Close is only sent: wait for the answer.
    while let Some(message) = websocket.next().await {
        message?;
    }
    Ok(())
}
