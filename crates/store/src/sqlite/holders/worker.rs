//! The thread behind the writer: it writes the tail of the holder index to its file and collects the fingerprints
//! of cards that came into demand.

use super::file;
use super::filter::{Fingerprints, Handover};
use super::tail::Tail;
use super::{HolderIndex, Tails};
use crate::error::{Result, StoreError};
use crate::row::damaged;
use crate::sqlite::connect::{Pool, lock};
use kaquan_core::id::{AppId, CardNo, CodeSeq};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// Entries after which the tail is written.
const WRITE_AFTER: usize = 1 << 16;
/// Events after which the watermark is written even if they issued little.
const WRITE_AFTER_EVENTS: usize = 1 << 20;
/// Entries to wait for before a failed write is tried again.
const RETRY_AFTER: usize = 1 << 13;
/// Codes of a card that are read at once.
const CODES_PER_READ: usize = 1 << 14;

enum Job {
    Write(Arc<Tail>),
    Build { app: AppId, card: CardNo, handover: Handover },
}

/// The thread and the way to it.
#[derive(Debug)]
pub(in crate::sqlite) struct Worker {
    index: Arc<HolderIndex>,
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. `main` reads the store.
    pub fn start(index: Arc<HolderIndex>, main: Arc<Pool>) -> Result<Worker> {
        let (jobs, queue) = channel();
        let conn = file::open(index.pool.path())?;
        let for_thread = index.clone();
        let thread = std::thread::Builder::new()
            .name("kaquan-holders".to_owned())
            .spawn(move || run(&for_thread, &main, conn, &queue))
            .map_err(|source| StoreError::Io { path: "a thread".to_owned(), source })?;
        Ok(Worker { index, jobs: Some(jobs), thread: Some(thread) })
    }

    /// Has the tail written if it is long enough. Called after every commit.
    pub fn write_if_due(&self) {
        if let Some(tails) = &mut *self.index.tails_mut()
            && tails.active.entries.len().max(tails.active.events / (WRITE_AFTER_EVENTS / WRITE_AFTER))
                >= tails.retry_at.unwrap_or(WRITE_AFTER)
        {
            self.write(tails);
        }
    }

    fn write(&self, tails: &mut Tails) {
        let Some(jobs) = &self.jobs else { return };
        if let Some(frozen) = &tails.frozen {
            // Written right now, or to be tried again.
            if tails.retry_at.take().is_some() {
                let _ = jobs.send(Job::Write(frozen.clone()));
            }
            return;
        }
        tails.retry_at = None;
        let next = Tail::after(tails.active.next.clone(), WRITE_AFTER * 2);
        let frozen = Arc::new(std::mem::replace(&mut tails.active, next));
        tails.frozen = Some(frozen.clone());
        let _ = jobs.send(Job::Write(frozen));
    }

    /// Has the fingerprints of a card's holders collected.
    pub fn build(&self, app: AppId, card: CardNo, handover: Handover) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Job::Build { app, card, handover });
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(tails) = &mut *self.index.tails_mut() {
            self.write(tails);
        }
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the holder index panicked");
        }
        // From here on readers take from the log what is not in the file.
        *self.index.tails_mut() = None;
    }
}

fn run(index: &HolderIndex, main: &Pool, mut conn: Connection, queue: &Receiver<Job>) {
    for job in queue {
        match job {
            Job::Write(tail) => {
                let written = file::write(&mut conn, &tail);
                drop(tail);
                let mut tails = index.tails_mut();
                let Some(tails) = &mut *tails else { return };
                match written {
                    Ok(()) => tails.frozen = None,
                    Err(error) => {
                        tracing::error!(%error, "the holder index cannot be written; it stays in memory");
                        tails.retry_at = Some(tails.active.entries.len() + RETRY_AFTER);
                    }
                }
            }
            Job::Build { app, card, handover } => {
                let built = collect(index, main, app, card).map_err(|error| {
                    tracing::error!(%error, %app, %card, "the holders of a card cannot be read");
                });
                *lock(&handover) = Some(built);
            }
        }
    }
}

/// The fingerprints of everyone who holds or held a code of a card.
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
