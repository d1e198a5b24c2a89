//! The data folder as a whole: its rights, its locks, and the check that its files are of one store and one state.
//! Every way into the folder leads through [`Folder::enter`].

mod life;
mod rights;

pub(super) use life::random_id;
pub use rights::make_private;
pub(super) use rights::{create_private, open_private};

use super::restore;
use crate::error::{Result, StoreError};
use rusqlite::Connection;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// Held shared by every process that has the folder open, exclusively by a restore.
pub(super) const LOCK: &str = "folder.lock";
/// Where a restore prepares the new file.
pub(super) const STAGING: &str = ".restoring";
/// How the names of folders begin that hold what was there before a restore.
pub(super) const ASIDE: &str = "before-restore-";
/// Every file of a store, in the order in which a restore moves them away.
pub(super) const FILES: &[&str] = &[
    "server.address",
    "holders.db-wal",
    "holders.db-shm",
    "holders.db",
    "kaquan.db-journal",
    "kaquan.db-shm",
    "kaquan.db-wal",
    "kaquan.db-life.new",
    life::NAME,
    "kaquan.db",
];

/// An open data folder. While it exists, no restore can begin.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    _lock: File,
    /// Held by a restore, because versions before this one know no other lock.
    _writer: Option<File>,
}

/// The right to open the files of a folder; other processes wait for it.
#[derive(Debug)]
pub(super) struct Gate {
    _dir: File,
}

impl Gate {
    /// Waits for other processes that open the folder at this moment.
    pub fn wait(dir: &Path) -> Result<Gate> {
        let file = File::open(dir).map_err(io(dir))?;
        file.lock().map_err(io(dir))?;
        Ok(Gate { _dir: file })
    }
}

impl Folder {
    /// Enters a folder, which is made if it does not exist. The first process to enter finishes an interrupted restore
    /// and checks the files. They are to be opened before the gate is dropped.
    ///
    /// # Errors
    /// The folder is being restored, or its files do not belong together.
    pub fn enter(dir: &Path) -> Result<(Folder, Gate)> {
        make_private(dir)?;
        let gate = Gate::wait(dir)?;
        let lock = open_private(&dir.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {
                restore::finish(dir, &mut |_| ())?;
                life::check(dir)?;
                // Nothing can come in between, because others wait at the gate.
                lock.unlock().and_then(|()| lock.lock_shared()).map_err(io(dir))?;
            }
            Err(TryLockError::WouldBlock) => match lock.try_lock_shared() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let dir = dir.display();
                    return Err(StoreError::Folder(format!(
                        "{dir} is being restored; wait until that has ended"
                    )));
                }
                Err(TryLockError::Error(error)) => return Err(io(dir)(error)),
            },
            Err(TryLockError::Error(error)) => return Err(io(dir)(error)),
        }
        Ok((Folder { dir: dir.to_owned(), _lock: lock, _writer: None }, gate))
    }

    /// Takes a folder for one process alone. An interrupted restore is finished first.
    ///
    /// # Errors
    /// Another process has the folder open.
    pub fn take(dir: &Path) -> Result<Folder> {
        make_private(dir)?;
        let _gate = Gate::wait(dir)?;
        let lock = open_private(&dir.join(LOCK))?;
        let writer = open_private(&dir.join("writer.lock"))?;
        for file in [&writer, &lock] {
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(dir.display().to_string())),
                Err(TryLockError::Error(error)) => return Err(io(dir)(error)),
            }
        }
        restore::finish(dir, &mut |_| ())?;
        Ok(Folder { dir: dir.to_owned(), _lock: lock, _writer: Some(writer) })
    }

    /// Whether the files belong together, as far as it can be seen without opening them.
    pub fn is_sound(&self) -> bool {
        life::check(&self.dir).is_ok()
    }

    /// To be called before the schema is changed, with the gate held.
    pub fn expect_schema_change(&self) -> Result<()> {
        life::expect_schema_change(&self.dir)
    }

    /// Begins a new life of the store's file; `conn` writes to it.
    pub fn begin_life(&self, conn: &Connection) -> Result<()> {
        let _gate = Gate::wait(&self.dir)?;
        life::begin(&self.dir, conn)
    }
}

/// Prepares a new life of the store's file before `conn`, the writer's, has the log moved into it.
pub(super) fn renew_life(dir: &Path, conn: &Connection) -> Result<()> {
    life::renew(dir, conn)
}

/// Ends the lives before the one that the file has by now.
pub(super) fn settle_life(dir: &Path) -> Result<()> {
    life::settle(dir)
}

/// Names the file that could not be used.
pub(super) fn io(path: &Path) -> impl Fn(std::io::Error) -> StoreError + '_ {
    move |source| StoreError::Io { path: path.display().to_string(), source }
}
