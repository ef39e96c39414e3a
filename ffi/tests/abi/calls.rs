//! Misuse, one function at a time; what a connection does at the edges of its life; deadlines.

use std::mem::MaybeUninit;
use std::ptr;

use websocket_proto_ffi::wsp_event_type::*;
use websocket_proto_ffi::wsp_option::*;
use websocket_proto_ffi::wsp_result::*;
use websocket_proto_ffi::wsp_state::*;
use websocket_proto_ffi::wsp_transmit_step::*;
use websocket_proto_ffi::*;

use crate::support::*;

const TEXT: u8 = 0x81;

#[test]
fn null_is_an_error_or_the_harmless_answer() {
    let mut none: Connection = None;
    assert_eq!(receive(&mut none, &mut []).0, Err(WSP_NULL));
    assert_eq!(send_text(&mut none, b"a"), WSP_NULL);
    assert_eq!(close(&mut none, 1000, None), WSP_NULL);
    assert_eq!(reject(&mut none, 404), WSP_NULL);
    assert_eq!(step(&mut none), WSP_TRANSMIT_ABORT);
    assert_eq!(wsp_accept(None, None), WSP_NULL);
    assert_eq!(wsp_advance(None, 1), WSP_NULL);
    assert_eq!(wsp_tick(None, 1, None), WSP_NULL);
    assert_eq!(wsp_receive_eof(None), WSP_NULL);
    assert_eq!(wsp_transport_shut_down(None), WSP_NULL);
    assert_eq!(wsp_abort(None), WSP_NULL);
    assert_eq!(wsp_set_compress(None, true), WSP_NULL);
    assert_eq!(wsp_send_prepared(None, None), WSP_NULL);
    assert!(wsp_take_output(None, None).is_none());
    assert_eq!(wsp_connection_state(None), WSP_STATE_CLOSED);
    assert!(!wsp_connection_is_full(None) && !wsp_connection_is_compressed(None));
    assert_eq!(wsp_connection_unsent(None), 0);
    assert!(wsp_connection_subprotocol(None).data.is_null());
    assert_eq!(wsp_connection_handshake_error(None), WSP_NULL);
    assert_eq!(wsp_connection_close_information(None, None), WSP_NULL);
    assert_eq!(wsp_connection_counters(None, None), WSP_NULL);
    assert!(!wsp_request_is_upgrade(None));
    assert!(wsp_request_path(None).data.is_null());
    assert_eq!(wsp_response_status(None), 0);
    assert_eq!(wsp_header_at(None, 0, None, None), WSP_NULL);
    assert!(wsp_server_new(None).is_none() && wsp_server_established(None).is_none());
    assert_eq!(wsp_config_set(None, 1, 1), WSP_NULL);
    assert_eq!(wsp_config_read(None, 1, None), WSP_NULL);
    assert_eq!(wsp_acceptance_any_origin(None), WSP_NULL);
    assert_eq!(wsp_client_request_port(None), 0);
    wsp_connection_free(None);
    wsp_config_free(None);
    wsp_acceptance_free(None);
    wsp_client_request_free(None);
    wsp_prepared_free(None);
    wsp_output_free(None);

    let (mut open, config) = (server(&[]), wsp_config_server());
    // SAFETY: NULL is what is tested.
    unsafe {
        let connection = open.as_deref_mut();
        assert_eq!(wsp_receive(connection, None, None), WSP_NULL);
        let mut input = wsp_input { data: ptr::null_mut(), length: 1 };
        let mut event = MaybeUninit::uninit();
        let connection = open.as_deref_mut();
        assert_eq!(wsp_receive(connection, Some(&mut input), Some(&mut event)), WSP_NULL);
        assert_eq!(wsp_send_text(open.as_deref_mut(), ptr::null(), 1), WSP_NULL);
        assert_eq!(wsp_send_text(open.as_deref_mut(), ptr::null(), 0), WSP_OK);
        let none = ptr::null_mut();
        assert_eq!(wsp_transmit(open.as_deref_mut(), none, 1, None), WSP_TRANSMIT_ABORT);
        assert_eq!(wsp_client_new(config.as_deref(), None, ptr::null(), None), WSP_NULL);
        assert_eq!(wsp_client_established(config.as_deref(), ptr::null(), None), WSP_NULL);
        assert_eq!(wsp_client_request_new(ptr::null(), None), WSP_NULL);
        assert_eq!(wsp_client_request_new(c"ws://a/".as_ptr(), None), WSP_NULL);
        let mut terms = wsp_acceptance_new();
        assert_eq!(wsp_acceptance_add_origin(terms.as_deref_mut(), ptr::null()), WSP_NULL);
        assert_eq!(wsp_acceptance_add_host(terms.as_deref_mut(), ptr::null()), WSP_NULL);
        assert_eq!(wsp_prepared_new(None, 1, ptr::null(), 0, None), WSP_NULL);
    }
    assert_eq!(wsp_send_prepared(open.as_deref_mut(), None), WSP_NULL);
    assert_eq!(transmit_all(&mut open).0, b"\x81\0");
}

