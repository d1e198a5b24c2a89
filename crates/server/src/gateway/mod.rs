//! The gateway: calls that kaquan does not have go on to the original host of their app, with the real token in place of
//! kaquan's. So a client library needs one host name only. Off until an app has an upstream.
//!
//! No secret passes in either direction: kaquan's token and secret do not go up, and those of the account do not come
//! down.

mod answer;
mod calls;
mod client;
mod identify;
mod keys;
mod mask;
mod message;
mod outgoing;
mod pass;
mod path;
mod relay;
mod settings;
mod token;

pub use calls::{GatewayMetrics, PassedCall};
pub use keys::{SecretKeys, fresh_key};
pub use pass::{forward, is_media, is_on, may_pass, serve, takes_media};
pub use settings::{CardMessage, UpstreamChange, UpstreamSecrets, UpstreamSettings, UpstreamView};

use crate::auth::apps::AppHandle;
use crate::store_access::StoreAccess;
use calls::PassedCalls;
use client::UpstreamClient;
use kaquan_core::error::{Error, Result};
use kaquan_core::id::AppId;
use kaquan_ledger::GuardedClock;
use kaquan_store::UpstreamRow;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use token::{TokenSlot, unauthorized};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long the upstreams in memory are used before the store is read again.
const CACHED_FOR: Duration = Duration::from_secs(1);
/// Calls of one app that are on their way at the same time.
const CALLS_OF_APP: usize = 64;
/// As [`CALLS_OF_APP`], for calls that any stranger can make. They do not take the places of the app's own calls.
const PUBLIC_CALLS_OF_APP: usize = 16;
/// Calls of all apps that are on their way at the same time.
const CALLS_MAX: usize = 512;

/// The settings of the gateway of a process.
#[derive(Debug, Clone, Default)]
pub struct GatewaySettings {
    /// The keys for the secrets of upstreams; without them, no upstream can be set.
    pub keys: Option<SecretKeys>,
    /// Whether original hosts and token servers may be on this machine and its network.
    pub allow_private: bool,
}

/// An upstream with its settings.
#[derive(Debug, Clone)]
pub struct Upstream {
    pub row: UpstreamRow,
    pub settings: UpstreamSettings,
}

impl Upstream {
    /// # Errors
    ///
    /// -1 if the row is damaged.
    pub fn read(row: UpstreamRow) -> Result<Upstream> {
        let settings = serde_json::from_str(&row.settings)
            .map_err(|error| Error::internal(format!("the settings of an upstream are damaged: {error}")))?;
        Ok(Upstream { row, settings })
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.settings.timeout_secs)
    }
}

/// The upstreams of all apps.
type Upstreams = Arc<HashMap<AppId, Arc<Upstream>>>;

/// The gateway of a process.
pub struct Gateway {
    access: StoreAccess,
    clock: Arc<GuardedClock>,
    client: UpstreamClient,
    keys: Option<SecretKeys>,
    public_url: String,
    upstreams: Mutex<Option<(Instant, Upstreams)>>,
    slots: Mutex<HashMap<AppId, Arc<TokenSlot>>>,
    /// By app, and by whether any stranger can make the call.
    places: Mutex<HashMap<(AppId, bool), Arc<Semaphore>>>,
    all_places: Arc<Semaphore>,
    calls: Arc<PassedCalls>,
}

impl Gateway {
    /// Creates the gateway.
    ///
    /// # Errors
    ///
    /// The TLS library refuses its configuration.
    pub fn new(
        settings: GatewaySettings,
        access: StoreAccess,
        clock: Arc<GuardedClock>,
        public_url: String,
    ) -> io::Result<Gateway> {
        Ok(Gateway {
            access,
            clock,
            client: UpstreamClient::new(settings.allow_private)?,
            keys: settings.keys,
            public_url,
            upstreams: Mutex::default(),
            slots: Mutex::default(),
            places: Mutex::default(),
            all_places: Arc::new(Semaphore::new(CALLS_MAX)),
            calls: Arc::default(),
        })
    }

