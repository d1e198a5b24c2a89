//! Fills the days of the demo: moves a clock, submits the acts of each time to the ledger, and closes each day at its
//! end. All rows come from the same operations that a server runs.

use super::life::{Life, OpenCard};
use super::merchant::{self, Offer, Span};
use super::note::Note;
use super::progress::Progress;
use crate::Failure;
use kaquan_core::app::ReviewPolicy;
use kaquan_core::card::{CreateCard, ModifyStock, Object, Source, UpdateCard};
use kaquan_core::code::{CODES_PER_CALL, DepositCodes};
use kaquan_core::error::ErrCode;
use kaquan_core::id::{AppId, CardId, CodeText};
use kaquan_core::time::{Day, Timestamp};
use kaquan_ledger::{Clock, GuardedClock, Ledger, SystemClock, TestClock, closing};
use kaquan_server::secret;
use kaquan_store::Store;
use serde_json::{Value, json};
use std::sync::Arc;

/// Operations within this many seconds are submitted together, at the time of the first.
const STRETCH_SECS: i64 = 600;
/// When the merchant begins to work, in seconds after midnight.
const MORNING_SECS: i64 = 6 * 3600 + 1800;

/// The days to fill.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The number of days; the last one is yesterday.
    pub days: i32,
    /// The number of holders.
    pub holders: usize,
    /// The seed of all random numbers.
    pub seed: u64,
    /// Today.
    pub today: Day,
}

/// Fills an empty store and returns a note about its content. The operating system has the rows, but they may
/// not be on the disk yet.
pub fn fill(store: Arc<dyn Store>, plan: Plan, progress: &mut Progress) -> Result<Note, Failure> {
    // The history ends in the past. This stores the clock's note, from which the next start sees whether the
    // clock jumped.
    GuardedClock::new(Arc::new(SystemClock), &*store)?.refresh(&*store)?;
    let first = plan.today.plus(-plan.days);
    let fresh = secret::fresh_app(merchant::NAME, ReviewPolicy::Auto, first.start())?;
    let row = store.create_app(&fresh.app)?;
    let clock = Arc::new(TestClock::at(first.start()));
    let (ledger, writers) = kaquan_ledger::spawn(store.writers()?, clock.clone())?;
    let tag = secret::fresh_card_id(&row.token_key)?.as_str()[1..7].to_owned();
    let life = Life::new(plan.seed, plan.holders, first, plan.days, &tag);
    let waiting = merchant::offers();
    let app = row.app.id;
    let mut filler =
        Filler { store: &*store, ledger: &ledger, clock, app, token_key: row.token_key, plan, life, waiting };
    let outcome = filler.run(first, progress);
    let cards = filler.life.open.iter().map(|open| (open.key.to_owned(), open.id.to_string())).collect();
    ledger.stop();
    writers.join();
    outcome?;
    Ok(Note {
        appid: row.appid,
        secret: fresh.secret,
        first_day: first.to_string(),
        last_day: plan.today.plus(-1).to_string(),
        holders: plan.holders,
        cards,
    })
}

struct Filler<'a> {
    store: &'a dyn Store,
    ledger: &'a Ledger,
    clock: Arc<TestClock>,
    app: AppId,
    token_key: [u8; 32],
    plan: Plan,
    life: Life,
    waiting: Vec<Offer>,
}

