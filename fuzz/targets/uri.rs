//! URIs: whatever is accepted survives being written and read again, and makes a request that a server
//! reads as it was meant.

#![no_main]

use bytes::Buf;
use libfuzzer_sys::fuzz_target;
use websocket_proto::handshake::{Client, ClientRequest, Server, Uri};
use websocket_proto::{Config, Transmit};
use websocket_proto_fuzz::{Script, peak_of};

fuzz_target!(|data: &[u8]| {
    let text = std::str::from_utf8(data).ok();
    let (uri, peak) = peak_of(|| text.and_then(|text| Uri::parse(text).ok()));
    assert!(peak <= 2 * data.len() as isize + 256, "{peak} bytes for {}", data.len());
    if let Some(uri) = uri {
        check(&uri);
    }
    let mut script = Script::new(data);
    let secure = script.flag();
    let port = script.flag().then_some(script.number() as u16);
    let host = String::from_utf8_lossy(script.short()).into_owned();
    let resource = String::from_utf8_lossy(script.rest()).into_owned();
    if let Ok(uri) = Uri::new(secure, &host, port, &resource) {
        assert_eq!(uri.secure(), secure);
        assert!(port.is_none_or(|port| port == uri.port()));
        check(&uri);
    }
});

fn check(uri: &Uri) {
    let written = uri.to_string();
    assert!(written.bytes().all(|byte| byte.is_ascii_graphic()), "{written:?}");
    assert_eq!(Uri::parse(&written).as_ref(), Ok(uri));
    assert_eq!(
        Uri::new(uri.secure(), uri.host(), Some(uri.port()), uri.resource_name()).as_ref(),
        Ok(uri)
    );
    assert!(uri.resource_name().starts_with('/') && uri.port() > 0);
    assert!(!uri.host().contains(['[', ']']));

    let mut client = Client::new(&ClientRequest::new(uri.clone()), Config::client(), [7; 32]);
    let Transmit::Write(mut output) = client.transmit() else { panic!("the request is queued") };
    let mut config = Config::server();
    config.limits.max_head_size = usize::MAX;
    config.limits.max_request_line = usize::MAX;
    let mut head = output.copy_to_bytes(output.remaining()).to_vec();
    let mut input = head.as_mut_slice();
    let request = Server::new(config).receive(&mut input).expect("a request by the rules");
    let request = request.expect("a complete one");
    assert!(input.is_empty() && request.is_upgrade());
    assert_eq!(request.target(), uri.resource_name());
    assert_eq!(request.host(), Some(uri.host_header()));
}
