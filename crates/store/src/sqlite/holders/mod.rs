//! The holder index: the codes of an openid or a card, derived from the event log. The index has its own file, which
//! is written in bulk after the commits. Newer entries are in a memtable, so that a claim never waits for the file. A
//! lost file is built again from the log.

mod file;
mod filter;
mod memtable;
mod worker;

pub(super) use filter::{Filters, Verdict};
pub(super) use memtable::{IssuedCode, Memtable};
pub(super) use worker::Worker;

use super::connect::Pool;
use super::identity;
use super::load::query_all;
use super::row::column;
use crate::error::{Result, StoreError};
use kaquan_core::event::EventKind;
use kaquan_core::id::{AppId, CardNo, CodeSeq, EventSeq, OpenId};
use rusqlite::Connection;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A condition on rows of `events`: the events that give a code to a holder.
const ISSUING: &str = "kind IN (11, 14)";
const _: () = assert!(EventKind::Claim.number() == 11 && EventKind::GiftAccept.number() == 14);

/// The index, shared by all threads of this process.
#[derive(Debug)]
pub(super) struct HolderIndex {
    pool: Pool,
    hasher: RandomState,
    /// `Some` while this process has the writer of the store.
    memtables: RwLock<Option<Memtables>>,
}

/// The entries that are not in the file yet.
#[derive(Debug, Default)]
pub(super) struct Memtables {
    /// Every commit adds its entries here.
    pub active: Memtable,
    /// The worker is writing these entries to the file.
    pub frozen: Option<Arc<Memtable>>,
    /// After a failed write: the length of `active` at which the write is retried.
    pub retry_at: Option<usize>,
}

impl Memtables {
    fn each(&self) -> impl Iterator<Item = &Memtable> {
        std::iter::once(&self.active).chain(self.frozen.as_deref())
    }
}

impl HolderIndex {
    /// The index in this file, which is created if it does not exist. If the index belongs to another store or
    /// generation, it is emptied, and built again from the log of `main`.
    ///
    /// # Errors
    /// The index has content of another store, and `main` has no events.
    pub fn open(path: PathBuf, main: &Connection) -> Result<HolderIndex> {
        let mut index = file::open(&path)?;
        let identity = identity::read(main)?;
        match file::origin(&index)? {
            None => file::set_origin(&mut index, &identity)?,
            Some(origin) if origin == identity => {}
            Some(origin) => {
                if file::has_content(&index)? && !identity::has_events(main)? {
                    let path = path.display();
                    return Err(StoreError::Folder(format!(
                        "{path} is full and belongs to store {origin}, and kaquan.db beside it is empty. Restore a backup \
                         with kaquan restore, or delete holders.db to begin with nothing"
                    )));
                }
                tracing::warn!(%origin, store = %identity, "holder index is of another store; it is built again");
                file::set_origin(&mut index, &identity)?;
            }
        }
        drop(index);
        Ok(HolderIndex { pool: Pool::new(path), hasher: RandomState::new(), memtables: RwLock::new(None) })
    }

    /// Adds the path of the file to an error of SQLite.
    fn at(&self, error: StoreError) -> StoreError {
        error.at(self.pool.path())
    }

    /// A hash of an openid. It is the same while this process runs.
    pub fn fingerprint(&self, app: AppId, openid: &str) -> u64 {
        self.hasher.hash_one((app.0, openid))
    }

    pub fn memtables(&self) -> RwLockReadGuard<'_, Option<Memtables>> {
        self.memtables.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn memtables_mut(&self) -> RwLockWriteGuard<'_, Option<Memtables>> {
        self.memtables.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The codes from `from` on that a holder has or had, sorted by number; of one card if `card` is given. `main` reads
    /// the store.
    pub fn codes_of_holder(
        &self,
        main: &Connection,
        app: AppId,
        openid: &OpenId,
        card: Option<CardNo>,
        from: CodeSeq,
    ) -> Result<Vec<CodeSeq>> {
        let key = self.fingerprint(app, openid.as_str());
        let mut seqs = Vec::new();
        let has_memtable = match &*self.memtables() {
            Some(memtables) => {
                memtables
                    .each()
                    .for_each(|memtable| memtable.codes_of_holder(key, app, openid, card, from, &mut seqs));
                true
            }
            None => false,
        };
        // The memtable is read first: if an entry leaves the memtable meanwhile, it is already in the file.
        let conn = self.pool.get().map_err(|error| self.at(error))?;
        let snapshot = if has_memtable { None } else { Some(conn.unchecked_transaction()?) };
        let one = "SELECT seq FROM held WHERE app_id = ?1 AND openid = ?2 AND card_no = ?3 AND seq >= ?4";
        let all = "SELECT seq FROM held WHERE app_id = ?1 AND openid = ?2 AND seq >= ?3";
        seqs.extend(
            match card {
                Some(card) => query_all(&conn, one, (app.0, openid.as_str(), card.0, from.0), read_seq),
                None => query_all(&conn, all, (app.0, openid.as_str(), from.0), read_seq),
            }
            .map_err(|error| self.at(error))?,
        );
        if let Some(snapshot) = snapshot {
            // Another process has the writer, or no process has it. Entries missing in the file are read from the
            // log.
            let cursor = file::cursor(&snapshot, app).map_err(|error| self.at(error))?;
            let sql = format!(
                "SELECT code_seq FROM events WHERE app_id = ?1 AND seq >= ?2 AND {ISSUING} AND \
                 (CASE kind WHEN 11 THEN openid ELSE friend END) = ?3 AND (?4 IS NULL OR card_no = ?4) AND code_seq >= ?5"
            );
            let params = (app.0, cursor.0, openid.as_str(), card.map(|card| card.0), from.0);
            seqs.extend(query_all(main, &sql, params, read_seq)?);
        }
        seqs.sort_unstable();
        seqs.dedup();
        Ok(seqs)
    }

