//! The comparison without a browser.

pub(crate) mod svg;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::account::Account;
use crate::clients::{self, Surroundings};
use crate::lab::{Error, Lab, runtime};
use crate::options::Reporting;
use crate::settings::Settings;
use crate::transport::Transport;

/// Messages that each client sends upwards, and how often.
const MESSAGES: u32 = 50;
const EVERY: Duration = Duration::from_millis(100);
/// How long all clients may take to connect, and to go.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) struct Report {
    pub(crate) settings: Settings,
    pub(crate) seconds: u64,
    /// Bytes of the latest update.
    pub(crate) update: usize,
    pub(crate) downward: Vec<Row>,
    pub(crate) upward: [Upward; 2],
}

/// What updates cost by one transport.
pub(crate) struct Row {
    pub(crate) transport: Transport,
    pub(crate) clients: usize,
    pub(crate) median: f64,
    pub(crate) p99: f64,
    /// Updates that clients did not get.
    pub(crate) missed: u64,
    /// The heap that connections held at the end.
    pub(crate) heap: Option<usize>,
    pub(crate) cost: Cost,
}

/// What messages upwards cost.
pub(crate) struct Upward {
    pub(crate) name: &'static str,
    pub(crate) median: f64,
    pub(crate) p99: f64,
    pub(crate) cost: Cost,
}

/// What a server has counted while so many messages arrived.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) messages: u64,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) requests: u64,
    pub(crate) connections: u64,
    /// Milliseconds.
    pub(crate) processor_time: Option<f64>,
}

impl Cost {
    fn of(account: &Account, messages: u64) -> Self {
        Self {
            messages,
            sent: account.sent.load(Relaxed),
            received: account.received.load(Relaxed),
            requests: account.requests.load(Relaxed),
            connections: account.connections.load(Relaxed),
            processor_time: account.processor_time(),
        }
    }

    fn behind(self, before: Self) -> Self {
        Self {
            messages: self.messages - before.messages,
            sent: self.sent - before.sent,
            received: self.received - before.received,
            requests: self.requests - before.requests,
            connections: self.connections - before.connections,
            processor_time: self
                .processor_time
                .zip(before.processor_time)
                .map(|(now, before)| now - before),
        }
    }

    pub(crate) fn sent_each(&self) -> f64 {
        self.each(self.sent as f64)
    }

    pub(crate) fn received_each(&self) -> f64 {
        self.each(self.received as f64)
    }

    /// For a thousand.
    pub(crate) fn requests_each(&self) -> f64 {
        self.each(self.requests as f64 * 1000.0)
    }

    /// Microseconds.
    pub(crate) fn processor_time_each(&self) -> Option<f64> {
        Some(self.each(self.processor_time? * 1000.0))
    }

    fn each(&self, all: f64) -> f64 {
        all / self.messages.max(1) as f64
    }
}

/// Measures updates by all transports at once, and then messages upwards by one after the other.
pub(crate) fn measure(settings: Settings, task: &Reporting) -> Result<Report, Error> {
    if let Some(folder) = &task.capture {
        std::fs::create_dir_all(folder)?;
    }
    // The clients are our own, and not the crowd's.
    let (lab, _page) = Lab::start(Settings { clients: [0; 4], ..settings }, 0)?;
    let surroundings = Surroundings { lab: lab.clone(), capture: task.capture.clone() };
    runtime()?.block_on(async {
        let downward =
            measure_downward(&surroundings, settings, Duration::from_secs(task.seconds)).await?;
        let latest = lab.updates.since(lab.updates.latest() - 1);
        let update = latest.first().map_or(0, |update| update.text.len());
        let upward = [
            measure_upward(&surroundings, Transport::Short, settings).await?,
            measure_upward(&surroundings, Transport::WebSocket, settings).await?,
        ];
        Ok(Report { settings, seconds: task.seconds, update, downward, upward })
    })
}

