//! The one writer of a folder. It caches apps, counters and cards between batches. While it has the lock on the
//! folder, no other process changes counters and cards. `PRAGMA data_version` shows if another process changed an
//! app.

use super::card_cache::CardCache;
use super::checkpoint::Checkpoints;
use super::commit::write_set;
use super::connect::lock;
use super::folder::{io, open_private};
use super::holders::{Filters, IssuedCode, Verdict, Worker};
use super::{Shared, load, open_writer};
use crate::claim_counts::{ClaimCount, ClaimCounts};
use crate::error::{Result, StoreError};
use crate::probe::{PROBE, PROBE_KEY};
use crate::{DeclareReads, Writer};
use kaquan_core::app::{App, Counters};
use kaquan_core::card::Card;
use kaquan_core::engine::{HolderCard, Keys, WorkingSet, load_until_complete};
use kaquan_core::id::{AppId, CardNo, CodeSeq, EventSeq, OpenId};
use kaquan_core::operation::AuditEntry;
use rusqlite::Connection;
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::time::Duration;

/// How long a closing writer waits for readers, so that it can truncate the WAL.
const CLOSING_WAIT: Duration = Duration::from_secs(2);

/// The one writer of a store.
#[derive(Debug)]
pub(super) struct SqliteWriter {
    shared: Arc<Shared>,
    conn: Connection,
    /// The last `PRAGMA data_version`. It changes when another connection writes.
    data_version: i64,
    apps: HashMap<AppId, CachedApp>,
    cards: CardCache,
    filters: Filters,
    worker: Worker,
    checkpoints: Checkpoints,
    claim_counts: ClaimCounts,
    /// The `data_version` when the first set of the open batch was loaded.
    loaded_as_of: Option<i64>,
    // Dropped last, because another process may write after that.
    _lock: File,
}

#[derive(Debug)]
struct CachedApp {
    app: App,
    /// The `data_version` when `app` was read.
    as_of: i64,
    counters: Counters,
}

impl SqliteWriter {
    /// Locks the folder for writing, and updates the holder index to the end of the log.
    pub fn open(shared: Arc<Shared>) -> Result<SqliteWriter> {
        let lock = take_lock(&shared)?;
        let open = || {
            let conn = open_writer(&shared.dir, shared.durability)?;
            shared.folder.begin_life(&conn)?;
            let apps = load::all_event_seqs(&conn)?;
            Ok((conn, apps))
        };
        let (conn, apps) = open().map_err(|error| shared.at(error))?;
        shared.holders.catch_up(&conn, &apps).map_err(|error| error.at(&shared.dir.join("holders.db")))?;
        let worker = Worker::start(shared.holders.clone(), shared.main.clone(), shared.failures.clone())?;
        let checkpoints = Checkpoints::start(&shared.dir, shared.main.path(), shared.failures.clone())?;
        Ok(SqliteWriter {
            shared,
            conn,
            data_version: 0,
            apps: HashMap::new(),
            cards: CardCache::default(),
            filters: Filters::default(),
            claim_counts: ClaimCounts::default(),
            loaded_as_of: None,
            worker,
            checkpoints,
            _lock: lock,
        })
    }

    fn try_load(&mut self, app: AppId, declare_reads: &DeclareReads<'_>) -> Result<Option<WorkingSet>> {
        self.data_version = self.present_version()?;
        self.loaded_as_of.get_or_insert(self.data_version);
        let Some(cached) = self.app(app)? else { return Ok(None) };
        let mut set = WorkingSet::new(cached.app.clone(), cached.counters);
        load_until_complete(&mut set, declare_reads, |keys, set| self.load_keys(keys, set))?;
        Ok(Some(set))
    }