    /// The upstreams of all apps, at most a second old.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    async fn upstreams(&self) -> Result<Upstreams> {
        let cached = self.upstreams.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, upstreams)) = cached
            && at.elapsed() < CACHED_FOR
        {
            return Ok(upstreams);
        }
        let rows = self.access.blocking(|store| store.upstreams()).await?;
        let read = rows.into_iter().map(|row| Ok((row.app, Arc::new(Upstream::read(row)?))));
        let upstreams: Upstreams = Arc::new(read.collect::<Result<_>>()?);
        *self.upstreams.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), upstreams.clone()));
        Ok(upstreams)
    }

    /// Forgets what is in memory, so that a change counts at once on this node.
    fn forget(&self, app: AppId) {
        *self.upstreams.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(&app);
    }

    fn slot(&self, app: AppId) -> Arc<TokenSlot> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).entry(app).or_default().clone()
    }

    /// Takes the places of a call. Dropping them frees them.
    ///
    /// # Errors
    ///
    /// -1 if too many calls are on their way.
    fn places(&self, app: AppId, is_public: bool) -> Result<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        let count = if is_public { PUBLIC_CALLS_OF_APP } else { CALLS_OF_APP };
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let of_app =
            places.entry((app, is_public)).or_insert_with(|| Arc::new(Semaphore::new(count))).clone();
        drop(places);
        let busy =
            |_| token::trouble("too many calls to the original host are on their way; repeat it later");
        let of_app = of_app.try_acquire_owned().map_err(busy)?;
        Ok((of_app, self.all_places.clone().try_acquire_owned().map_err(busy)?))
    }

    /// The last calls of an app that this node passed on, the newest first.
    pub fn recent(&self, app: AppId) -> Vec<PassedCall> {
        self.calls.recent(app)
    }

    pub fn metrics(&self) -> &GatewayMetrics {
        &self.calls.metrics
    }

    /// The settings and secrets of an app; `None` if it has no upstream.
    ///
    /// # Errors
    ///
    /// 48001 if no key decrypts the secrets; the errors of the store.
    pub async fn get(&self, app: &AppHandle) -> Result<Option<(UpstreamSettings, UpstreamSecrets)>> {
        let id = app.row.app.id;
        let row = self.access.blocking(move |store| store.upstream(id)).await?;
        row.map(|row| unsealed(self.keys()?, &app.row.appid, row)).transpose()
    }

    /// The upstream of an app after this change. It is not stored yet.
    ///
    /// # Errors
    ///
    /// The errors of [`UpstreamChange::apply`]; 48001 if the server has no key.
    pub async fn changed(
        &self,
        app: &AppHandle,
        change: UpstreamChange,
    ) -> Result<(UpstreamSettings, UpstreamSecrets)> {
        self.keys()?;
        change.apply(self.get(app).await?, &self.public_url)
    }

    /// Stores the upstream of an app.
    ///
    /// # Errors
    ///
    /// 48001 if the server has no key; the errors of the store.
    pub async fn set(
        &self,
        app: &AppHandle,
        settings: &UpstreamSettings,
        secrets: &UpstreamSecrets,
    ) -> Result<()> {
        let (id, now) = (app.row.app.id, self.now());
        let (settings, sealed) = sealed(self.keys()?, &app.row.appid, settings, secrets)?;
        self.access.blocking(move |store| store.set_upstream(id, &settings, &sealed, now)).await?;
        self.forget(id);
        Ok(())
    }

    /// Removes the upstream of an app.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub async fn remove(&self, app: AppId) -> Result<()> {
        self.access.blocking(move |store| store.remove_upstream(app)).await?;
        self.forget(app);
        Ok(())
    }

    fn now(&self) -> kaquan_core::time::Timestamp {
        kaquan_ledger::Clock::now(&*self.clock)
    }

    fn keys(&self) -> Result<&SecretKeys> {
        self.keys.as_ref().ok_or_else(|| {
            unauthorized(
                "the server has no key for secrets: start it with KAQUAN_SECRET_KEY or --secret-key-file",
            )
        })
    }

    fn secrets(&self, app: &AppHandle, row: &UpstreamRow) -> Result<UpstreamSecrets> {
        open_secrets(self.keys()?, &app.row.appid, row)
    }

    fn open(&self, app: &AppHandle, sealed: &[u8]) -> Result<String> {
        let opened = self.keys()?.open(&app.row.appid, sealed).ok_or_else(other_key)?;
        String::from_utf8(opened).map_err(|_| other_key())
    }

    fn seal(&self, app: &AppHandle, text: &str) -> Result<Vec<u8>> {
        self.keys()?.seal(&app.row.appid, text.as_bytes())
    }
}

fn other_key() -> Error {
    unauthorized("the secrets were encrypted under another key: start the server with that key too")
}

/// The form in which settings and secrets are stored.
///
/// # Errors
///
/// -1 if the system returns no random bytes.
pub fn sealed(
    keys: &SecretKeys,
    appid: &str,
    settings: &UpstreamSettings,
    secrets: &UpstreamSecrets,
) -> Result<(String, Vec<u8>)> {
    let text = |value| serde_json::to_string(value).map_err(|error| Error::internal(error.to_string()));
    let secrets = serde_json::to_vec(secrets).map_err(|error| Error::internal(error.to_string()))?;
    Ok((text(settings)?, keys.seal(appid, &secrets)?))
}

fn open_secrets(keys: &SecretKeys, appid: &str, row: &UpstreamRow) -> Result<UpstreamSecrets> {
    let opened = keys.open(appid, &row.secrets).ok_or_else(other_key)?;
    serde_json::from_slice(&opened).map_err(|_| other_key())
}

/// The settings and the secrets of a row.
///
/// # Errors
///
/// 48001 if no key decrypts the secrets; -1 if the row is damaged.
pub fn unsealed(
    keys: &SecretKeys,
    appid: &str,
    row: UpstreamRow,
) -> Result<(UpstreamSettings, UpstreamSecrets)> {
    let secrets = open_secrets(keys, appid, &row)?;
    Ok((Upstream::read(row)?.settings, secrets))
}

/// The secrets and the token of a row, encrypted under the first key; `None` if the first key already encrypts both.
///
/// # Errors
///
/// 48001 if no key decrypts them.
pub fn resealed(keys: &SecretKeys, appid: &str, row: &UpstreamRow) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    let is_current = |sealed: &[u8]| sealed.is_empty() || keys.is_current(appid, sealed);
    if is_current(&row.secrets) && is_current(&row.token) {
        return Ok(None);
    }
    let again = |sealed: &[u8]| match sealed.is_empty() {
        true => Ok(Vec::new()),
        false => keys.seal(appid, &keys.open(appid, sealed).ok_or_else(other_key)?),
    };
    Ok(Some((again(&row.secrets)?, again(&row.token)?)))
}
