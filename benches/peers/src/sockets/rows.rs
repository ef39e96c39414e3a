//! What is measured, and what this crate aims at.

#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    pub connections: usize,
    /// Payload bytes of a message.
    pub size: usize,
    /// Messages that each connection has sent and not got back.
    pub in_flight: usize,
    /// The least share of raw TCP's messages per second.
    pub aim: Option<f64>,
}

const KIB: usize = 1024;

#[rustfmt::skip]
pub const ALL: [Row; 6] = [
    row("1 x 16 B, 1 in flight", 1, 16, 1, None),
    row("32 x 64 B, 1 in flight", 32, 64, 1, None),
    row("32 x 64 B, 64 in flight", 32, 64, 64, Some(0.90)),
    row("200 x 1 KiB, 4 in flight", 200, KIB, 4, Some(0.95)),
    row("8 x 64 KiB, 2 in flight", 8, 64 * KIB, 2, Some(0.95)),
    row("4 x 1 MiB, 1 in flight", 4, KIB * KIB, 1, Some(0.95)),
];

const fn row(
    name: &'static str,
    connections: usize,
    size: usize,
    in_flight: usize,
    aim: Option<f64>,
) -> Row {
    Row { name, connections, size, in_flight, aim }
}
