//! §5.2 §5.4 §5.5 §7  All sequences of frames in which every frame but the last is legal.
//!
//! Many of them end with frames that begin with the same wrong byte, or the same two. What is behind them is not looked
//! at, as all that are alone show, so that behind other frames `cargo test` goes through one of those for all. The deep
//! walk does that behind three frames only. With compression, sequences are shorter by a frame.

use std::sync::Arc;

use websocket_proto::{CloseStatus, Config, Connection, ProtocolError, Role, State};

use super::oracle::{MAX_FRAME, MAX_MESSAGE, Oracle, Spec, Stage, Verdict};
use super::support::{CLOSE, MASKING_KEY, Seen, feed, feed_by, frames_out, seed};
use super::{depth, in_parallel};

/// An end that receives, and how bytes come to it.
struct World {
    oracle: Oracle,
    config: Arc<Config>,
    alphabet: Vec<Spec>,
    depth: usize,
    /// Of so many frames, no sequence stands for others.
    in_full: usize,
    reads: Reads,
}

/// How the bytes of a sequence come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    /// What is in front of the last frame; then the last frame.
    Frames,
    Whole,
    Bytes,
}

/// A sequence; if it fails, it is printed.
struct Sequence<'a> {
    world: &'a World,
    specs: &'a [Spec],
}

impl Drop for Sequence<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Oracle { receiver, compression, .. } = self.world.oracle;
            println!("{receiver:?}, compression {compression}, {:?}:", self.world.reads);
            self.specs.iter().for_each(|spec| println!("  {spec:?}"));
        }
    }
}

/// What is in front of the last frame.
struct Prefix<'a> {
    oracle: &'a Oracle,
    specs: &'a [Spec],
    wire: &'a [u8],
}

/// R6455-5.4-01 R6455-7.1.7-01 R6455-7.1.7-02 R6455-7.1.7-03 T-FR-16: each frame is what the table says, whatever came
/// before; so are the answers to it and the end.
#[test]
fn every_sequence_of_frames() {
    let depth = depth();
    for role in [Role::Client, Role::Server] {
        // With compression there are more, each with a decompressor of its own.
        let worlds = if cfg!(feature = "deflate") { &[false, true][..] } else { &[false] };
        for &compression in worlds {
            let depth = depth - usize::from(compression);
            let walks =
                [(Reads::Frames, depth), (Reads::Whole, depth - 1), (Reads::Bytes, depth - 1)];
            for (reads, depth) in walks {
                let world = World::new(role, compression, reads, depth);
                let count = world.walk();
                println!("{role:?}, compression {compression}, {reads:?}: {count} sequences");
            }
        }
    }
}

impl World {
    fn new(receiver: Role, compression: bool, reads: Reads, depth: usize) -> Self {
        let mut config = Config::client();
        config.limits.max_frame_size = MAX_FRAME as u64;
        config.limits.max_message_size = MAX_MESSAGE as u64;
        #[cfg(feature = "deflate")]
        if compression {
            config.compression = Some(websocket_proto::deflate::Compression::default());
        }
        let oracle = Oracle::new(receiver, compression);
        let config = Arc::new(config);
        let in_full = if super::depth() > 3 { super::depth() - 1 } else { 1 };
        Self { oracle, config, alphabet: alphabet(), depth, in_full, reads }
    }

    fn connection(&self) -> Connection {
        let connection = match self.oracle.receiver {
            Role::Client => Connection::client(self.config.clone(), seed(1)),
            Role::Server => Connection::server(self.config.clone()),
        };
        #[cfg(feature = "deflate")]
        if self.oracle.compression {
            return connection.with_compression(Default::default());
        }
        connection
    }

    /// Returns how many sequences there were.
    fn walk(&self) -> u64 {
        let prefix = Prefix { oracle: &self.oracle, specs: &[], wire: &[] };
        in_parallel(&self.alphabet, |spec| self.visit(&prefix, *spec))
    }

    /// The sequence that ends with this frame, and those that begin with it.
    fn visit(&self, prefix: &Prefix<'_>, spec: Spec) -> u64 {
        let verdict = prefix.oracle.judge(&spec);
        if prefix.specs.len() >= self.in_full && begins_like_another(&verdict, &spec) {
            return 1;
        }
        let specs = [prefix.specs, &[spec]].concat();
        let wire = [prefix.wire, &encode(&spec, &prefix.oracle.payload(&spec))].concat();
        let sequence = Sequence { world: self, specs: &specs };
        self.check(prefix, &wire, &verdict, &spec);
        drop(sequence);
        let mut count = 1;
        if let Verdict::Legal(oracle) = verdict {
            if specs.len() < self.depth {
                let prefix = Prefix { oracle: &oracle, specs: &specs, wire: &wire };
                count += self.alphabet.iter().map(|spec| self.visit(&prefix, *spec)).sum::<u64>();
            }
        }
        count
    }

