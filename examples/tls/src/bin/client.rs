//! A client over `wss`: sends its last argument and prints the answer.
//!
//! ```text
//! client URI mozilla|platform|FILE TEXT
//! ```
//!
//! The second argument says whose certificates are trusted: those of Mozilla's or the platform's authorities, or
//! of the one in FILE.

use std::env;

use tls::{Result, client_trusting};
use websocket_proto::CloseCode;
use websocket_proto::adapter::blocking::{ClientOptions, Roots, connect_with};
use websocket_proto::adapter::rustls::pki_types::CertificateDer;
use websocket_proto::adapter::rustls::pki_types::pem::PemObject;

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [uri, trusted, text] = arguments.as_slice() else {
        return Err("client URI mozilla|platform|FILE TEXT".into());
    };
    let options = ClientOptions::new();
    let options = match trusted.as_str() {
        "mozilla" => options.roots(Roots::Mozilla),
        "platform" => options.roots(Roots::Platform),
        file => options.tls(client_trusting(CertificateDer::from_pem_file(file)?)?),
    };
    let (mut websocket, _) = connect_with(uri, &options)?;
    websocket.send(text.as_str())?;
    println!("{:?}", websocket.read()?);
    websocket.close(CloseCode::NORMAL, "")?;
    Ok(())
}
