//! Who is woken, and that nobody is forgotten.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;
use websocket_proto::adapter::tokio::Writer;
use websocket_proto::{CloseCode, Config, State};

use crate::support::*;
use crate::tasks::*;
use crate::wire::*;

/// Whatever the transport knows of turns: there is always something more to read.
#[test]
fn a_flood_leaves_others_their_turn() {
    for frame in [masked(0x89, b""), masked(0x81, b"x"), masked(0x82, &[7; 1 << 20])] {
        let flood = frame.repeat((1 << 20) / frame.len() + 1);
        let runtime = runtime();
        let _inside = runtime.enter();
        let (mut server, far) = server_over_wire(&Config::server());
        far.give(&flood);
        let (bell, waker) = Bell::new();
        let mut turns = 0;
        let mut read = 0;
        loop {
            let before = server.received().bytes;
            while poll_once(server.next(), &waker).is_ready() {}
            turns += 1;
            let turn = server.received().bytes - before;
            assert!(turn <= 80 << 10, "{turn} bytes in one turn");
            read += turn;
            if bell.rang() == 0 {
                break;
            }
        }
        assert_eq!(read, flood.len() as u64);
        assert!(turns >= 13, "{turns} turns");
    }
}

/// One task that waits for both, of which another one takes over a part.
#[test]
fn a_task_that_waits_for_both_is_not_forgotten_for_one_that_reads() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (mut server, far) = server_over_wire(&Config::server());
    far.set_room(0);
    let (writer_bell, writer) = Bell::new();
    let (reader_bell, reader) = Bell::new();
    let writer = &mut Context::from_waker(&writer);
    let reader = &mut Context::from_waker(&reader);
    Pin::new(&mut server).start_send("x".into()).expect("room");
    assert!(Sink::poll_flush(Pin::new(&mut server), writer).is_pending());
    assert!(Pin::new(&mut server).poll_next(writer).is_pending());
    assert!(Pin::new(&mut server).poll_next(reader).is_pending());
    writer_bell.rang();
    far.set_room(100);
    if reader_bell.rang() > 0 {
        assert!(Pin::new(&mut server).poll_next(reader).is_pending());
    }
    assert!(writer_bell.rang() > 0, "nobody tells the writer that all is written");
    assert!(matches!(Sink::poll_flush(Pin::new(&mut server), writer), Poll::Ready(Ok(()))));
}

/// As before, the other way round.
#[test]
fn a_task_that_waits_for_both_is_not_forgotten_for_one_that_writes() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (mut server, far) = server_over_wire(&Config::server());
    far.set_room(0);
    let (reader_bell, reader) = Bell::new();
    let (_, writer) = Bell::new();
    let writer = &mut Context::from_waker(&writer);
    let reader = &mut Context::from_waker(&reader);
    Pin::new(&mut server).start_send("x".into()).expect("room");
    assert!(Pin::new(&mut server).poll_next(reader).is_pending());
    assert!(Sink::poll_flush(Pin::new(&mut server), reader).is_pending());
    far.set_room(3);
    assert!(Sink::poll_flush(Pin::new(&mut server), reader).is_ready());
    reader_bell.rang();
    // Now the one that writes is another task, and it does not wait.
    Pin::new(&mut server).start_send("y".into()).expect("room");
    assert!(Sink::poll_ready(Pin::new(&mut server), writer).is_ready());
    assert!(reader_bell.rang() > 0, "nobody tells the reader that there is something to write");
}

#[test]
fn a_task_that_waits_is_told_that_the_connection_was_given_up() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (mut server, _far) = server_over_wire(&Config::server());
    let (bell, waker) = Bell::new();
    assert!(Pin::new(&mut server).poll_next(&mut Context::from_waker(&waker)).is_pending());
    server.abort();
    assert!(bell.rang() > 0);
    assert!(ready(server.next()).is_some_and(|end| end.is_err()));
    assert!(ready(server.next()).is_none());
}

