//! The data folder: its permissions, its locks, and the check that its files belong to one store and one state. Every
//! process opens the folder with [`Folder::enter`].

mod life;
mod rights;
mod wal;

pub(super) use life::random_id;
pub use rights::make_private;
pub(super) use rights::{create_private, open_private};

use super::{identity, restore};
use crate::error::{Result, StoreError};
use crate::failures::FailureKind;
use rusqlite::Connection;
use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The lock file of the folder. Every process that has the folder open has a shared lock; a restore has an exclusive
/// lock.
pub(super) const LOCK: &str = "folder.lock";
/// The folder in which `kaquan demo` fills a new store. Its files are moved up after the store is complete.
pub const FILLING: &str = ".filling";
/// The folder in which a restore prepares the new file.
pub(super) const STAGING: &str = ".restoring";
/// Prefix of the folders that get the old files during a restore.
pub(super) const ASIDE: &str = "before-restore-";
/// Every file of a store, in the order in which a restore moves them.
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
    /// The writer's lock, which only a restore holds here: earlier versions know no other lock.
    _writer: Option<File>,
}

/// A lock for opening the files of a folder. Other processes wait for it.
#[derive(Debug)]
pub(super) struct OpeningLock {
    _dir: File,
}

impl OpeningLock {
    /// Waits for other processes that are opening the folder.
    pub fn wait(dir: &Path) -> Result<OpeningLock> {
        let file = File::open(dir).map_err(io(dir))?;
        file.lock().map_err(io(dir))?;
        Ok(OpeningLock { _dir: file })
    }
}

impl Folder {
    /// Opens a folder, and creates it if it does not exist. The first process that opens it finishes an interrupted
    /// restore and checks the files. The caller must open the files before it drops the lock.
    ///
    /// # Errors
    /// The folder is being restored, or its files do not belong together.
    pub fn enter(dir: &Path) -> Result<(Folder, OpeningLock)> {
        make_private(dir)?;
        let opening = OpeningLock::wait(dir)?;
        refuse_filling(dir)?;
        let lock = open_private(&dir.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {
                restore::finish(dir, &mut |_| ())?;
                life::check(dir)?;
                // No other process can get the lock in between, because it waits for the opening lock.
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
        Ok((Folder { dir: dir.to_owned(), _lock: lock, _writer: None }, opening))
    }

    /// Opens a folder exclusively. Finishes an interrupted restore first.
    ///
    /// # Errors
    /// Another process has the folder open.
    pub fn lock(dir: &Path) -> Result<Folder> {
        make_private(dir)?;
        let _opening = OpeningLock::wait(dir)?;
        refuse_filling(dir)?;
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

    /// Whether the files belong together, as far as this can be seen without opening them.
    pub fn is_sound(&self) -> bool {
        life::check(&self.dir).is_ok()
    }

    /// Call this before the schema is changed, with the opening lock held.
    pub fn expect_schema_change(&self) -> Result<()> {
        life::expect_schema_change(&self.dir)
    }

    /// Refuses a file without tables that cannot be the beginning of a new store. `conn` reads the file.
    ///
    /// # Errors
    /// The file has tables of other software, or other files in the folder belong to an older store.
    pub fn expect_new(&self, conn: &Connection) -> Result<()> {
        let tables = identity::tables(conn)?;
        if tables.is_empty() {
            return life::expect_new(&self.dir);
        }
        Err(StoreError::Damaged(format!("it has tables of other software: {}", tables.join(", "))))
    }

    /// Begins a new life of the store's file. `conn` writes to it.
    pub fn begin_life(&self, conn: &Connection) -> Result<()> {
        let _opening = OpeningLock::wait(&self.dir)?;
        life::begin(&self.dir, conn)?;
        // The WAL begins with the header of the file, so a WAL of another store can be recognized.
        life::renew(&self.dir, conn)
    }
}

/// Refuses a folder that `kaquan demo` began to fill. Files of its store may still be in the inner folder.
pub(super) fn refuse_filling(dir: &Path) -> Result<()> {
    let filling = dir.join(FILLING);
    if !filling.is_dir() {
        return Ok(());
    }
    let (dir, filling) = (dir.display(), filling.display());
    Err(StoreError::Folder(format!(
        "{dir} is unfinished: kaquan demo began to fill it and was interrupted. Run kaquan demo --data {dir} again: it \
         goes on or starts over. To give the demo up, delete {filling}"
    )))
}

/// Records a new life of the store's file before a checkpoint. `conn` is the writer's connection.
pub(super) fn renew_life(dir: &Path, conn: &Connection) -> Result<()> {
    life::renew(dir, conn)
}

/// Removes the lives before the one that the file has now.
pub(super) fn end_earlier_lives(dir: &Path) -> Result<()> {
    life::end_earlier(dir)
}

/// Adds the path and advice to an I/O error.
pub(super) fn io(path: &Path) -> impl Fn(std::io::Error) -> StoreError + '_ {
    move |source| {
        let place = path.display().to_string();
        match FailureKind::of_io(&source) {
            Some(FailureKind::NoRights) => {
                let reason = format!("{source}{}", owner(path));
                StoreError::Failing { kind: FailureKind::NoRights, place, reason }
            }
            Some(kind) => StoreError::Failing { kind, place, reason: source.to_string() },
            None => StoreError::Io { path: place, source },
        }
    }
}

/// The owner of a path. If the path cannot be read, the owner of the nearest readable folder above it.
fn owner(path: &Path) -> String {
    let seen = path.ancestors().find_map(|above| Some((above, above.symlink_metadata().ok()?.uid())));
    let user = rustix::process::geteuid().as_raw();
    seen.map_or(String::new(), |(above, owner)| {
        format!("; {} belongs to user {owner}, and kaquan runs as user {user}", above.display())
    })
}
