//! As `client`, for tokio.
//!
//! ```text
//! tokio_client URI mozilla|platform|FILE TEXT
//! ```

use std::env;

use tls::{Result, client_trusting};
use websocket_proto::CloseCode;
use websocket_proto::adapter::rustls::pki_types::CertificateDer;
use websocket_proto::adapter::rustls::pki_types::pem::PemObject;
use websocket_proto::adapter::tokio::{ClientOptions, Roots, connect_with};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [uri, trusted, text] = arguments.as_slice() else {
        return Err("tokio_client URI mozilla|platform|FILE TEXT".into());
    };
    let options = ClientOptions::new();
    let options = match trusted.as_str() {
        "mozilla" => options.roots(Roots::Mozilla),
        "platform" => options.roots(Roots::Platform),
        file => options.tls(client_trusting(CertificateDer::from_pem_file(file)?)?),
    };
    let (mut websocket, _) = connect_with(uri, &options).await?;
    websocket.send(text.as_str()).await?;
    println!("{:?}", websocket.next().await.transpose()?);
    websocket.close(CloseCode::NORMAL, "").await?;
    Ok(())
}
