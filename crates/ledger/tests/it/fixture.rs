//! A ledger on a store with one app, and a clock that only the test moves. [`everywhere`] runs a test on every store.

use kaquan_core::app::ReviewPolicy;
use kaquan_core::card::{Card, CreateCard, Source, UpdateCard};
use kaquan_core::code::{Claim, Code, CodeRef, Via};
use kaquan_core::error::Result;
use kaquan_core::event::EventKind;
use kaquan_core::id::{AppId, CardId, CodeSeq, EventSeq};
use kaquan_core::operation::Typed;
use kaquan_core::stats::{Counts, Scope};
use kaquan_core::time::{DAY_SECS, Day, Timestamp};
use kaquan_ledger::{Clock, Ledger, TestClock, WriterThreads, closing, spawn};
use kaquan_store::{Durability, NewApp, Options, PostgresStore, SqliteStore, Store};
use kaquan_testkit::Schema;
use kaquan_testkit::faulty::Faulty;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;

/// 2026-11-23 10:00:00 at UTC+8.
pub const START: Timestamp = Timestamp(1_795_399_200);

/// A store, a ledger on it, an app, and a clock.
pub struct Fixture {
    pub store: Arc<dyn Store>,
    pub ledger: Ledger,
    pub clock: Arc<TestClock>,
    pub app: AppId,
    threads: Option<WriterThreads>,
    _dir: Option<TempDir>,
}

/// Runs a test on a ledger over every store.
pub fn everywhere(test: impl Fn(Fixture)) {
    test(Fixture::in_a_folder());
    if kaquan_testkit::is_left_out() {
        return;
    }
    let schema = Schema::new();
    let store = PostgresStore::open(&schema.url()).expect("a store");
    test(Fixture::on(Arc::new(store)));
}

/// The data of a new app.
pub fn new_app(appid: &str) -> NewApp {
    NewApp {
        appid: appid.to_owned(),
        name: appid.to_owned(),
        review: ReviewPolicy::Auto,
        secret_digest: [1; 32],
        code_key: [2; 32],
        token_key: [3; 32],
        created_at: START,
    }
}

impl Fixture {
    /// A ledger on a new data folder.
    pub fn in_a_folder() -> Fixture {
        Fixture::faulty(&Faulty::default())
    }

    /// As [`Fixture::in_a_folder`], with commits that fail as the test plans.
    pub fn faulty(faulty: &Faulty) -> Fixture {
        let dir = TempDir::new().expect("a folder");
        // A temporary folder need not survive a power failure.
        let options = Options { durability: Durability::Normal };
        let store = SqliteStore::open(dir.path(), options).expect("a store");
        Fixture::with(Arc::new(store), Some(dir), faulty)
    }

    /// A ledger on this store, with the app "wx1".
    pub fn on(store: Arc<dyn Store>) -> Fixture {
        Fixture::with(store, None, &Faulty::default())
    }

    fn with(store: Arc<dyn Store>, dir: Option<TempDir>, faulty: &Faulty) -> Fixture {
        let app = store.create_app(&new_app("wx1")).expect("an app").app.id;
        let clock = Arc::new(TestClock::at(START));
        let writers = faulty.before(store.writers().expect("writers"));
        let (ledger, threads) = spawn(writers, clock.clone()).expect("a thread");
        Fixture { store, ledger, clock, app, threads: Some(threads), _dir: dir }
    }

    /// Submits an operation and waits for the reply.
    pub fn run<O: Typed>(&self, op: O) -> Result<O::Reply> {
        self.ledger.submit_blocking(self.app, op)
    }

    /// Creates a card.
    pub fn create(&self, id: &str, card: Value) -> CardId {
        let card = card.as_object().cloned().expect("an object");
        self.run(CreateCard { card_id: id.into(), source: Source::Api, card }).expect("a card")
    }

    /// A holder claims a card.
    pub fn claim(&self, card: &CardId, openid: &str) -> CodeRef {
        code_ref(self.run(claim(card, openid)).expect("a code").seq)
    }

    /// Sets another end of the card's window.
    pub fn widen(&self, card_id: &CardId, end: Timestamp) {
        let key = self.card(card_id).card_type.key();
        let patch = json!({ key: {"base_info": {"date_info": {"end_timestamp": end.0}}} });
        let patch = patch.as_object().cloned().expect("an object");
        self.run(UpdateCard { card_id: card_id.clone(), patch }).expect("widened");
    }

    /// Loads a card.
    pub fn card(&self, id: &CardId) -> Card {
        let cards = self.store.cards(self.app).expect("cards");
        cards.into_iter().find(|card| card.id == *id).expect("the card")
    }