    fn check(&self, prefix: &Prefix<'_>, wire: &[u8], verdict: &Verdict, last: &Spec) {
        let before = prefix.oracle;
        let (after, error) = match verdict {
            Verdict::Legal(after) => (after, None),
            Verdict::Wrong(error, stage) => (before, Some((*error, *stage))),
            Verdict::Discarded => (before, None),
        };
        // Frame by frame, what is in front of the last one has been looked at when it was the last itself.
        let (seen_before, written_before) = match self.reads {
            Reads::Frames => (before.seen.len(), before.written.len()),
            Reads::Whole | Reads::Bytes => (0, 0),
        };
        let mut expected = after.seen[seen_before..].to_vec();
        expected.extend(error.map(|(error, _)| Seen::Violation(error)));

        let mut connection = self.connection();
        let (front, frame) = wire.split_at(prefix.wire.len());
        let seen = match self.reads {
            Reads::Frames => {
                pass_by(&mut connection, front);
                feed(&mut connection, frame)
            }
            Reads::Whole => feed(&mut connection, wire),
            Reads::Bytes => {
                // Refused as soon as the bytes are there that are wrong.
                let soon = error.map_or(0, |(_, stage)| size_at(stage, last) - 1);
                let mut seen = feed_by(&mut connection, front, 1);
                seen.extend(feed_by(&mut connection, &frame[..soon], 1));
                assert_eq!(seen, before.seen, "too soon");
                seen.extend(feed(&mut connection, &frame[soon..=soon]));
                assert!(error.is_none() || seen == expected, "too late: {seen:?}");
                seen.extend(feed_by(&mut connection, &frame[soon + 1..], 1));
                seen
            }
        };
        assert_eq!(seen, expected);
        let error = error.map(|(error, _)| error);
        check_end(&mut connection, after, &after.written[written_before..], error);
    }
}

/// Has the connection receive what is right, and writes the answers.
fn pass_by(connection: &mut Connection, wire: &[u8]) {
    let mut bytes = wire.to_vec();
    let mut input = &mut bytes[..];
    while let Some(_event) = connection.receive(&mut input).expect("it is right") {}
    while let Some(_answer) = connection.take_output() {}
}

/// What is queued for the peer, and what is known of the end.
fn check_end(
    connection: &mut Connection,
    oracle: &Oracle,
    written: &[(u8, Vec<u8>)],
    error: Option<ProtocolError>,
) {
    let ends = oracle.closed || error.is_some();
    assert_eq!(connection.state(), if ends { State::Closing } else { State::Open });
    let information = connection.close_information();
    assert_eq!(information.is_some(), ends);
    if let Some(information) = information {
        assert_eq!(information.error, error);
        let received = information.received != CloseStatus::Abnormal;
        assert_eq!(received, oracle.closed, "a Close that is wrong is none");
    }
    let mut written = written.to_vec();
    if let Some(error) = error {
        written.push((CLOSE, code(error).to_be_bytes().to_vec()));
    }
    let frames: Vec<_> =
        frames_out(connection).into_iter().map(|frame| (frame.opcode, frame.payload)).collect();
    assert_eq!(frames, written);
    let clean = connection.close_information().is_some_and(|information| information.clean);
    assert_eq!(clean, oracle.closed);
}

/// §7.4.1
fn code(error: ProtocolError) -> u16 {
    match error {
        ProtocolError::FrameTooLarge | ProtocolError::MessageTooLarge => 1009,
        ProtocolError::InvalidCompression => 1007,
        _ => 1002,
    }
}

/// Opcode × FIN × RSV × MASK × length.
fn alphabet() -> Vec<Spec> {
    let mut alphabet = Vec::new();
    for opcode in 0..16 {
        for fin in [true, false] {
            for rsv in 0..8 {
                for masked in [true, false] {
                    for length in [0, 1, 125, 126, MAX_FRAME, MAX_FRAME + 1] {
                        alphabet.push(Spec { fin, rsv, opcode, masked, length });
                    }
                }
            }
        }
    }
    alphabet
}

fn encode(spec: &Spec, payload: &[u8]) -> Vec<u8> {
    let Spec { fin, rsv, opcode, masked, length } = *spec;
    let mask = if masked { 0x80 } else { 0 };
    let mut bytes = vec![if fin { 0x80 } else { 0 } | rsv << 4 | opcode];
    if length < 126 {
        bytes.push(mask | length as u8);
    } else {
        bytes.extend([mask | 126, 0, length as u8]);
    }
    if masked {
        bytes.extend(MASKING_KEY);
        bytes.extend(payload.iter().zip(MASKING_KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    } else {
        bytes.extend_from_slice(payload);
    }
    bytes
}

/// Whether an earlier frame of the alphabet is refused for the same bytes.
fn begins_like_another(verdict: &Verdict, spec: &Spec) -> bool {
    match verdict {
        Verdict::Wrong(_, Stage::FirstByte) => !spec.masked || spec.length > 0,
        Verdict::Wrong(_, Stage::SecondByte) => spec.length > 126,
        _ => false,
    }
}

/// How many bytes of the frame there are at this stage.
fn size_at(stage: Stage, spec: &Spec) -> usize {
    let length = if spec.length < 126 { 2 } else { 4 };
    let header = length + if spec.masked { 4 } else { 0 };
    match stage {
        Stage::FirstByte => 1,
        Stage::SecondByte => 2,
        Stage::Length => length,
        Stage::Header => header,
        Stage::Payload => header + spec.length,
    }
}
