use std::io;
use std::time::Duration;

use fastwebsockets::upgrade::UpgradeFut;
use fastwebsockets::{Frame, OpCode, WebSocketError};
use tokio::sync::mpsc::channel;
use tokio::time::{Instant, interval_at, sleep_until};

/// `read_frame` may not be dropped while it waits: half a frame would be lost. So it has a task of its own, with
/// the feature `unstable-split`, and Pings are written beside it.
pub async fn watch(
    upgraded: UpgradeFut,
    every: Duration,
    patience: Duration,
) -> Result<(), WebSocketError> {
    let (mut reader, mut writer) = upgraded.await?.split(tokio::io::split);
    let (events, mut happened) = channel(16);
    let mut reading = tokio::spawn(async move {
        loop {
            // What has to be answered goes to who writes.
            let answer = &mut |frame| {
                let events = events.clone();
                async move { events.send(Some(frame)).await }
            };
            match reader.read_frame(answer).await {
                Ok(frame) if frame.opcode == OpCode::Close => return Ok(()),
                Ok(_) => drop(events.send(None).await),
                Err(error) => return Err(error),
            }
        }
    });
    let mut pings = interval_at(Instant::now() + every, every);
    let mut missed = None;
    let result = loop {
        let deadline = missed.unwrap_or_else(|| Instant::now() + every + patience);
        tokio::select! {
            event = happened.recv() => {
                // Any sign of life will do.
                missed = None;
                match event {
                    Some(Some(frame)) => writer.write_frame(frame).await?,
                    Some(None) => {}
                    None => break (&mut reading).await.unwrap_or(Ok(())),
                }
            }
            _ = pings.tick(), if missed.is_none() => {
                let ping = Frame::new(true, OpCode::Ping, None, b"".as_slice().into());
                writer.write_frame(ping).await?;
                missed = Some(Instant::now() + patience);
            }
            () = sleep_until(deadline) => {
                break Err(WebSocketError::IoError(io::ErrorKind::TimedOut.into()));
            }
        }
    };
    reading.abort();
    result
}
