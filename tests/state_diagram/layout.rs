//! Where each state and each edge has its place. What is written there is found, not written here.

use crate::life::Life;
use crate::svg::{Picture, Place, Way};
use crate::{Edges, Label, RENEW};

const SIZE: (i32, i32) = (1180, 930);

const fn place(name: &'static str, look: &'static str, at: (i32, i32), size: (i32, i32)) -> Place {
    Place { name, look, at, size }
}

const fn way(
    from: &'static str,
    to: &'static str,
    path: &'static str,
    label: (i32, i32, &'static str),
    width: usize,
) -> Way {
    Way { from, to, path, label, width }
}

/// States from which the same leads to `Aborting`: one edge for all.
const UNTIL_THE_END: &str = "any of these";
const MEMBERS: [&str; 3] = ["Close sent", "Both Closes", "Failed"];

const CLOSING: Place = place("State::Closing", "", (326, 84), (522, 450));
const MEMBERS_FRAME: Place = place("", "", (338, 112), (498, 264));

const LIFE: [Place; 7] = [
    place("Open", "start", (16, 190), (176, 84)),
    place("Close sent", "", (350, 126), (184, 78)),
    place("Both Closes", "", (640, 118), (184, 94)),
    place("Failed", "bad", (350, 282), (184, 78)),
    place("Aborting", "bad", (350, 426), (184, 78)),
    place("Closed, clean", "good", (984, 134), (168, 70)),
    place("Closed, not clean", "bad", (984, 250), (168, 96)),
];

const LIFE_WAYS: [Way; 14] = [
    way("Open", "Close sent", "M 192 210 H 268 V 165 H 350", (260, 150, "end"), 16),
    way("Open", "Both Closes", "M 104 190 V 62 H 732 V 118", (326, 54, "start"), 16),
    way("Open", "Failed", "M 192 250 H 268 V 321 H 350", (260, 292, "end"), 16),
    way("Open", "Aborting", "M 128 274 V 465 H 350", (138, 440, "start"), 22),
    way("Open", "Closed, not clean", "M 60 274 V 566 H 1040 V 346", (138, 558, "start"), 60),
    way("Close sent", "Both Closes", "M 534 165 H 640", (587, 156, "middle"), 13),
    way("Close sent", "Failed", "M 420 204 V 282", (411, 248, "end"), 10),
    way("Close sent", "Closed, not clean", "M 500 204 V 280 H 984", (548, 272, "start"), 40),
    way("Both Closes", "Closed, clean", "M 824 150 H 984", (854, 88, "start"), 48),
    way("Both Closes", "Closed, not clean", "M 824 190 H 868 V 262 H 984", (878, 231, "start"), 40),
    way("Failed", "Closed, not clean", "M 534 321 H 984", (548, 313, "start"), 62),
    way(UNTIL_THE_END, "Aborting", "M 442 376 V 426", (454, 407, "start"), 50),
    way("Aborting", "Closed, not clean", "M 534 452 H 1090 V 346", (548, 428, "start"), 40),
    way("Aborting", "Closed, clean", "M 534 478 H 1166 V 169 H 1152", (548, 496, "start"), 40),
];

const SEQUENCE: [Place; 5] = [
    place("Closed", "", (16, 754), (164, 50)),
    place("Idle", "start", (370, 754), (120, 50)),
    place("Message(Text)", "", (680, 672), (170, 50)),
    place("Message(Binary)", "", (680, 836), (170, 50)),
    place("Close 1002", "bad", (1030, 754), (130, 50)),
];

const SEQUENCE_WAYS: [Way; 14] = [
    way("Idle", "Idle", "M 386 754 V 728 H 426 V 754", (374, 720, "end"), 24),
    way("Idle", "Message(Text)", "M 460 754 V 708 H 680", (565, 725, "middle"), 30),
    way("Message(Text)", "Idle", "M 710 722 V 768 H 490", (597, 761, "middle"), 30),
    way("Idle", "Message(Binary)", "M 460 804 V 850 H 680", (565, 843, "middle"), 30),
    way("Message(Binary)", "Idle", "M 710 836 V 790 H 490", (597, 807, "middle"), 30),
    way("Message(Text)", "Message(Text)", "M 740 672 V 648 H 790 V 672", (802, 652, "start"), 40),
    way(
        "Message(Binary)",
        "Message(Binary)",
        "M 740 886 V 910 H 790 V 886",
        (802, 916, "start"),
        40,
    ),
    way("Idle", "Closed", "M 370 779 H 180", (272, 772, "middle"), 20),
    way("Message(Text)", "Closed", "M 680 686 H 164 V 754", (272, 679, "middle"), 20),
    way("Message(Binary)", "Closed", "M 680 872 H 164 V 804", (272, 889, "middle"), 20),
    way("Closed", "Closed", "M 36 754 V 730 H 86 V 754", (18, 688, "start"), 20),
    way("Idle", "Close 1002", "M 490 779 H 1030", (722, 755, "start"), 40),
    way("Message(Text)", "Close 1002", "M 850 697 H 1095 V 754", (862, 673, "start"), 40),
    way("Message(Binary)", "Close 1002", "M 850 861 H 1095 V 804", (862, 878, "start"), 40),
];

/// Draws what was found.
///
/// # Panics
/// If something was found that there is no place for, or nothing for a place.
pub(crate) fn draw(sequence: &Edges, life: &Life) -> String {
    let merged = merge(&life.edges);
    let life_ways: Vec<&Way> = LIFE_WAYS.iter().collect();
    let sequence_ways: Vec<&Way> = SEQUENCE_WAYS.iter().collect();
    check(&merged, &LIFE, &life_ways);
    check(sequence, &SEQUENCE, &sequence_ways);

    let title = "The states of a WebSocket connection";
    let description = format!(
        "The life of a connection.\n{}The sequence of frames in each direction.\n{}",
        in_words(&life.edges),
        in_words(sequence).trim_end()
    );
    let mut picture = Picture::new(SIZE, title, &description);
    picture.heading((16, 30), "The life of a connection (§7)");
    picture.frame(&CLOSING, (338, 104));
    picture.frame(&MEMBERS_FRAME, (0, 0));
    for (key, label) in &merged {
        picture.way(find(&life_ways, key), label);
    }
    for place in &LIFE {
        picture.state(place, &life.facts[place.name]);
    }
    picture.heading((16, 616), "The sequence of frames, in each direction (§5.4)");
    for (key, label) in sequence {
        picture.way(find(&sequence_ways, key), label);
    }
    for place in &SEQUENCE {
        picture.state(place, &[]);
    }
    picture.finish()
}

/// Where the same causes lead from all of the members to `Aborting`, one edge stands for all.
fn merge(edges: &Edges) -> Edges {
    let mut merged = edges.clone();
    let labels = MEMBERS.map(|from| merged.remove(&(from.to_owned(), "Aborting".to_owned())));
    let [Some(first), rest @ ..] = &labels else {
        panic!("nothing leads from {:?} to Aborting", MEMBERS[0]);
    };
    assert!(
        rest.iter().all(|label| label.as_ref() == Some(first)),
        "not the same leads from all of {MEMBERS:?} to Aborting: {labels:?}; \
         each needs an edge of its own in tests/state_diagram/layout.rs"
    );
    merged.insert((UNTIL_THE_END.to_owned(), "Aborting".to_owned()), first.clone());
    merged
}

fn check(edges: &Edges, places: &[Place], ways: &[&Way]) {
    let has_place = |name: &str| name == UNTIL_THE_END || places.iter().any(|p| p.name == name);
    for ((from, to), label) in edges {
        for state in [from, to] {
            assert!(
                has_place(state),
                "the state {state:?} is new: give it a place in tests/state_diagram/layout.rs, then {RENEW}"
            );
        }
        assert!(
            ways.iter().any(|way| way.from == from && way.to == to),
            "the edge from {from:?} to {to:?} is new ({}): give it a way in tests/state_diagram/layout.rs, then {RENEW}",
            label.causes.join(", ")
        );
    }
    for way in ways {
        assert!(
            edges.contains_key(&(way.from.to_owned(), way.to.to_owned())),
            "nothing leads from {:?} to {:?} any more: take its way out of tests/state_diagram/layout.rs, then {RENEW}",
            way.from,
            way.to
        );
    }
    for place in places {
        let is_there = |(from, to): &(String, String)| from == place.name || to == place.name;
        assert!(
            edges.keys().any(is_there),
            "the state {:?} is gone: take its place out of tests/state_diagram/layout.rs, then {RENEW}",
            place.name
        );
    }
}

fn find<'w>(ways: &[&'w Way], (from, to): &(String, String)) -> &'w Way {
    ways.iter().find(|way| way.from == from && way.to == to).expect("checked")
}

/// All edges as sentences, each on a line of its own, for those who do not see the picture.
fn in_words(edges: &Edges) -> String {
    let mut words = String::new();
    for ((from, to), Label { causes, reason }) in edges {
        let reason = reason.iter().map(|reason| format!(" ({reason})")).collect::<String>();
        words.push_str(&format!("From {from} to {to}: {}{reason}.\n", causes.join(", ")));
    }
    words
}
