//! The writing end. What a hot card needs stays in memory between batches: nobody else may change it, as long as the
//! lock on the folder is held.

use super::Shared;
use super::checkpoint::Checkpoints;
use super::commit::write_set;
use super::connect::lock;
use super::folder::{io, open_private};
use super::holders::{Filters, Issued, Verdict, Worker};
use super::{load, open_writer};
use crate::error::{Result, StoreError};
use crate::{Ask, Writer};
use kaquan_core::app::{App, Counters};
use kaquan_core::card::Card;
use kaquan_core::engine::{HolderCard, Keys, WorkingSet, load_until_complete};
use kaquan_core::id::{AppId, CardId, CardNo, EventSeq, OpenId};
use rusqlite::Connection;
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::time::Duration;

/// Cards kept in memory; above that all are dropped.
const CARDS_KEPT: usize = 4_096;

/// How long a writer that closes waits for readers, so that the log can be emptied.
const CLOSING_WAIT: Duration = Duration::from_secs(2);

/// The one writer of a store.
#[derive(Debug)]
pub(super) struct SqliteWriter {
    shared: Arc<Shared>,
    conn: Connection,
    /// What `PRAGMA data_version` answered last: another number means that another connection wrote.
    data_version: i64,
    apps: HashMap<AppId, Kept>,
    cards_kept: usize,
    filters: Filters,
    worker: Worker,
    checkpoints: Checkpoints,
    // Dropped last: once it is, another process may write.
    _lock: File,
}

/// What is kept of an app.
#[derive(Debug)]
struct Kept {
    app: App,
    /// The `data_version` at which `app` was read.
    as_of: i64,
    counters: Counters,
    cards: HashMap<CardNo, Card>,
    card_ids: HashMap<CardId, CardNo>,
}

impl SqliteWriter {
    /// Takes the lock and brings the holder index up to the log.
    pub fn open(shared: Arc<Shared>) -> Result<SqliteWriter> {
        let lock = take_lock(&shared)?;
        let conn = open_writer(&shared.dir, shared.durability)?;
        shared.folder.begin_life(&conn)?;
        let apps = load::all_event_seqs(&conn)?;
        shared.holders.catch_up(&conn, &apps)?;
        let worker = Worker::start(shared.holders.clone(), shared.main.clone())?;
        let checkpoints = Checkpoints::start(&shared.dir, shared.main.path())?;
        Ok(SqliteWriter {
            shared,
            conn,
            data_version: 0,
            apps: HashMap::new(),
            cards_kept: 0,
            filters: Filters::default(),
            worker,
            checkpoints,
            _lock: lock,
        })
    }

    /// What is kept of an app, read if it is not, and read again if somebody else may have changed it.
    fn kept(&mut self, app: AppId) -> Result<Option<&mut Kept>> {
        use std::collections::hash_map::Entry;
        match self.apps.entry(app) {
            Entry::Occupied(entry) if entry.get().as_of == self.data_version => Ok(Some(entry.into_mut())),
            Entry::Occupied(mut entry) => {
                // Counters and cards are ours alone; only what commands change of an app can be new.
                if let Some(app) = load::app(&self.conn, app)? {
                    entry.get_mut().app = app;
                    entry.get_mut().as_of = self.data_version;
                }
                Ok(Some(entry.into_mut()))
            }
            Entry::Vacant(entry) => {
                let Some(app) = load::app(&self.conn, app)? else { return Ok(None) };
                let counters = load::counters(&self.conn, app.id)?;
                self.shared.holders.resync(&self.conn, app.id, EventSeq(counters.event_seq))?;
                let as_of = self.data_version;
                let (cards, card_ids) = Default::default();
                Ok(Some(entry.insert(Kept { app, as_of, counters, cards, card_ids })))
            }
        }
    }

    fn load_cards(&mut self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        let app = set.app.id;
        let Some(kept) = self.apps.get_mut(&app) else {
            return Err(StoreError::Damaged(format!("app {app} was never loaded")));
        };
        for id in &keys.card_ids {
            if set.card_ids.is_loaded(id) {
                continue;
            }
            let mut no = kept.card_ids.get(id).copied();
            if no.is_none()
                && let Some(card) = load::card_by_id(&self.conn, app, id)?
            {
                no = Some(card.no);
                kept.keep(card);
                self.cards_kept += 1;
            }
            set.card_ids.load(id.clone(), no);
            if let Some(no) = no.filter(|no| !set.cards.is_loaded(no)) {
                set.cards.load(no, kept.cards.get(&no).cloned());
            }
        }
        for no in &keys.cards {
            if set.cards.is_loaded(no) {
                continue;
            }
            if !kept.cards.contains_key(no)
                && let Some(card) = load::card_by_no(&self.conn, app, *no)?
            {
                kept.keep(card);
                self.cards_kept += 1;
            }
            set.cards.load(*no, kept.cards.get(no).cloned());
        }
        Ok(())
    }

    fn load_keys(&mut self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        self.load_cards(keys, set)?;
        load::rows(&self.conn, keys, set)?;
        self.load_holders(keys, set)
    }

