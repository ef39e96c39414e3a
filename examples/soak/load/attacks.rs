//! What breaks the rules at once, or ends in an odd way: a few bytes each.

use std::io;
use std::net::Shutdown;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::peer::{BINARY, CLOSE, FIN, PING, Peer, RSV1, Seen, TEXT, frame, header, request};
use crate::kind::Kind;
use crate::random::Random;
use crate::terms::{self, MESSAGE};

/// Between the drops of who takes his time.
const DROP: Duration = Duration::from_millis(50);

/// Longer than the server waits for an end.
const STAY: Duration = terms::CLOSE.saturating_add(Duration::from_secs(1));

/// Asks in a way that is answered by a status.
pub(super) async fn ask(kind: Kind, port: u16, random: &mut Random) -> io::Result<Seen> {
    let peer = Peer::connect(kind, port, None).await?;
    let filling = |count| "x".repeat(count);
    match kind {
        Kind::SlowHead => {
            let request = request("/", &format!("Cookie: {}\r\n", filling(4096)));
            for byte in request.as_bytes() {
                peer.send(&[*byte]).await?;
                if timeout(DROP, peer.stream.readable()).await.is_ok() {
                    break;
                }
            }
        }
        Kind::HugeHead => {
            let lines: String = (0..64).map(|at| format!("X-{at}: {}\r\n", filling(300))).collect();
            peer.send(request("/", &lines).as_bytes()).await?;
        }
        Kind::LongLine => peer.send(request(&format!("/{}", filling(9000)), "").as_bytes()).await?,
        Kind::Garbage => {
            let garbage: [&[u8]; 4] = [
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\r\n\r\n",
                b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
                b"GET / HTTP/1.1\nHost: soak.example\n\n",
                b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            ];
            peer.send(garbage[random.below(garbage.len())]).await?;
        }
        Kind::NoUpgrade => peer.send(b"GET / HTTP/1.1\r\nHost: soak.example\r\n\r\n").await?,
        Kind::CrossOrigin => {
            let origin = "Origin: https://soak.example.elsewhere.example\r\n";
            peer.send(request("/", origin).as_bytes()).await?;
        }
        _ => {}
    }
    Ok(peer.status().await)
}

/// Sends what is answered by a Close with a code of its own.
pub(super) async fn violate(kind: Kind, port: u16, random: &mut Random) -> io::Result<Seen> {
    let offer = match kind {
        #[cfg(feature = "deflate")]
        Kind::Bomb | Kind::Corrupt => "Sec-WebSocket-Extensions: permessage-deflate\r\n",
        _ => "",
    };
    let peer = Peer::open(kind, port, "/", offer).await?;
    let bytes = match kind {
        Kind::WrongFrames => wrong_frames(random),
        Kind::Unmasked => b"\x81\x05Hello".to_vec(),
        Kind::Oversized => match random.below(3) {
            0 => header(BINARY, MESSAGE as u64 + 1),
            1 => header(BINARY, i64::MAX as u64),
            // Each is small enough, together they are not.
            _ => [frame(BINARY & !FIN, &[0; 1000]), header(FIN, MESSAGE as u64 - 999)].concat(),
        },
        Kind::BadUtf8 => {
            let wrong: [&[u8]; 4] =
                [b"\xC0\xAF", b"\xED\xA0\x80", b"\xF4\x90\x80\x80", b"\xE2\x82"];
            frame(TEXT, &[b"all is well: \xE2\x82\xAC", wrong[random.below(4)]].concat())
        }
        #[cfg(feature = "deflate")]
        // 64 MiB in 416 KiB; 2 MiB; and the latter in fragments.
        Kind::Bomb => match random.below(3) {
            0 => frame(BINARY | RSV1, &super::deflated::zeros(260_000)),
            1 => frame(BINARY | RSV1, &super::deflated::zeros(8_200)),
            _ => {
                let bomb = super::deflated::zeros(8_200);
                let mut bytes = frame(BINARY & !FIN | RSV1, &[]);
                bomb.chunks(100).for_each(|piece| bytes.extend(frame(0, piece)));
                bytes.extend(frame(FIN, &[]));
                bytes
            }
        },
        #[cfg(feature = "deflate")]
        // A block of the reserved type, and one that is cut off.
        Kind::Corrupt => match random.below(2) {
            0 => frame(TEXT | RSV1, &[0xFF; 20]),
            _ => frame(BINARY | RSV1, &[0x00, 0x40, 0x00, 0xBF, 0xFF, 1, 2, 3]),
        },
        _ => Vec::new(),
    };
    peer.send(&bytes).await?;
    Ok(peer.closed().await)
}

