//! RFC 7692 §6.1 §7.2.1  Sending compressed messages, read by an inflater that knows no codec of ours.
#![cfg(feature = "deflate")]

mod deflate_support;

use std::time::Duration;

use bytes::{Buf, Bytes};
use deflate_support::puff::Puff;
use deflate_support::{
    HELLO, HELLO_AGAIN, Sent, bits, config, connection, json, no_takeover, noise, plain, sent,
    windows,
};
use websocket_proto::deflate::{Agreement, ClientWindow, Compress, Compression, Offer};
use websocket_proto::{
    CloseCode, Connection, Event, MessageKind, Prepared, Role, SendError, Transmit,
};

const ROLES: [Role; 2] = [Role::Server, Role::Client];

fn only(connection: &mut Connection) -> Sent {
    let mut frames = sent(connection);
    assert_eq!(frames.len(), 1);
    frames.remove(0)
}

/// R7692-6.1-01 R7692-7.1.1.1-02 R7692-7.2.1-07 R7692-7.2.1-08 T-DF-06: who forgets and who does not.
#[test]
fn hello_and_hello_again() {
    for role in ROLES {
        for (server, client) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut agreement = Agreement::default();
            agreement.server_no_context_takeover = server;
            agreement.client_no_context_takeover = client;
            let forgets = if role == Role::Server { server } else { client };
            let mut connection = connection(role, config(role), agreement);
            connection.send_text("Hello").expect("room");
            assert_eq!(only(&mut connection), Sent { first: 0xC1, payload: HELLO.to_vec() });
            connection.send_binary(b"Hello").expect("room");
            let expected = if forgets { HELLO.to_vec() } else { HELLO_AGAIN.to_vec() };
            assert_eq!(only(&mut connection), Sent { first: 0xC2, payload: expected });
        }
    }
}

/// R7692-7.2.1-02 R7692-7.2.3.6-01 T-DF-09
#[test]
fn nothing_at_all() {
    for agreement in [Agreement::default(), no_takeover()] {
        let mut connection = connection(Role::Server, config(Role::Server), agreement);
        let empty = Sent { first: 0xC1, payload: vec![0] };
        for _ in 0..3 {
            connection.send_text("").expect("room");
            assert_eq!(only(&mut connection), empty);
        }
        connection.send_text("Hello").expect("room");
        only(&mut connection);
        connection.send_text("").expect("room");
        assert_eq!(only(&mut connection), empty);
        connection.fragment(MessageKind::Text, b"Hello", false).expect("room");
        connection.fragment(MessageKind::Text, b"", false).expect("room");
        connection.fragment(MessageKind::Text, b"", true).expect("room");
        let frames = sent(&mut connection);
        assert_eq!(frames.len(), 3);
        assert!(frames[0].payload.ends_with(&[0, 0, 0xFF, 0xFF]));
        assert_eq!(
            frames[1..],
            [Sent { first: 0, payload: vec![] }, Sent { first: 0x80, payload: vec![0] }]
        );
    }
}

/// R7692-6.1-04 R7692-8-01 T-DF-10 T-DF-15 R7692-7.2.3.2-01
#[test]
fn each_message_has_its_choice() {
    let mut connection = plain(Role::Server);
    let mut puff = Puff::new(15, true);
    connection.set_compress(Compress::Above(5));
    for (text, compressed) in [("Hello", false), ("Hello!", true), ("", false)] {
        connection.send_text(text).expect("room");
        let frame = only(&mut connection);
        assert_eq!(frame.first, if compressed { 0xC1 } else { 0x81 });
        if compressed {
            assert_eq!(puff.message(&frame.payload), text.as_bytes());
        }
    }
    connection.set_compress(Compress::Never);
    connection.send_text("a secret, a secret, a secret").expect("room");
    assert_eq!(only(&mut connection).first, 0x81);
    connection.set_compress(Compress::Always);
    connection.send_text("Hello!").expect("room");
    let frame = only(&mut connection);
    assert_eq!(puff.message(&frame.payload), b"Hello!");
    assert!(frame.payload.len() < 7, "the window is as it was");
    // The choice is made when a message begins.
    connection.fragment(MessageKind::Text, b"Hello!", false).expect("room");
    connection.set_compress(Compress::Never);
    connection.fragment(MessageKind::Text, b"Hello!", true).expect("room");
    let frames = sent(&mut connection);
    assert_eq!((frames[0].first, frames[1].first), (0x41, 0x80));
    let payload: Vec<u8> = frames.into_iter().flat_map(|frame| frame.payload).collect();
    assert_eq!(puff.message(&payload), b"Hello!Hello!");
    connection.fragment(MessageKind::Text, b"plain", false).expect("room");
    connection.set_compress(Compress::Always);
    connection.fragment(MessageKind::Text, b"text", true).expect("room");
    let frames = sent(&mut connection);
    assert_eq!(frames[0], Sent { first: 0x01, payload: b"plain".to_vec() });
    assert_eq!(frames[1], Sent { first: 0x80, payload: b"text".to_vec() });
}

