//! Messages of clients: `{"time":123.4, ...}`, when they were sent.

/// Bytes of the longest message.
pub(crate) const LONGEST: usize = 64 * 1024;
pub(crate) const WHAT_IT_IS: &str = "a message is {\"time\":MILLISECONDS} of at most 64 KiB\n";

pub(crate) fn message(time: f64, size: usize) -> String {
    format!("{{\"time\":{time:.3},\"data\":\"{}\"}}", "x".repeat(size))
}

/// When the message was sent; `None` if it does not say so.
pub(crate) fn time(message: &[u8]) -> Option<f64> {
    times(std::str::from_utf8(message).ok()?).next()
}

/// The times that stand in a text of updates or messages, in their order.
pub(crate) fn times(text: &str) -> impl Iterator<Item = f64> {
    text.split("\"time\":").skip(1).filter_map(|rest| {
        let end = rest.find([',', '}']).unwrap_or(rest.len());
        rest[..end].trim().parse().ok().filter(|time: &f64| time.is_finite())
    })
}

#[test]
fn times_are_found() {
    assert_eq!(time(message(12.3456, 3).as_bytes()), Some(12.346));
    assert_eq!(
        times(r#"{"updates":[{"time":1},{"time": 2.5 ,"data":""}]}"#).collect::<Vec<_>>(),
        [1.0, 2.5]
    );
    for message in ["", "{}", "{\"time\":\"soon\"}", "{\"time\":NaN}"] {
        assert_eq!(time(message.as_bytes()), None);
    }
    assert_eq!(time(&[0xFF]), None);
}
