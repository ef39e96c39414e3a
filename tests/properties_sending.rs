//! §5.4 §5.5 §6.1  Properties of the output: how it is taken, and when, changes no frame of it.
#![cfg(feature = "alloc")]

mod support;

use bytes::{Buf, Bytes};
use proptest::collection::vec;
use proptest::prelude::*;
use support::{Frame, Random, feed, frame, output, read_whole, seed};
use websocket_proto::{CloseCode, Config, Connection, MessageKind, Prepared, Role, Transmit};

/// One thing that is queued.
#[derive(Clone, Debug)]
enum Queue {
    Text(String),
    Shared(Vec<u8>),
    Prepared(Vec<u8>),
    Fragments(Vec<Vec<u8>>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// Not ours: the peer's Ping, to be answered.
    Answer(Vec<u8>),
}

impl Queue {
    fn is_control(&self) -> bool {
        matches!(self, Self::Ping(_) | Self::Pong(_) | Self::Answer(_))
    }

    fn into(&self, connection: &mut Connection) {
        match self {
            Self::Text(text) => connection.send_text(text).expect("room"),
            Self::Shared(data) => {
                let data = Bytes::copy_from_slice(data);
                connection.send_shared(MessageKind::Binary, &data).expect("room");
            }
            Self::Prepared(data) if connection.role() == Role::Server => {
                connection.send_prepared(&Prepared::binary(data.clone())).expect("room");
            }
            Self::Prepared(data) => connection.send_binary(data).expect("room"),
            Self::Fragments(parts) => {
                for part in parts {
                    connection.fragment(MessageKind::Binary, part, false).expect("room");
                }
                connection.fragment(MessageKind::Binary, b"", true).expect("room");
            }
            Self::Ping(payload) => connection.ping(payload).expect("room"),
            Self::Pong(payload) => connection.pong(payload).expect("room"),
            Self::Answer(payload) => {
                let ping = frame(connection.role().peer(), true, support::PING, payload);
                feed(connection, &ping);
            }
        }
    }
}

fn queue() -> impl Strategy<Value = Vec<Queue>> {
    let data = || vec(any::<u8>(), 0..40);
    let one = prop_oneof![
        3 => "[a-zé€]{0,40}".prop_map(Queue::Text),
        3 => data().prop_map(Queue::Shared),
        2 => data().prop_map(Queue::Prepared),
        2 => vec(data(), 0..4).prop_map(Queue::Fragments),
        2 => data().prop_map(Queue::Ping),
        1 => data().prop_map(Queue::Pong),
        2 => data().prop_map(Queue::Answer),
    ];
    vec(one, 0..12)
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Server), Just(Role::Client)]
}

fn connection(role: Role) -> Connection {
    let mut config = Config::client();
    config.reference_threshold = 16;
    match role {
        Role::Server => Connection::server(config),
        Role::Client => Connection::client(config, seed(0)),
    }
}

/// Takes a part of the output, by one way or another.
fn take_some(connection: &mut Connection, random: &mut Random, taken: &mut Vec<u8>) {
    for _ in 0..random.below(4) {
        let before = connection.unsent();
        let start = taken.len();
        if random.chance(30) {
            taken.extend(connection.take_output().unwrap_or_default());
        } else if let Transmit::Write(mut output) = connection.transmit() {
            assert_eq!(output.remaining(), before);
            let count = random.below(output.chunk().len() + 1);
            taken.extend_from_slice(&output.chunk()[..count]);
            output.advance(count);
        }
        assert_eq!(connection.unsent(), before - (taken.len() - start));
    }
}

fn data_and_control(frames: Vec<Frame>) -> (Vec<Frame>, Vec<Frame>) {
    frames.into_iter().partition(|frame| !frame.is_control())
}

