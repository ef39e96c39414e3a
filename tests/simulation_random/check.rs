//! §5.4 §5.5.1 §7.1  What has to hold of both ends once they are closed.

use websocket_proto::{CloseInformation, CloseStatus, Initiator};

use super::Figures;
use super::end::End;
use super::machine::is_of_limits;
use super::support::{
    BINARY, CLOSE, CONTINUATION, Frame, PONG, Seen, TEXT, read_compressed_frames, read_frames,
};
use super::world::World;

pub(crate) fn check(world: &World, figures: &mut Figures) {
    assert!(world.is_closed(), "not both ends are closed");
    let World { client, server, corrupted, is_calm, .. } = world;
    for (end, peer) in [(client, server), (server, client)] {
        let frames = check_wire(end);
        figures.frames += frames.len();
        if !*corrupted {
            check_messages(end, peer, figures);
            check_control_frames(end, peer, figures);
        }
        match (end.machine.information(), peer.machine.information()) {
            (Some(ours), Some(theirs)) if !*corrupted => check_close(ours, theirs, &frames),
            _ => {}
        }
        let clean = end.machine.information().is_some_and(|information| information.clean);
        assert!(clean || !is_calm || !end.machine.is_open(), "not clean, but nothing happened");
        *(if clean { &mut figures.clean } else { &mut figures.others }) += 1;
    }
}

/// R6455-5.4-01 R6455-7.1.4-01: what arrives is what was sent, once, in order. All of it does, unless the sender is told
/// that the connection did not end cleanly, or the peer closed of its own accord: then what was sent behind the peer's
/// Close is dropped here (§5.5.1), and where two Closes have crossed, what the peer had not read when it gave up.
fn check_messages(end: &End, peer: &End, figures: &mut Figures) {
    let sent = &end.application.sent;
    let received = peer.application.received();
    figures.messages += received.len();
    assert!(received.len() <= sent.len(), "more than was sent");
    assert!(received == sent[..received.len()], "not what was sent");
    let clean = end.machine.information().is_some_and(|ours| ours.clean);
    let answered =
        peer.machine.information().is_some_and(|theirs| theirs.initiator == Initiator::Peer);
    if clean && answered {
        assert_eq!(received.len(), sent.len(), "lost, and nobody knows");
    }
}

/// R6455-5.5.3-01: Pings arrive in order; Pongs answer those that arrived, in order.
fn check_control_frames(end: &End, peer: &End, figures: &mut Figures) {
    let pings = payloads(peer, |seen| match seen {
        Seen::Ping(payload) => Some(payload),
        _ => None,
    });
    assert_eq!(pings, end.application.pings[..pings.len()]);
    let pongs = payloads(end, |seen| match seen {
        Seen::Pong(payload) => Some(payload),
        _ => None,
    });
    let (unasked, answers): (Vec<_>, Vec<_>) =
        pongs.into_iter().partition(|payload| payload.starts_with(b"!"));
    figures.answers += answers.len();
    assert!(is_part_of(&unasked, &peer.application.pongs), "Pongs that were sent, in order");
    assert!(is_part_of(&answers, &pings), "Pongs for Pings that arrived, in order");
}

/// R6455-7.1.4-01 R6455-7.1.5-01: what one end knows of the close is what the other has done.
fn check_close(ours: CloseInformation<'_>, theirs: CloseInformation<'_>, frames: &[Frame]) {
    let wrote = frames.iter().any(|frame| frame.opcode == CLOSE);
    assert!(ours.error.is_none_or(is_of_limits), "{:?}", ours.error);
    assert!(!wrote || ours.sent.is_some());
    if ours.received != CloseStatus::Abnormal {
        assert_eq!(Some(ours.received), theirs.sent);
    }
    if ours.clean {
        assert!(wrote && ours.error.is_none());
        assert_ne!(ours.received, CloseStatus::Abnormal);
    }
    if ours.initiator == Initiator::Peer {
        assert_ne!(ours.received, CloseStatus::Abnormal);
        assert_eq!(theirs.initiator, Initiator::Local);
    }
}

/// R6455-5.4-01 R6455-5.5.1-05 R6455-7.1.7-02: what any one end may write.
fn check_wire(end: &End) -> Vec<Frame> {
    let compression = end.application.compression;
    let read = if compression { read_compressed_frames } else { read_frames };
    let (frames, left) = read(end.role, &end.wire);
    let clean = end.machine.information().is_some_and(|information| information.clean);
    assert!(left == 0 || !clean, "a clean end inside a frame");
    let mut open: Option<(u8, bool, Vec<u8>)> = None;
    let mut closed = false;
    for Frame { fin, rsv1, opcode, payload, .. } in &frames {
        assert!(!closed || *opcode == PONG, "{opcode} behind the Close");
        match *opcode {
            CLOSE => closed = true,
            TEXT | BINARY | CONTINUATION => {
                assert_eq!(*opcode == CONTINUATION, open.is_some(), "the order of fragments");
                assert!(!*rsv1 || open.is_none(), "only a message is compressed");
                let begun = (*opcode, *rsv1, Vec::new());
                let (kind, compressed, mut whole) = open.take().unwrap_or(begun);
                whole.extend(payload);
                if *fin {
                    let is_text = core::str::from_utf8(&whole).is_ok();
                    assert!(kind == BINARY || compressed || is_text);
                } else {
                    open = Some((kind, compressed, whole));
                }
            }
            _ => assert!(!rsv1, "a control frame is not compressed"),
        }
    }
    frames
}

/// The control frames of the application: those of the keepalive have 8 bytes.
fn payloads<'a>(end: &'a End, choose: fn(&'a Seen) -> Option<&'a Vec<u8>>) -> Vec<Vec<u8>> {
    let payloads = end.application.seen.iter().filter_map(choose);
    payloads.filter(|payload| payload.len() < 8).cloned().collect()
}

/// Whether `some` is what is left of `all` when elements are dropped.
fn is_part_of(some: &[Vec<u8>], all: &[Vec<u8>]) -> bool {
    let mut all = all.iter();
    some.iter().all(|one| all.any(|other| other == one))
}
