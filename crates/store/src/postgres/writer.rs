//! A writing end. A batch first finds out which rows it needs, without holding anything; then it locks them all in one
//! order, the app's own row last, and nobody else gets in between until it commits. The numbers an app gives out come
//! from that last row, so they follow the order of commits.

use super::Shared;
use super::cards::Cards;
use super::commit::Batch;
use super::connect::{Call, Conn, Param};
use super::load::{self, Hold, Wanted};
use super::sql;
use crate::error::{Result, StoreError};
use crate::row::Row as _;
use crate::{Ask, Writer};
use kaquan_core::app::{App, Counters, ReviewPolicy};
use kaquan_core::engine::{Keys, WorkingSet, load_until_complete};
use kaquan_core::id::{AppId, CardNo};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a statement of a batch waits for a row somebody else holds.
const LOCK_TIMEOUT: &str = "10s";
/// How long the server lets a batch hold rows without a word: a node that is stuck must not stop the others.
const IDLE_TIMEOUT: &str = "5s";
/// For how long the database is asked what became of a commit whose answer was lost.
const SETTLE_FOR: Duration = Duration::from_secs(30);

/// One of the writers of this process.
pub(super) struct PostgresWriter {
    shared: Arc<Shared>,
    conn: Option<Conn>,
    /// This writer among all of all nodes.
    lane: i64,
    /// The number of its next batch.
    batch: i64,
    /// The apps whose rows the open transaction holds.
    open: Vec<AppId>,
    cards: Cards,
}

impl PostgresWriter {
    pub fn new(shared: Arc<Shared>) -> Result<PostgresWriter> {
        let lane =
            getrandom::u64().map_err(|error| StoreError::Address(format!("no randomness: {error}")))?;
        let lane = lane.cast_signed();
        Ok(PostgresWriter { shared, conn: None, lane, batch: 1, open: Vec::new(), cards: Cards::default() })
    }

    fn conn(&mut self) -> Result<&mut Conn> {
        if self.conn.as_ref().is_none_or(Conn::is_closed) {
            let mut conn = self.shared.pool.address().connect()?;
            conn.query(sql::SET_UP, &[&LOCK_TIMEOUT, &IDLE_TIMEOUT])?;
            self.open.clear();
            self.conn = Some(conn);
        }
        self.conn.as_mut().ok_or_else(|| StoreError::Unreachable("no connection".to_owned()))
    }

    fn try_load(&mut self, app: AppId, ask: &Ask<'_>) -> Result<Option<WorkingSet>> {
        let (keys, names) = self.discover(app, ask)?;
        let Some(mut set) = self.lock(app, &keys, &names)? else { return Ok(None) };
        // What only the locked rows tell. Rarely anything: then another node was at it in between.
        load_until_complete(&mut set, ask, |keys, set| self.load_more(keys, set))?;
        Ok(Some(set))
    }

    /// Finds out what `ask` will ask for, holding nothing. What leads nowhere further is not even read. Answers the keys
    /// and a set with the numbers of the cards that were named.
    fn discover(&mut self, app: AppId, ask: &Ask<'_>) -> Result<(Keys, WorkingSet)> {
        let mut set = WorkingSet::new(App::new(app, ReviewPolicy::Auto), Counters::default());
        let mut all = Keys::default();
        load_until_complete(&mut set, ask, |keys, set| {
            merge(&mut all, keys);
            self.foresee(keys, set)
        })?;
        all.cards.extend(all.card_ids.iter().filter_map(|id| set.card_ids.get(id).ok().flatten()));
        // Whoever counts what a holder has must keep others from issuing more.
        all.cards.extend(all.holders.iter().map(|(card, _)| *card));
        Ok((all, set))
    }

