use std::sync::Arc;

use fastwebsockets::{
    FragmentCollectorRead, Frame, OpCode, Payload, WebSocket, WebSocketError, WebSocketWrite,
};
use tokio::io::{AsyncRead, AsyncWrite, WriteHalf};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender};

/// With the feature `unstable-split`.
pub async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    websocket: WebSocket<S>,
    mut outgoing: Receiver<String>,
    incoming: Sender<String>,
) -> Result<(), WebSocketError> {
    let (reader, writer) = websocket.split(tokio::io::split);
    let mut reader = FragmentCollectorRead::new(reader);
    // The reader has Pongs and the answer to a Close to be sent by the writer.
    let writer: Arc<Mutex<WebSocketWrite<WriteHalf<S>>>> = Arc::new(Mutex::new(writer));
    let sending = writer.clone();
    tokio::spawn(async move {
        while let Some(text) = outgoing.recv().await {
            let frame = Frame::text(Payload::Owned(text.into_bytes()));
            sending.lock().await.write_frame(frame).await?;
        }
        sending.lock().await.write_frame(Frame::close(1000, b"")).await
    });
    loop {
        let frame = reader
            .read_frame(&mut |frame| async { writer.lock().await.write_frame(frame).await })
            .await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text => {
                let text = String::from_utf8_lossy(&frame.payload).into_owned();
                let _ = incoming.send(text).await;
            }
            _ => {}
        }
    }
}