#[test]
fn what_does_not_fit_the_moment_changes_nothing() {
    let mut connecting = new_server(&[]);
    assert_eq!(send_text(&mut connecting, b"early"), WSP_STATE);
    assert_eq!(close(&mut connecting, 1000, None), WSP_STATE);
    assert_eq!(wsp_accept(connecting.as_deref_mut(), None), WSP_STATE);
    assert_eq!(reject(&mut connecting, 404), WSP_STATE);
    assert_eq!(wsp_connection_close_information(connecting.as_deref(), None), WSP_NULL);
    let mut information = MaybeUninit::uninit();
    let asked = wsp_connection_close_information(connecting.as_deref(), Some(&mut information));
    assert_eq!(asked, WSP_STATE);

    let events = receive_all(&mut connecting, REQUEST).expect("a request");
    assert_eq!(kinds(&events), [WSP_EVENT_REQUEST]);
    assert_eq!(send_text(&mut connecting, b"early"), WSP_STATE);
    assert_eq!(step(&mut connecting), WSP_TRANSMIT_IDLE);
    assert_eq!(tick(&mut connecting, 1 << 40), WSP_NEVER);
    assert_eq!(reject(&mut connecting, 600), WSP_STATUS_INVALID);
    assert_eq!(wsp_connection_state(connecting.as_deref()), WSP_STATE_CONNECTING);

    assert_eq!(wsp_accept(connecting.as_deref_mut(), None), WSP_OK);
    assert_eq!(wsp_accept(connecting.as_deref_mut(), None), WSP_STATE);
    assert_eq!(reject(&mut connecting, 404), WSP_STATE);
    assert_eq!(close(&mut connecting, 1004, None), WSP_SEND_CLOSE_CODE);
    assert_eq!(close(&mut connecting, 1010, None), WSP_SEND_CLOSE_CODE);
    assert_eq!(close(&mut connecting, 1000, Some(&"a".repeat(124))), WSP_SEND_REASON_TOO_LONG);
    assert_eq!(send_text(&mut connecting, b"\xff"), WSP_SEND_INVALID_UTF8);
    assert_eq!(close(&mut connecting, 0, None), WSP_OK);
    assert_eq!(send_text(&mut connecting, b"late"), WSP_SEND_CLOSED);
    let (output, _) = transmit_all(&mut connecting);
    assert!(output.starts_with(b"HTTP/1.1 101 ") && output.ends_with(b"\r\n\r\n\x88\0"));
}