proptest! {
    /// What is queued while some of it is taken goes out as if it had been taken in the end.
    #[test]
    fn any_interleaving(role in role(), queue in queue(), seed in any::<u64>()) {
        let mut random = Random::new(seed);
        let (mut whole, mut bit_by_bit) = (connection(role), connection(role));
        let mut taken = Vec::new();
        for one in &queue {
            one.into(&mut whole);
            one.into(&mut bit_by_bit);
            take_some(&mut bit_by_bit, &mut random, &mut taken);
        }
        while bit_by_bit.unsent() > 0 {
            take_some(&mut bit_by_bit, &mut random, &mut taken);
        }
        let expected = output(&mut whole);
        prop_assert_eq!(taken.len(), expected.len());
        if !queue.iter().any(Queue::is_control) {
            prop_assert_eq!(&taken, &expected);
        }
        // Only how far Pings and Pongs overtake depends on the moment.
        let (data, control) = data_and_control(read_whole(role, &taken));
        let (expected_data, expected_control) = data_and_control(read_whole(role, &expected));
        prop_assert_eq!(data, expected_data);
        prop_assert_eq!(control, expected_control);
        prop_assert_eq!(bit_by_bit.sent(), whole.sent());
    }

    /// As above with a Close at the end: ours, an answer, or that of a failure. It is the last frame,
    /// and what is not dropped is what went before.
    #[test]
    fn any_interleaving_with_an_end(
        role in role(),
        queue in queue(),
        end in 0..3_usize,
        seed in any::<u64>(),
    ) {
        let mut random = Random::new(seed);
        let (mut whole, mut ended) = (connection(role), connection(role));
        let mut taken = Vec::new();
        for one in &queue {
            one.into(&mut whole);
            one.into(&mut ended);
            take_some(&mut ended, &mut random, &mut taken);
        }
        match end {
            0 => ended.close(CloseCode::NORMAL, "ours").expect("open"),
            1 => drop(feed(&mut ended, &frame(role.peer(), true, support::CLOSE, &[3, 232]))),
            _ => drop(feed(&mut ended, &[0xF0])),
        }
        while ended.unsent() > 0 {
            take_some(&mut ended, &mut random, &mut taken);
        }
        let mut frames = read_whole(role, &taken);
        prop_assert_eq!(frames.pop().map(|close| close.opcode), Some(support::CLOSE));
        let (data, control) = data_and_control(frames);
        let (all_data, all_control) = data_and_control(read_whole(role, &output(&mut whole)));
        prop_assert_eq!(control, all_control);
        prop_assert_eq!(&data[..], &all_data[..data.len()]);
        prop_assert!(end > 0 || data.len() == all_data.len());
        // An answer leaves no message unfinished that was finished by us.
        prop_assert!(end != 1 || data.last().is_none_or(|frame| frame.fin));
    }

    /// `chunk` and `advance`, `chunks_vectored`, `take_output` show the same bytes; so does a copy of
    /// all of them at once. Asked again without `advance`, they show them again.
    #[cfg(feature = "std")]
    #[test]
    fn any_way_to_take(role in role(), queue in queue(), seed in any::<u64>(), places in 0..12_usize) {
        let mut copies = [(); 4].map(|()| {
            let mut random = Random::new(seed);
            let mut connection = connection(role);
            let mut taken = Vec::new();
            for one in &queue {
                one.into(&mut connection);
                if random.chance(40) {
                    take_some(&mut connection, &mut random, &mut taken);
                }
            }
            connection
        });
        let [by_chunk, owned, vectored, copied] = &mut copies;
        let expected = output(by_chunk);

        let mut runs: Vec<u8> = Vec::new();
        if let Transmit::Write(output) = vectored.transmit() {
            let mut slices = vec![std::io::IoSlice::new(b""); places];
            let filled = output.chunks_vectored(&mut slices);
            prop_assert!(filled > 0 || places == 0);
            prop_assert!(slices[..filled].iter().all(|slice| !slice.is_empty()));
            prop_assert!(slices[filled..].iter().all(|slice| slice.is_empty()));
            if let Some(first) = slices.first() {
                prop_assert_eq!(output.chunk(), &first[..]);
            }
            runs = slices[..filled].iter().flat_map(|slice| slice.to_vec()).collect();
            if filled < places {
                prop_assert_eq!(runs.len(), output.remaining());
            }
        }
        prop_assert_eq!(&runs[..], &expected[..runs.len()]);
        prop_assert_eq!(&output(vectored), &expected);

        let mut bytes = Vec::new();
        while let Some(run) = owned.take_output() {
            prop_assert!(!run.is_empty());
            bytes.extend_from_slice(&run);
        }
        prop_assert_eq!(&bytes, &expected);

        if let Transmit::Write(mut output) = copied.transmit() {
            let count = output.remaining();
            prop_assert_eq!(&output.copy_to_bytes(count)[..], &expected[..]);
        }
        prop_assert_eq!(copied.unsent(), 0);
    }

    /// What is sent through a peer comes out as it was.
    #[test]
    fn through_a_peer(role in role(), queue in queue()) {
        let (mut sender, mut receiver) = (connection(role), connection(role.peer()));
        queue.iter().for_each(|one| one.into(&mut sender));
        let wire = output(&mut sender);
        let frames = read_whole(role, &wire);
        let seen = feed(&mut receiver, &wire);
        let messages = frames.iter().filter(|frame| frame.is_control() || frame.fin).count();
        prop_assert_eq!(seen.len(), messages);
        prop_assert_eq!(receiver.received().frames, sender.sent().frames);
        prop_assert_eq!(receiver.received().bytes, sender.sent().bytes);
    }
}

/// T-MK-01 R6455-5.3-02 R6455-10.3-01: a thousand frames, a thousand keys; another seed, other keys.
#[test]
fn masking_keys_differ() {
    let keys = |seed: [u8; 32]| {
        let mut client = Connection::client(Config::client(), seed);
        let mut keys = std::collections::BTreeSet::new();
        for number in 0..1_000_u32 {
            match number % 4 {
                0 => client.send_text("x").expect("room"),
                1 => client.ping(b"x").expect("room"),
                2 => client.fragment(MessageKind::Binary, b"x", false).expect("room"),
                _ => client.fragment(MessageKind::Binary, b"x", true).expect("room"),
            }
            let bytes = output(&mut client);
            keys.insert(<[u8; 4]>::try_from(&bytes[2..6]).expect("a key"));
        }
        keys
    };
    let (some, same, others) = (keys(seed(1)), keys(seed(1)), keys(seed(2)));
    assert_eq!(some.len(), 1_000, "with this seed, no two are equal by chance");
    assert_eq!(some, same);
    assert!(some.intersection(&others).count() <= 1);
}