    fn foresee(&mut self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        let app = set.app.id;
        self.conn()?;
        let Some(conn) = &mut self.conn else { return Ok(()) };
        self.cards.name(conn, keys, set)?;
        let mut nos: BTreeSet<CardNo> = keys.cards.clone();
        nos.extend(keys.card_ids.iter().filter_map(|id| set.card_ids.get(id).ok().flatten()));
        self.cards.foresee(conn, app, &nos, set)?;
        let leading =
            Keys { codes: keys.codes.clone(), custom_codes: keys.custom_codes.clone(), ..Keys::default() };
        let wanted = Wanted::of(&leading, set);
        let answers = conn.pipeline(None, &wanted.calls(&app.0, Hold::Read), None)?;
        wanted.fill(&leading, answers, set)?;
        keys.pools.keys().for_each(|card| set.pools.load(*card, None));
        keys.members.iter().for_each(|seq| set.members.load(*seq, None));
        keys.records.iter().for_each(|key| set.records.load(key.clone(), None));
        for key in &keys.holders {
            set.holders.entry(key.clone()).or_default();
        }
        Ok(())
    }

    /// Locks and loads everything in one go.
    fn lock(&mut self, app: AppId, keys: &Keys, names: &WorkingSet) -> Result<Option<WorkingSet>> {
        self.conn()?;
        let Some(conn) = &mut self.conn else { return Ok(None) };
        let nos: Vec<i64> = keys.cards.iter().map(|no| no.0).collect();
        let empty = WorkingSet::new(names.app.clone(), names.counters);
        let wanted = Wanted::of(keys, &empty);
        let mut calls: Vec<Call<'_>> = Vec::new();
        if !nos.is_empty() {
            calls.push((sql::LOCK_STOCKS, vec![&app.0, &nos]));
        }
        calls.extend(wanted.calls(&app.0, Hold::Lock));
        calls.push((sql::LOCK_COUNTERS, vec![&app.0]));
        let begin = self.open.is_empty().then_some("BEGIN");
        let mut answers = conn.pipeline(begin, &calls, None)?;
        self.open.push(app);
        let counters = answers.pop().unwrap_or_default();
        let Some(row) = counters.first() else { return Ok(None) };
        let mut set = load::empty_set(row)?;
        let stocks = if nos.is_empty() { Vec::new() } else { answers.remove(0) };
        for id in &keys.card_ids {
            set.card_ids.load(id.clone(), names.card_ids.get(id)?.copied());
        }
        self.cards.load(conn, &stocks, &mut set)?;
        keys.cards.iter().for_each(|no| set.cards.load(*no, None));
        let pools = wanted.fill(keys, answers, &mut set)?;
        load::heads(conn, keys, pools, &mut set)?;
        Ok(Some(set))
    }

    /// Locks and loads what was not foreseen.
    fn load_more(&mut self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        let app = set.app.id;
        let Some(conn) = &mut self.conn else { return Err(StoreError::Unreachable("gone".to_owned())) };
        self.cards.name(conn, keys, set)?;
        let mut nos: BTreeSet<CardNo> = keys.cards.clone();
        nos.extend(keys.card_ids.iter().filter_map(|id| set.card_ids.get(id).ok().flatten()));
        nos.extend(keys.holders.iter().map(|(card, _)| *card));
        let nos: Vec<i64> = nos.iter().filter(|no| !set.cards.is_loaded(no)).map(|no| no.0).collect();
        let wanted = Wanted::of(keys, set);
        let mut calls: Vec<Call<'_>> = vec![(sql::LOCK_STOCKS, vec![&app.0, &nos])];
        calls.extend(wanted.calls(&app.0, Hold::Lock));
        let mut answers = conn.pipeline(None, &calls, None)?;
        let stocks = answers.remove(0);
        self.cards.load(conn, &stocks, set)?;
        keys.cards.iter().for_each(|no| set.cards.load(*no, None));
        let pools = wanted.fill(keys, answers, set)?;
        load::heads(conn, keys, pools, set)
    }

