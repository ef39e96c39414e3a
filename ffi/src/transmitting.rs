//! Transmitting: what the driver has to do for the direction towards the peer; and time.

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::time::Duration;

use websocket_proto::Transmit;
use websocket_proto::bytes::{Buf, Bytes};

use crate::boundary::{array_mut, guarded, with_connection};
use crate::config::{WSP_NEVER, milliseconds};
use crate::wsp_result::{self, *};
use crate::wsp_transmit_step::*;
use crate::{wsp_connection, wsp_slice};

/// What there is to do.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum wsp_transmit_step {
    /// Nothing, until the application sends, the peer is heard or a deadline passes.
    WSP_TRANSMIT_IDLE = 0,
    /// Write the slices to the transport, in their order, and say by wsp_advance how much of them it took.
    WSP_TRANSMIT_WRITE = 1,
    /// Shut the transport down for writing (half-close), say so by wsp_transport_shut_down, and go on reading
    /// to the peer's end, or until WSP_TRANSMIT_ABORT.
    WSP_TRANSMIT_SHUTDOWN = 2,
    /// Drop the transport: a deadline passed, or the application gave up. Say so by wsp_transport_shut_down.
    WSP_TRANSMIT_ABORT = 3,
}

/// Bytes taken by wsp_take_output.
pub struct wsp_output(#[expect(dead_code, reason = "a pointer to it is with the caller")] Bytes);

/// How many slices one call fills in at most.
const MOST: usize = 16;

/// Says what to do. Asking again gives the same answer, until something changes it: repeat it until the answer
/// is WSP_TRANSMIT_IDLE, or the transport takes no more.
///
/// `slices`    room for `capacity` of them; at most 16 are filled in, and only for WSP_TRANSMIT_WRITE. They
///             are valid until the next call with this connection that can change it (with `connection` not
///             const): for one attempt to write
/// `capacity`  may be 0, to learn the step only
/// `count`     is set to how many were filled in; NULL only with a capacity of 0
///
/// Returns the step; WSP_TRANSMIT_ABORT if `connection` is NULL, or there is no room where there has to be.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_transmit(
    connection: Option<&mut wsp_connection>,
    slices: *mut wsp_slice,
    capacity: usize,
    count: Option<&mut MaybeUninit<usize>>,
) -> wsp_transmit_step {
    // SAFETY: the caller's promise for arrays.
    let places = unsafe { array_mut(slices, capacity) };
    let count = count.map(|count| count.write(0));
    with_connection(connection, |connection| {
        let Ok(places) = places else { return WSP_TRANSMIT_ABORT };
        if count.is_none() && !places.is_empty() {
            return WSP_TRANSMIT_ABORT;
        }
        let mut filled = 0;
        let transmit = connection.stage.transmit();
        if let (Transmit::Write(output), false) = (&transmit, places.is_empty()) {
            let mut parts = [IoSlice::new(&[]); MOST];
            let room = parts.get_mut(..places.len().min(MOST)).unwrap_or_default();
            let shown = output.chunks_vectored(room);
            for (place, part) in places.iter_mut().zip(parts.iter().take(shown)) {
                place.write(wsp_slice::new(part));
                filled += 1;
            }
        }
        if let Some(count) = count {
            *count = filled;
        }
        transmit.into()
    })
}

/// Says that the transport has taken the first `length` bytes of what wsp_transmit shows. More than there are
/// takes off all of them.
///
/// WSP_NULL  `connection` is NULL
#[unsafe(no_mangle)]
pub extern "C" fn wsp_advance(
    connection: Option<&mut wsp_connection>,
    length: usize,
) -> wsp_result {
    with_connection(connection, |connection| {
        if let Transmit::Write(mut output) = connection.stage.transmit() {
            output.advance(length);
        }
        WSP_OK
    })
}

/// Takes the next run of bytes to transmit, for transports that have to keep them (io_uring). They count as
/// transmitted; a large message is not copied. Call it until it returns NULL, and then wsp_transmit for what
/// else there is to do.
///
/// `bytes`  is set to the run
///
/// Returns what keeps them, whatever becomes of the connection; to be given back by wsp_output_free. NULL if
/// nothing is queued, or `connection` or `bytes` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_take_output(
    connection: Option<&mut wsp_connection>,
    bytes: Option<&mut MaybeUninit<wsp_slice>>,
) -> Option<Box<wsp_output>> {
    with_connection(connection, |connection| {
        let place = bytes?;
        let output = connection.stage.take_output()?;
        place.write(wsp_slice::new(&output));
        Some(Box::new(wsp_output(output)))
    })
}

/// Gives bytes back that were taken. From any thread.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_output_free(output: Option<Box<wsp_output>>) {
    guarded(|| drop(output));
}

/// Says that the transport was shut down for writing, or dropped: what WSP_TRANSMIT_SHUTDOWN and
/// WSP_TRANSMIT_ABORT ask for. What is queued is dropped.
///
/// WSP_NULL  `connection` is NULL
#[unsafe(no_mangle)]
pub extern "C" fn wsp_transport_shut_down(connection: Option<&mut wsp_connection>) -> wsp_result {
    with_connection(connection, |connection| {
        connection.stage.transport_shut_down();
        WSP_OK
    })
}

/// Gives up, without a Close: drops what is queued, and wsp_transmit says WSP_TRANSMIT_ABORT. Does nothing once
/// the connection has ended.
///
/// WSP_NULL  `connection` is NULL
#[unsafe(no_mangle)]
pub extern "C" fn wsp_abort(connection: Option<&mut wsp_connection>) -> wsp_result {
    with_connection(connection, |connection| {
        connection.stage.abort();
        WSP_OK
    })
}

/// Lets time pass: does what is due, begins to count what was asked for since, and says when to call again at
/// the latest. Any other call may change that: call this once before each wait, and look at wsp_transmit
/// afterwards. Without it nothing times out, no keepalive goes out, and idle buffers are kept.
///
/// `now`       milliseconds of a monotonic clock, rounded down; an earlier one counts as the latest seen
/// `deadline`  is set to the time of the same clock, WSP_NEVER if there is none; one that is not later than
///             `now` means now. NULL: not wanted
///
/// WSP_NULL  `connection` is NULL
#[unsafe(no_mangle)]
pub extern "C" fn wsp_tick(
    connection: Option<&mut wsp_connection>,
    now: u64,
    deadline: Option<&mut MaybeUninit<u64>>,
) -> wsp_result {
    with_connection(connection, |connection| {
        let next = connection.stage.tick(Duration::from_millis(now));
        if let Some(deadline) = deadline {
            deadline.write(next.map_or(WSP_NEVER, milliseconds));
        }
        WSP_OK
    })
}

impl From<Transmit<'_>> for wsp_transmit_step {
    fn from(transmit: Transmit<'_>) -> Self {
        match transmit {
            Transmit::Idle => WSP_TRANSMIT_IDLE,
            Transmit::Write(_) => WSP_TRANSMIT_WRITE,
            Transmit::Shutdown => WSP_TRANSMIT_SHUTDOWN,
            // What a later version of the crate may ask for cannot be done.
            _ => WSP_TRANSMIT_ABORT,
        }
    }
}
