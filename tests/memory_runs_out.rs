//! §10.4 §7.4.1  There is no memory for a message: the connection fails with 1011, and the process lives on.
#![cfg(feature = "alloc")]
#![expect(unsafe_code, reason = "an allocator cannot be written without")]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use support::{BINARY, CONTINUATION, Seen, TEXT, feed, frame, frames_out, seed, text};
use websocket_proto::{Config, Connection, Delivery, ProtocolError, Role, SendError, State};

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Has no block of more than so many bytes.
struct Scarce;

impl Scarce {
    fn has(size: usize) -> bool {
        LARGEST.try_with(Cell::get).is_ok_and(|largest| size <= largest)
    }
}

// SAFETY: everything is handed on to the system's allocator as it came, or refused.
unsafe impl GlobalAlloc for Scarce {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !Self::has(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Scarce = Scarce;

/// Runs `work` where no block is greater than 64 KiB.
fn scarce<T>(work: impl FnOnce() -> T) -> T {
    LARGEST.set(64 << 10);
    let result = work();
    LARGEST.set(usize::MAX);
    result
}

fn open(role: Role, set: impl Fn(&mut Config)) -> Connection {
    let mut config = Config::client();
    set(&mut config);
    match role {
        Role::Server => Connection::server(config),
        Role::Client => Connection::client(config, seed(1)),
    }
}

/// What comes of these bytes in reads of 4,000.
fn receive(connection: &mut Connection, wire: &mut [u8]) -> Result<usize, ProtocolError> {
    let mut events = 0;
    for read in wire.chunks_mut(4_000) {
        let mut input = read;
        while let Some(_event) = connection.receive(&mut input)? {
            events += 1;
        }
    }
    Ok(events)
}

/// T-GN-01: a message that has to be assembled, in a frame or in fragments. What fits still arrives; what does not is
/// refused, its peer is told so, and it is forgotten.
#[test]
fn there_is_no_memory_for_a_message() {
    for role in [Role::Server, Role::Client] {
        let sender = role.peer();
        let content = vec![b'x'; 100_000];
        let (front, back) = content.split_at(50_000);
        let one = frame(sender, true, BINARY, &content);
        let two = [frame(sender, false, TEXT, front), frame(sender, true, CONTINUATION, back)];
        for mut wire in [one, two.concat()] {
            let mut connection = open(role, |_| {});
            let mut fits = frame(sender, true, TEXT, front);
            let (first, second) = scarce(|| {
                let first = receive(&mut connection, &mut fits);
                (first, receive(&mut connection, &mut wire))
            });
            assert_eq!((first, second), (Ok(1), Err(ProtocolError::OutOfMemory)), "{role:?}");
            assert_eq!(connection.state(), State::Closing);
            assert_eq!(connection.send_text("x"), Err(SendError::Closed));
            let late = feed(&mut connection, &frame(sender, true, TEXT, b"late"));
            assert_eq!(late, []);
            let closes = frames_out(&mut connection);
            assert_eq!((closes.len(), closes[0].close_code()), (1, Some(1011)));
            let end = connection.close_information().expect("an end");
            assert_eq!((end.error, end.clean), (Some(ProtocolError::OutOfMemory), false));
        }
    }
}

/// T-GN-01: what is lent out of the input, or delivered in chunks, needs none.
#[test]
fn there_is_memory_for_what_is_not_kept() {
    for role in [Role::Server, Role::Client] {
        let mut wire = frame(role.peer(), true, TEXT, &[b'x'; 100_000]);
        let mut whole = open(role, |_| {});
        let mut chunks = open(role, |config| config.delivery = Delivery::Chunks);
        let mut copy = wire.clone();
        let (lent, in_chunks) = scarce(|| {
            let mut input = &mut copy[..];
            let lent = whole.receive(&mut input).map(|event| event.is_some());
            (lent, receive(&mut chunks, &mut wire))
        });
        assert_eq!((lent, in_chunks), (Ok(true), Ok(26)));
        let seen = feed(&mut chunks, &frame(role.peer(), true, BINARY, b"on"));
        assert!(matches!(&seen[..], [Seen::Chunk { last: true, .. }]));
        assert_eq!(feed(&mut whole, &frame(role.peer(), true, TEXT, b"on")), [text("on")]);
    }
}

/// T-GN-01: a few bytes that are inflated to more than there is.
#[cfg(feature = "deflate")]
#[test]
fn there_is_no_memory_for_what_a_message_is_inflated_to() {
    use websocket_proto::deflate::{Agreement, Compression};

    let mut config = Config::client();
    config.compression = Some(Compression::default());
    let mut client =
        Connection::client(config.clone(), seed(1)).with_compression(Agreement::default());
    client.send_binary(&[0; 1_000_000]).expect("an empty queue");
    let mut wire = support::output(&mut client);
    assert!(wire.len() < 4_000, "compressed");
    let mut server = Connection::server(config).with_compression(Agreement::default());
    let received = scarce(|| receive(&mut server, &mut wire));
    assert_eq!(received, Err(ProtocolError::OutOfMemory));
    assert_eq!(frames_out(&mut server)[0].close_code(), Some(1011));
}
