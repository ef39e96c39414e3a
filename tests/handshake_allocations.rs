//! §4.2  Budget: a server's handshake allocates twice, the head of the request and the output.
#![cfg(feature = "alloc")]
#![expect(unsafe_code, reason = "an allocator that counts can only be declared so")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use websocket_proto::Config;
use websocket_proto::handshake::{Acceptance, Server};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and all memory is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `realloc`, and all memory is the system's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(action: impl FnOnce()) -> usize {
    let before = COUNT.get();
    action();
    COUNT.get() - before
}

#[test]
fn a_server_handshake_allocates_twice() {
    let config = Arc::new(Config::server());
    let acceptance = Acceptance::new().subprotocols(["superchat", "chat"]);
    // What Chromium sends.
    let mut bytes = b"GET /chat HTTP/1.1\r\nHost: localhost:9001\r\nConnection: Upgrade\r\n\
        Pragma: no-cache\r\nCache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\
        Upgrade: websocket\r\nOrigin: http://localhost:9001\r\nSec-WebSocket-Version: 13\r\n\
        Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\
        Sec-WebSocket-Protocol: chat\r\n\r\n"
        .to_vec();
    let mut input = bytes.as_mut_slice();
    let mut connection = None;
    let allocations = count(|| {
        let mut server = Server::new(config.clone());
        let request = server.receive(&mut input).unwrap().expect("complete");
        connection = Some(request.accept(&acceptance).unwrap());
    });
    assert_eq!(connection.expect("accepted").subprotocol(), Some("chat"));
    assert!(allocations <= 2, "{allocations} allocations");
}

// T-HS-02, T-HS-08
#[test]
fn a_refused_head_allocates_no_more() {
    let config = Arc::new(Config::server());
    let mut bytes = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Content-Length: 1000000000\r\n\r\n"
        .to_vec();
    let mut many = format!("GET / HTTP/1.1\r\n{}", "X: y\r\n".repeat(5000)).into_bytes();
    for bytes in [&mut bytes, &mut many] {
        let mut input = bytes.as_mut_slice();
        let allocations = count(|| {
            let mut server = Server::new(config.clone());
            server.receive(&mut input).unwrap_err();
        });
        assert!(allocations <= 2, "{allocations} allocations");
    }
}
