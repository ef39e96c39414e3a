//! The table as a picture: a panel for each figure, a bar for each transport.

use std::fmt::Write;

use super::{Report, Row};
use crate::transport::Transport;

const WIDTH: f64 = 860.0;
const PANEL: f64 = 410.0;
const PANEL_HEIGHT: f64 = 164.0;
const NAME: f64 = 128.0;
const BAR: f64 = 190.0;
const TOP: f64 = 64.0;

struct Panel {
    title: &'static str,
    note: &'static str,
    bars: Vec<Bar>,
}

struct Bar {
    name: &'static str,
    class: &'static str,
    /// What the length stands for; a thinner part goes on to the second.
    value: f64,
    further: Option<f64>,
    label: String,
}

pub(crate) fn draw(report: &Report) -> String {
    let panels = panels(report);
    let height = TOP + PANEL_HEIGHT * (panels.len() as f64 / 2.0).ceil() + 12.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-labelledby=\"title description\">\n\
         <title id=\"title\">The same updates by four transports</title>\n\
         <desc id=\"description\">{}</desc>\n<style>{STYLE}</style>\n\
         <rect class=\"ground\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n\
         <text class=\"head\" x=\"20\" y=\"28\">The same updates by four transports</text>\n\
         <text class=\"note\" x=\"20\" y=\"48\">{}</text>\n",
        description(&panels),
        circumstances(report)
    );
    for (index, panel) in panels.iter().enumerate() {
        let x = 20.0 + (index % 2) as f64 * PANEL;
        let y = TOP + (index / 2) as f64 * PANEL_HEIGHT;
        draw_panel(&mut svg, panel, x, y);
    }
    svg + "</svg>\n"
}

fn circumstances(report: &Report) -> String {
    format!(
        "{} updates a second of {} bytes to {} clients each for {} s over loopback; a short poll every {} ms",
        report.settings.rate,
        report.update,
        report.downward.first().map_or(0, |row| row.clients),
        report.seconds,
        report.settings.interval
    )
}

fn description(panels: &[Panel]) -> String {
    let mut text = String::new();
    for panel in panels {
        let bars: Vec<String> =
            panel.bars.iter().map(|bar| format!("{} {}", bar.name, bar.label)).collect();
        let _ = write!(text, "{}: {}. ", panel.title, bars.join(", "));
    }
    text
}

fn panels(report: &Report) -> Vec<Panel> {
    let of = |value: Value| -> Vec<Bar> {
        report
            .downward
            .iter()
            .map(|row| {
                let (value, further, label) = value(row);
                Bar {
                    name: row.transport.title(),
                    class: row.transport.name(),
                    value,
                    further,
                    label,
                }
            })
            .collect()
    };
    vec![
        Panel {
            title: "Latency, ms",
            note: "median, thin: to the 99th percentile",
            bars: of(|row| {
                (row.median, Some(row.p99), format!("{}, {}", figure(row.median), figure(row.p99)))
            }),
        },
        Panel {
            title: "Bytes on the wire for each update",
            note: "from the server, thin: and to it",
            bars: of(|row| {
                let (down, up) = (row.cost.sent_each(), row.cost.received_each());
                (down, Some(down + up), format!("{} + {}", figure(down), figure(up)))
            }),
        },
        Panel {
            title: "Requests for a thousand updates",
            note: "of WebSocket, opening handshakes",
            bars: of(|row| (row.cost.requests_each(), None, figure(row.cost.requests_each()))),
        },
        Panel {
            title: "Processor time of the server for each update, µs",
            note: "connecting included",
            bars: of(|row| {
                let time = row.cost.processor_time_each();
                (time.unwrap_or(0.0), None, time.map_or("unknown".into(), figure))
            }),
        },
        Panel {
            title: "Heap of the server for each client, KiB",
            note: "connected; the kernel's buffers come on top",
            bars: of(|row| {
                let heap = row.heap_each().map(|bytes| bytes / 1024.0);
                (heap.unwrap_or(0.0), None, heap.map_or("unknown".into(), figure))
            }),
        },
        Panel {
            title: "Bytes for each message to the server",
            note: "up, thin: and down for the answer",
            bars: report
                .upward
                .iter()
                .zip([Transport::Short, Transport::WebSocket])
                .map(|(row, transport)| {
                    let (up, down) = (row.cost.received_each(), row.cost.sent_each());
                    Bar {
                        name: row.name,
                        class: transport.name(),
                        value: up,
                        further: Some(up + down),
                        label: format!("{} + {}", figure(up), figure(down)),
                    }
                })
                .collect(),
        },
    ]
}

/// The length of a bar, how far it goes on thinner, and what it says.
type Value = fn(&Row) -> (f64, Option<f64>, String);

/// Three digits that matter.
fn figure(value: f64) -> String {
    match value {
        _ if value >= 99.95 => format!("{value:.0}"),
        _ if value >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn draw_panel(svg: &mut String, panel: &Panel, x: f64, y: f64) {
    let most = panel
        .bars
        .iter()
        .map(|bar| bar.further.unwrap_or(bar.value))
        .fold(f64::MIN_POSITIVE, f64::max);
    let length = |value: f64| (value / most * BAR).max(1.0);
    // Nothing that is written to a string fails.
    let _ = writeln!(
        svg,
        "<g transform=\"translate({x} {y})\"><text class=\"title\" y=\"16\">{}</text>\
         <text class=\"note\" y=\"32\">{}</text>",
        panel.title, panel.note
    );
    for (index, bar) in panel.bars.iter().enumerate() {
        let row = 44.0 + index as f64 * 26.0;
        let _ = writeln!(
            svg,
            "<text class=\"name\" x=\"{}\" y=\"{}\">{}</text>",
            NAME - 8.0,
            row + 14.0,
            bar.name
        );
        let end = length(bar.further.unwrap_or(bar.value));
        if let Some(further) = bar.further {
            let _ = writeln!(
                svg,
                "<rect class=\"{}\" x=\"{NAME}\" y=\"{}\" width=\"{:.1}\" height=\"4\"/>",
                bar.class,
                row + 7.0,
                length(further)
            );
        }
        let _ = writeln!(
            svg,
            "<rect class=\"{}\" x=\"{NAME}\" y=\"{row}\" width=\"{:.1}\" height=\"18\" rx=\"2\"/>\
             <text class=\"value\" x=\"{:.1}\" y=\"{}\">{}</text>",
            bar.class,
            length(bar.value),
            NAME + end + 6.0,
            row + 14.0,
            bar.label
        );
    }
    *svg += "</g>\n";
}

const STYLE: &str = "
text { font: 13px system-ui, sans-serif; fill: #1c1e21 }
.head { font-size: 18px; font-weight: 600 }
.title { font-weight: 600 }
.note { font-size: 11.5px; fill: #5a6068 }
.name { text-anchor: end }
.value { font-variant-numeric: tabular-nums }
.ground { fill: #ffffff }
.short { fill: #cc5c00 } .long { fill: #c2569b } .sse { fill: #2f6fd0 } .websocket { fill: #00594b }
@media (prefers-color-scheme: dark) {
text { fill: #e6e8eb } .note { fill: #a2a9b2 } .ground { fill: #14171a }
.short { fill: #f5b36b } .long { fill: #e0709a } .sse { fill: #5a9cf0 } .websocket { fill: #8eeccf }
}
";