/// Once for what makes the output more than empty, and not again before it has looked.
#[test]
fn a_reader_is_told_once_what_writers_feed() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (server, far) = server_over_wire(&Config::server());
    let (mut reader, mut writer) = server.split();
    let mut other = writer.clone();
    let (bell, waker) = Bell::new();
    let mut next = Box::pin(reader.next());
    assert!(poll_once(&mut next, &waker).is_pending());
    assert_eq!(bell.rang(), 0);
    ready(writer.feed("one")).expect("room");
    ready(other.feed("two")).expect("room");
    ready(writer.feed("three")).expect("room");
    assert_eq!(bell.rang(), 1);
    assert_eq!(far.take(), b"");
    assert!(poll_once(&mut next, &waker).is_pending());
    assert_eq!(far.take(), b"\x81\x03one\x81\x03two\x81\x05three");
    assert_eq!(far.calls().writes, 1);
    ready(other.feed("four")).expect("room");
    assert_eq!(bell.rang(), 1);
}

/// And room to write is for everybody: whoever is first writes for all.
#[test]
fn something_to_read_is_for_the_reader_alone() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (server, far) = server_over_wire(&Config::server());
    far.set_room(2);
    let (mut reader, mut writer) = server.split();
    let (reader_bell, reader_waker) = Bell::new();
    let (writer_bell, writer_waker) = Bell::new();
    let mut next = Box::pin(reader.next());
    assert!(poll_once(&mut next, &reader_waker).is_pending());
    let mut sending = Box::pin(writer.send("one"));
    assert!(poll_once(&mut sending, &writer_waker).is_pending());
    assert_eq!(reader_bell.rang(), 1);
    assert!(poll_once(&mut next, &reader_waker).is_pending());
    far.give(&masked(0x81, b"x"));
    assert_eq!((reader_bell.rang(), writer_bell.rang()), (1, 0));
    assert!(poll_once(&mut next, &reader_waker).is_ready());
    far.set_room(usize::MAX);
    assert_eq!(writer_bell.rang(), 1);
    assert!(poll_once(&mut sending, &writer_waker).is_ready());
    assert_eq!(far.take(), b"\x81\x03one");
}

#[test]
fn several_writers_that_are_blocked_all_get_through() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let mut config = Config::server();
    config.limits.max_write_buffer = 100;
    let (server, far) = server_over_wire(&config);
    far.set_room(0);
    let (mut reader, writer) = server.split();
    let mut tasks = Tasks::default();
    for _ in 0..10 {
        let mut writer = writer.clone();
        tasks.spawn(async move {
            for _ in 0..10 {
                writer.feed(&b"0123456789012345678901234567890123456789"[..]).await.expect("open");
            }
            writer.flush().await.expect("open");
        });
    }
    let reading = tasks.spawn(async move { assert!(reader.next().await.is_none()) });
    assert_eq!(tasks.run().len(), 11);
    for _ in 0..100 {
        far.set_room(41);
        assert!(tasks.run().len() > 1);
    }
    far.set_room(usize::MAX);
    assert_eq!(tasks.run(), [reading]);
    assert_eq!(far.take().len(), 100 * 42);
    far.give(&masked(0x88, b"\x03\xE8"));
    far.end();
    tasks.finish();
}

#[test]
fn the_end_wakes_everybody() {
    let runtime = runtime();
    let _inside = runtime.enter();
    type End = fn(&Far, &mut Writer<Wire>);
    let ends: [(&str, End); 5] = [
        ("its end", |far, _| far.end()),
        ("an error", |far, _| far.fail_reads(ErrorKind::ConnectionReset)),
        ("an error of writing", |far, _| {
            far.fail_writes(ErrorKind::BrokenPipe);
            far.end();
        }),
        ("giving up", |_, writer| writer.abort()),
        ("both", |far, writer| {
            far.end();
            writer.abort();
        }),
    ];
    for (name, end) in ends {
        let (server, far) = server_over_wire(&Config::server());
        far.set_room(0);
        let (mut reader, writer) = server.split();
        let mut tasks = Tasks::default();
        for _ in 0..3 {
            let mut writer = writer.clone();
            tasks.spawn(async move { assert!(writer.send("stuck").await.is_err()) });
        }
        tasks.spawn(async move {
            assert!(matches!(reader.next().await, Some(Err(_))));
            assert!(reader.next().await.is_none());
        });
        assert_eq!(tasks.run().len(), 4, "{name}");
        end(&far, &mut writer.clone());
        tasks.finish();
        assert_eq!(writer.state(), State::Closed, "{name}");
    }
}

