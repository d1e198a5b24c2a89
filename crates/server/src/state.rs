//! The state for all handlers: the store for reading, the ledger for writing, the clock, and the caches and limits of
//! the process. The parts are built from a store and a clock and do not depend on this struct.

use crate::auth::apps::Apps;
use crate::auth::password::Passwords;
use crate::auth::token::Tokens;
use crate::card_lists::CardLists;
use crate::fair::Shares;
use crate::http::body::Budget;
use crate::ip::IpBlock;
use crate::ops::metrics::Metrics;
use crate::ops::readiness::LoggedTrouble;
use crate::push::Push;
use crate::push::fanout::Fanout;
use crate::store_access::StoreAccess;
use crate::today::TodayFigures;
use kaquan_core::card::Card;
use kaquan_core::engine::{Keys, Query, Record, RecordKey, WorkingSet, run_query};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{AppId, CardId};
use kaquan_core::time::Timestamp;
use kaquan_ledger::{GuardedClock, Ledger};
use kaquan_store::Store;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use tokio::sync::watch;

/// Pictures that are decoded at the same time.
const PICTURES_AT_ONCE: usize = 2;

/// The server's state; cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Inner>);

pub struct Inner {
    pub store: Arc<dyn Store>,
    access: StoreAccess,
    /// The ledger; every change goes through it.
    pub ledger: Ledger,
    pub clock: Arc<GuardedClock>,
    /// The public URL of this server, without a slash at the end. URLs in answers begin with it.
    pub public_url: String,
    /// The cache of apps.
    pub apps: Arc<Apps>,
    pub tokens: Tokens,
    pub metrics: Metrics,
    pub logged_trouble: LoggedTrouble,
    /// The budget for the bytes of request bodies.
    pub bodies: Budget,
    /// Limits how many pictures are decoded at the same time. The memory for each depends on its pixels.
    pub pictures: Arc<tokio::sync::Semaphore>,
    /// The addresses at which this server is reached and from which it sends events, for `getcallbackip`.
    pub callback_ips: Vec<IpBlock>,
    /// Sandbox mode: visitors of the wallet pages choose their own identity.
    pub sandbox: bool,
    /// Trusted proxies: their `X-Forwarded-For` is used.
    pub trusted_proxies: Vec<IpBlock>,
    pub push: Push,
    pub today: TodayFigures,
    pub card_lists: CardLists,
    /// Computes the hashes of passwords.
    pub passwords: Passwords,
    /// Limits the expensive work of each app.
    pub shares: Arc<Shares>,
    /// Open event streams.
    pub streams: Fanout,
    /// True while the server stops.
    pub stopped: watch::Receiver<bool>,
    /// Wakes the job that closes days.
    pub close_days: tokio::sync::Notify,
}

impl State {
    /// Builds the state of a server on this store and ledger.
    #[expect(clippy::too_many_arguments, reason = "it has as many parts, and one caller")]
    pub fn new(
        store: Arc<dyn Store>,
        ledger: Ledger,
        clock: Arc<GuardedClock>,
        public_url: String,
        callback_ips: Vec<IpBlock>,
        sandbox: bool,
        trusted_proxies: Vec<IpBlock>,
        push: Push,
        stopped: watch::Receiver<bool>,
    ) -> State {
        let shares = Arc::new(Shares::default());
        let access = StoreAccess::new(store.clone(), shares.clone());
        let apps = Arc::new(Apps::new(access.clone()));
        State(Arc::new(Inner {
            tokens: Tokens::new(access.clone(), apps.clone(), clock.clone()),
            today: TodayFigures::new(access.clone(), clock.clone()),
            streams: Fanout::new(access.clone(), ledger.clone(), stopped.clone()),
            store,
            access,
            ledger,
            clock,
            public_url,
            apps,
            metrics: Metrics::default(),
            logged_trouble: LoggedTrouble::default(),
            bodies: Budget::default(),
            pictures: Arc::new(tokio::sync::Semaphore::new(PICTURES_AT_ONCE)),
            callback_ips,
            sandbox,
            trusted_proxies,
            push,
            card_lists: CardLists::default(),
            passwords: Passwords::default(),
            shares,
            stopped,
            close_days: tokio::sync::Notify::new(),
        }))
    }
}

