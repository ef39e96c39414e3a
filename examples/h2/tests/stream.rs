//! RFC 8441 §5  The stream as a transport: its ends and its windows.

mod support;

use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use h2::Reason;
use support::{Outcome, bounded, pair, streams};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use websocket_over_h2::{Stream, connect, open};
use websocket_proto::adapter::tokio::{Error, Message};
use websocket_proto::{CloseCode, CloseStatus, Config, Initiator};

/// RFC 9113 §6.9.2: of a stream, and of a connection, at first.
const WINDOW: usize = 65_535;

/// Writes until it would have to wait: bytes taken.
async fn write_until_stuck(stream: &mut Stream) -> Outcome<usize> {
    let bytes = [7; 10_000];
    let mut taken = 0;
    loop {
        let step = poll_fn(|cx| Poll::Ready(Pin::new(&mut *stream).poll_write(cx, &bytes))).await;
        match step {
            Poll::Ready(count) => taken += count?,
            Poll::Pending => return Ok(taken),
        }
    }
}

async fn read_exactly(stream: &mut Stream, count: usize) -> Outcome {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).await?;
    assert!(bytes.iter().all(|&byte| byte == 7));
    Ok(())
}

#[tokio::test]
async fn a_writer_waits_for_the_window_and_a_reader_opens_it() -> Outcome {
    bounded(async {
        let ((client, server), (other_client, other_server)) = (streams().await?, streams().await?);
        for (mut writer, mut reader) in [(client, server), (other_server, other_client)] {
            assert_eq!(write_until_stuck(&mut writer).await?, WINDOW);
            assert_eq!(write_until_stuck(&mut writer).await?, 0);
            // All of it arrives, is not read, and makes no room.
            read_exactly(&mut reader, 1).await?;
            assert_eq!(write_until_stuck(&mut writer).await?, 0);

            // What was read does, and no more than that.
            read_exactly(&mut reader, 40_000).await?;
            let more = poll_fn(|cx| Pin::new(&mut writer).poll_write(cx, &[7; 100_000])).await?;
            assert!((1..=40_001).contains(&more), "{more}");
            let more = more + write_until_stuck(&mut writer).await?;
            assert!(more <= 40_001, "{more}");

            // The other direction has windows of its own.
            assert_eq!(write_until_stuck(&mut reader).await?, WINDOW);
            read_exactly(&mut writer, WINDOW).await?;
            read_exactly(&mut reader, WINDOW + more - 40_001).await?;
        }
        Ok(())
    })
    .await
}