    /// The codes of a card from `from` on, sorted by number, at most `limit`.
    pub fn codes_of_card(
        &self,
        main: &Connection,
        app: AppId,
        card: CardNo,
        from: CodeSeq,
        limit: usize,
    ) -> Result<Vec<CodeSeq>> {
        let mut newer = Vec::new();
        let has_memtable = match &*self.memtables() {
            Some(memtables) => {
                memtables.each().for_each(|memtable| memtable.codes_of_card(app, card, from, &mut newer));
                true
            }
            None => false,
        };
        let conn = self.pool.get().map_err(|error| self.at(error))?;
        let snapshot = if has_memtable { None } else { Some(conn.unchecked_transaction()?) };
        let sql = "SELECT seq FROM card_codes WHERE app_id = ?1 AND card_no = ?2 AND seq >= ?3 LIMIT ?4";
        let limit_sql = i64::try_from(limit).unwrap_or(i64::MAX);
        let seqs = query_all(&conn, sql, (app.0, card.0, from.0, limit_sql), read_seq);
        let mut seqs = seqs.map_err(|error| self.at(error))?;
        if let Some(snapshot) = snapshot.filter(|_| seqs.len() < limit) {
            let cursor = file::cursor(&snapshot, app).map_err(|error| self.at(error))?;
            let sql = format!(
                "SELECT code_seq FROM events WHERE app_id = ?1 AND seq >= ?2 AND {ISSUING} AND card_no = ?3 \
                 AND code_seq >= ?4 LIMIT ?5"
            );
            let params = (app.0, cursor.0, card.0, from.0, limit_sql);
            newer.extend(query_all(main, &sql, params, read_seq)?);
        }
        seqs.append(&mut newer);
        seqs.sort_unstable();
        seqs.dedup();
        seqs.truncate(limit);
        Ok(seqs)
    }

    /// Reads the log to its end into the file, and creates the memtable. `apps` has every app with its next event.
    pub fn catch_up(&self, main: &Connection, apps: &[(AppId, EventSeq)]) -> Result<()> {
        // Connections of readers may have a file open that will be replaced.
        self.pool.clear();
        let mut conn = file::open(self.pool.path())?;
        for (app, end) in apps {
            let mut at = file::cursor(&conn, *app)?;
            if at > *end {
                // The store lost its last commits or is an older copy. The index has events that are not in the log.
                tracing::warn!(%app, "holder index is ahead of the store; it is built again");
                file::clear_app(&mut conn, *app)?;
                at = EventSeq(0);
            }
            while at < *end {
                let memtable = memtable::read_chunk(main, &self.hasher, *app, at, *end)?;
                at = memtable.next.get(app).copied().unwrap_or(*end);
                file::write(&mut conn, &memtable)?;
            }
        }
        let active = Memtable::after(apps.iter().copied().collect(), 0);
        *self.memtables_mut() = Some(Memtables { active, ..Memtables::default() });
        Ok(())
    }

    /// Empties the file after the log of `main` was deleted.
    pub fn clear(&self, main: &Connection) -> Result<()> {
        self.pool.clear();
        file::set_origin(&mut file::open(self.pool.path())?, &identity::read(main)?)
    }

    /// Adds the missing entries of the log up to `end` to the memtable. Needed after a commit that reported an error
    /// but may have happened.
    pub fn resync(&self, main: &Connection, app: AppId, end: EventSeq) -> Result<()> {
        let mut memtables = self.memtables_mut();
        let Some(memtables) = &mut *memtables else { return Ok(()) };
        let mut at = memtables.active.next.get(&app).copied().unwrap_or_default();
        while at < end {
            let missed = memtable::read_chunk(main, &self.hasher, app, at, end)?;
            at = missed.next.get(&app).copied().unwrap_or(end);
            for entry in missed.entries {
                let key = self.fingerprint(app, entry.issued.openid.as_str());
                memtables.active.push(key, app, entry.issued);
            }
            memtables.active.next.insert(app, at);
        }
        Ok(())
    }

    /// Adds the codes that a commit issued.
    pub fn append(
        &self,
        app: AppId,
        next: EventSeq,
        events: usize,
        issued: impl Iterator<Item = IssuedCode>,
    ) {
        if let Some(memtables) = &mut *self.memtables_mut() {
            for issued in issued {
                let key = self.fingerprint(app, issued.openid.as_str());
                memtables.active.push(key, app, issued);
            }
            memtables.active.events += events;
            memtables.active.next.insert(app, next);
        }
    }
}

fn read_seq(row: &rusqlite::Row<'_>) -> Result<CodeSeq> {
    column(row, 0).map(CodeSeq)
}
