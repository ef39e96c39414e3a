//! Everything that runs, and what all of it shares.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::access::Access;
use crate::account::Account;
use crate::clients;
use crate::clock::Clock;
use crate::histogram::Histogram;
use crate::inspect::watched::Watch;
use crate::serve;
use crate::settings::Settings;
use crate::transport::Transport;
use crate::updates::Updates;

pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

pub(crate) struct Lab {
    /// Tells this program from the one that was there before.
    pub(crate) number: u32,
    pub(crate) clock: Clock,
    pub(crate) access: Access,
    pub(crate) settings: watch::Sender<Settings>,
    pub(crate) updates: Arc<Updates>,
    pub(crate) watch: Watch,
    accounts: [Arc<Account>; 4],
    addresses: [SocketAddr; 4],
}

impl Lab {
    /// Starts a server for each transport, each on a thread and a port of its own, so that what they cost is told
    /// apart; and a thread for the clients without a browser. The page is to be served at the listener.
    pub(crate) fn start(settings: Settings, port: u16) -> Result<(Arc<Self>, StdListener), Error> {
        let page = listen(port)?;
        let mut listeners = Vec::new();
        let mut addresses = [page.local_addr()?; 4];
        for address in &mut addresses {
            let listener = listen(0)?;
            *address = listener.local_addr()?;
            listeners.push(listener);
        }
        let clock = Clock::start();
        let lab = Arc::new(Self {
            number: RandomState::new().build_hasher().finish() as u32,
            clock,
            access: Access::new(page.local_addr()?.port()),
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
        Ok((lab, page))
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
        self.forget_latencies();
        Ok(settings)
    }

    /// Makes no more updates.
    pub(crate) fn pause(&self) {
        self.settings.send_modify(|settings| settings.rate = 0.0);
    }

    pub(crate) fn forget_latencies(&self) {
        for account in &self.accounts {
            account.latency(Histogram::clear);
            account.upward(Histogram::clear);
        }
    }
}

fn listen(port: u16) -> std::io::Result<StdListener> {
    let listener = StdListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
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

/// The next connection. Where there are no more sockets to be had, waits until there are.
pub(crate) async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Without it small messages would wait for acknowledgements; and it may be gone already.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                eprintln!("no connection could be accepted: {error}");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
