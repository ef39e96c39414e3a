//! What was expected of a step against what was observed. Both are complete: nothing may be missing or added.

use std::time::Duration;

use super::frames::{CLOSE, Frame, show};
use super::head::SentHead;
use super::player::{Observed, Out, Seen};
use super::stage::Closed;
use super::vector::{Expected, Fields, Http, Side, What};

pub(crate) struct Context<'a> {
    pub(crate) side: Side,
    pub(crate) ping: &'a [u8],
    pub(crate) key: &'a str,
    pub(crate) now: Duration,
    /// Several steps were one read: what holds between them cannot be seen.
    pub(crate) joined: bool,
}

type Mismatch = (Option<usize>, String);

pub(crate) fn compare(
    expected: &[&Expected],
    observed: &Observed,
    context: &Context<'_>,
) -> Result<(), Mismatch> {
    let for_us = |e: &&&Expected| e.side.is_none_or(|side| side == context.side);
    let mut seen = merge_chunks(&observed.seen).into_iter().peekable();
    let mut out = observed.out.iter().filter(|out| !matches!(out, Out::Head(_)));
    let heads = observed.out.iter().filter_map(|out| match out {
        Out::Head(head) => Some(head),
        _ => None,
    });
    let (mut interim, heads): (Vec<_>, Vec<_>) =
        heads.partition(|head| head.status().is_some_and(|status| status < 200 && status != 101));
    if heads.len() > 1 {
        return Err((None, "two HTTP messages were sent".into()));
    }
    let head = heads.first().copied();
    let mut head_expected = false;
    for expected in merge_expected(expected.iter().filter(for_us).map(|e| (*e).clone())) {
        let at = |reason: String| (Some(expected.line), reason);
        for _ in 0..expected.count {
            match &expected.what {
                What::Http(Http::Interim(status)) => {
                    let at_front =
                        interim.first().is_some_and(|head| head.status() == Some(*status));
                    if !at_front {
                        return Err(at(format!("expected interim {status}, sent was {interim:?}")));
                    }
                    interim.remove(0);
                }
                What::Http(http) => {
                    let head = head.ok_or_else(|| at("no HTTP message was sent".into()))?;
                    head_expected |= !matches!(http, Http::Body(_));
                    head.matches(http, context.key).map_err(at)?;
                }
                What::State(_) | What::Deadline(_) | What::Full(_) if context.joined => {}
                What::State(state) if observed.state == state => {}
                What::Deadline(time)
                    if observed.deadline == time.map(|time| time + context.now) => {}
                What::Full(full) if observed.full == *full => {}
                What::State(_) | What::Deadline(_) | What::Full(_) => {
                    let Observed { state, deadline, full, .. } = observed;
                    let what = &expected.what;
                    let now = context.now;
                    return Err(at(format!(
                        "expected {what:?}; it is {state}, full: {full}, deadline {deadline:?} at {now:?}"
                    )));
                }
                What::Accept(fields) => {
                    next_seen(&What::Request(Fields::new()), seen.next().as_ref(), context)
                        .map_err(at)?;
                    next_seen(&What::Open(fields.clone()), seen.next().as_ref(), context)
                        .map_err(at)?;
                    head_expected = true;
                    status(head, 101, context).map_err(at)?;
                }
                What::Refuse { status: code, error } => {
                    let named =
                        seen.next_if(|next| matches!(next, Seen::Error(_)) || error.is_some());
                    if let Some(error) = error {
                        next_seen(&What::Error(error.clone()), named.as_ref(), context)
                            .map_err(at)?;
                    }
                    head_expected = true;
                    status(head, *code, context).map_err(at)?;
                    next_out(&What::Shutdown, out.next(), context).map_err(at)?;
                }
                What::Fail { .. } => {
                    let error = seen.next();
                    next_seen(&expected.what, error.as_ref(), context).map_err(at)?;
                    next_out(&expected.what, out.next(), context).map_err(at)?;
                    next_out(&What::Shutdown, out.next(), context).map_err(at)?;
                }
                what if is_output(what) => next_out(what, out.next(), context).map_err(at)?,
                what => next_seen(what, seen.next().as_ref(), context).map_err(at)?,
            }
        }
    }
    if let Some(more) = seen.next() {
        return Err((None, format!("not expected: {}", describe(&more))));
    }
    if let Some(more) = out.next() {
        return Err((None, format!("not expected in the output: {more:?}")));
    }
    if let Some(more) = interim.first() {
        return Err((None, format!("not expected: {:#?}", more.lines)));
    }
    match head {
        Some(head) if !head_expected => Err((None, format!("not expected: {:#?}", head.lines))),
        _ => Ok(()),
    }
}

fn status(head: Option<&SentHead>, status: u16, context: &Context<'_>) -> Result<(), String> {
    let head = head.ok_or("no HTTP message was sent")?;
    head.matches(&Http::Status(status), context.key)
}

fn is_output(what: &What) -> bool {
    use What::{Abort, Closed, Sent, SentCompressed, SentHex, Shutdown};
    matches!(what, Sent { .. } | SentCompressed { .. } | SentHex(_) | Shutdown | Abort | Closed(_))
}

