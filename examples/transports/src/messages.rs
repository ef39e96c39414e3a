//! What stands in updates and messages: `"seq":12`, `"time":345.678`.

/// Bytes of the longest message of a client.
pub(crate) const LONGEST: usize = 64 * 1024;
pub(crate) const WHAT_IT_IS: &str = "a message is {\"time\":MILLISECONDS} of at most 64 KiB\n";

/// A message of a client, of so many bytes or a little more.
pub(crate) fn message(time: f64, size: usize) -> String {
    format!("{{\"time\":{time:.3},\"data\":\"{}\"}}", "x".repeat(size))
}

/// When the message was sent; `None` if it does not say so.
pub(crate) fn time(message: &[u8]) -> Option<f64> {
    values(std::str::from_utf8(message).ok()?, "\"time\":").next()
}

/// Number and time of each update in a text, in their order.
pub(crate) fn updates(text: &str) -> impl Iterator<Item = (i64, f64)> {
    values(text, "\"seq\":").map(|sequence| sequence as i64).zip(values(text, "\"time\":"))
}

fn values(text: &str, name: &'static str) -> impl Iterator<Item = f64> {
    text.split(name).skip(1).filter_map(|rest| {
        let end = rest.find([',', '}']).unwrap_or(rest.len());
        rest[..end].trim().parse().ok().filter(|value: &f64| value.is_finite())
    })
}

#[test]
fn numbers_and_times_are_found() {
    assert_eq!(time(message(12.3456, 3).as_bytes()), Some(12.346));
    let two = r#"{"next":2,"updates":[{"seq":1,"time":1},{"seq":2,"time": 2.5 ,"data":""}]}"#;
    assert_eq!(updates(two).collect::<Vec<_>>(), [(1, 1.0), (2, 2.5)]);
    for message in ["", "{}", "{\"time\":\"soon\"}", "{\"time\":NaN}"] {
        assert_eq!(time(message.as_bytes()), None);
    }
    assert_eq!(time(&[0xFF]), None);
}
