use std::io;

use tokio::net::{TcpListener, TcpStream};
use websocket_proto::CloseCode;
use websocket_proto::adapter::tokio::{Error, accept};

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
    let mut websocket = accept(stream).await?;
    websocket.send("welcome").await?;
    websocket.close(CloseCode::NORMAL, "").await?;
    Ok(())
}
