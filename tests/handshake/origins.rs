//! §10.2  Which origins are let in by which policy: the same by every kind of opening handshake.

use websocket_proto::handshake::OriginPolicy;

/// Of the columns of [`ORIGINS`].
pub(crate) fn policies() -> [OriginPolicy; 4] {
    [
        OriginPolicy::SameHost,
        OriginPolicy::list(["http://good.com", "https://other.com:8443"]).unwrap(),
        OriginPolicy::list(["null"]).unwrap(),
        OriginPolicy::Any,
    ]
}

/// `Host`, `Origin`, and the status that an upgrade gets by each policy.
pub(crate) const ORIGINS: [(&str, Option<&str>, [u16; 4]); 29] = [
    ("good.com", None, [101, 403, 403, 101]),
    ("good.com", Some("http://good.com"), [101, 101, 403, 101]),
    ("good.com", Some("HTTP://GOOD.COM"), [101, 101, 403, 101]),
    ("GOOD.com", Some("http://good.com"), [101, 101, 403, 101]),
    ("good.com", Some("http://good.com:80"), [101, 101, 403, 101]),
    ("good.com:80", Some("http://good.com"), [101, 101, 403, 101]),
    ("good.com", Some("https://good.com"), [101, 403, 403, 101]),
    ("good.com:443", Some("https://good.com"), [101, 403, 403, 101]),
    ("good.com", Some("http://good.com:81"), [403, 403, 403, 101]),
    ("good.com:81", Some("http://good.com"), [403, 101, 403, 101]),
    ("good.com:81", Some("http://good.com:81"), [101, 403, 403, 101]),
    ("good.com:443", Some("http://good.com"), [403, 101, 403, 101]),
    ("good.com", Some("http://good.com.evil.com"), [403, 403, 403, 101]),
    ("good.com", Some("http://evilgood.com"), [403, 403, 403, 101]),
    ("good.com", Some("http://evil"), [403, 403, 403, 101]),
    ("good.com", Some("http://good.com/"), [403, 403, 403, 101]),
    ("good.com", Some("http://good.com http://evil"), [403, 403, 403, 101]),
    ("good.com", Some("http://good.com@evil"), [403, 403, 403, 101]),
    ("good.com", Some("good.com"), [403, 403, 403, 101]),
    ("good.com", Some("//good.com"), [403, 403, 403, 101]),
    ("good.com", Some("ftp://good.com"), [403, 403, 403, 101]),
    ("good.com", Some("null"), [403, 403, 101, 101]),
    ("null", Some("null"), [403, 403, 101, 101]),
    ("good.com", Some("NULL"), [403, 403, 403, 101]),
    ("good.com", Some(""), [403, 403, 403, 101]),
    ("good.com", Some("https://other.com:8443"), [403, 101, 403, 101]),
    ("good.com", Some("https://other.com"), [403, 403, 403, 101]),
    ("[::1]:9001", Some("http://[::1]:9001"), [101, 403, 403, 101]),
    ("[::1]:9001", Some("http://[::1]:9002"), [403, 403, 403, 101]),
];