/// R7692-6.1-02 R7692-7.2.1-05 R7692-7.2.1-06
#[test]
fn fragments_are_compressed_as_they_come() {
    for agreement in [Agreement::default(), no_takeover()] {
        for role in ROLES {
            let mut connection = connection(role, config(role), agreement);
            let mut puff = Puff::new(15, !agreement.server_no_context_takeover);
            for message in 0..3 {
                let data = json(3000 + message);
                let mut writer = connection.message(MessageKind::Text).expect("open");
                let (last, parts) = data.split_at(2500);
                let (last, parts) = (parts, last);
                for part in parts.chunks(700) {
                    writer.write(part).expect("room");
                }
                writer.finish(last).expect("room");
                connection.ping(b"").expect("room");
                let frames = sent(&mut connection);
                let firsts: Vec<u8> =
                    frames.iter().map(|frame| frame.first).filter(|first| *first != 0x89).collect();
                assert_eq!(firsts, [0x41, 0, 0, 0, 0x80]);
                let payload: Vec<u8> =
                    frames.iter().flat_map(|frame| frame.payload.clone()).collect();
                assert!(
                    frames[..3]
                        .iter()
                        .all(|f| f.first == 0x89 || f.payload.ends_with(&[0, 0, 0xFF, 0xFF]))
                );
                assert_eq!(puff.message(&payload), data);
            }
        }
    }
}

/// R7692-6-01
#[test]
fn control_frames_are_never_compressed() {
    let mut connection = plain(Role::Server);
    connection.ping(b"Hello").expect("room");
    connection.pong(b"Hello").expect("room");
    connection.close(CloseCode::NORMAL, "bye").expect("open");
    let firsts: Vec<u8> = sent(&mut connection).iter().map(|frame| frame.first).collect();
    assert_eq!(firsts, [0x89, 0x8A, 0x88]);
}

/// R7692-7.2.1-01 R7692-7.2.1-06 R7692-7.2.3.2-01 T-DF-08 T-DF-10: with every level, window and memory, text
/// and noise by turns; the codec is given up now and then, the window never.
#[test]
fn every_setting_is_read_by_another() {
    for level in 0..=9 {
        for (window, memory_level) in [(9, 1), (9, 9), (10, 8), (12, 3), (15, 1), (15, 8), (15, 9)]
        {
            for takeover in [true, false] {
                let mut agreement = windows(window, 15);
                agreement.server_no_context_takeover = !takeover;
                let mut config = config(Role::Server);
                let compression = config.compression.as_mut().expect("set");
                compression.level = level;
                compression.memory_level = memory_level;
                let mut connection = connection(Role::Server, config, agreement);
                let mut puff = Puff::new(window, takeover);
                let repeated = noise(600, 99);
                let mut now = Duration::ZERO;
                for round in 0..12 {
                    let data = match round % 4 {
                        0 => json(100 + round * 400),
                        1 => noise(50 + round * 700, 1 + round as u64),
                        2 => repeated.clone(),
                        _ => vec![b'x'; round * 50],
                    };
                    connection.send_binary(&data).expect("room");
                    let frame = only(&mut connection);
                    assert_eq!(frame.first, 0xC2);
                    assert!(frame.payload.len() <= data.len() + data.len() / 8 + 32);
                    assert_eq!(
                        puff.message(&frame.payload),
                        data,
                        "{level} {window} {memory_level} {round}"
                    );
                    if round % 5 == 4 {
                        for _ in 0..3 {
                            now += Duration::from_secs(2);
                            connection.tick(now);
                        }
                    }
                }
                if takeover && level > 0 && window > 9 {
                    assert!(puff.furthest > 600, "messages refer to those before them");
                }
            }
        }
    }
}

