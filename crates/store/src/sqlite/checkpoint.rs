//! Moves the write-ahead log into the file behind the writer's back. SQLite has the commit do it that finds the log
//! long, which then takes a hundred times as long as its neighbours. Here a thread does nearly all of it, and the
//! writer only what came in meanwhile, after which the log begins anew.

use super::connect::{self, Role};
use crate::error::{Result, StoreError};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Commits after which the log is moved.
const COMMITS: u32 = 256;
/// Pages of log at which the writer is asked to move the last of them, so that the log begins anew.
const RENEW_AT_PAGES: i64 = 4_000;
/// Pages of log at which a commit of the writer does all of it after all, should the thread not keep up.
pub(super) const FALLBACK_PAGES: i64 = 40_000;

/// The thread that moves the log.
#[derive(Debug)]
pub(super) struct Checkpoints {
    commits: u32,
    requests: Option<SyncSender<()>>,
    renew: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Starts the thread for the file at `path`.
    pub fn start(path: &Path) -> Result<Checkpoints> {
        let role = Role::Writer { flushed: true, cache_kib: 2_048, checkpoint_pages: FALLBACK_PAGES };
        let conn = connect::open(path, role)?;
        let (requests, queue) = sync_channel(1);
        let renew = Arc::new(AtomicBool::new(false));
        let for_thread = renew.clone();
        let thread = std::thread::Builder::new()
            .name("kaquan-checkpoint".to_owned())
            .spawn(move || run(&conn, &queue, &for_thread))
            .map_err(|source| StoreError::Io { path: "a thread".to_owned(), source })?;
        Ok(Checkpoints { commits: 0, requests: Some(requests), renew, thread: Some(thread) })
    }

    /// Called by the writer after every commit.
    pub fn committed(&mut self, writer: &Connection) {
        self.commits += 1;
        if self.commits.is_multiple_of(COMMITS)
            && let Some(requests) = &self.requests
        {
            // Full while the thread is still at it, and that is as good.
            let _ = requests.try_send(());
        }
        if self.renew.swap(false, Ordering::Relaxed) {
            checkpoint(writer);
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that moves the log panicked");
        }
    }
}

fn run(conn: &Connection, queue: &Receiver<()>, renew: &AtomicBool) {
    for () in queue {
        if checkpoint(conn) >= RENEW_AT_PAGES {
            renew.store(true, Ordering::Relaxed);
        }
    }
}

/// Moves what can be moved without waiting for anyone. Answers how many pages the log has.
fn checkpoint(conn: &Connection) -> i64 {
    let pages = conn
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")
        .and_then(|mut statement| statement.query_row([], |row| row.get(1)));
    pages.unwrap_or_else(|error| {
        tracing::warn!(%error, "the log cannot be moved into the file");
        0
    })
}
