//! The background thread of the holder index. It writes memtables to the file and collects the fingerprints of hot
//! cards.

use super::filter::{Fingerprints, Handover};
use super::memtable::Memtable;
use super::{HolderIndex, Memtables, file};
use crate::error::{Result, StoreError};
use crate::failures::Failures;
use crate::row::damaged;
use crate::sqlite::connect::{Pool, lock};
use kaquan_core::id::{AppId, CardNo, CodeSeq};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// Entries after which the memtable is written.
const WRITE_AFTER: usize = 1 << 16;
/// Events after which the cursor is written, even if they gave few codes to holders.
const WRITE_AFTER_EVENTS: usize = 1 << 20;
/// New entries before a failed write is retried.
const RETRY_AFTER: usize = 1 << 13;
/// Codes of a card that are read with one call.
const CODES_PER_READ: usize = 1 << 14;

enum Job {
    Write(Arc<Memtable>),
    Build { app: AppId, card: CardNo, handover: Handover },
}

/// The handle of the thread.
#[derive(Debug)]
pub(in crate::sqlite) struct Worker {
    index: Arc<HolderIndex>,
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. `main` reads the store.
    pub fn start(index: Arc<HolderIndex>, main: Arc<Pool>, failures: Arc<Failures>) -> Result<Worker> {
        let (jobs, queue) = channel();
        let conn = file::open(index.pool.path())?;
        let for_thread = index.clone();
        let thread = std::thread::Builder::new()
            .name("kaquan-holders".to_owned())
            .spawn(move || run(&for_thread, &main, &failures, conn, &queue))
            .map_err(|source| StoreError::Io { path: "a thread".to_owned(), source })?;
        Ok(Worker { index, jobs: Some(jobs), thread: Some(thread) })
    }

    /// Requests a write if the memtable is long enough. Called after every commit.
    pub fn write_if_due(&self) {
        if let Some(memtables) = &mut *self.index.memtables_mut()
            && memtables
                .active
                .entries
                .len()
                .max(memtables.active.events / (WRITE_AFTER_EVENTS / WRITE_AFTER))
                >= memtables.retry_at.unwrap_or(WRITE_AFTER)
        {
            self.write(memtables);
        }
    }

    fn write(&self, memtables: &mut Memtables) {
        let Some(jobs) = &self.jobs else { return };
        if let Some(frozen) = &memtables.frozen {
            // A memtable is being written, or its write failed and is retried.
            if memtables.retry_at.take().is_some() {
                let _ = jobs.send(Job::Write(frozen.clone()));
            }
            return;
        }
        memtables.retry_at = None;
        let next = Memtable::after(memtables.active.next.clone(), WRITE_AFTER * 2);
        let frozen = Arc::new(std::mem::replace(&mut memtables.active, next));
        memtables.frozen = Some(frozen.clone());
        let _ = jobs.send(Job::Write(frozen));
    }

    /// Requests the fingerprints of a card's holders.
    pub fn build(&self, app: AppId, card: CardNo, handover: Handover) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Job::Build { app, card, handover });
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(memtables) = &mut *self.index.memtables_mut() {
            self.write(memtables);
        }
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("holder index thread panicked");
        }
        // From now on, readers read entries that the file lacks from the log.
        *self.index.memtables_mut() = None;
    }
}

fn run(index: &HolderIndex, main: &Pool, failures: &Failures, mut conn: Connection, queue: &Receiver<Job>) {
    for job in queue {
        match job {
            Job::Write(memtable) => {
                let written = file::write(&mut conn, &memtable);
                drop(memtable);
                let mut memtables = index.memtables_mut();
                let Some(memtables) = &mut *memtables else { return };
                match written {
                    Ok(()) => memtables.frozen = None,
                    Err(error) => {
                        let text = "holder index write failed; the entries stay in memory";
                        failures.note::<()>(Err(error), index.pool.path(), text);
                        memtables.retry_at = Some(memtables.active.entries.len() + RETRY_AFTER);
                    }
                }
            }
            Job::Build { app, card, handover } => {
                let built = collect(index, main, app, card).map_err(|error| {
                    tracing::error!(%error, %app, %card, "holders of a card cannot be read");
                });
                *lock(&handover) = Some(built);
            }
        }
    }
}

/// The fingerprints of every openid that has or had a code of the card.
fn collect(index: &HolderIndex, main: &Pool, app: AppId, card: CardNo) -> Result<Fingerprints> {
    let mut fingerprints = Fingerprints::new();
    let mut from = CodeSeq(0);
    let sql = "SELECT openid FROM codes WHERE app_id = ?1 AND seq = ?2";
    loop {
        let conn = main.get()?;
        let seqs = index.codes_of_card(&conn, app, card, from, CODES_PER_READ)?;
        let mut statement = conn.prepare_cached(sql)?;
        for seq in &seqs {
            let mut rows = statement.query((app.0, seq.0))?;
            if let Some(row) = rows.next()? {
                let openid = row.get_ref(0)?.as_str().map_err(|error| damaged("openid", error))?;
                fingerprints.insert(index.fingerprint(app, openid));
            }
        }
        match seqs.last() {
            Some(last) if seqs.len() == CODES_PER_READ => from = CodeSeq(last.0 + 1),
            _ => return Ok(fingerprints),
        }
    }
}
