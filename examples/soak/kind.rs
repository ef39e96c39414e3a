//! The kinds of hostile peers: what each does, how the server has to end it, and by when.
//!
//! Each kind comes from a loopback address of its own, so that the server knows whom it had without being told
//! in the protocol: many never get as far as a request.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use websocket_proto::ExpiredDeadline::{Close, Pong, WriteStall};

use crate::ending::Ending::{self, Clean, Deadline, Lost, Status, Violation};
use crate::terms::{CLOSE, HANDSHAKE, PING, PONG, WRITE_STALL};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    // The opening handshake.
    Silent,
    SlowHead,
    HugeHead,
    LongLine,
    Garbage,
    NoUpgrade,
    CrossOrigin,
    // Frames that break the rules.
    WrongFrames,
    Unmasked,
    Oversized,
    BadUtf8,
    #[cfg(feature = "deflate")]
    Bomb,
    #[cfg(feature = "deflate")]
    Corrupt,
    // Too much of what is allowed.
    PingFlood,
    DeafPingFlood,
    TinyFragments,
    EmptyFragments,
    // Peers that do not take, or do not say, what they should.
    DeafEcho,
    Drip,
    Unfinished,
    SlowFrame,
    NeverPongs,
    // Ends.
    NeverCloses,
    ClosesAndStays,
    ClosesAndTalks,
    HalfCloseInside,
    HalfCloseAfter,
    Reset,
}

/// What the server owes to a kind of peer.
pub(crate) struct Promise {
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    /// Each of these is as it should be.
    pub(crate) endings: &'static [Ending],
    /// From its connection to its end: what the deadlines that apply come to.
    pub(crate) within: Duration,
}

/// In the order of [`Kind`].
pub(crate) static PROMISES: &[Promise] = {
    use Kind::*;
    /// Until a peer that sends no Pong is failed with 1011.
    const MUTE: Duration = PING.saturating_add(PONG);
    /// What a legal flood takes by itself, and what it takes a deaf one to fill the buffers on the way.
    const FLOOD: Duration = Duration::from_secs(2);
    const STALL: Duration = MUTE.saturating_add(WRITE_STALL);
    /// On a machine that is too slow for it, its Pong comes too late behind its own flood.
    const LEGAL: &[Ending] = &[Clean(1000), Deadline(Pong)];
    /// A keepalive Ping may get out before the transport is stuck.
    const DEAF: &[Ending] = &[Deadline(WriteStall), Deadline(Pong)];
    &[
        promise(Silent, "silent, no request", &[Status(408)], HANDSHAKE.saturating_add(CLOSE)),
        promise(SlowHead, "slow request", &[Status(408)], HANDSHAKE.saturating_add(CLOSE)),
        promise(HugeHead, "huge head", &[Status(431)], CLOSE),
        promise(LongLine, "long request line", &[Status(414)], CLOSE),
        promise(Garbage, "no HTTP", &[Status(400)], CLOSE),
        promise(NoUpgrade, "no upgrade", &[Status(426)], CLOSE),
        promise(CrossOrigin, "cross-origin", &[Status(403)], CLOSE),
        promise(WrongFrames, "wrong frames", &[Violation(1002)], CLOSE),
        promise(Unmasked, "unmasked frame", &[Violation(1002)], CLOSE),
        promise(Oversized, "oversized frame", &[Violation(1009)], CLOSE),
        promise(BadUtf8, "text not UTF-8", &[Violation(1007)], CLOSE),
        #[cfg(feature = "deflate")]
        promise(Bomb, "compression bomb", &[Violation(1009)], CLOSE),
        #[cfg(feature = "deflate")]
        promise(Corrupt, "corrupt compression", &[Violation(1007)], CLOSE),
        promise(PingFlood, "ping flood", LEGAL, FLOOD.saturating_add(MUTE).saturating_add(CLOSE)),
        promise(DeafPingFlood, "ping flood, deaf", DEAF, STALL),
        promise(TinyFragments, "tiny fragments", &[Violation(1008)], FLOOD.saturating_add(CLOSE)),
        promise(EmptyFragments, "empty fragments", &[Violation(1008)], CLOSE),
        promise(DeafEcho, "echo, deaf", DEAF, STALL),
        promise(Drip, "echo, read by drops", DEAF, STALL),
        promise(Unfinished, "unfinished message", &[Deadline(Pong)], MUTE.saturating_add(CLOSE)),
        promise(SlowFrame, "frame by drops", &[Deadline(Pong)], MUTE.saturating_add(CLOSE)),
        promise(NeverPongs, "no pongs", &[Deadline(Pong)], MUTE.saturating_add(CLOSE)),
        promise(NeverCloses, "does not answer Close", &[Deadline(Close)], CLOSE),
        promise(ClosesAndStays, "closes and stays", &[Deadline(Close)], CLOSE),
        promise(ClosesAndTalks, "closes and goes on", &[Deadline(Close)], CLOSE),
        promise(HalfCloseInside, "half-close in a message", &[Lost], CLOSE),
        promise(HalfCloseAfter, "half-close after one", &[Lost], CLOSE),
        promise(Reset, "reset in a message", &[Lost], CLOSE),
    ]
};

const fn promise(
    kind: Kind,
    name: &'static str,
    endings: &'static [Ending],
    within: Duration,
) -> Promise {
    Promise { kind, name, endings, within }
}

impl Kind {
    pub(crate) fn promise(self) -> &'static Promise {
        &PROMISES[self as usize]
    }

    /// Where peers of this kind come from. (The honest ones come from 127.0.0.1.)
    pub(crate) fn source(self) -> Ipv4Addr {
        Ipv4Addr::new(127, 0, 1, self as u8 + 1)
    }

    /// Who comes from there, unless it is an honest one.
    pub(crate) fn of(source: IpAddr) -> Option<Self> {
        match source {
            IpAddr::V4(source) => {
                PROMISES.iter().map(|promise| promise.kind).find(|kind| kind.source() == source)
            }
            IpAddr::V6(_) => None,
        }
    }
}
