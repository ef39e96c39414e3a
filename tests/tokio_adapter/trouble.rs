//! A peer and a transport that do anything at any time: in the end everybody is told, once, and nobody waits.

use std::io::ErrorKind;

use websocket_proto::adapter::tokio::{Error, Reader, WebSocket, Writer};
use websocket_proto::{CloseCode, Config};

use crate::abandon::Play;
use crate::support::*;
use crate::tasks::Tasks;
use crate::wire::*;

const PLAYS: u64 = 2000;

/// Makes a frame of the peer's of its first byte and its payload.
type Frame = fn(u8, &[u8]) -> Vec<u8>;

#[test]
fn whatever_happens_everybody_is_told() {
    Play::often("in trouble", PLAYS, play);
}

fn play(play: &Play) {
    let runtime = runtime();
    let _inside = runtime.enter();
    let config = play.config(Config::server());
    let (websocket, far, frame) = if play.chance(50) {
        let (server, far) = server_over_wire(&config);
        (server, far, masked as Frame)
    } else {
        let (client, far) = client_over_wire(&config);
        (client, far, unmasked as Frame)
    };
    far.set_room(play.below(5000));
    let mut tasks = Tasks::default();
    if play.chance(50) {
        let (reader, writer) = websocket.split();
        tasks.spawn(read(play.clone(), reader));
        for _ in 0..play.below(4) {
            tasks.spawn(write(play.clone(), writer.clone()));
        }
    } else {
        tasks.spawn(read_and_write(play.clone(), websocket));
    }
    for _ in 0..play.below(30) {
        tasks.run();
        disturb(play, &far, frame);
    }
    // The worst has passed, or nothing comes of it any more.
    far.set_flushes(true);
    far.set_shuts_down(true);
    far.set_room(usize::MAX);
    match play.below(3) {
        0 => far.fail_reads(ErrorKind::ConnectionReset),
        1 => {
            far.fail_writes(ErrorKind::BrokenPipe);
            far.end();
        }
        _ => far.end(),
    }
    tasks.finish();
}

fn disturb(play: &Play, far: &Far, frame: Frame) {
    match play.below(30) {
        0 => far.end(),
        1 => far.fail_reads(ErrorKind::ConnectionReset),
        2 => far.fail_writes(ErrorKind::BrokenPipe),
        3..=5 => far.set_room(0),
        6..=9 => far.set_room(play.below(5000)),
        10 => far.set_flushes(play.chance(50)),
        11 => far.set_shuts_down(play.chance(50)),
        12 => far.set_vectored(play.chance(50)),
        13 => far.give(&frame(0x88, b"\x03\xE8")),
        14 => far.give(&frame(0x83, b"")),
        15 => far.give(&frame(0x81, b"\xFF")),
        16..=18 => far.give(&frame(0x89, b"?").repeat(play.below(50))),
        19 => far.give(&frame(0x01, b"a part")),
        20 => far.give(&frame(0x80, b"another")),
        _ => far.give(&frame(0x82, &vec![7; play.below(1000)])),
    }
}

async fn read(play: Play, mut reader: Reader<Wire>) {
    let mut errors = 0;
    loop {
        match play.try_to(reader.next()).await {
            None | Some(Some(Ok(_))) => {}
            Some(Some(Err(_))) => errors += 1,
            Some(None) => break,
        }
    }
    assert!(errors <= 1, "{errors} errors");
    assert!(reader.next().await.is_none());
}

async fn write(play: Play, mut writer: Writer<Wire>) {
    let message = play.message('m', play.below(100));
    for _ in 0..play.below(60) {
        let result = match play.below(6) {
            0 | 1 => play.try_to(writer.feed(message.clone())).await,
            2 => play.try_to(writer.send(message.clone())).await,
            3 => play.try_to(writer.ping(b"?")).await,
            _ => play.try_to(writer.flush()).await,
        };
        if matches!(result, Some(Err(_))) {
            assert!(writer.send(message).await.is_err());
            return;
        }
        // What never waits lets others have their turn.
        tokio::task::yield_now().await;
    }
    // Until there is an answer, whatever it is.
    if play.chance(30) {
        let _ = writer.close(CloseCode::NORMAL, "").await;
    }
}

async fn read_and_write(play: Play, mut websocket: WebSocket<Wire>) {
    let message = play.message('m', play.below(100));
    let mut errors = 0;
    loop {
        let result: Option<Result<(), Error>> = match play.below(8) {
            0 => play.try_to(websocket.feed(message.clone())).await,
            1 => play.try_to(websocket.send(message.clone())).await,
            2 => play.try_to(websocket.flush()).await,
            3 if play.chance(5) => {
                let close = websocket.close(CloseCode::NORMAL, "");
                play.try_to(close).await.map(|closed| closed.map(|_| ()))
            }
            _ => match play.try_to(websocket.next()).await {
                Some(Some(Err(_))) => {
                    errors += 1;
                    None
                }
                Some(None) => break,
                None | Some(Some(Ok(_))) => None,
            },
        };
        if let Some(Ok(())) = result {
            tokio::task::yield_now().await;
        }
    }
    assert!(errors <= 1, "{errors} errors");
    assert!(websocket.close(CloseCode::NORMAL, "").await.is_ok());
    assert!(websocket.send(message).await.is_err());
}
