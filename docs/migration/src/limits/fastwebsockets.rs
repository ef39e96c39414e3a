use fastwebsockets::upgrade::UpgradeFut;
use fastwebsockets::{FragmentCollector, WebSocketError};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;

/// A frame of that many bytes is an error of `read_frame`; the peer is told nothing. There is no limit for
/// all fragments together.
pub async fn accept_small(
    upgraded: UpgradeFut,
) -> Result<FragmentCollector<TokioIo<Upgraded>>, WebSocketError> {
    let mut websocket = upgraded.await?;
    websocket.set_max_message_size((64 << 10) + 1);
    Ok(FragmentCollector::new(websocket))
}