impl Deref for State {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// Runs a call of the store on a thread that may block.
///
/// # Errors
///
/// The errors of the call; -1 if the call panics.
pub async fn blocking<T, E, F>(state: &State, call: F) -> Result<T>
where
    T: Send + 'static,
    E: Into<Error> + Send + 'static,
    F: FnOnce(&dyn Store) -> std::result::Result<T, E> + Send + 'static,
{
    state.access.blocking(call).await
}

/// As [`blocking`], for an expensive call: it waits for the app's share of such work.
///
/// # Errors
///
/// The errors of the call; -1 if too much work of the app is waiting.
pub async fn expensive<T, E, F>(state: &State, app: AppId, call: F) -> Result<T>
where
    T: Send + 'static,
    E: Into<Error> + Send + 'static,
    F: FnOnce(&dyn Store) -> std::result::Result<T, E> + Send + 'static,
{
    state.access.expensive(app, call).await
}

/// As [`expensive`], for a page of a large answer. It waits for its turn and is never refused.
///
/// # Errors
///
/// The errors of the call.
pub async fn page<T, E, F>(state: &State, app: AppId, call: F) -> Result<T>
where
    T: Send + 'static,
    E: Into<Error> + Send + 'static,
    F: FnOnce(&dyn Store) -> std::result::Result<T, E> + Send + 'static,
{
    state.access.page(app, call).await
}

/// Runs a query on the rows of the store, on a thread that may block.
pub async fn query<Q>(state: &State, app: AppId, query: Q) -> Result<Q::Reply>
where
    Q: Query + Send + 'static,
    Q::Reply: Send + 'static,
{
    let now = state.clock.now();
    blocking(state, move |store| query_store(store, app, &query, now)).await
}

/// As [`query`], for callers that may block.
pub fn query_store<Q: Query>(store: &dyn Store, app: AppId, query: &Q, now: Timestamp) -> Result<Q::Reply> {
    let set = store.working_set(app)?.ok_or(ErrCode::InvalidAppid)?;
    run_query(query, set, now, |keys, set| Ok(store.load(keys, set)?))
}

/// The records of a type that are not expired, sorted by number and name. This loads all records of the app, so it is
/// expensive work. A caller that knows the keys uses [`records_at`].
pub async fn records<T: Record + Send + 'static>(state: &State, app: AppId) -> Result<Vec<(RecordKey, T)>> {
    let now = state.clock.now();
    expensive(state, app, move |store| -> Result<Vec<(RecordKey, T)>> {
        let alive = store.records(app, T::KIND)?.into_iter().filter(|(_, record)| record.is_alive(now));
        alive.map(|(key, record)| Ok((key, record.value()?))).collect()
    })
    .await
}

/// The cards with these ids. Ids without a card are left out.
pub async fn cards(state: &State, app: AppId, ids: Vec<CardId>) -> Result<Vec<Card>> {
    query(state, app, CardsById(ids)).await
}

/// Looks up cards by their ids, so that a page does not load all cards of the app.
#[derive(Debug)]
struct CardsById(Vec<CardId>);

impl Query for CardsById {
    type Reply = Vec<Card>;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.extend(self.0.iter().cloned());
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> Result<Vec<Card>> {
        let found = self.0.iter().filter_map(|id| ws.card_by_id(id).transpose());
        found.map(|card| card.cloned()).collect()
    }
}

/// The records with these keys that are not expired, in the same order.
pub async fn records_at<T: Record + Send + 'static>(
    state: &State,
    app: AppId,
    keys: Vec<RecordKey>,
) -> Result<Vec<T>> {
    query(state, app, RecordsAt(keys, PhantomData::<fn() -> T>)).await
}

/// Looks up records by their keys.
struct RecordsAt<T>(Vec<RecordKey>, PhantomData<fn() -> T>);

impl<T: Record> Query for RecordsAt<T> {
    type Reply = Vec<T>;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.extend(self.0.iter().cloned());
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<Vec<T>> {
        self.0.iter().filter_map(|key| ws.find_record(key, now).transpose()).collect()
    }
}