/// A writer's Close wakes the reader, whose peer answers it.
#[test]
fn closing_wakes_the_other_half() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (client, server) = pair(100);
    let (mut client_reader, mut client_writer) = client.split();
    let (mut server_reader, server_writer) = server.split();
    let mut tasks = Tasks::default();
    tasks.spawn(async move { assert!(client_reader.next().await.is_none()) });
    tasks.spawn(async move { assert!(server_reader.next().await.is_none()) });
    assert_eq!(tasks.run(), [0, 1]);
    ready(client_writer.close(CloseCode::NORMAL, "")).expect("written");
    tasks.finish();
    assert!(client_writer.closed().expect("closed").clean);
    assert!(server_writer.closed().expect("closed").clean);
}

#[test]
fn a_dropped_reader_does_not_keep_writers() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (server, far) = server_over_wire(&Config::server());
    far.set_room(0);
    let (reader, writer) = server.split();
    let mut tasks = Tasks::default();
    let reading = tasks.spawn(async move {
        let mut reader = reader;
        reader.next().await;
    });
    for _ in 0..2 {
        let mut writer = writer.clone();
        tasks.spawn(async move { writer.send("x").await.expect("sent") });
    }
    assert_eq!(tasks.run().len(), 3);
    tasks.end(reading);
    far.set_room(3);
    assert_eq!(tasks.run(), [1, 2]);
    far.set_room(3);
    tasks.finish();
    assert_eq!(far.take(), b"\x81\x01x\x81\x01x");
}

/// What they fed goes out, Pings are answered and the Close is, without anybody to send.
#[test]
fn dropped_writers_do_not_keep_the_reader() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (server, far) = server_over_wire(&Config::server());
    let (mut reader, mut writer) = server.split();
    let mut tasks = Tasks::default();
    tasks.spawn(async move {
        assert_eq!(reader.next().await.expect("open").expect("a message"), "x".into());
        assert!(reader.next().await.is_none());
    });
    assert_eq!(tasks.run(), [0]);
    ready(writer.feed("last")).expect("room");
    drop(writer);
    assert_eq!(tasks.run(), [0]);
    assert_eq!(far.take(), b"\x81\x04last");
    far.give(&[masked(0x89, b"?"), masked(0x81, b"x")].concat());
    assert_eq!(tasks.run(), [0]);
    assert_eq!(far.take(), b"\x8a\x01?");
    far.give(&masked(0x88, b"\x03\xE8"));
    far.end();
    tasks.finish();
    assert_eq!(far.take(), b"\x88\x02\x03\xE8");
}

/// A writer that gave up waiting does not keep the others.
#[test]
fn a_dropped_writer_does_not_keep_the_others() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (server, far) = server_over_wire(&Config::server());
    far.set_room(0);
    let (_reader, writer) = server.split();
    let mut tasks = Tasks::default();
    for _ in 0..3 {
        let mut writer = writer.clone();
        tasks.spawn(async move { writer.send("x").await.expect("sent") });
    }
    assert_eq!(tasks.run().len(), 3);
    tasks.end(2);
    far.set_room(usize::MAX);
    tasks.finish();
    assert_eq!(far.take().len(), 9, "its message was queued");
}

/// Its task is not held on to.
#[test]
fn a_dropped_half_is_forgotten() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (server, far) = server_over_wire(&Config::server());
    far.set_room(0);
    let (mut reader, mut writer) = server.split();
    let (bell, waker) = Bell::new();
    assert!(poll_once(writer.send("x"), &waker).is_pending());
    assert!(poll_once(reader.next(), &waker).is_pending());
    assert!(Arc::strong_count(&bell) > 2);
    let other = writer.clone();
    drop(writer);
    drop(reader);
    assert_eq!(Arc::strong_count(&bell), 2);
    drop(other);
}

#[test]
fn who_waited_before_a_split_is_woken_after_it() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (mut server, far) = server_over_wire(&Config::server());
    far.set_room(0);
    let ((reading, reader_waker), (writing, writer_waker)) = (Bell::new(), Bell::new());
    // In two tasks already, while it is whole.
    assert!(poll_once(server.next(), &reader_waker).is_pending());
    assert!(poll_once(server.send("x"), &writer_waker).is_pending());
    let (mut reader, mut writer) = server.split();
    let _before: [usize; 2] = [reading.rang(), writing.rang()];
    far.give(&masked(0x81, b"y"));
    assert!(reading.rang() > 0);
    assert!(poll_once(reader.next(), &reader_waker).is_ready());
    far.set_room(usize::MAX);
    assert!(writing.rang() > 0);
    assert!(poll_once(writer.flush(), &writer_waker).is_ready());
    assert_eq!(far.take(), b"\x81\x01x");
}