/// Something that fails with 1002.
fn wrong_frames(random: &mut Random) -> Vec<u8> {
    match random.below(10) {
        0 => frame(0x83, b"a reserved opcode"),
        1 => frame(0xA2, b"a reserved bit"),
        2 => frame(TEXT | RSV1, b"compression that was not agreed on"),
        3 => frame(FIN, b"a continuation of nothing"),
        4 => [frame(TEXT & !FIN, b"one inside"), frame(TEXT, b"another")].concat(),
        5 => frame(PING & !FIN, b"a control frame in fragments"),
        6 => frame(PING, &[0; 126]),
        7 => frame(CLOSE, b"\x03"),
        8 => frame(CLOSE, &1005_u16.to_be_bytes()),
        // Noise, of which the first byte is wrong.
        _ => {
            let mut noise = random.bytes(1000);
            noise[0] |= 0x70;
            noise
        }
    }
}

/// Says nothing that it should.
pub(super) async fn keep_silent(kind: Kind, port: u16) -> io::Result<Seen> {
    let peer = Peer::open(kind, port, "/", "").await?;
    match kind {
        Kind::Unfinished => {
            peer.send(&frame(TEXT & !FIN, b"to be continued")).await?;
            Ok(peer.closed().await)
        }
        Kind::SlowFrame => {
            // Inside a frame there is no Pong.
            peer.send(&header(BINARY, MESSAGE as u64)).await?;
            let drops = async {
                while peer.send(&[0]).await.is_ok() {
                    sleep(DROP).await;
                }
                Seen::Reset
            };
            tokio::select! { seen = peer.closed() => Ok(seen), seen = drops => Ok(seen) }
        }
        _ => Ok(peer.closed().await),
    }
}

/// Ends otherwise than is right.
pub(super) async fn end(kind: Kind, port: u16) -> io::Result<Seen> {
    let normal = frame(CLOSE, &1000_u16.to_be_bytes());
    let part = &frame(BINARY, &[7; 10_000])[..5_000];
    let path = if kind == Kind::NeverCloses { "/close" } else { "/" };
    let peer = Peer::open(kind, port, path, "").await?;
    match kind {
        Kind::NeverCloses => {
            let seen = peer.close().await;
            sleep(STAY).await;
            Ok(seen)
        }
        Kind::ClosesAndStays => {
            peer.send(&normal).await?;
            let seen = peer.close().await;
            sleep(STAY).await;
            Ok(seen)
        }
        Kind::ClosesAndTalks => {
            peer.send(&normal).await?;
            let seen = peer.close().await;
            while peer.send(&frame(PING, b"still here")).await.is_ok() {
                sleep(DROP).await;
            }
            Ok(seen)
        }
        Kind::HalfCloseInside | Kind::HalfCloseAfter => {
            let whole = frame(TEXT, b"the last");
            peer.send(if kind == Kind::HalfCloseAfter { &whole } else { part }).await?;
            let stream = peer.stream.into_std()?;
            stream.shutdown(Shutdown::Write)?;
            let peer = Peer { stream: tokio::net::TcpStream::from_std(stream)? };
            Ok(peer.closed().await)
        }
        _ => {
            peer.send(part).await?;
            peer.stream.set_zero_linger()?;
            Ok(Seen::Nothing)
        }
    }
}