    fn load_holders(&mut self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        let app = set.app.id;
        for (card, openid) in &keys.holders {
            if set.holders.contains_key(&(*card, openid.clone())) {
                continue;
            }
            let held = self.holder(app, *card, openid)?;
            set.holders.insert((*card, openid.clone()), held);
        }
        Ok(())
    }

    fn holder(&mut self, app: AppId, card: CardNo, openid: &OpenId) -> Result<HolderCard> {
        let claimed = self.apps.get(&app).and_then(|kept| kept.cards.get(&card)).map(Card::claimed);
        if let Some(claimed) = claimed {
            let key = self.shared.holders.fingerprint(app, openid.as_str());
            match self.filters.ask((app, card), claimed, key) {
                Verdict::New => return Ok(HolderCard::default()),
                Verdict::Unknown => {}
                Verdict::Build(handover) => self.worker.build(app, card, handover),
            }
        }
        let seqs = self.shared.holders.codes_of_holder(&self.conn, app, openid, Some(card))?;
        load::holder_card(&self.conn, app, openid, &seqs)
    }

    fn write(&mut self, sets: &[WorkingSet]) -> Result<()> {
        let conn = &self.conn;
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for set in sets {
            let kept = self.apps.get(&set.app.id);
            write_set(conn, set, |no| kept.and_then(|kept| kept.cards.get(&no)))?;
        }
        conn.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// Remembers what was written, and hands the events to the holder index.
    fn remember(&mut self, sets: Vec<WorkingSet>) {
        for set in sets {
            let app = set.app.id;
            if let Some(kept) = self.apps.get_mut(&app) {
                kept.counters = set.counters;
                for (no, card, _) in set.cards.changed() {
                    match kept.cards.get_mut(no) {
                        Some(known) => known.clone_from(card),
                        None => {
                            kept.keep(card.clone());
                            self.cards_kept += 1;
                        }
                    }
                }
            }
            for issued in set.events.iter().filter_map(Issued::by) {
                let key = self.shared.holders.fingerprint(app, issued.openid.as_str());
                self.filters.insert((app, issued.card), key);
            }
            let issued = set.events.iter().filter_map(Issued::by);
            let next = EventSeq(set.counters.event_seq);
            self.shared.holders.append(app, next, set.events.len(), issued);
        }
        if self.cards_kept > CARDS_KEPT {
            self.forget_cards();
        }
        self.worker.write_if_due();
    }

    fn forget_cards(&mut self) {
        for kept in self.apps.values_mut() {
            kept.cards.clear();
            kept.card_ids.clear();
        }
        self.cards_kept = 0;
    }
}

impl Drop for SqliteWriter {
    fn drop(&mut self) {
        // A stopped server leaves no log behind that could be replayed into a file restored by hand.
        let emptied = self.conn.busy_timeout(CLOSING_WAIT).and_then(|()| {
            self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0))
        });
        match emptied {
            Ok(false) => {}
            Ok(true) => tracing::warn!("WAL not emptied: another process reads the store"),
            Err(error) => tracing::warn!(%error, "WAL checkpoint failed"),
        }
    }
}

impl Kept {
    fn keep(&mut self, card: Card) {
        self.card_ids.insert(card.id.clone(), card.no);
        self.cards.insert(card.no, card);
    }
}

impl Writer for SqliteWriter {
    fn load(&mut self, app: AppId, ask: &Ask<'_>) -> Result<Option<WorkingSet>> {
        let sql = "PRAGMA data_version";
        self.data_version = self.conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        let Some(kept) = self.kept(app)? else { return Ok(None) };
        let mut set = WorkingSet::new(kept.app.clone(), kept.counters);
        load_until_complete(&mut set, ask, |keys, set| self.load_keys(keys, set))?;
        Ok(Some(set))
    }

    fn commit(&mut self, mut sets: Vec<WorkingSet>) -> Result<()> {
        sets.retain(WorkingSet::is_changed);
        if sets.is_empty() {
            return Ok(());
        }
        let shared = self.shared.clone();
        let gate = lock(&shared.gate);
        let written = self.write(&sets);
        drop(gate);
        match written {
            Ok(()) => {
                self.remember(sets);
                self.checkpoints.committed(&self.conn);
                Ok(())
            }
            Err(error) => {
                // Whatever is known may be wrong now: it is read again.
                self.apps.clear();
                self.cards_kept = 0;
                self.filters = Filters::default();
                if !self.conn.is_autocommit() {
                    self.conn.execute_batch("ROLLBACK")?;
                }
                Err(error)
            }
        }
    }

    fn abandon(&mut self) {
        // Loading took nothing: there is one writer, and it writes when it commits.
    }
}

fn take_lock(shared: &Shared) -> Result<File> {
    let path = shared.dir.join("writer.lock");
    let file = open_private(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(shared.dir.display().to_string())),
        Err(TryLockError::Error(error)) => Err(io(&path)(error)),
    }
}
