//! Every function may be called at every moment, with any bytes.

use std::mem::MaybeUninit;
use std::ptr;

use websocket_proto_ffi::wsp_event_type::*;
use websocket_proto_ffi::wsp_option::*;
use websocket_proto_ffi::wsp_result::*;
use websocket_proto_ffi::wsp_state::*;
use websocket_proto_ffi::*;

use crate::support::*;

/// Not random, but as if.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }
}

#[test]
fn any_order_of_calls_is_defined() {
    let mut seen = [false; 4];
    let mut requests = 0;
    for seed in 0..3000 {
        let mut dice = Dice(seed);
        let settings =
            [(WSP_OPTION_MAX_WRITE_BUFFER, 300), (WSP_OPTION_CHUNKS, u64::from(seed % 5 == 0))];
        let mut connection = match seed % 3 {
            0 => new_server(&settings),
            1 => client("ws://example.com/", &settings),
            _ => server(&settings),
        };
        for now in 0..60 {
            let result = call(&mut connection, &mut dice, now * 200, &mut requests);
            assert_ne!(result, WSP_PANIC, "seed {seed}");
            let state = wsp_connection_state(connection.as_deref());
            seen[state as usize] = true;
            if state == WSP_STATE_CLOSED {
                assert_eq!(transmit_all(&mut connection).0, b"", "seed {seed}");
                assert_eq!(tick(&mut connection, u64::MAX / 2_000_000), WSP_NEVER, "seed {seed}");
            }
        }
    }
    assert!(requests > 0 && seen.iter().all(|seen| *seen), "{requests} {seen:?}");
}

fn call(connection: &mut Connection, dice: &mut Dice, now: u64, requests: &mut u32) -> wsp_result {
    match dice.roll(18) {
        0..=4 => {
            let mut input = input(dice);
            let mut rest = &mut input[..];
            loop {
                let (event, behind) = receive(connection, rest);
                rest = behind;
                match event {
                    Ok(event) if event.kind == WSP_EVENT_NONE => return WSP_OK,
                    Ok(event) if event.kind == WSP_EVENT_REQUEST => {
                        *requests += 1;
                        look(connection);
                    }
                    Ok(_) => {}
                    Err(result) => return result,
                }
            }
        }
        5 => wsp_receive_eof(connection.as_deref_mut()),
        6 => wsp_accept(connection.as_deref_mut(), None),
        7 => reject(connection, 404),
        8 => {
            send_text(connection, &b"a text of some length, sent again and again"[dice.roll(10)..])
        }
        9 => close(connection, [0, 1000, 1004, 4000][dice.roll(4)], Some("so long")),
        // SAFETY: bytes with their length.
        10 => unsafe {
            let kind = u32::try_from(dice.roll(3)).expect("a small one");
            let data = b"caf\xc3\xa9".as_ptr().cast();
            let (length, last) = (dice.roll(6), dice.roll(2) == 0);
            wsp_send_fragment(connection.as_deref_mut(), kind, data, length, last)
        },
        // SAFETY: bytes with their length.
        11 => unsafe { wsp_ping(connection.as_deref_mut(), b"ping".as_ptr().cast(), 4) },
        12 => {
            transmit_all(connection);
            WSP_OK
        }
        13 => {
            // Looked at, and not taken.
            let mut slice = wsp_slice { data: ptr::null(), length: 0 };
            let mut count = MaybeUninit::uninit();
            // SAFETY: room for one.
            unsafe { wsp_transmit(connection.as_deref_mut(), &mut slice, 1, Some(&mut count)) };
            bytes(slice.data, slice.length);
            wsp_advance(connection.as_deref_mut(), dice.roll(20))
        }
        14 => {
            let mut run = MaybeUninit::uninit();
            let output = wsp_take_output(connection.as_deref_mut(), Some(&mut run));
            if output.is_some() {
                // SAFETY: there with the output.
                let run = unsafe { run.assume_init() };
                assert!(!bytes(run.data, run.length).is_empty());
            }
            wsp_output_free(output);
            WSP_OK
        }
        15 if dice.roll(4) == 0 => wsp_transport_shut_down(connection.as_deref_mut()),
        16 if dice.roll(4) == 0 => wsp_abort(connection.as_deref_mut()),
        15 => wsp_set_compress(connection.as_deref_mut(), dice.roll(2) == 0),
        _ => {
            look(connection);
            wsp_tick(connection.as_deref_mut(), now, None)
        }
    }
}

/// Reads all that is lent.
fn look(connection: &Connection) {
    let connection = connection.as_deref();
    for slice in [
        wsp_request_method(connection),
        wsp_request_target(connection),
        wsp_request_path(connection),
        wsp_request_query(connection),
        wsp_request_host(connection),
        wsp_request_origin(connection),
        wsp_request_subprotocol_at(connection, 0),
        wsp_response_body(connection),
        wsp_connection_subprotocol(connection),
    ] {
        bytes(slice.data, slice.length);
    }
    let mut information = MaybeUninit::uninit();
    if wsp_connection_close_information(connection, Some(&mut information)) == WSP_OK {
        // SAFETY: there after WSP_OK.
        let information = unsafe { information.assume_init() };
        bytes(information.reason.data, information.reason.length);
    }
}

fn input(dice: &mut Dice) -> Vec<u8> {
    let mut input = match dice.roll(9) {
        0 | 1 => REQUEST.to_vec(),
        2 => b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!".to_vec(),
        3 => frame(0x81, b"a text message"),
        4 => frame(0x02, b"a fragment"),
        5 => frame(0x89, b"ping"),
        6 => frame(0x88, b"\x03\xe8bye"),
        7 => b"\x81\x02hi\x8a\0".to_vec(),
        _ => vec![0xff; dice.roll(20)],
    };
    if dice.roll(3) == 0 {
        input.truncate(dice.roll(input.len() + 1));
    }
    input
}