/// A codec that was given up and made again refers to what went before.
#[test]
fn the_window_outlives_the_codec() {
    for role in ROLES {
        let mut connection = plain(role);
        let mut puff = Puff::new(15, true);
        let data = noise(2000, 5);
        connection.tick(Duration::ZERO);
        for second in 1..4 {
            connection.send_binary(&data).expect("room");
            let frame = only(&mut connection);
            assert_eq!(puff.message(&frame.payload), data);
            assert!(second == 1 || frame.payload.len() < 100);
            connection.tick(Duration::from_secs(10 * second));
            connection.tick(Duration::from_secs(10 * second + 5));
            connection.tick(Duration::from_secs(10 * second + 7));
        }
    }
}

/// A message that is refused has not been compressed: what comes later can be read.
#[test]
fn a_refused_send_changes_nothing() {
    let mut config = config(Role::Server);
    config.limits.max_write_buffer = 4000;
    let mut connection = connection(Role::Server, config, Agreement::default());
    let mut puff = Puff::new(15, true);
    let first = noise(3000, 1);
    connection.send_binary(&first).expect("room");
    assert_eq!(connection.send_binary(&noise(2000, 2)), Err(SendError::Full));
    assert_eq!(connection.fragment(MessageKind::Text, &[0xFF], true), Err(SendError::InvalidUtf8));
    assert_eq!(
        connection.fragment(MessageKind::Binary, &noise(2000, 2), true),
        Err(SendError::Full)
    );
    assert_eq!(
        connection.send_shared(MessageKind::Binary, &noise(2000, 2).into()),
        Err(SendError::Full)
    );
    connection.send_binary(&json(500)).expect("room");
    let frames = sent(&mut connection);
    assert_eq!(puff.message(&frames[0].payload), first);
    assert_eq!(puff.message(&frames[1].payload), json(500));
    connection.send_binary(&noise(100_000, 2)).expect("one message fits an empty queue");
    assert_eq!(puff.message(&only(&mut connection).payload), noise(100_000, 2));
}

/// R7692-7.1.2.2-04 R7692-7.3-02: our own smaller window holds, and a window that we do not have is obeyed by
/// sending messages as they are.
#[test]
fn a_clients_own_limits() {
    let agreed = |window: u8| {
        let mut agreement = Agreement::default();
        agreement.client_max_window_bits = Some(bits(window));
        agreement
    };
    let data = noise(3000, 8).repeat(2);
    for (window, compressed) in [(8, false), (9, true), (15, true)] {
        let mut connection = connection(Role::Client, config(Role::Client), agreed(window));
        connection.send_binary(&data).expect("room");
        let frame = only(&mut connection);
        assert_eq!(frame.first, if compressed { 0xC2 } else { 0x82 });
        if compressed {
            assert_eq!(Puff::new(window, true).message(&frame.payload), data);
        }
    }
    let mut offer = Offer::default();
    offer.client_max_window_bits = ClientWindow::AtMost(bits(10));
    assert!(offer.to_string().ends_with("client_max_window_bits=10"));
}

