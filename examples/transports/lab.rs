//! Everything that runs, and what all of it shares.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use crate::account::Account;
use crate::clients;
use crate::clock::Clock;
use crate::inspect::watched::Watch;
use crate::serve;
use crate::settings::Settings;
use crate::transport::Transport;
use crate::updates::Updates;

type Error = Box<dyn std::error::Error + Send + Sync>;

pub(crate) struct Lab {
    pub(crate) clock: Clock,
    pub(crate) settings: watch::Sender<Settings>,
    pub(crate) updates: Arc<Updates>,
    pub(crate) watch: Watch,
    accounts: [Arc<Account>; 4],
    addresses: [SocketAddr; 4],
}

impl Lab {
    /// Starts a server for each transport, each on a thread and a port of its own, so that what they cost is told
    /// apart; and a thread for the clients without a browser.
    pub(crate) fn start(settings: Settings) -> Result<Arc<Self>, Error> {
        let mut listeners = Vec::new();
        let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); 4];
        for address in &mut addresses {
            let listener = std::net::TcpListener::bind(*address)?;
            listener.set_nonblocking(true)?;
            *address = listener.local_addr()?;
            listeners.push(listener);
        }
        let clock = Clock::start();
        let lab = Arc::new(Self {
            clock,
            settings: watch::Sender::new(settings),
            updates: Arc::new(Updates::new()),
            watch: Watch::new(clock),
            accounts: Transport::ALL.map(|transport| Arc::new(Account::new(transport))),
            addresses,
        });
        for (transport, listener) in Transport::ALL.into_iter().zip(listeners) {
            let shared = lab.clone();
            spawn(transport.name(), move || {
                let account = shared.account(transport).clone();
                account.is_of_this_thread();
                runtime()?.block_on(async {
                    let listener = TcpListener::from_std(listener)?;
                    account.starts_here();
                    serve::transport(shared, transport, &listener).await
                })
            })?;
        }
        let shared = lab.clone();
        spawn("clients", move || {
            runtime()?.block_on(clients::crowd::keep(shared));
            Ok(())
        })?;
        let shared = lab.clone();
        spawn("updates", move || {
            let settings = shared.settings.subscribe();
            runtime()?.block_on(shared.updates.publish_all(shared.clock, settings));
            Ok(())
        })?;
        Ok(lab)
    }

    pub(crate) fn account(&self, transport: Transport) -> &Arc<Account> {
        &self.accounts[transport as usize]
    }

    pub(crate) fn address(&self, transport: Transport) -> SocketAddr {
        self.addresses[transport as usize]
    }

    /// Sets what `query` asks for; what was measured with other settings is forgotten.
    pub(crate) fn set(&self, query: &str) -> Result<Settings, String> {
        let settings = self.settings.borrow().changed(query)?;
        self.settings.send_replace(settings);
        for account in &self.accounts {
            account.latency(crate::histogram::Histogram::clear);
            account.upward(crate::histogram::Histogram::clear);
        }
        Ok(settings)
    }
}

fn spawn(
    name: &str,
    run: impl FnOnce() -> Result<(), Error> + Send + 'static,
) -> std::io::Result<()> {
    let of_whom = name.to_owned();
    thread::Builder::new().name(name.into()).spawn(move || {
        if let Err(error) = run() {
            eprintln!("{of_whom}: {error}");
        }
    })?;
    Ok(())
}

pub(crate) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Connects without the delay that waits for more to send.
pub(crate) async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