    fn write(&mut self, sets: &[WorkingSet]) -> Result<()> {
        let batches: Vec<Batch<'_>> =
            sets.iter().map(|set| Batch::of(set, &self.cards)).collect::<Result<_>>()?;
        let mut calls: Vec<Call<'_>> = batches.iter().flat_map(Batch::calls).collect();
        for set in sets {
            calls.push((sql::NOTE_BATCH, vec![&set.app.id.0 as Param<'_>, &self.lane, &self.batch]));
        }
        let Some(conn) = &mut self.conn else { return Err(StoreError::Unreachable("gone".to_owned())) };
        conn.pipeline(None, &calls, Some("COMMIT")).map(drop)
    }

    /// Asks what became of a commit whose answer was lost. The app's row is locked first: whoever still held it has
    /// either committed by then or never will. The note is written once more, so that what is found there has reached
    /// every standby the database waits for.
    fn settle(&mut self, apps: &[AppId], reason: String) -> Result<()> {
        let until = Instant::now() + SETTLE_FOR;
        loop {
            match self.was_committed(apps) {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(StoreError::Conflict(reason)),
                Err(error) if Instant::now() >= until => {
                    return Err(StoreError::Unknown(format!("{reason}; {error}")));
                }
                Err(error) => {
                    tracing::warn!(%error, "the database cannot say yet what became of a batch");
                    self.conn = None;
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }

    fn was_committed(&mut self, apps: &[AppId]) -> Result<bool> {
        let (lane, batch) = (self.lane, self.batch);
        let conn = self.conn()?;
        conn.batch("BEGIN")?;
        let mut committed = true;
        for app in apps {
            conn.query(sql::LOCK_COUNTERS, &[&app.0])?;
            let last = conn.query_opt(sql::FIND_BATCH, &[&app.0, &lane])?;
            committed &= last.map(|row| row.int(0)).transpose()? == Some(batch);
        }
        conn.batch("COMMIT")?;
        Ok(committed)
    }

    fn forget(&mut self) {
        self.open.clear();
        self.conn = None;
    }
}

fn merge(all: &mut Keys, keys: &Keys) {
    let Keys { card_ids, cards, codes, custom_codes, holders, pools, members, records } = keys.clone();
    all.card_ids.extend(card_ids);
    all.cards.extend(cards);
    all.codes.extend(codes);
    all.custom_codes.extend(custom_codes);
    all.holders.extend(holders);
    all.pools.extend(pools);
    all.members.extend(members);
    all.records.extend(records);
}

impl Writer for PostgresWriter {
    fn load(&mut self, app: AppId, ask: &Ask<'_>) -> Result<Option<WorkingSet>> {
        if self.open.contains(&app) {
            self.abandon();
        }
        let fresh = self.open.is_empty();
        match self.try_load(app, ask) {
            Err(StoreError::Unreachable(_)) if fresh => {
                // The connection lay idle while the server went away, and nothing was written yet.
                self.forget();
                self.try_load(app, ask).inspect_err(|_| self.forget())
            }
            Err(error) => {
                self.forget();
                Err(error)
            }
            Ok(None) => {
                self.abandon();
                Ok(None)
            }
            done => done,
        }
    }

    fn commit(&mut self, mut sets: Vec<WorkingSet>) -> Result<()> {
        sets.retain(WorkingSet::is_changed);
        if sets.is_empty() {
            self.abandon();
            return Ok(());
        }
        if let Some(set) = sets.iter().find(|set| !self.open.contains(&set.app.id)) {
            let app = set.app.id;
            self.abandon();
            return Err(StoreError::Damaged(format!(
                "the rows of app {app} were let go of before the commit"
            )));
        }
        let written = match self.write(&sets) {
            Err(StoreError::Unreachable(reason)) => {
                self.forget();
                let apps: Vec<AppId> = sets.iter().map(|set| set.app.id).collect();
                self.settle(&apps, reason)
            }
            // A row known to be absent was inserted by somebody quicker.
            Err(StoreError::Taken(reason)) => Err(StoreError::Conflict(reason)),
            done => done,
        };
        self.open.clear();
        self.batch += 1;
        match written {
            Ok(()) => {
                for set in &sets {
                    self.cards.remember(set);
                    self.shared.log_grew(set.app.id, kaquan_core::id::EventSeq(set.counters.event_seq));
                }
                Ok(())
            }
            Err(error) => {
                self.forget();
                Err(error)
            }
        }
    }

    fn abandon(&mut self) {
        if self.open.is_empty() {
            return;
        }
        self.open.clear();
        if let Some(conn) = &mut self.conn
            && conn.batch("ROLLBACK").is_err()
        {
            self.conn = None;
        }
    }
}