    pub fn codes(&self, id: &CardId) -> Vec<Code> {
        let no = self.card(id).no;
        self.store.codes_of_card(self.app, no, CodeSeq(0), usize::MAX >> 1).expect("codes")
    }

    /// Sets the clock to this many seconds after [`START`].
    pub fn at(&self, secs: i64) {
        self.clock.set(START.plus(secs));
    }

    /// Sets the clock to 00:05 of a day, `days` midnights after [`START`].
    pub fn morning(&self, days: i32) {
        self.clock.set(day(days).start().plus(300));
    }

    /// Closes the days that are due. Returns how many.
    pub fn close(&self) -> u64 {
        closing::close_due_days(&*self.store, &self.ledger, self.app, self.clock.now()).expect("closed")
    }

    /// Runs the expiry sweep. Returns the number of events.
    pub fn sweep(&self) -> u64 {
        closing::sweep::sweep(&*self.store, &self.ledger, self.app, self.clock.now()).expect("swept")
    }

    /// The stored counts of a day, `days` midnights after [`START`].
    pub fn counts(&self, days: i32, scope: Scope) -> Counts {
        let day = day(days);
        let rows = self.store.day_rows(self.app, day, day, Some(scope)).expect("rows");
        rows.first().map(|row| row.counts).unwrap_or_default()
    }

    /// All rows of the first ten days, by day and scope.
    pub fn rows(&self) -> BTreeMap<(Day, Scope), Counts> {
        let mut rows = BTreeMap::new();
        for scope in [None, Some(Scope::Coupons(Source::Api)), Some(Scope::Members(Source::Api))] {
            let found = self.store.day_rows(self.app, day(0), day(10), scope).expect("rows");
            rows.extend(found.into_iter().map(|row| ((row.day, row.scope), row.counts)));
        }
        rows
    }

    /// The times of all events of this kind, in the order of the log.
    pub fn happened(&self, kind: EventKind) -> Vec<Timestamp> {
        let events = self.store.events(self.app, EventSeq(0), usize::MAX >> 1).expect("events");
        events.into_iter().filter(|event| event.kind == kind).map(|event| event.at).collect()
    }

    /// Stops the ledger and waits until its threads have ended.
    pub fn stop(&mut self) {
        self.ledger.stop();
        self.join();
    }

    /// Waits until the threads of the ledger have ended.
    pub fn join(&mut self) {
        self.threads.take().into_iter().for_each(WriterThreads::join);
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if self.threads.is_some() && !std::thread::panicking() {
            self.stop();
        }
    }
}

/// The day that begins `days` midnights after [`START`].
pub fn day(days: i32) -> Day {
    START.day().plus(days)
}

/// A claim of a card with codes that kaquan generates.
pub fn claim(card_id: &CardId, openid: &str) -> Claim {
    Claim::of(card_id.clone(), openid.into(), Via::Server)
}

/// A code that kaquan generated, by its number.
pub fn code_ref(seq: CodeSeq) -> CodeRef {
    CodeRef { text: format!("{:012}", seq.0).into(), seq: Some(seq), card_id: None, dynamic_after: None }
}

fn base_info(quantity: i64, date_info: Value) -> Value {
    json!({
        "logo_url": "http://mmbiz.qpic.cn/a", "code_type": "CODE_TYPE_TEXT", "brand_name": "brand",
        "title": "title", "color": "Color010", "notice": "notice", "description": "description",
        "date_info": date_info, "sku": {"quantity": quantity},
    })
}

/// A window from a day before [`START`] to this many seconds after it.
pub fn until(secs: i64) -> Value {
    json!({
        "type": "DATE_TYPE_FIX_TIME_RANGE",
        "begin_timestamp": START.0 - DAY_SECS, "end_timestamp": START.0 + secs,
    })
}

/// A window of this many days from the claim.
pub fn term(days: i64) -> Value {
    json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": days})
}

/// A group purchase.
pub fn groupon(quantity: i64, date_info: Value) -> Value {
    json!({"card_type": "GROUPON", "groupon": {
        "base_info": base_info(quantity, date_info), "deal_detail": "deal",
    }})
}

/// A member card that is active as soon as it is claimed.
pub fn member_card(date_info: Value) -> Value {
    json!({"card_type": "MEMBER_CARD", "member_card": {
        "base_info": base_info(1000, date_info), "prerogative": "all", "supply_bonus": true,
        "supply_balance": false, "auto_activate": true,
    }})
}
