//! Starts and stops the server. A stopping server accepts no new connections, answers all accepted requests, and then
//! stops the ledger.

use crate::connection_limit::ConnectionLimit;
use crate::gateway::GatewaySettings;
use crate::ip::{self, IpBlock};
use crate::jobs::{cleanup, close_days, compare_clock};
use crate::media::show::PUBLIC_URL_MAX;
use crate::ops::metrics::Connections;
use crate::public_url::PublicUrl;
use crate::push::client::Client;
use crate::push::{Push, supervisor};
use crate::router::{Metrics, metrics_router, router};
use crate::state::State;
use crate::{connections, open_files};
use kaquan_ledger::{Clock, GuardedClock, Ledger, WriterThreads};
use kaquan_store::{Store, StoreError, Writer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

/// The settings of a server.
pub struct Settings {
    /// The address to listen on. With port 0, the system chooses a free port.
    pub listen: SocketAddr,
    /// The public URL; `None` means `http://` and the address it listens on.
    pub public_url: Option<PublicUrl>,
    /// The addresses that `getcallbackip` answers. `None` means the server's own addresses.
    pub callback_ips: Option<Vec<IpBlock>>,
    /// Trusted proxies: their `X-Forwarded-For` is used.
    pub trusted_proxies: Vec<IpBlock>,
    /// A separate address for `/metrics`; the API's address then does not serve it. With port 0, the system chooses a
    /// free port.
    pub metrics_listen: Option<SocketAddr>,
    /// Whether events may be pushed to this machine and its network.
    pub push_private: bool,
    /// The keys and the reach of the gateway to original hosts.
    pub gateway: GatewaySettings,
    /// Sandbox mode: visitors of the wallet pages choose their own identity.
    pub sandbox: bool,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether the job that closes days runs.
    pub close_days: bool,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The store failed during the start.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be bound.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The client for event push or for the gateway cannot be created.
    #[error("cannot make an HTTP client: {0}")]
    Push(std::io::Error),
    /// The thread of the ledger or of its clock cannot be started.
    #[error("cannot start the ledger: {0}")]
    Ledger(std::io::Error),
}

/// The largest number of connections to the address of the metrics.
const METRICS_CONNECTIONS: usize = 64;
/// How long a stop waits for the jobs and for accepted requests. Together with [`WRITERS_MAX`] it is less than ten
/// seconds, after which service managers kill a process.
const DRAIN_MAX: Duration = Duration::from_secs(8);
/// How long a stop then waits for the writers.
const WRITERS_MAX: Duration = Duration::from_secs(1);

/// A running server.
#[derive(Debug)]
pub struct Running {
    /// The address it listens on.
    pub address: SocketAddr,
    /// The separate address of `/metrics`, if there is one.
    pub metrics_address: Option<SocketAddr>,
    /// For tests, and for tools that start the server from Rust.
    pub state: State,
    stop: watch::Sender<bool>,
    ledger: Ledger,
    writers: WriterThreads,
    http: JoinHandle<()>,
    metrics: Option<JoinHandle<()>>,
    jobs: Vec<JoinHandle<()>>,
}

/// Starts a server with the writers of its store. When this returns, the server accepts requests.
///
/// # Errors
///
/// [`ServeError`].
pub async fn start(settings: Settings) -> Result<Running, ServeError> {
    let writers = settings.store.writers()?;
    start_with(settings, writers).await
}

/// As [`start`], but with these writers instead of the store's own.
///
/// # Errors
///
/// [`ServeError`].
pub async fn start_with(settings: Settings, writers: Vec<Box<dyn Writer>>) -> Result<Running, ServeError> {
    let Settings { listen, public_url, callback_ips, trusted_proxies, metrics_listen, .. } = settings;
    let Settings { push_private, gateway, sandbox, store, clock, close_days, .. } = settings;
    let open_files = open_files::raise();
    let push = Push::new(Client::new(push_private).map_err(ServeError::Push)?);
    let (listener, address) = bind(listen).await?;
    let metrics = match metrics_listen {
        Some(listen) => Some(bind(listen).await?),
        None => None,
    };
    let clock = guarded(&store, clock).await?;
    let (ledger, writers) = kaquan_ledger::spawn(writers, clock.clone()).map_err(ServeError::Ledger)?;
    let heard = ledger.clone();
    store.subscribe(Arc::new(move |app, change| heard.log_changed(app, change)))?;
    let public_url = public_url.map_or_else(|| format!("http://{address}"), |url| url.as_str().to_owned());
    if public_url.len() > PUBLIC_URL_MAX {
        tracing::warn!(
            %public_url,
            max = PUBLIC_URL_MAX,
            "public URL too long: addresses of uploaded pictures will not fit into a card's logo_url"
        );
    }
    let callback_ips = callback_ips.unwrap_or_else(|| ip::known(&public_url, address.ip()));
    let (stop, stopped) = watch::channel(false);
    let state = State::new(
        store,
        ledger.clone(),
        clock,
        public_url,
        callback_ips,
        sandbox,
        trusted_proxies,
        push,
        gateway,
        stopped.clone(),
    )
    .map_err(ServeError::Push)?;
    let mut jobs = vec![
        tokio::spawn(cleanup::run(state.clone(), stopped.clone())),
        tokio::spawn(compare_clock::run(state.clone(), stopped.clone())),
        tokio::spawn(supervisor::run(state.clone(), stopped.clone())),
    ];
    if close_days {
        jobs.push(tokio::spawn(close_days::run(state.clone(), stopped.clone())));
    }
    let metrics_address = metrics.as_ref().map(|(_, address)| *address);
    let here = if metrics.is_some() { Metrics::Elsewhere } else { Metrics::Here };
    let metrics = metrics.map(|(listener, _)| {
        let router = metrics_router(state.clone());
        let crowd = ConnectionLimit::new(METRICS_CONNECTIONS, Connections::default());
        tokio::spawn(connections::serve(listener, router, crowd, stopped.clone()))
    });
    let crowd = ConnectionLimit::new(open_files::connections(open_files), state.metrics.connections.clone());
    let http = tokio::spawn(connections::serve(listener, router(state.clone(), here), crowd, stopped));
    Ok(Running { address, metrics_address, state, stop, ledger, writers, http, metrics, jobs })
}

/// The clock of this server, which is compared with a second clock.
async fn guarded(store: &Arc<dyn Store>, clock: Arc<dyn Clock>) -> Result<Arc<GuardedClock>, ServeError> {
    let store = store.clone();
    let guarded = tokio::task::spawn_blocking(move || GuardedClock::new(clock, &*store)).await;
    let guarded = guarded.map_err(|error| ServeError::Ledger(std::io::Error::other(error)))?;
    Ok(Arc::new(guarded?))
}

async fn bind(listen: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Listen { address: listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

impl Running {
    /// Stops the server. It accepts no new connections, answers all accepted requests, and the ledger commits all
    /// submitted operations. It ends within ten seconds, even if the store does not reply. Requests without an answer
    /// may or may not be committed then.
    pub async fn stop(self) {
        let Running { stop, ledger, writers, http, metrics, jobs, .. } = self;
        stop.send_replace(true);
        let aborts: Vec<AbortHandle> =
            jobs.iter().map(JoinHandle::abort_handle).chain([http.abort_handle()]).collect();
        let drained = tokio::time::timeout(DRAIN_MAX, async {
            for job in jobs {
                if job.await.is_err() {
                    tracing::error!("background job panicked");
                }
            }
            if let Err(error) = http.await {
                tracing::error!(%error, "HTTP service panicked");
            }
        });
        if drained.await.is_err() {
            tracing::warn!("requests or background jobs did not end in time; ending without them");
            aborts.iter().for_each(AbortHandle::abort);
        }
        // The stop does not wait for the service of the metrics.
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        ledger.stop();
        let joined = tokio::task::spawn_blocking(move || writers.join());
        match tokio::time::timeout(WRITERS_MAX, joined).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::error!("ledger join failed"),
            Err(_) => tracing::error!("commits did not end in time; their outcome is unknown"),
        }
    }
}
