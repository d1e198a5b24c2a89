//! The state for all handlers: the store for reading, the ledger for writing, the clock, and the caches and limits of
//! the process. The parts are built from a store and a clock and do not depend on this struct.

use crate::auth::apps::Apps;
use crate::auth::password::Passwords;
use crate::auth::token::Tokens;
use crate::card_lists::CardLists;
use crate::fair::Shares;
use crate::gateway::{Gateway, GatewaySettings};
use crate::http::body::Budget;
use crate::ip::IpBlock;
use crate::ops::metrics::Metrics;
use crate::ops::readiness::LoggedTrouble;
use crate::push::Push;
use crate::push::fanout::Fanout;
use crate::store_access::StoreAccess;
use crate::today::TodayFigures;
use kaquan_core::card::Card;
use kaquan_core::engine::{Keys, Query, Record, RecordKey, StoredRecord, WorkingSet, run_query};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{AppId, CardId};
use kaquan_core::time::Timestamp;
use kaquan_ledger::{GuardedClock, Ledger};
use kaquan_store::Store;
use std::marker::PhantomData;
use std::ops::{ControlFlow, Deref};
use std::sync::Arc;
use tokio::sync::watch;

/// Pictures that are decoded at the same time.
const PICTURES_AT_ONCE: usize = 2;

/// The server's state; cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Inner>);

pub struct Inner {
    pub store: Arc<dyn Store>,
    /// The store for calls that block their thread.
    pub access: StoreAccess,
    /// Takes every change.
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
    pub gateway: Arc<Gateway>,
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
    ///
    /// # Errors
    ///
    /// The TLS library refuses its configuration.
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
        gateway: GatewaySettings,
        stopped: watch::Receiver<bool>,
    ) -> std::io::Result<State> {
        let shares = Arc::new(Shares::default());
        let access = StoreAccess::new(store.clone(), shares.clone());
        let gateway = Gateway::new(gateway, access.clone(), clock.clone(), public_url.clone())?;
        let apps = Arc::new(Apps::new(access.clone()));
        Ok(State(Arc::new(Inner {
            gateway: Arc::new(gateway),
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
        })))
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

/// Records that are read in one turn.
const RECORDS_AT_ONCE: usize = 500;

/// Calls `visit` with the unexpired records of a type after the number `after`, by number and name, until `visit`
/// breaks. An app can have many records, so they are read some at a time, each time in a turn of the app's expensive
/// work.
pub async fn each_record<T: Record + Send + 'static>(
    state: &State,
    app: AppId,
    after: i64,
    mut visit: impl FnMut(RecordKey, T) -> ControlFlow<()>,
) -> Result<()> {
    let now = state.clock.now();
    // Names are not used together with numbers: after a number come all names of the next.
    let (mut no, mut name): (i64, Arc<str>) = (after, "\u{10ffff}".into());
    loop {
        let read = expensive(state, app, move |store: &dyn Store| {
            store.records_after(app, T::KIND, (no, &name), RECORDS_AT_ONCE)
        })
        .await?;
        let Some((last, _)) = read.last().filter(|_| read.len() == RECORDS_AT_ONCE) else {
            return visit_alive(read, now, &mut visit).map(drop);
        };
        (no, name) = (last.no, last.name.clone());
        if visit_alive(read, now, &mut visit)?.is_break() {
            return Ok(());
        }
    }
}

fn visit_alive<T: Record>(
    records: Vec<(RecordKey, StoredRecord)>,
    now: Timestamp,
    visit: &mut impl FnMut(RecordKey, T) -> ControlFlow<()>,
) -> Result<ControlFlow<()>> {
    for (key, record) in records.into_iter().filter(|(_, record)| record.is_alive(now)) {
        if visit(key, record.value()?).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
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