#[test]
fn numbers_that_are_none_of_the_enumerations_are_refused() {
    let mut open = server(&[]);
    // SAFETY: bytes with their length.
    unsafe {
        for kind in [0, 3, u32::MAX] {
            let (connection, text) = (open.as_deref_mut(), b"a".as_ptr().cast());
            assert_eq!(wsp_send_fragment(connection, kind, text, 1, true), WSP_ARGUMENT);
            let mut prepared = MaybeUninit::uninit();
            let made = wsp_prepared_new(None, kind, text, 1, Some(&mut prepared));
            assert_eq!(made, WSP_ARGUMENT);
        }
        let (bytes, length) = (b"a".as_ptr().cast(), usize::MAX);
        assert_eq!(wsp_send_binary(open.as_deref_mut(), bytes, length), WSP_ARGUMENT);
        let (mut input, mut event) = ([0_u8; 1], MaybeUninit::uninit());
        let mut input = wsp_input { data: input.as_mut_ptr(), length: usize::MAX };
        let received = wsp_receive(open.as_deref_mut(), Some(&mut input), Some(&mut event));
        assert_eq!((received, input.length), (WSP_ARGUMENT, usize::MAX));
        assert_eq!(wsp_close(open.as_deref_mut(), 1000, c"\xff".as_ptr()), WSP_ARGUMENT);
        let mut terms = wsp_acceptance_new();
        let origin = wsp_acceptance_add_origin(terms.as_deref_mut(), c"example.com".as_ptr());
        assert_eq!(origin, WSP_ORIGIN_INVALID);
    }
    assert_eq!(transmit_all(&mut open).0, b"");
}

#[test]
fn what_stands_behind_a_request_waits_for_the_answer() {
    let mut connection = new_server(&[]);
    let mut input = [REQUEST, &frame(TEXT, b"early"), &frame(TEXT, b"bird")].concat();
    let (event, rest) = receive(&mut connection, &mut input);
    assert_eq!(event.map(|event| event.kind), Ok(WSP_EVENT_REQUEST));
    let left = rest.len();
    let (event, rest) = receive(&mut connection, rest);
    assert_eq!((event.map(|event| event.kind), rest.len()), (Ok(WSP_EVENT_NONE), left));
    assert_eq!(wsp_accept(connection.as_deref_mut(), None), WSP_OK);
    let events = receive_all(&mut connection, rest).expect("two messages");
    let payloads: Vec<_> = events.iter().map(|event| &*event.payload).collect();
    assert_eq!(payloads, [b"early".as_slice(), b"bird"]);
}

