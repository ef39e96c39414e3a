//! The report as text.

use std::fmt::Write;

use super::{Cost, Report};
use crate::settings::Settings;

impl Report {
    pub(crate) fn table(&self) -> String {
        let Settings { rate, interval, .. } = self.settings;
        let mut text = String::new();
        // Nothing that is written to a string fails.
        let _ = writeln!(
            text,
            "{rate} updates a second of {} bytes for {} s, a short poll every {interval} ms\n\n\
             {:<20}{:>8}{:>11}{:>11}{:>11}{:>11}{:>11}{:>12}{:>11}{:>11}",
            self.update,
            self.seconds,
            "",
            "clients",
            "median ms",
            "p99 ms",
            "B down",
            "B up",
            "requests",
            "connections",
            "CPU",
            "heap B"
        );
        for row in &self.downward {
            let _ = writeln!(
                text,
                "{:<20}{:>8}{:>11.2}{:>11.2}{:>11.1}{:>11.1}{:>11.1}{:>12}{:>11}{:>11}",
                row.transport.title(),
                row.clients,
                row.median,
                row.p99,
                row.cost.sent_each(),
                row.cost.received_each(),
                row.cost.requests_each(),
                row.cost.connections,
                or_unknown(row.cost.processor_time_each()),
                or_unknown(row.heap_each()),
            );
        }
        let _ = writeln!(
            text,
            "\n{:<20}{:>8}{:>11}{:>11}{:>11}{:>11}{:>11}{:>12}{:>11}",
            "from client to server",
            "",
            "median ms",
            "p99 ms",
            "B up",
            "B down",
            "requests",
            "connections",
            "CPU"
        );
        for row in &self.upward {
            let _ = writeln!(
                text,
                "{:<20}{:>9}{:>11.2}{:>11.2}{:>11.1}{:>11.1}{:>11.1}{:>12}{:>11}",
                row.name,
                "",
                row.median,
                row.p99,
                row.cost.received_each(),
                row.cost.sent_each(),
                row.cost.requests_each(),
                row.cost.connections,
                or_unknown(row.cost.processor_time_each()),
            );
        }
        for row in self.downward.iter().filter(|row| row.missed > 0) {
            let name = row.transport.title();
            let _ = writeln!(
                text,
                "{} updates were missed by {name}: its latency is better than it was",
                row.missed
            );
        }
        let _ = writeln!(text, "\n{EXPLANATION}\n");
        let downward = self.downward.iter().map(|row| (row.transport.title(), &row.cost));
        for (name, cost) in downward.chain(self.upward.iter().map(|row| (row.name, &row.cost))) {
            let Cost { messages, sent, received, .. } = cost;
            let _ = writeln!(
                text,
                "total: {name}: {messages} messages, {sent} bytes sent, {received} bytes received"
            );
        }
        text
    }
}

const EXPLANATION: &str = "\
ms           from the moment an update is made (a message is sent) to the moment a client (the server) has it; all four
             are measured at once, by clients on one thread, which a few hundred of them keep busy
B down, up   bytes from and to the server at its sockets, all heads and handshakes included, for each update (message);
             the clients send what HTTP needs and an Origin, browsers some 400 bytes more with each request
requests     HTTP requests for each thousand updates (messages); of WebSocket, opening handshakes
connections  TCP connections that were opened
CPU          processor time of the server's thread for each update (message), connecting included, in microseconds
heap         what the server holds for each client while it is connected; buffers of the kernel come on top";

fn or_unknown(figure: Option<f64>) -> String {
    figure.map_or("unknown".into(), |figure| format!("{figure:.1}"))
}