fn next_out(expected: &What, actual: Option<&Out>, context: &Context<'_>) -> Result<(), String> {
    let matches = match (expected, actual) {
        (What::Shutdown, Some(Out::Shutdown)) | (What::Abort, Some(Out::Abort)) => true,
        (What::Sent { first, payload }, Some(Out::Frame(frame))) => {
            *first == frame.first && payload.matches(&frame.payload, context.ping)
        }
        (What::SentCompressed { first, payload }, Some(Out::Compressed { frame, inflated })) => {
            *first == frame.first && payload.matches(inflated, context.ping)
        }
        (What::SentHex(bytes), Some(Out::Frame(frame) | Out::Compressed { frame, .. })) => {
            bytes.matches(&frame.bytes(), context.ping)
        }
        // The reason of a failure is free.
        (What::Fail { code, .. }, Some(Out::Frame(Frame { first, payload }))) => {
            *first == 0x80 | CLOSE && payload.get(..2) == Some(&code.to_be_bytes())
        }
        (What::Closed(fields), Some(Out::Closed(closed))) => return closed_matches(fields, closed),
        _ => false,
    };
    if matches {
        return Ok(());
    }
    let actual = actual.map_or("nothing".into(), |actual| format!("{actual:?}"));
    Err(format!("expected in the output {expected:?}, came {actual}"))
}

fn closed_matches(fields: &Fields, closed: &Closed) -> Result<(), String> {
    for (name, value) in fields {
        if closed.field(name) != Some(value) {
            return Err(format!("expected closed {name}={value}, it is {:?}", closed.fields));
        }
    }
    Ok(())
}

fn next_seen(expected: &What, actual: Option<&Seen>, context: &Context<'_>) -> Result<(), String> {
    let ping = context.ping;
    let matches = match (expected, actual) {
        (What::Message { text, payload }, Some(Seen::Message { text: kind, payload: data })) => {
            text == kind && payload.matches(data, ping)
        }
        (What::Ping(payload), Some(Seen::Ping(data)))
        | (What::Pong(payload), Some(Seen::Pong(data))) => payload.matches(data, ping),
        (What::Close { code, reason }, Some(Seen::Close { code: seen, reason: text })) => {
            code == seen && reason.matches(text, ping)
        }
        (
            What::Chunk { text, first, last, payload },
            Some(Seen::Chunk { text: kind, first: f, last: l, payload: data }),
        ) => (text, first, last) == (kind, f, l) && payload.matches(data, ping),
        (What::Error(name), Some(Seen::Error(seen))) => name == seen,
        (What::Fail { error, .. }, Some(Seen::Error(seen))) => {
            error.as_ref().is_none_or(|name| name == seen)
        }
        (What::Open(fields), Some(Seen::Open(seen)))
        | (What::Request(fields), Some(Seen::Request(seen)))
        | (What::Uri(fields), Some(Seen::Uri(seen)))
        | (What::Refused(fields), Some(Seen::Refused(seen))) => {
            fields.iter().all(|field| seen.contains(field))
        }
        _ => false,
    };
    if matches {
        return Ok(());
    }
    let actual = actual.map_or("nothing".into(), describe);
    Err(format!("expected {expected:?}, came {actual}"))
}

fn describe(seen: &Seen) -> String {
    match seen {
        Seen::Message { text: true, payload } => format!("text {}", show(payload)),
        Seen::Message { text: false, payload } => format!("binary {}", show(payload)),
        Seen::Ping(payload) => format!("ping {}", show(payload)),
        Seen::Pong(payload) => format!("pong {}", show(payload)),
        Seen::Chunk { text, first, last, payload } => {
            format!("chunk text={text} first={first} last={last} {}", show(payload))
        }
        other => format!("{other:?}"),
    }
}

/// Chunks of one message in one step are one chunk, and a chunk just before an error is left out:
/// where a message is cut, and how much of one that is wrong comes first, depends on the reads.
fn merge_chunks(seen: &[Seen]) -> Vec<Seen> {
    let mut merged: Vec<Seen> = Vec::new();
    for next in seen {
        match (merged.last_mut(), next) {
            (
                Some(Seen::Chunk { last: last @ false, payload, .. }),
                Seen::Chunk { first: false, last: ends, payload: more, .. },
            ) => {
                payload.extend_from_slice(more);
                *last = *ends;
            }
            (Some(Seen::Chunk { last: false, .. }), Seen::Error(_)) => {
                merged.pop();
                merged.push(next.clone());
            }
            _ => merged.push(next.clone()),
        }
    }
    merged.retain(|seen| !matches!(seen, Seen::Chunk { first: false, last: false, payload, .. } if payload.is_empty()));
    merged
}

/// The same for chunks that are expected, when steps are joined.
fn merge_expected(expected: impl Iterator<Item = Expected>) -> Vec<Expected> {
    let mut merged: Vec<Expected> = Vec::new();
    for next in expected {
        if let (
            Some(Expected { what: What::Chunk { last: last @ false, payload, .. }, .. }),
            What::Chunk { first: false, last: ends, payload: more, .. },
        ) = (merged.last_mut(), &next.what)
        {
            payload.extend(more);
            *last = *ends;
        } else {
            let fails = matches!(next.what, What::Error(_) | What::Fail { .. });
            if let Some(What::Chunk { last: false, .. }) =
                merged.last().filter(|_| fails).map(|e| &e.what)
            {
                merged.pop();
            }
            merged.push(next);
        }
    }
    merged
}