#[test]
fn shared_and_prepared_messages() {
    // Two that have nothing in common, and stay in the window: what one end takes for sent before, the other has to.
    let data = Bytes::from(noise(97, 8).repeat(20));
    let text = String::from_utf8(json(4000)).expect("ASCII");
    let compression = Compression::default();
    let mut config = config(Role::Server);
    config.compression = Some(compression.clone());

    let prepared = Prepared::text(text.as_str()).compressed(&compression);
    let noisy = Prepared::binary(noise(1000, 4)).compressed(&compression);
    let mut frugal = connection(Role::Server, config.clone(), no_takeover());
    let mut keeping = connection(Role::Server, config.clone(), Agreement::default());
    let mut narrow = no_takeover();
    narrow.server_max_window_bits = Some(bits(9));
    let mut narrow = connection(Role::Server, config.clone(), narrow);
    let mut without = Connection::server(config.clone());
    let readers = [
        (&mut frugal, Some((15, false))),
        (&mut keeping, Some((15, true))),
        (&mut narrow, Some((9, false))),
        (&mut without, None),
    ];
    for (connection, reader) in readers {
        let mut puff = reader.map(|(window, takeover)| Puff::new(window, takeover));
        for _ in 0..3 {
            connection.send_prepared(&prepared).expect("room");
            connection.send_shared(MessageKind::Binary, &data).expect("room");
            connection.send_text(&text).expect("room");
            let frames = sent(connection);
            assert_eq!(frames.len(), 3);
            for (frame, content) in
                frames.into_iter().zip([text.as_bytes(), &data, text.as_bytes()])
            {
                let opcode = if content == data { 0x82 } else { 0x81 };
                match &mut puff {
                    None => assert_eq!(frame, Sent { first: opcode, payload: content.to_vec() }),
                    Some(puff) => {
                        assert_eq!(frame.first, opcode | 0x40);
                        assert!(frame.payload.len() < content.len() / 2);
                        assert_eq!(puff.message(&frame.payload), content);
                    }
                }
            }
        }
        connection.set_compress(Compress::Never);
        connection.send_prepared(&prepared).expect("room");
        assert_eq!(only(connection).first, 0x81);
    }
    // What did not become smaller goes as it is, whatever was agreed on.
    frugal.set_compress(Compress::Always);
    frugal.send_prepared(&noisy).expect("room");
    assert_eq!(only(&mut frugal).first, 0x82);
    // A short message fits any window.
    let short = Prepared::text("short short short short short short").compressed(&compression);
    narrow.set_compress(Compress::Always);
    narrow.send_prepared(&short).expect("room");
    let frame = only(&mut narrow);
    assert_eq!((frame.first, frame.payload.len() < 20), (0xC1, true));
}

/// A prepared message is compressed once for all who can read it so: they send the same bytes from the same place.
#[test]
fn a_prepared_message_is_compressed_once() {
    let compression = Compression::default();
    let mut config = config(Role::Server);
    config.compression = Some(compression.clone());
    let prepared = Prepared::binary(json(20_000)).compressed(&compression);
    let mut one = connection(Role::Server, config.clone(), no_takeover());
    let mut other = connection(Role::Server, config, no_takeover());
    let mut places = Vec::new();
    for connection in [&mut one, &mut other] {
        connection.send_prepared(&prepared).expect("room");
        while let Transmit::Write(mut output) = connection.transmit() {
            let run = output.chunk();
            if run.len() > 14 {
                places.push(run.as_ptr());
            }
            let count = run.len();
            output.advance(count);
        }
    }
    assert_eq!(places.len(), 2);
    assert_eq!(places[0], places[1]);
}

/// A prepared message that has not become smaller goes as it is, also if it is just as large.
#[test]
fn a_prepared_message_is_compressed_if_it_is_smaller() {
    let compression = Compression::default();
    let mut config = config(Role::Server);
    config.compression = Some(compression.clone());
    let mut connection = connection(Role::Server, config, no_takeover());
    connection.set_compress(Compress::Always);
    let mut as_large = 0;
    for (seed, repeated) in (0..40).flat_map(|seed| (0..16).map(move |more| (seed, more))) {
        let mut data = noise(30 + seed as usize, seed);
        data.extend_from_within(..repeated);
        connection.send_binary(&data).expect("room");
        let compressed = only(&mut connection).payload.len();
        as_large += usize::from(compressed == data.len());
        let prepared = Prepared::binary(data.clone()).compressed(&compression);
        connection.send_prepared(&prepared).expect("room");
        let first = if compressed < data.len() { 0xC2 } else { 0x82 };
        assert_eq!(only(&mut connection).first, first, "{compressed} of {}", data.len());
    }
    assert!(as_large > 0);
}

