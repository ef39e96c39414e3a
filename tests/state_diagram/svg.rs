//! The text of the picture: boxes, arrows and labels, for light pages and dark ones.

use std::fmt::Write;

use crate::Label;

/// Pixels from one line of a label to the next.
const LINE: i32 = 17;

/// A state, where it stands and how large it is.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    /// Its look: `start`, `good`, `bad` or none.
    pub(crate) look: &'static str,
    pub(crate) at: (i32, i32),
    pub(crate) size: (i32, i32),
}

/// Where the arrow between two states runs, and where its label stands.
pub(crate) struct Way {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// Of the SVG: `M x y H x V y`; it ends in the tip of the arrow.
    pub(crate) path: &'static str,
    /// The first line of the label, and its anchor: `start`, `middle` or `end`.
    pub(crate) label: (i32, i32, &'static str),
    /// Characters that a line of the label may have.
    pub(crate) width: usize,
}

/// A picture that is being drawn. Colours are those of the page where it is part of one (rustdoc names them so), else its own.
pub(crate) struct Picture(String);

impl Picture {
    pub(crate) fn new(size: (i32, i32), title: &str, description: &str) -> Self {
        let (width, height) = size;
        let title = escape(title);
        let description = escape(description);
        Self(format!(
            r##"<svg class="websocket-states" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="websocket-states-title websocket-states-description">
<title id="websocket-states-title">{title}</title>
<desc id="websocket-states-description">{description}</desc>
<style>
.websocket-states {{ --ws-ink: #1f2328; --ws-page: #ffffff; --ws-box: #f3f5f7; --ws-line: #59636e; max-width: 100%; height: auto; }}
@media (prefers-color-scheme: dark) {{ .websocket-states {{ --ws-ink: #e6edf3; --ws-page: #0d1117; --ws-box: #1c232c; --ws-line: #9198a1; }} }}
.websocket-states .ws-page {{ fill: #ffffff; fill: var(--main-background-color, var(--ws-page)); }}
.websocket-states text {{ font: 14px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328; fill: var(--main-color, var(--ws-ink)); }}
.websocket-states .ws-heading {{ font-size: 17px; font-weight: 600; }}
.websocket-states .ws-name {{ font-size: 15px; font-weight: 600; }}
.websocket-states .ws-fact {{ font-size: 12.5px; }}
.websocket-states .ws-cause, .websocket-states .ws-reason {{ paint-order: stroke; stroke: #ffffff; stroke: var(--main-background-color, var(--ws-page)); stroke-width: 4px; stroke-linejoin: round; }}
.websocket-states .ws-reason {{ font-style: italic; }}
.websocket-states .ws-box {{ fill: #f3f5f7; fill: var(--code-block-background-color, var(--ws-box)); stroke: #7d8590; stroke-width: 1.5; }}
.websocket-states .ws-start {{ stroke: #3b82f6; }}
.websocket-states .ws-good {{ stroke: #2e9e5b; }}
.websocket-states .ws-bad {{ stroke: #d1495b; }}
.websocket-states .ws-frame {{ fill: none; stroke: #7d8590; stroke-width: 1.2; stroke-dasharray: 5 4; }}
.websocket-states .ws-way {{ fill: none; stroke: #59636e; stroke: var(--main-color, var(--ws-line)); stroke-width: 1.3; }}
.websocket-states .ws-tip {{ fill: #59636e; fill: var(--main-color, var(--ws-line)); }}
</style>
<defs><marker id="websocket-states-tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path class="ws-tip" d="M 0 0 L 10 5 L 0 10 z"/></marker></defs>
<rect class="ws-page" width="{width}" height="{height}" rx="6"/>
"##
        ))
    }

    pub(crate) fn heading(&mut self, at: (i32, i32), text: &str) {
        self.text(at, "start", "ws-heading", text);
    }

    /// A frame around states that have something in common, and its name at `named_at`.
    pub(crate) fn frame(&mut self, place: &Place, named_at: (i32, i32)) {
        self.rect("ws-frame", place);
        self.text(named_at, "start", "ws-name", place.name);
    }

    pub(crate) fn state(&mut self, place: &Place, facts: &[String]) {
        let look = if place.look.is_empty() { "" } else { " ws-" };
        self.rect(&format!("ws-box{look}{}", place.look), place);
        let x = place.at.0 + place.size.0 / 2;
        let lines = facts.len() as i32;
        let mut y = place.at.1 + (place.size.1 - LINE * lines) / 2 + 5;
        self.text((x, y), "middle", "ws-name", place.name);
        for fact in facts {
            y += LINE;
            self.text((x, y), "middle", "ws-fact", fact);
        }
    }

    pub(crate) fn way(&mut self, way: &Way, label: &Label) {
        let path = way.path;
        self.line(format_args!(
            r#"<path class="ws-way" marker-end="url(#websocket-states-tip)" d="{path}"/>"#
        ));
        let (x, mut y, anchor) = way.label;
        for line in wrap(&label.causes, way.width) {
            self.text((x, y), anchor, "ws-cause", &line);
            y += LINE;
        }
        if let Some(reason) = &label.reason {
            self.text((x, y), anchor, "ws-reason", reason);
        }
    }

    pub(crate) fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }

    fn rect(&mut self, class: &str, place: &Place) {
        let ((x, y), (width, height)) = (place.at, place.size);
        self.line(format_args!(
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>"#
        ));
    }

    fn text(&mut self, (x, y): (i32, i32), anchor: &str, class: &str, text: &str) {
        let text = escape(text);
        self.line(format_args!(
            r#"<text class="{class}" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>"#
        ));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("a string grows");
    }
}

/// Joins the causes by commas, and begins a line where the next one would be too long; never inside of one.
fn wrap(causes: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (at, cause) in causes.iter().enumerate() {
        let comma = if at + 1 < causes.len() { "," } else { "" };
        match lines.last_mut() {
            Some(line) if line.chars().count() + cause.chars().count() + 2 <= width => {
                line.push_str(&format!(" {cause}{comma}"));
            }
            _ => lines.push(format!("{cause}{comma}")),
        }
    }
    for line in &lines {
        let length = line.chars().count();
        assert!(length <= width, "a label of {length} characters has room for {width}: {line}");
    }
    lines
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
