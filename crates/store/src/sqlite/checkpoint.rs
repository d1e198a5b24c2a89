//! WAL checkpoints in the background. SQLite would run a checkpoint inside a commit when the WAL is long, and that
//! commit takes a hundred times as long as others. Here a thread copies nearly all pages. The writer then copies only
//! the pages added meanwhile, and the WAL starts again from its beginning.

use super::connect::{self, Role};
use super::folder::{end_earlier_lives, renew_life};
use super::main_path;
use crate::error::{Result, StoreError};
use crate::failures::Failures;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Commits between two checkpoints.
const COMMITS: u32 = 256;
/// WAL pages from which the writer runs a checkpoint for the last pages, so that the WAL starts again.
const RENEW_AT_PAGES: i64 = 4_000;
/// WAL pages from which a commit runs the checkpoint itself, because the thread is too slow.
pub(super) const FALLBACK_PAGES: i64 = 40_000;

/// The handle of the checkpoint thread.
#[derive(Debug)]
pub(super) struct Checkpoints {
    dir: PathBuf,
    failures: Arc<Failures>,
    commits: u32,
    /// Whether a checkpoint is requested or running.
    running: Arc<AtomicBool>,
    requests: Option<SyncSender<()>>,
    renew: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Starts the thread for the file `path` in the folder `dir`.
    pub fn start(dir: &Path, path: &Path, failures: Arc<Failures>) -> Result<Checkpoints> {
        let role = Role::Writer { flushed: true, cache_kib: 2_048, checkpoint_pages: FALLBACK_PAGES };
        let conn = connect::open(path, role)?;
        let (requests, queue) = sync_channel(1);
        let renew = Arc::new(AtomicBool::new(false));
        let running = Arc::new(AtomicBool::new(false));
        let for_thread = Thread {
            conn,
            dir: dir.to_owned(),
            failures: failures.clone(),
            renew: renew.clone(),
            running: running.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("kaquan-checkpoint".to_owned())
            .spawn(move || for_thread.run(&queue))
            .map_err(|source| StoreError::Io { path: "a thread".to_owned(), source })?;
        let dir = dir.to_owned();
        Ok(Checkpoints {
            dir,
            failures,
            commits: 0,
            running,
            requests: Some(requests),
            renew,
            thread: Some(thread),
        })
    }

    /// Called by the writer after every commit.
    pub fn committed(&mut self, writer: &Connection) {
        self.commits += 1;
        if self.commits.is_multiple_of(COMMITS)
            && let Some(requests) = &self.requests
            && !self.running.swap(true, Ordering::AcqRel)
        {
            self.renew_life(writer);
            // The thread has received the previous request, so the queue has room.
            let _ = requests.try_send(());
        }
        if !self.running.load(Ordering::Acquire) && self.renew.swap(false, Ordering::Relaxed) {
            self.renew_life(writer);
            checkpoint(writer, &self.dir, &self.failures);
            end_earlier(&self.dir, &self.failures);
        }
    }

    /// Begins a new life of the file, so that an older copy cannot be mistaken for the current file.
    fn renew_life(&self, writer: &Connection) {
        let renewed = renew_life(&self.dir, writer);
        self.failures.note(
            renewed,
            &main_path(&self.dir),
            "WAL checkpoint: new life of the file not recorded",
        );
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("WAL checkpoint thread panicked");
        }
    }
}

struct Thread {
    conn: Connection,
    dir: PathBuf,
    failures: Arc<Failures>,
    renew: Arc<AtomicBool>,
    running: Arc<AtomicBool>,
}

impl Thread {
    fn run(&self, queue: &Receiver<()>) {
        for () in queue {
            if checkpoint(&self.conn, &self.dir, &self.failures) >= RENEW_AT_PAGES {
                self.renew.store(true, Ordering::Relaxed);
            }
            end_earlier(&self.dir, &self.failures);
            self.running.store(false, Ordering::Release);
        }
    }
}

fn end_earlier(dir: &Path, failures: &Failures) {
    let ended = end_earlier_lives(dir);
    failures.note(ended, &main_path(dir), "WAL checkpoint: earlier lives of the file not ended");
}

/// Copies the pages that can be copied without waiting. Returns the number of pages in the WAL.
fn checkpoint(conn: &Connection, dir: &Path, failures: &Failures) -> i64 {
    let pages = conn
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")
        .and_then(|mut statement| statement.query_row([], |row| row.get(1)));
    failures.note(pages.map_err(Into::into), &main_path(dir), "WAL checkpoint failed").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::folder::Folder;

    fn insert(conn: &Connection, times: u32, mut after: impl FnMut()) {
        for n in 0..times {
            conn.execute("INSERT INTO t VALUES (?1, zeroblob(500))", [n]).unwrap();
            after();
        }
    }

    #[test]
    fn a_copy_from_before_a_checkpoint_is_not_taken_for_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, opening) = Folder::enter(dir.path()).unwrap();
        drop(opening);
        let main = dir.path().join("kaquan.db");
        let role = Role::Writer { flushed: false, cache_kib: 2_048, checkpoint_pages: FALLBACK_PAGES };
        let conn = connect::open(&main, role).unwrap();
        conn.execute_batch("CREATE TABLE t (n INTEGER, bytes BLOB)").unwrap();
        folder.begin_life(&conn).unwrap();
        insert(&conn, 100, || ());
        let copy = std::fs::read(&main).unwrap();
        let failures = Arc::new(Failures::new(String::new()));
        let mut checkpoints = Checkpoints::start(dir.path(), &main, failures.clone()).unwrap();
        insert(&conn, 2 * COMMITS, || checkpoints.committed(&conn));
        // Waits for the thread. Its checkpoint may have run during a commit and left the header in the WAL. This
        // checkpoint runs alone.
        drop(checkpoints);
        checkpoint(&conn, dir.path(), &failures);
        end_earlier(dir.path(), &failures);
        insert(&conn, 100, || ());
        let killed = tempfile::tempdir().unwrap();
        for name in ["kaquan.db", "kaquan.db-wal", "kaquan.db-life"] {
            std::fs::copy(dir.path().join(name), killed.path().join(name)).unwrap();
        }
        assert!(Folder::enter(killed.path()).is_ok(), "killed, and nothing replaced");
        std::fs::write(killed.path().join("kaquan.db"), copy).unwrap();
        let refused = Folder::enter(killed.path()).unwrap_err().to_string();
        assert!(refused.contains("of different states"), "{refused}");
    }
}
