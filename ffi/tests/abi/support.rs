//! The C functions with Rust's values, for the tests.

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::ptr;

use websocket_proto_ffi::*;

pub(crate) const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

pub(crate) type Connection = Option<Box<wsp_connection>>;

pub(crate) fn config(settings: &[(wsp_option, u64)]) -> Option<Box<wsp_config>> {
    let mut config = wsp_config_server();
    for (option, value) in settings {
        let set = wsp_config_set(config.as_deref_mut(), *option as u32, *value);
        assert_eq!(set, wsp_result::WSP_OK, "{option:?}");
    }
    config
}

/// A server past the opening handshake that somebody else has made.
pub(crate) fn server(settings: &[(wsp_option, u64)]) -> Connection {
    wsp_server_established(config(settings).as_deref())
}

/// A server in front of the opening handshake.
pub(crate) fn new_server(settings: &[(wsp_option, u64)]) -> Connection {
    wsp_server_new(config(settings).as_deref())
}

pub(crate) fn client(uri: &str, settings: &[(wsp_option, u64)]) -> Connection {
    let uri = CString::new(uri).expect("a text");
    let (mut request, mut connection) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: a text, and room for the results, which are there after WSP_OK.
    unsafe {
        let made = wsp_client_request_new(uri.as_ptr(), Some(&mut request));
        assert_eq!(made, wsp_result::WSP_OK);
        let request = request.assume_init();
        let config = config(settings);
        let (config, seed) = (config.as_deref(), [7; 32]);
        let made = wsp_client_new(config, request.as_deref(), seed.as_ptr(), Some(&mut connection));
        assert_eq!(made, wsp_result::WSP_OK);
        wsp_client_request_free(request);
        connection.assume_init()
    }
}

/// An event with its payload.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: wsp_event_type,
    pub(crate) message: wsp_message_kind,
    pub(crate) ends: (bool, bool),
    pub(crate) code: u16,
    pub(crate) payload: Vec<u8>,
}

/// The next event, and what is left of the input.
pub(crate) fn receive<'i>(
    connection: &mut Connection,
    input: &'i mut [u8],
) -> (Result<Event, wsp_result>, &'i mut [u8]) {
    let mut given = wsp_input { data: input.as_mut_ptr(), length: input.len() };
    let mut event = MaybeUninit::uninit();
    // SAFETY: the input is ours, and there is room for the event.
    let result =
        unsafe { wsp_receive(connection.as_deref_mut(), Some(&mut given), Some(&mut event)) };
    let event = (result == wsp_result::WSP_OK).then(|| {
        // SAFETY: there after WSP_OK, and valid until the next call.
        let event = unsafe { event.assume_init() };
        Event {
            kind: event.r#type,
            message: event.kind,
            ends: (event.first, event.last),
            code: event.code,
            payload: bytes(event.data, event.length),
        }
    });
    // SAFETY: what the library says is left of the input.
    let rest = unsafe { std::slice::from_raw_parts_mut(given.data, given.length) };
    (event.ok_or(result), rest)
}

/// All events of an input; of the first error, its result.
pub(crate) fn receive_all(
    connection: &mut Connection,
    input: &[u8],
) -> Result<Vec<Event>, wsp_result> {
    let mut input = input.to_vec();
    let (mut rest, mut events) = (&mut input[..], Vec::new());
    loop {
        let (event, behind) = receive(connection, rest);
        rest = behind;
        match event? {
            Event { kind: wsp_event_type::WSP_EVENT_NONE, .. } => return Ok(events),
            event => events.push(event),
        }
    }
}

pub(crate) fn kinds(events: &[Event]) -> Vec<wsp_event_type> {
    events.iter().map(|event| event.kind).collect()
}

/// Everything that is to be transmitted, and the step behind it.
pub(crate) fn transmit_all(connection: &mut Connection) -> (Vec<u8>, wsp_transmit_step) {
    let mut written = Vec::new();
    loop {
        let mut slices = [wsp_slice { data: ptr::null(), length: 0 }; 2];
        let mut count = MaybeUninit::new(0);
        // SAFETY: room for two slices, and for their number.
        let (step, count) = unsafe {
            let slices = slices.as_mut_ptr();
            let step = wsp_transmit(connection.as_deref_mut(), slices, 2, Some(&mut count));
            (step, count.assume_init())
        };
        if step != wsp_transmit_step::WSP_TRANSMIT_WRITE {
            assert_eq!(count, 0);
            return (written, step);
        }
        assert!(count > 0);
        let before = written.len();
        for slice in &slices[..count] {
            written.extend(bytes(slice.data, slice.length));
        }
        wsp_advance(connection.as_deref_mut(), written.len() - before);
    }
}

/// The step, without a look at the bytes.
pub(crate) fn step(connection: &mut Connection) -> wsp_transmit_step {
    // SAFETY: no room is fine.
    unsafe { wsp_transmit(connection.as_deref_mut(), ptr::null_mut(), 0, None) }
}

pub(crate) fn tick(connection: &mut Connection, now: u64) -> u64 {
    let mut deadline = MaybeUninit::uninit();
    assert_eq!(wsp_tick(connection.as_deref_mut(), now, Some(&mut deadline)), wsp_result::WSP_OK);
    // SAFETY: there after WSP_OK.
    unsafe { deadline.assume_init() }
}

pub(crate) fn send_text(connection: &mut Connection, text: &[u8]) -> wsp_result {
    // SAFETY: bytes with their length.
    unsafe { wsp_send_text(connection.as_deref_mut(), text.as_ptr().cast(), text.len()) }
}

pub(crate) fn close(connection: &mut Connection, code: u16, reason: Option<&str>) -> wsp_result {
    let reason = reason.map(|reason| CString::new(reason).expect("a text"));
    let text = reason.as_ref().map_or(ptr::null(), |reason| reason.as_ptr());
    // SAFETY: a text or NULL.
    unsafe { wsp_close(connection.as_deref_mut(), code, text) }
}

pub(crate) fn reject(connection: &mut Connection, status: u16) -> wsp_result {
    let none = (ptr::null(), ptr::null());
    // SAFETY: nothing is fine.
    unsafe { wsp_reject(connection.as_deref_mut(), status, none.0, 0, none.1, 0) }
}

/// What is lent, copied.
pub(crate) fn bytes(data: *const u8, length: usize) -> Vec<u8> {
    if data.is_null() {
        return Vec::new();
    }
    // SAFETY: the library's promise.
    unsafe { std::slice::from_raw_parts(data, length) }.to_vec()
}

/// A frame of a client, with a mask of zeros.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).ok().filter(|length| *length < 126);
    let mut frame = vec![first, 0x80 | length.expect("a short one"), 0, 0, 0, 0];
    frame.extend(payload);
    frame
}