#[test]
fn the_end_of_the_peer_is_remembered_until_the_answer() {
    let mut accepted = new_server(&[]);
    receive_all(&mut accepted, REQUEST).expect("a request");
    wsp_receive_eof(accepted.as_deref_mut());
    assert_eq!(wsp_connection_state(accepted.as_deref()), WSP_STATE_CONNECTING);
    assert_eq!(wsp_accept(accepted.as_deref_mut(), None), WSP_OK);
    assert_eq!(wsp_connection_state(accepted.as_deref()), WSP_STATE_CLOSED);

    // Who has shut down one direction only still gets its page.
    let mut rejected = new_server(&[]);
    receive_all(&mut rejected, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").expect("a request");
    wsp_receive_eof(rejected.as_deref_mut());
    assert_eq!(reject(&mut rejected, 404), WSP_OK);
    let (output, step) = transmit_all(&mut rejected);
    assert!(output.starts_with(b"HTTP/1.1 404 ") && step == WSP_TRANSMIT_IDLE);
    assert_eq!(wsp_connection_state(rejected.as_deref()), WSP_STATE_CLOSED);
}

#[test]
fn terms_that_are_not_met_reject() {
    let mut terms = wsp_acceptance_new();
    // SAFETY: a text.
    let added =
        unsafe { wsp_acceptance_add_origin(terms.as_deref_mut(), c"https://example.com".as_ptr()) };
    assert_eq!(added, WSP_OK);
    let mut connection = new_server(&[]);
    receive_all(&mut connection, REQUEST).expect("a request");
    let answer = wsp_accept(connection.as_deref_mut(), terms.as_deref());
    assert_eq!(answer, WSP_HANDSHAKE_ORIGIN_REFUSED);
    let error = wsp_connection_handshake_error(connection.as_deref());
    assert_eq!(error, WSP_HANDSHAKE_ORIGIN_REFUSED);
    let (output, step) = transmit_all(&mut connection);
    assert!(output.starts_with(b"HTTP/1.1 403 ") && step == WSP_TRANSMIT_SHUTDOWN);
    assert_eq!(receive_all(&mut connection, REQUEST), Ok(vec![]));
}

#[test]
fn deadlines_are_whole_milliseconds() {
    let mut late = new_server(&[(WSP_OPTION_HANDSHAKE_TIMEOUT, 1500)]);
    assert_eq!(tick(&mut late, 1_000_000), 1_001_500);
    assert_eq!(tick(&mut late, 1_001_499), 1_001_500);
    assert_eq!(step(&mut late), WSP_TRANSMIT_IDLE);
    tick(&mut late, 1_001_500);
    assert_eq!(wsp_connection_handshake_error(late.as_deref()), WSP_HANDSHAKE_TIMEOUT);
    assert!(transmit_all(&mut late).0.starts_with(b"HTTP/1.1 408 "));

    let mut closing = server(&[(WSP_OPTION_CLOSE_TIMEOUT, 250)]);
    assert_eq!(close(&mut closing, 1000, None), WSP_OK);
    transmit_all(&mut closing);
    assert_eq!(tick(&mut closing, 10), 260);
    tick(&mut closing, 260);
    assert_eq!(step(&mut closing), WSP_TRANSMIT_ABORT);
    let mut information = MaybeUninit::uninit();
    wsp_connection_close_information(closing.as_deref(), Some(&mut information));
    // SAFETY: it was closed, so that there is some.
    let information = unsafe { information.assume_init() };
    assert_eq!(information.deadline, wsp_deadline::WSP_DEADLINE_CLOSE);
    assert_eq!(information.initiator, wsp_initiator::WSP_INITIATOR_LOCAL);

    let mut never = server(&[(WSP_OPTION_PING_INTERVAL, WSP_NEVER)]);
    assert_eq!(tick(&mut never, u64::MAX), WSP_NEVER);
}

#[test]
fn data_comes_in_chunks_if_wanted() {
    let mut connection = server(&[(WSP_OPTION_CHUNKS, 1)]);
    let whole = frame(TEXT, b"caf\xc3\xa9");
    let (begin, end) = whole.split_at(10);
    let first = receive_all(&mut connection, begin).expect("a chunk");
    let last = receive_all(&mut connection, end).expect("a chunk");
    let chunk = |payload: &[u8], ends| Event {
        kind: WSP_EVENT_CHUNK,
        message: wsp_message_kind::WSP_KIND_TEXT,
        ends,
        code: 0,
        payload: payload.to_vec(),
    };
    assert_eq!(first, [chunk(b"caf\xc3", (true, false))]);
    assert_eq!(last, [chunk(b"\xa9", (false, true))]);
}

#[test]
fn a_close_without_a_code_is_1005() {
    let mut connection = server(&[]);
    let events = receive_all(&mut connection, &frame(0x88, b"")).expect("a close");
    assert_eq!((kinds(&events), events[0].code), (vec![WSP_EVENT_CLOSE], 1005));
    let mut connection = server(&[]);
    let events = receive_all(&mut connection, &frame(0x88, b"\x03\xe8bye")).expect("a close");
    assert_eq!((events[0].code, &*events[0].payload), (1000, b"bye".as_slice()));
}

#[test]
fn a_full_output_refuses_and_empties() {
    let mut connection = server(&[(WSP_OPTION_MAX_WRITE_BUFFER, 1000)]);
    assert_eq!(send_text(&mut connection, &[b'a'; 5000]), WSP_OK);
    assert_eq!(send_text(&mut connection, b"a"), WSP_SEND_FULL);
    assert!(wsp_connection_is_full(connection.as_deref()));
    assert_eq!(wsp_connection_unsent(connection.as_deref()), 5004);
    wsp_advance(connection.as_deref_mut(), 4800);
    assert!(!wsp_connection_is_full(connection.as_deref()));
    assert_eq!(send_text(&mut connection, b"a"), WSP_OK);
    assert_eq!(transmit_all(&mut connection).0.len(), 204 + 3);
    // More than there is takes what there is.
    assert_eq!(send_text(&mut connection, b"a"), WSP_OK);
    wsp_advance(connection.as_deref_mut(), usize::MAX);
    assert_eq!(wsp_connection_unsent(connection.as_deref()), 0);
}

#[test]
fn giving_up_ends_every_stage() {
    let mut requested = new_server(&[]);
    receive_all(&mut requested, REQUEST).expect("a request");
    let mut rejected = new_server(&[]);
    receive_all(&mut rejected, REQUEST).expect("a request");
    assert_eq!(reject(&mut rejected, 404), WSP_OK);
    let mut failed = new_server(&[]);
    assert_eq!(receive_all(&mut failed, b"nonsense\r\n\r\n"), Err(WSP_HANDSHAKE_MALFORMED));
    let stages = [
        (new_server(&[]), WSP_HANDSHAKE_ABORTED),
        (requested, WSP_HANDSHAKE_ABORTED),
        (rejected, WSP_HANDSHAKE_ABORTED),
        (failed, WSP_HANDSHAKE_MALFORMED),
        (client("ws://a/", &[]), WSP_HANDSHAKE_ABORTED),
        (server(&[]), WSP_OK),
    ];
    for (mut connection, error) in stages {
        assert_eq!(wsp_abort(connection.as_deref_mut()), WSP_OK);
        assert_eq!(wsp_connection_handshake_error(connection.as_deref()), error);
        assert_eq!(transmit_all(&mut connection), (Vec::new(), WSP_TRANSMIT_ABORT));
        wsp_transport_shut_down(connection.as_deref_mut());
        assert_eq!(wsp_connection_state(connection.as_deref()), WSP_STATE_CLOSED);
        assert_eq!(step(&mut connection), WSP_TRANSMIT_IDLE);
        assert_eq!(tick(&mut connection, 1 << 40), WSP_NEVER);
    }
}

#[test]
fn a_client_that_gets_no_101_says_why() {
    let mut connection = client("ws://example.com/", &[]);
    let (request, _) = transmit_all(&mut connection);
    assert!(request.starts_with(b"GET / HTTP/1.1\r\nHost: example.com\r\n"));
    let response = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 4\r\n\r\ngone";
    assert_eq!(receive_all(&mut connection, response), Err(WSP_HANDSHAKE_REFUSED));
    assert_eq!(wsp_response_status(connection.as_deref()), 302);
    // SAFETY: a text.
    let value = unsafe { wsp_header_value(connection.as_deref(), c"location".as_ptr()) };
    assert_eq!(bytes(value.data, value.length), b"/there");
    let body = wsp_response_body(connection.as_deref());
    assert_eq!(bytes(body.data, body.length), b"gone");
    assert_eq!(step(&mut connection), WSP_TRANSMIT_ABORT);
}

#[cfg(feature = "deflate")]
#[test]
fn a_secret_is_not_compressed() {
    let offer = b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    let request = [&REQUEST[..REQUEST.len() - 2], offer].concat();
    let mut connection = new_server(&[(WSP_OPTION_COMPRESSION, 1)]);
    receive_all(&mut connection, &request).expect("a request");
    assert_eq!(wsp_accept(connection.as_deref_mut(), None), WSP_OK);
    assert!(wsp_connection_is_compressed(connection.as_deref()));
    transmit_all(&mut connection);

    let text = [b'a'; 100];
    let mut first_byte = |compress| {
        assert_eq!(wsp_set_compress(connection.as_deref_mut(), compress), WSP_OK);
        assert_eq!(send_text(&mut connection, &text), WSP_OK);
        transmit_all(&mut connection).0[0]
    };
    let sent = [true, false, false, true, true].map(&mut first_byte);
    assert_eq!(sent, [0xc1, 0x81, 0x81, 0xc1, 0xc1]);
}
