//! What every handler can reach: the store to read, the ledger to write, the clock, and the caches and limits of the
//! process. The parts are built from a store and a clock; none of them knows the state.

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
use kaquan_ledger::{Clock, Ledger};
use kaquan_store::Store;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use tokio::sync::watch;

/// Pictures that are decoded at once.
const PICTURES_AT_ONCE: usize = 2;

/// The server's state; cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Inner>);

pub struct Inner {
    pub store: Arc<dyn Store>,
    access: StoreAccess,
    /// Takes every change.
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    /// Where clients reach this server, without a slash at the end; used in the addresses it answers.
    pub public_url: String,
    /// Apps seen so far.
    pub apps: Arc<Apps>,
    pub tokens: Tokens,
    pub metrics: Metrics,
    pub logged_trouble: LoggedTrouble,
    /// Bytes of bodies in flight.
    pub bodies: Budget,
    /// Pictures that may be decoded at once; each takes as much memory as it has pixels.
    pub pictures: Arc<tokio::sync::Semaphore>,
    /// The addresses this server is reached at and calls from, as `getcallbackip` answers them.
    pub callback_ips: Vec<IpBlock>,
    /// Sandbox mode: visitors of the wallet pages choose their own identity.
    pub sandbox: bool,
    /// Trusted proxies: their `X-Forwarded-For` is used.
    pub trusted_proxies: Vec<IpBlock>,
    pub push: Push,
    pub today: TodayFigures,
    pub card_lists: CardLists,
    /// Hashes of passwords.
    pub passwords: Passwords,
    /// How much expensive work each app may have running.
    pub shares: Arc<Shares>,
    /// Open event streams.
    pub streams: Fanout,
    /// True when the server stops.
    pub stopped: watch::Receiver<bool>,
    /// Wakes the job that closes days.
    pub close_days: tokio::sync::Notify,
}

impl State {
    /// The state of a server on this store and ledger.
    #[expect(clippy::too_many_arguments, reason = "it has as many parts, and one caller")]
    pub fn new(
        store: Arc<dyn Store>,
        ledger: Ledger,
        clock: Arc<dyn Clock>,
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

/// Runs a store call on a thread that may block.
///
/// # Errors
///
/// Those of the call; -1 when it panics.
pub async fn blocking<T, E, F>(state: &State, call: F) -> Result<T>
where
    T: Send + 'static,
    E: Into<Error> + Send + 'static,
    F: FnOnce(&dyn Store) -> std::result::Result<T, E> + Send + 'static,
{
    state.access.blocking(call).await
}

/// As [`blocking`], for a call that is expensive: it takes its turn in the app's share of such work.
///
/// # Errors
///
/// Those of the call; -1 when too much of the app's work is waiting.
pub async fn expensive<T, E, F>(state: &State, app: AppId, call: F) -> Result<T>
where
    T: Send + 'static,
    E: Into<Error> + Send + 'static,
    F: FnOnce(&dyn Store) -> std::result::Result<T, E> + Send + 'static,
{
    state.access.expensive(app, call).await
}

/// As [`expensive`], for a page of a large answer, which waits for its turn and is not refused.
///
/// # Errors
///
/// Those of the call.
pub async fn page<T, E, F>(state: &State, app: AppId, call: F) -> Result<T>
where
    T: Send + 'static,
    E: Into<Error> + Send + 'static,
    F: FnOnce(&dyn Store) -> std::result::Result<T, E> + Send + 'static,
{
    state.access.page(app, call).await
}

/// Runs a query on the rows of the store, where it may block.
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

/// The records of a type that count now, by number and name. They are all of the app's, so this is expensive work; a
/// caller that knows the keys uses [`records_at`].
pub async fn records<T: Record + Send + 'static>(state: &State, app: AppId) -> Result<Vec<(RecordKey, T)>> {
    let now = state.clock.now();
    expensive(state, app, move |store| -> Result<Vec<(RecordKey, T)>> {
        let alive = store.records(app, T::KIND)?.into_iter().filter(|(_, record)| record.is_alive(now));
        alive.map(|(key, record)| Ok((key, record.value()?))).collect()
    })
    .await
}

/// The cards with these ids that exist.
pub async fn cards(state: &State, app: AppId, ids: Vec<CardId>) -> Result<Vec<Card>> {
    query(state, app, CardsById(ids)).await
}

/// Looks cards up by their ids, so that a page does not load every card of the app.
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

/// The records with these keys that count now, in their order.
pub async fn records_at<T: Record + Send + 'static>(
    state: &State,
    app: AppId,
    keys: Vec<RecordKey>,
) -> Result<Vec<T>> {
    query(state, app, RecordsAt(keys, PhantomData::<fn() -> T>)).await
}

/// Looks records up by their keys.
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