impl Filler<'_> {
    fn run(&mut self, first: Day, progress: &mut Progress) -> Result<(), Failure> {
        for n in 0..self.plan.days {
            let day = first.plus(n);
            self.clock.set(day.start().plus(MORNING_SECS));
            self.put_up(first, n)?;
            if n == self.plan.days / 2 {
                self.change_notice()?;
            }
            self.life.plan_day(day);
            let operations = self.live(day)?;
            self.clock.set(day.end());
            closing::close_due_days(self.store, self.ledger, self.app, self.clock.now())?;
            progress.day_filled(n + 1, operations);
        }
        Ok(())
    }

    /// Creates the cards that begin on day `n`.
    fn put_up(&mut self, first: Day, n: i32) -> Result<(), Failure> {
        let opens = |offer: &Offer| (offer.opens * f64::from(self.plan.days)) as i32;
        let (due, later) = std::mem::take(&mut self.waiting).into_iter().partition(|offer| opens(offer) <= n);
        self.waiting = later;
        let due: Vec<Offer> = due;
        let span = Span { opens: first.plus(n), first, days: self.plan.days, holders: self.plan.holders };
        for offer in due {
            let card = (offer.card)(&span);
            let until = claim_end(&card);
            let card_id = self.create(card)?;
            if offer.key == "partner_cash" {
                self.deposit(&card_id)?;
            }
            self.life.open.push(OpenCard::new(&offer, card_id, until));
        }
        Ok(())
    }

    fn create(&self, card: Value) -> Result<CardId, Failure> {
        let card_id = secret::fresh_card_id(&self.token_key)?;
        let create = CreateCard { card_id, source: Source::Api, card: object(card) };
        Ok(self.ledger.submit_blocking(self.app, create)?)
    }

    fn deposit(&self, card_id: &CardId) -> Result<(), Failure> {
        let count = (self.plan.holders / 2).max(10);
        let codes: Vec<CodeText> = (1..=count).map(|n| format!("XH{n:08}").into()).collect();
        for codes in codes.chunks(CODES_PER_CALL) {
            let deposit = DepositCodes { card_id: card_id.clone(), codes: codes.to_vec() };
            self.ledger.submit_blocking(self.app, deposit)?;
        }
        let stock = ModifyStock { card_id: card_id.clone(), increase: count as i64, reduce: 0 };
        Ok(self.ledger.submit_blocking(self.app, stock)?)
    }

    fn change_notice(&self) -> Result<(), Failure> {
        let Some(groupon) = self.life.open.iter().find(|open| open.key == "groupon") else { return Ok(()) };
        let patch = object(json!({"groupon": {"base_info": {"notice": "到店出示，节假日请预约"}}}));
        self.ledger.submit_blocking(self.app, UpdateCard { card_id: groupon.id.clone(), patch })?;
        Ok(())
    }

    /// Submits all acts of a day and handles the replies. Returns the number of operations.
    fn live(&mut self, day: Day) -> Result<u64, Failure> {
        let mut operations = 0;
        loop {
            let acts = self.life.next(STRETCH_SECS, day.end());
            let Some(at) = acts.first().map(|planned| planned.at) else { return Ok(operations) };
            self.clock.set(at);
            let mut pending = Vec::with_capacity(acts.len());
            for planned in acts {
                let operation = self.life.operation(&planned.act);
                pending.push((planned, self.ledger.hand_in_blocking(self.app, operation)?));
            }
            for (planned, answer) in pending {
                let answer = answer.wait();
                if let Err(error) = &answer
                    && error.code == ErrCode::SystemError
                {
                    return Err(error.clone().into());
                }
                self.life.handle_reply(planned.at, planned.act, &answer);
                operations += 1;
            }
        }
    }
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// The last time at which a card can be claimed, if there is one.
fn claim_end(card: &Value) -> Option<Timestamp> {
    let key = card["card_type"].as_str()?.to_lowercase();
    card[key]["base_info"]["date_info"]["end_timestamp"].as_i64().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaquan_core::event::EventKind;
    use kaquan_core::id::EventSeq;
    use kaquan_core::stats::Scope;
    use kaquan_store::{Durability, Options, SqliteStore};
    use std::collections::HashSet;

    const PLAN: Plan = Plan { days: 10, holders: 80, seed: 1, today: Day(20_800) };

    fn filled(plan: Plan) -> (tempfile::TempDir, Arc<dyn Store>, AppId) {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { durability: Durability::Normal };
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(dir.path(), options).unwrap());
        fill(store.clone(), plan, &mut Progress::silent()).unwrap();
        let app = store.apps().unwrap()[0].app.id;
        (dir, store, app)
    }

    fn story(plan: Plan) -> Vec<(Timestamp, EventKind, i64)> {
        let (_dir, store, app) = filled(plan);
        let events = store.events(app, EventSeq(0), usize::MAX >> 1).unwrap();
        events.into_iter().map(|event| (event.at, event.kind, event.amount)).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_story_and_another_seed_another_one() {
        assert_eq!(story(PLAN), story(PLAN));
        assert_ne!(story(PLAN), story(Plan { seed: 2, ..PLAN }));
    }

    #[test]
    fn all_that_can_happen_to_a_code_happens() {
        let happened: HashSet<EventKind> =
            story(Plan { days: 16, holders: 900, ..PLAN }).into_iter().map(|(_, kind, _)| kind).collect();
        for kind in [
            EventKind::View,
            EventKind::Claim,
            EventKind::Consume,
            EventKind::GiftStart,
            EventKind::GiftAccept,
            EventKind::CodeDelete,
            EventKind::CodeUnavailable,
            EventKind::Expire,
            EventKind::Activate,
            EventKind::MemberUpdate,
            EventKind::Pay,
            EventKind::CodeDeposit,
            EventKind::CardUpdate,
        ] {
            assert!(happened.contains(&kind), "{}", kind.name());
        }
    }

    #[test]
    fn every_filled_day_has_more_views_than_claims_and_users_than_times() {
        let (_dir, store, app) = filled(PLAN);
        let (first, last) = (PLAN.today.plus(-PLAN.days), PLAN.today.plus(-1));
        assert_eq!(store.closed_through(app).unwrap(), Some(last));
        let rows = store.day_rows(app, first, last, Some(Scope::Coupons(Source::Api))).unwrap();
        assert_eq!(rows.len(), 10);
        for counts in rows.iter().map(|row| row.counts) {
            assert!(counts.view_cnt > counts.receive_cnt && counts.receive_cnt > 0, "{counts:?}");
            assert!(counts.view_user <= counts.view_cnt && counts.verify_user <= counts.verify_cnt);
        }
    }
}
