//! Who is woken, and that nobody is forgotten.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;
use websocket_proto::Config;

use crate::support::*;
use crate::tasks::*;
use crate::wire::*;

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