async fn measure_downward(
    surroundings: &Surroundings,
    settings: Settings,
    time: Duration,
) -> Result<Vec<Row>, Error> {
    let lab = &surroundings.lab;
    let mut clients = JoinSet::new();
    for number in 0..settings.clients.into_iter().max().unwrap_or(0) {
        for transport in Transport::ALL {
            let of_it = settings.clients[transport as usize];
            if number < of_it {
                let part = number as f64 / of_it as f64;
                clients.spawn(clients::listen(surroundings.clone(), transport, part));
            }
        }
        if number % 25 == 24 {
            // A listener has only so many waiting.
            sleep(Duration::from_millis(20)).await;
        }
    }
    let all_there = || {
        let there = |transport: Transport| lab.account(transport).headless.load(Relaxed) as usize;
        Transport::ALL
            .iter()
            .all(|transport| there(*transport) == settings.clients[*transport as usize])
    };
    until("the clients do not connect", all_there).await?;
    lab.forget_latencies();
    let measured = async {
        sleep(time).await;
        // What was made until now is on its way; the last short poll comes within an interval.
        lab.pause();
        sleep(Duration::from_millis(settings.interval + 200)).await;
    };
    tokio::select! {
        () = measured => {}
        Some(ended) = clients.join_next() => {
            return Err(match ended {
                Ok(Err(error)) => format!("a client has ended: {error}").into(),
                _ => "a client has ended".into(),
            });
        }
    }
    let rows = Transport::ALL.map(|transport| {
        let account = lab.account(transport);
        let quantile = |part| account.latency(|latency| latency.quantile(part));
        Some(Row {
            transport,
            clients: settings.clients[transport as usize],
            median: quantile(0.5)?,
            p99: quantile(0.99)?,
            missed: account.missed.load(Relaxed),
            heap: account.heap(),
            cost: Cost::of(account, account.delivered.load(Relaxed)),
        })
    });
    drop(clients);
    let all_gone =
        || Transport::ALL.iter().all(|transport| lab.account(*transport).open.load(Relaxed) == 0);
    until("the clients do not go", all_gone).await?;
    rows.into_iter().collect::<Option<_>>().ok_or_else(|| "no update has reached a client".into())
}

async fn measure_upward(
    surroundings: &Surroundings,
    transport: Transport,
    settings: Settings,
) -> Result<Upward, Error> {
    let account: &Arc<Account> = surroundings.lab.account(transport);
    let arrived = || account.upward(|upward| upward.count());
    let before = Cost::of(account, arrived());
    let mut clients = JoinSet::new();
    for _ in 0..settings.clients[transport as usize] {
        let surroundings = surroundings.clone();
        match transport {
            Transport::WebSocket => clients.spawn(async move {
                clients::send(&surroundings, MESSAGES, EVERY, settings.size).await
            }),
            _ => clients.spawn(async move {
                clients::post(&surroundings, MESSAGES, EVERY, settings.size).await
            }),
        };
        sleep(Duration::from_millis(1)).await;
    }
    while let Some(ended) = clients.join_next().await {
        ended??;
    }
    until("the clients do not go", || account.open.load(Relaxed) == 0).await?;
    let quantile =
        |part| account.upward(|upward| upward.quantile(part)).ok_or("no message has arrived");
    Ok(Upward {
        name: if transport == Transport::WebSocket { "WebSocket" } else { "a POST each" },
        median: quantile(0.5)?,
        p99: quantile(0.99)?,
        cost: Cost::of(account, arrived()).behind(before),
    })
}

async fn until(otherwise: &str, mut so: impl FnMut() -> bool) -> Result<(), Error> {
    let end = Instant::now() + PATIENCE;
    while !so() {
        if Instant::now() > end {
            return Err(otherwise.into());
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

impl Row {
    /// Bytes of the heap for each client.
    pub(crate) fn heap_each(&self) -> Option<f64> {
        Some(self.heap? as f64 / self.clients.max(1) as f64)
    }
}
