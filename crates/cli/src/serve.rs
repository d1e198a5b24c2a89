//! `kaquan serve`: serves the API until a signal stops it.

use crate::config::{ServerFlags, Settings};
use crate::data::{self, AddressNote};
use crate::{Failure, logging, out};
use kaquan_ledger::SystemClock;
use kaquan_server::{GatewaySettings, Running, ServeError, Settings as ServerSettings, login_link};
use kaquan_store::{Store, StoreError};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

/// Flags of `kaquan serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub server: ServerFlags,
}

/// Serves until SIGTERM or SIGINT. Requests that were accepted before the signal are still committed and answered.
pub fn run(settings: &Settings) -> Result<(), Failure> {
    logging::start(settings)?;
    let dir = settings.data();
    let store = data::open(settings, &dir)?;
    let runtime = runtime(settings.workers)?;
    let done = runtime.block_on(async {
        let mut server = start(settings, &dir, store).await?;
        let first_link = tokio::select! {
            link = first_link(settings, &server.running) => link?,
            () = server.stop.wait() => return server.end().await,
        };
        // This line must be the first, because scripts wait for it. The first account exists by then.
        out::line(&format!("listening on http://{}", server.running.address));
        out::text(&first_link);
        server.until_stopped().await
    });
    // A thread that still waits for the database must not delay the end.
    runtime.shutdown_background();
    done
}

/// The base URL in links and examples that are printed. An address such as 0.0.0.0 is replaced, because clients cannot
/// call it.
pub fn base_url(settings: &Settings, mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip([127, 0, 0, 1].into());
    }
    settings.public_url.as_ref().map_or_else(|| format!("http://{address}"), |url| url.as_str().to_owned())
}

/// The lines with the login link of the first user; empty after an account has a password.
pub async fn first_link(settings: &Settings, running: &Running) -> Result<String, Failure> {
    let (store, now) = (running.state.store.clone(), running.state.clock.now());
    let path = tokio::task::spawn_blocking(move || login_link::first(&*store, now)).await??;
    let base = base_url(settings, running.address);
    Ok(path.map_or(String::new(), |path| {
        format!("\n# the console; this link lets its first user in, once\n{base}{path}\n\n")
    }))
}

/// The runtime of a server.
pub fn runtime(workers: Option<usize>) -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = workers {
        builder.worker_threads(workers.max(1));
    }
    Ok(builder.enable_all().build()?)
}

/// A running server, and its note in the data folder.
pub struct Serving {
    /// The server.
    pub running: Running,
    /// The note, if the store is a folder: only the server writes to a folder, so other commands must find the server.
    note: Option<AddressNote>,
    stop: StopSignal,
}

/// Starts a server on a store.
pub async fn start(settings: &Settings, dir: &Path, store: Arc<dyn Store>) -> Result<Serving, Failure> {
    let stop = StopSignal::listen()?;
    let running = kaquan_server::start(ServerSettings {
        listen: settings.listen,
        public_url: settings.public_url.clone(),
        callback_ips: settings.callback_ips.clone(),
        trusted_proxies: settings.trusted_proxies.clone(),
        metrics_listen: settings.metrics_listen,
        push_private: settings.push_private,
        gateway: GatewaySettings {
            keys: settings.secret_keys.clone(),
            allow_private: settings.upstream_private,
        },
        sandbox: settings.sandbox,
        store,
        clock: Arc::new(SystemClock),
        close_days: true,
    })
    .await
    .map_err(|error| match error {
        ServeError::Store(error @ StoreError::InUse(_)) => match AddressNote::read(dir) {
            Some(address) => format!("{error}: its server listens on http://{address}").into(),
            None => Failure::from(error),
        },
        ServeError::Listen { .. } => {
            format!("{error}; name another address with --listen or --metrics-listen").into()
        }
        error => Failure::from(error),
    })?;
    if let Some(address) = running.metrics_address {
        tracing::info!(%address, "serving metrics");
    }
    let note = match settings.database {
        Some(_) => None,
        None => Some(AddressNote::leave(dir, running.address)?),
    };
    Ok(Serving { running, note, stop })
}

impl Serving {
    /// Waits for the stop signal, and stops the server.
    pub async fn until_stopped(mut self) -> Result<(), Failure> {
        self.stop.wait().await;
        self.end().await
    }

    async fn end(self) -> Result<(), Failure> {
        tracing::info!("stopping");
        drop(self.note);
        self.running.stop().await;
        Ok(())
    }
}

/// SIGTERM and SIGINT.
struct StopSignal {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl StopSignal {
    fn listen() -> std::io::Result<StopSignal> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(StopSignal {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
