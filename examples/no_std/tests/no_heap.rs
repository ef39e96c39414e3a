//! Nothing of it asks for memory: the allocator of this test counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use no_std_example::{Event, Incoming, Outgoing};
use websocket_proto::{CloseCode, MessageKind, Role};

struct Counting;

thread_local! {
    /// Of the test's thread alone: others belong to the test harness.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is the system's allocator's doing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn nothing_is_allocated() {
    let before = ALLOCATIONS.get();
    drop(std::hint::black_box(Box::new(7)));
    assert_eq!(ALLOCATIONS.get(), before + 1, "the allocator counts");

    let before = ALLOCATIONS.get();
    let mut incoming = Incoming::<16>::new(Role::Server);
    let mut outgoing = Outgoing::<512>::client(|| [1, 2, 3, 4]);
    // Text in two fragments with a Ping between them, masked with zeros, and a violation.
    let mut bytes = *b"\x01\x82\0\0\0\0He\x89\x81\0\0\0\0?\x80\x83\0\0\0\0llo\x83\x80\0\0\0\0";
    let mut texts = 0;
    for byte in bytes.chunks_mut(1) {
        let mut input = byte;
        while let Ok(Some(event)) = incoming.receive(&mut input, &mut outgoing) {
            texts += usize::from(event == Event::Text("Hello"));
            outgoing.send(MessageKind::Text, b"hello").unwrap();
        }
    }
    outgoing.close(Some(CloseCode::NORMAL));
    let written = outgoing.bytes().len();
    outgoing.advance(written);
    assert_eq!(ALLOCATIONS.get(), before);
    // The Pong, the message, and the Close for the reserved opcode, each with a key of four bytes.
    assert_eq!((texts, written), (1, 7 + 11 + 8));
}