/// What waits for room is woken, and nothing is lost on the way.
#[tokio::test]
async fn more_than_the_window_goes_through_in_both_directions_at_once() -> Outcome {
    bounded(async {
        let (client, server) = streams().await?;
        let both = [client, server].map(|stream| {
            tokio::spawn(async move {
                let (mut reading, mut writing) = tokio::io::split(stream);
                let writer = tokio::spawn(async move {
                    for number in 0..100_u8 {
                        writing.write_all(&[number; 7_001]).await?;
                    }
                    writing.shutdown().await?;
                    Ok::<_, std::io::Error>(())
                });
                let mut read = Vec::new();
                reading.read_to_end(&mut read).await?;
                writer.await??;
                Ok::<_, std::io::Error>(read)
            })
        });
        let expected: Vec<u8> = (0..100).flat_map(|number| [number; 7_001]).collect();
        for read in both {
            assert!(read.await?? == expected);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn runs_are_written_together() -> Outcome {
    bounded(async {
        let (mut client, mut server) = streams().await?;
        assert!(client.is_write_vectored());
        let runs = [b"one, ".as_slice(), b"", b"two, ", b"three"];
        let slices = runs.map(IoSlice::new);
        let count = poll_fn(|cx| Pin::new(&mut client).poll_write_vectored(cx, &slices)).await?;
        assert_eq!(count, 15);
        let mut read = [0; 15];
        server.read_exact(&mut read).await?;
        assert_eq!(&read, b"one, two, three");
        assert_eq!(client.write(b"").await?, 0);
        Ok(())
    })
    .await
}

// R8441-5-07: frames in DATA, the client's masked.
#[tokio::test]
async fn data_are_the_frames() -> Outcome {
    bounded(async {
        let (mut client, server) = pair().await?;
        let mut server = server.into_transport();
        client.send("Hello").await?;
        let mut frame = [0; 11];
        server.read_exact(&mut frame).await?;
        assert_eq!(frame[..2], [0x81, 0x85]);
        let unmasked: Vec<u8> = (0..5).map(|at| frame[6 + at] ^ frame[2 + at % 4]).collect();
        assert_eq!(unmasked, b"Hello");
        server.write_all(b"\x81\x05Hello").await?;
        assert_eq!(client.next().await.transpose()?, Some(Message::Text("Hello".into())));
        Ok(())
    })
    .await
}

// R8441-5-08: END_STREAM after the closing handshake, no reset.
#[tokio::test]
async fn both_ends_close_cleanly() -> Outcome {
    bounded(async {
        let (near, far) = tokio::io::duplex(1 << 16);
        let server = tokio::spawn(async move {
            let (request, mut respond, _) = support::accept(far).await?;
            let mut sending = respond.send_response(http::Response::new(()), false)?;
            let mut receiving = request.into_body();
            // The Close with 1000, masked.
            let close = receiving.data().await.expect("data")?;
            assert_eq!((close[0], close.len()), (0x88, 8));
            sending.send_data(bytes::Bytes::from_static(b"\x88\x02\x03\xE8"), true)?;
            // The end of the client's direction, not a reset: it may stand in a frame of its own.
            while let Some(data) = receiving.data().await {
                assert!(data?.is_empty());
            }
            assert!(receiving.is_end_stream());
            Ok::<_, h2::Error>(())
        });
        let sender = open(near).await?;
        let asked = support::asking()?;
        let mut client = connect(&sender, &asked, &Arc::new(Config::client())).await?;
        let end = client.close(CloseCode::NORMAL, "").await?;
        assert!(end.clean, "{end:?}");
        drop(client);
        server.await??;

        // Both of ours: the server goes first.
        let (mut client, mut server) = pair().await?;
        let serving = tokio::spawn(async move {
            let end = server.next().await;
            assert!(end.is_none(), "{end:?}");
            server.close_information().map(|end| (end.clean, end.received, end.initiator))
        });
        assert!(client.close(CloseCode::NORMAL, "").await?.clean);
        let end = serving.await?.ok_or("open")?;
        assert_eq!(end, (true, CloseStatus::Code(CloseCode::NORMAL), Initiator::Peer));
        Ok(())
    })
    .await
}

// R8441-5-08: END_STREAM without it is a lost connection.
#[tokio::test]
async fn an_end_without_a_close_is_abnormal() -> Outcome {
    bounded(async {
        let (mut client, server) = pair().await?;
        let mut server = server.into_transport();
        server.shutdown().await?;
        assert!(matches!(client.next().await, Some(Err(Error::ConnectionLost))));
        let end = client.close_information().ok_or("open")?;
        assert_eq!((end.received, end.clean), (CloseStatus::Abnormal, false));
        Ok(())
    })
    .await
}

// R8441-5-08, T-H2-05: RST_STREAM with CANCEL is an abort, in both directions.
#[tokio::test]
async fn a_dropped_websocket_resets_the_stream() -> Outcome {
    bounded(async {
        for aborts in [false, true] {
            let ((client, server), (other_client, other_server)) = (pair().await?, pair().await?);
            for (mut dropped, mut other) in [(client, server), (other_server, other_client)] {
                // Something is under way, and a Close was sent and not answered.
                dropped.send("hello").await?;
                assert!(other.next().await.is_some());
                other.feed_close(CloseCode::NORMAL, "").await?;
                other.flush().await?;
                if aborts {
                    dropped.abort();
                }
                drop(dropped);
                let error = match other.next().await {
                    Some(Err(Error::Io(error))) => error,
                    outcome => panic!("{outcome:?}"),
                };
                assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                let source = error.get_ref().and_then(|error| error.downcast_ref::<h2::Error>());
                assert_eq!(source.and_then(h2::Error::reason), Some(Reason::CANCEL));
                let end = other.close_information().ok_or("open")?;
                assert_eq!((end.received, end.clean), (CloseStatus::Abnormal, false));
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_writer_is_told_of_a_reset() -> Outcome {
    bounded(async {
        let (mut client, server) = streams().await?;
        write_until_stuck(&mut client).await?;
        let waiting = tokio::spawn(async move { client.write_all(&[7; 1_000_000]).await });
        drop(server);
        let error = waiting.await?.expect_err("written");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);

        // And one that has no peer any more.
        let (mut client, mut server) = streams().await?;
        drop(client.write_all(&[7; 10]).await);
        let mut read = [0; 10];
        server.read_exact(&mut read).await?;
        drop(client);
        let mut rest = [0; 1];
        let error = poll_fn(|cx| {
            let mut buffer = tokio::io::ReadBuf::new(&mut rest);
            Pin::new(&mut server).poll_read(cx, &mut buffer)
        });
        assert_eq!(error.await.expect_err("data").kind(), ErrorKind::ConnectionReset);
        Ok(())
    })
    .await
}

/// Who has ended its direction and does not wait for the other one resets the stream, too.
#[tokio::test]
async fn dropped_before_both_have_ended_is_reset() -> Outcome {
    bounded(async {
        let ((client, server), (other_client, other_server)) = (streams().await?, streams().await?);
        for (mut dropped, mut other) in [(client, server), (other_server, other_client)] {
            dropped.shutdown().await?;
            drop(dropped);
            write_until_stuck(&mut other).await?;
            let error = other.write_all(&[7; 100_000]).await.expect_err("written");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            let source = error.get_ref().and_then(|error| error.downcast_ref::<h2::Error>());
            assert_eq!(source.and_then(h2::Error::reason), Some(Reason::CANCEL));
        }
        Ok(())
    })
    .await
}