/// R7692-7.2.3.2-01: two of our connections talk through every setting, each way.
#[test]
fn both_ends_of_ours() {
    for agreement in [Agreement::default(), no_takeover(), windows(9, 12), windows(15, 9)] {
        let mut server = connection(Role::Server, config(Role::Server), agreement);
        let mut client = connection(Role::Client, config(Role::Client), agreement);
        for round in 0..20u64 {
            let data =
                if round % 3 == 0 { noise(4000, round + 1) } else { json(round as usize * 500) };
            {
                server.send_binary(&data).expect("room");
                let mut wire = server.take_output().expect("queued").to_vec();
                let mut input = &mut wire[..];
                let event = client.receive(&mut input).expect("no violation").expect("a message");
                assert!(
                    matches!(event, websocket_proto::Event::Binary(payload) if *payload == data)
                );
            }
            client.send_binary(&data).expect("room");
            let mut wire = client.take_output().expect("queued").to_vec();
            let event =
                server.receive(&mut &mut wire[..]).expect("no violation").expect("a message");
            assert!(matches!(event, websocket_proto::Event::Binary(payload) if *payload == data));
        }
    }
}

/// R7692-7.2.3.2-01 T-DF-10: what does not become smaller goes out as it is, and the windows stay the same; so that
/// a message at the peer's limit is one at the wire, too.
#[test]
fn what_becomes_no_smaller_goes_as_it_is() {
    for agreement in [Agreement::default(), no_takeover()] {
        for role in [Role::Server, Role::Client] {
            let mut config = config(role);
            config.compression.as_mut().expect("set").compress = Compress::Above(64);
            config.limits.max_write_buffer = usize::MAX;
            let mut sender = connection(role, config, agreement);
            let mut receiver_config = deflate_support::config(role.peer());
            receiver_config.limits.max_message_size = 100_000;
            let mut receiver = connection(role.peer(), receiver_config, agreement);
            // Within the window, and larger than it.
            let (text, short, long) = (json(5000), noise(2000, 3), noise(100_000, 3));
            let messages =
                [&text, &short, &text, &short, &long, &text, &long, &long, &short, &text];
            for (index, message) in messages.iter().enumerate() {
                sender.send_binary(message).expect("room");
                let mut wire = sender.take_output().expect("queued").to_vec();
                let is_noise = *message != &text;
                assert_eq!(wire[0], if is_noise { 0x82 } else { 0xC2 });
                let mut input = &mut wire[..];
                let event = receiver.receive(&mut input);
                let Ok(Some(Event::Binary(data))) = event else { panic!("{index}: {event:?}") };
                assert!(*data == ***message, "{index}");
            }
        }
    }
}

/// R7692-6.1-02 R7692-7.2.3.2-01: a fragment that does not become smaller is compressed like the rest of its message.
#[test]
fn a_fragment_that_becomes_no_smaller_is_compressed() {
    for agreement in [Agreement::default(), no_takeover()] {
        for role in ROLES {
            let mut config = config(role);
            config.compression.as_mut().expect("set").compress = Compress::Above(64);
            let mut sender = connection(role, config, agreement);
            let mut puff = Puff::new(15, !agreement.server_no_context_takeover);
            let (text, noise) = (json(2000), noise(2000, 3));
            for parts in [[&text, &noise], [&noise, &text], [&noise, &noise]] {
                sender.fragment(MessageKind::Binary, parts[0], false).expect("room");
                sender.fragment(MessageKind::Binary, parts[1], true).expect("room");
                let frames = sent(&mut sender);
                assert_eq!((frames[0].first, frames[1].first), (0x42, 0x80));
                let payload = [&frames[0].payload[..], &frames[1].payload[..]].concat();
                assert!(puff.message(&payload) == parts.map(|part| &part[..]).concat());
            }
        }
    }
}
