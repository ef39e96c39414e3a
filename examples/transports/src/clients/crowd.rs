//! As many clients of each transport as are set.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

use super::{Surroundings, listen};
use crate::lab::Lab;
use crate::transport::Transport;

/// Clients that connect at the same moment: no more than a listener has waiting.
const AT_ONCE: usize = 50;
/// Before those that failed are replaced.
const PAUSE: Duration = Duration::from_secs(1);

/// Keeps them up for as long as somebody can set how many there are.
pub(crate) async fn keep(lab: Arc<Lab>) {
    let mut settings = lab.settings.subscribe();
    let surroundings = Surroundings { lab: lab.clone(), capture: None };
    let mut clients = JoinSet::new();
    let mut there: [Vec<AbortHandle>; 4] = Default::default();
    loop {
        let wanted = settings.borrow_and_update().clients;
        for transport in Transport::ALL {
            let there = &mut there[transport as usize];
            there.retain(|client| !client.is_finished());
            for client in there.drain(wanted[transport as usize].min(there.len())..) {
                client.abort();
            }
            for _ in 0..AT_ONCE.min(wanted[transport as usize] - there.len()) {
                // Spread by the golden ratio.
                let part = (there.len() as f64 * 0.618_033_988_75).fract();
                there.push(clients.spawn(listen(surroundings.clone(), transport, part)));
            }
        }
        let complete = Transport::ALL
            .iter()
            .all(|transport| there[*transport as usize].len() == wanted[*transport as usize]);
        tokio::select! {
            changed = settings.changed() => if changed.is_err() { return },
            Some(ended) = clients.join_next() => {
                let ended = std::iter::once(ended).chain(std::iter::from_fn(|| clients.try_join_next()));
                // Whoever was aborted did not fail.
                let failed: Vec<_> = ended.filter_map(|ended| ended.ok()?.err()).collect();
                if let Some(error) = failed.last() {
                    eprintln!("{} clients have failed, such as by: {error}", failed.len());
                    sleep(PAUSE).await;
                }
            }
            () = sleep(Duration::from_millis(20)), if !complete => {}
        }
    }
}