    /// A number that changes with the commits of other connections.
    fn present_version(&self) -> Result<i64> {
        Ok(self.conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
    }

    /// Whether another connection may have added an entry to the audit log since the first set of this batch was loaded,
    /// and the batch adds one as well. Their numbers would be the same.
    fn has_stale_audit(&self, sets: &[WorkingSet], loaded_as_of: Option<i64>) -> Result<bool> {
        let sequence = AuditEntry::sequence();
        let has_entry = |set: &WorkingSet| set.records.changed().any(|(key, ..)| *key == sequence);
        Ok(sets.iter().any(has_entry) && Some(self.present_version()?) != loaded_as_of)
    }

    /// The app with its counters. Read again if another connection may have changed it.
    fn app(&mut self, app: AppId) -> Result<Option<&mut CachedApp>> {
        use std::collections::hash_map::Entry;
        match self.apps.entry(app) {
            Entry::Occupied(entry) if entry.get().as_of == self.data_version => Ok(Some(entry.into_mut())),
            Entry::Occupied(mut entry) => {
                // Only this writer changes counters and cards. Commands can change the app's row.
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
                Ok(Some(entry.insert(CachedApp { app, as_of: self.data_version, counters })))
            }
        }
    }

    fn load_cards(&mut self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        let app = set.app.id;
        for id in &keys.card_ids {
            if set.card_ids.is_loaded(id) {
                continue;
            }
            let card = match self.cards.by_id(app, id) {
                Some(card) => Some(card.clone()),
                None => load::card_by_id(&self.conn, app, id)?.inspect(|card| self.cards.insert(app, card)),
            };
            set.card_ids.load(id.clone(), card.as_ref().map(|card| card.no));
            if let Some(card) = card.filter(|card| !set.cards.is_loaded(&card.no)) {
                set.cards.load(card.no, Some(card));
            }
        }
        for no in &keys.cards {
            if set.cards.is_loaded(no) {
                continue;
            }
            let card = match self.cards.by_no(app, *no) {
                Some(card) => Some(card.clone()),
                None => load::card_by_no(&self.conn, app, *no)?.inspect(|card| self.cards.insert(app, card)),
            };
            set.cards.load(*no, card);
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
        for (card, openid) in &keys.claims {
            if !set.claims.contains_key(&(*card, openid.clone())) {
                let known = self.claim_counts.get(app, *card, openid);
                let seqs = self.candidates(app, *card, openid, known.next)?;
                let claims = known.claims + load::claims(&self.conn, app, openid, &seqs)?;
                let count = ClaimCount { claims, next: CodeSeq(set.counters.code_seq) };
                self.claim_counts.put(app, *card, openid, count);
                set.claims.insert((*card, openid.clone()), claims);
            }
        }
        Ok(())
    }

    fn holder(&mut self, app: AppId, card: CardNo, openid: &OpenId) -> Result<HolderCard> {
        let seqs = self.candidates(app, card, openid, CodeSeq(0))?;
        load::holder_card(&self.conn, app, openid, &seqs)
    }

    /// The codes from `from` on that a holder has or had of a card, according to the caches and the holder index.
    fn candidates(
        &mut self,
        app: AppId,
        card: CardNo,
        openid: &OpenId,
        from: CodeSeq,
    ) -> Result<Vec<CodeSeq>> {
        if let Some(claimed) = self.cards.by_no(app, card).map(Card::claimed) {
            let key = self.shared.holders.fingerprint(app, openid.as_str());
            match self.filters.look_up((app, card), claimed, key) {
                Verdict::New => return Ok(Vec::new()),
                Verdict::Unknown => {}
                Verdict::Build(handover) => self.worker.build(app, card, handover),
            }
        }
        self.shared.holders.codes_of_holder(&self.conn, app, openid, Some(card), from)
    }

    fn write(&mut self, sets: &[WorkingSet]) -> Result<()> {
        let conn = &self.conn;
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for set in sets {
            write_set(conn, set, |no| self.cards.by_no(set.app.id, no))?;
        }
        conn.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// Puts the committed rows into the caches, and their events into the holder index.
    fn update_caches(&mut self, sets: Vec<WorkingSet>) {
        for set in sets {
            let app = set.app.id;
            if let Some(cached) = self.apps.get_mut(&app) {
                cached.counters = set.counters;
            }
            for (_, card, _) in set.cards.changed() {
                self.cards.insert(app, card);
            }
            for issued in set.events.iter().filter_map(IssuedCode::by) {
                let key = self.shared.holders.fingerprint(app, issued.openid.as_str());
                self.filters.insert((app, issued.card), key);
            }
            let issued = set.events.iter().filter_map(IssuedCode::by);
            let next = EventSeq(set.counters.event_seq);
            self.shared.holders.append(app, next, set.events.len(), issued);
        }
        self.worker.write_if_due();
    }
}

impl Drop for SqliteWriter {
    fn drop(&mut self) {
        // A stopped server leaves no WAL, so none can be replayed into a file that is restored by hand.
        let emptied = self.conn.busy_timeout(CLOSING_WAIT).and_then(|()| {
            self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0))
        });
        match emptied {
            Ok(false) => {}
            Ok(true) => tracing::warn!("WAL not truncated: another process reads the store"),
            Err(error) => tracing::warn!(%error, "WAL checkpoint failed"),
        }
    }
}

impl Writer for SqliteWriter {
    fn load(&mut self, app: AppId, declare_reads: &DeclareReads<'_>) -> Result<Option<WorkingSet>> {
        let loaded = self.try_load(app, declare_reads).map_err(|error| self.shared.at(error));
        self.shared.failures.begin(loaded)
    }

    fn commit(&mut self, mut sets: Vec<WorkingSet>) -> Result<()> {
        let loaded_as_of = self.loaded_as_of.take();
        sets.retain(WorkingSet::is_changed);
        if sets.is_empty() {
            return Ok(());
        }
        let shared = self.shared.clone();
        let write_lock = lock(&shared.write_lock);
        if self.has_stale_audit(&sets, loaded_as_of)? {
            return Err(StoreError::Conflict("the audit log has got another entry".to_owned()));
        }
        let written = self.write(&sets).map_err(|error| shared.at(error));
        drop(write_lock);
        match shared.failures.write(written) {
            Ok(()) => {
                self.update_caches(sets);
                self.checkpoints.committed(&self.conn);
                Ok(())
            }
            Err(error) => {
                // The caches may be wrong now, so all rows are read again.
                self.apps.clear();
                self.cards.clear();
                self.filters = Filters::default();
                self.claim_counts.clear();
                if !self.conn.is_autocommit() {
                    self.conn.execute_batch("ROLLBACK")?;
                }
                Err(error)
            }
        }
    }

    fn abandon(&mut self) {
        self.loaded_as_of = None;
        // There is nothing to release: loading takes no locks, because there is one writer and it writes only in a
        // commit.
    }

    fn probe(&mut self, _thorough: bool) -> Result<()> {
        // Every commit adds to the WAL, so a small commit fails where a batch fails.
        let shared = self.shared.clone();
        let write_lock = lock(&shared.write_lock);
        self.conn.prepare_cached(PROBE.sqlite)?.execute([format!("{PROBE_KEY}the writer")])?;
        drop(write_lock);
        self.checkpoints.committed(&self.conn);
        Ok(())
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
