//! The store in SQLite: one folder, one writer, any number of readers. `kaquan.db` has the rows. `holders.db` is an
//! index that can be built again from the log.

mod backup;
mod card_cache;
mod checkpoint;
mod clock_note;
mod commit;
mod connect;
mod copy;
mod events;
mod folder;
mod holders;
mod identity;
mod load;
mod migrate;
mod restore;
mod row;
mod shared;
mod writer;

pub use backup::{BackupContent, backup};
pub use folder::{FILLING, make_private};
pub use restore::{RestoreReport, restore};

use crate::error::{Result, StoreError};
use crate::failures::Failures;
use crate::nodes::Nodes;
use crate::{Store, Writer};
use checkpoint::FALLBACK_PAGES;
use connect::{Pool, Role, lock};
use folder::Folder;
use holders::HolderIndex;
use kaquan_core::code::Code;
use kaquan_core::engine::{Keys, WorkingSet};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, CardNo, CodeSeq, EventSeq, OpenId};
use kaquan_core::stats::ScannedEvent;
use kaquan_core::time::Day;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The failures that a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A power failure: every commit is flushed to the disk before it returns.
    #[default]
    Full,
    /// A crash of the process. A power failure can undo the last commits, but never damages the store.
    Normal,
}

/// Settings of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    pub durability: Durability,
}

/// The store in a folder.
#[derive(Debug)]
pub struct SqliteStore {
    /// For short transactions outside of the batches. Closed before the folder's lock is released.
    side: Mutex<Connection>,
    shared: Arc<Shared>,
}

/// The parts of the store that its writer uses too.
#[derive(Debug)]
struct Shared {
    dir: PathBuf,
    durability: Durability,
    main: Arc<Pool>,
    holders: Arc<HolderIndex>,
    failures: Arc<Failures>,
    /// Locked for every write transaction of this process. SQLite allows one at a time and would make waiting threads
    /// poll; this lock wakes them.
    write_lock: Mutex<()>,
    // Dropped last, because a restore may begin after that.
    folder: Folder,
}

impl SqliteStore {
    /// Opens the store in a folder. Creates the folder and the store if they do not exist. Only the
    /// owner can read the folder and its files.
    ///
    /// # Errors
    /// The folder cannot be written, its files are of different stores or states, or the store is unfinished or has a
    /// newer version.
    pub fn open(dir: &Path, options: Options) -> Result<SqliteStore> {
        let store = SqliteStore::open_unfinished(dir, options)?;
        (&store as &dyn Store).refuse_unfinished(&dir.display().to_string())?;
        Ok(store)
    }

    /// As [`SqliteStore::open`], for the command that fills the store: it also opens an unfinished store.
    pub fn open_unfinished(dir: &Path, options: Options) -> Result<SqliteStore> {
        let Options { durability } = options;
        let (folder, _opening) = Folder::enter(dir)?;
        let side = open_main(&folder, dir, durability).map_err(|error| error.at(&main_path(dir)))?;
        let holders = dir.join("holders.db");
        let index = HolderIndex::open(holders.clone(), &side).map_err(|error| error.at(&holders))?;
        let shared = Shared {
            dir: dir.to_owned(),
            durability,
            main: Arc::new(Pool::new(main_path(dir))),
            holders: Arc::new(index),
            failures: Arc::new(Failures::new(dir.display().to_string())),
            write_lock: Mutex::new(()),
            folder,
        };
        Ok(SqliteStore { side: Mutex::new(side), shared: Arc::new(shared) })
    }

    /// Runs a short transaction outside of the batches.
    fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let write = || {
            let mut side = lock(&self.side);
            let _write_lock = lock(&self.shared.write_lock);
            let transaction = side.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = change(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        self.shared.failures.write(write().map_err(|error| self.shared.at(error)))
    }

    /// Runs several statements that all read the same state of the store.
    fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let read = || {
            let conn = self.shared.main.get()?;
            let transaction = conn.unchecked_transaction()?;
            let done = query(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        self.shared.failures.read(read().map_err(|error| self.shared.at(error)))
    }
}

impl Shared {
    /// Adds the path of the main file to an error of SQLite.
    fn at(&self, error: StoreError) -> StoreError {
        error.at(self.main.path())
    }
}

/// Opens the main file and migrates it.
fn open_main(folder: &Folder, dir: &Path, durability: Durability) -> Result<Connection> {
    folder::create_private(&main_path(dir))?;
    let mut conn = open_writer(dir, durability)?;
    let version = migrate::version(&conn)?;
    if version == 0 {
        folder.expect_new(&conn)?;
    }
    if (1..migrate::KNOWN).contains(&version) {
        identity::expect_first_tables(&conn)?;
    }
    if version != migrate::KNOWN {
        folder.expect_schema_change()?;
        migrate::migrate(&mut conn)?;
    }
    identity::expect_tables(&conn)?;
    Ok(conn)
}

fn main_path(dir: &Path) -> PathBuf {
    dir.join("kaquan.db")
}

fn open_writer(dir: &Path, durability: Durability) -> Result<Connection> {
    let flushed = durability == Durability::Full;
    connect::open(
        &main_path(dir),
        Role::Writer { flushed, cache_kib: 131_072, checkpoint_pages: FALLBACK_PAGES },
    )
}

impl Store for SqliteStore {
    fn writer(&self) -> Result<Box<dyn Writer>> {
        Ok(Box::new(writer::SqliteWriter::open(self.shared.clone())?))
    }

    fn load(&self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        self.read(|conn| load::load(conn, &self.shared.holders, keys, set))
    }

    fn codes_of_holder_from(
        &self,
        app: AppId,
        openid: &OpenId,
        card: Option<CardNo>,
        from: CodeSeq,
        limit: usize,
    ) -> Result<Vec<Code>> {
        self.read(|conn| {
            let seqs = self.shared.holders.codes_of_holder(conn, app, openid, card, from)?;
            let mut codes: Vec<Code> = Vec::new();
            let mut rest = seqs.as_slice();
            // The rows decide who holds a code, and the index may have more. So a page may take several reads.
            while let Some((page, more)) = rest.split_at_checked(rest.len().min(limit - codes.len()))
                && !page.is_empty()
            {
                codes.extend(load::codes(conn, app, page)?.into_iter().filter(|code| code.openid == *openid));
                rest = more;
            }
            Ok(codes)
        })
    }

    fn codes_of_card(&self, app: AppId, card: CardNo, from: CodeSeq, limit: usize) -> Result<Vec<Code>> {
        self.read(|conn| {
            let seqs = self.shared.holders.codes_of_card(conn, app, card, from, limit)?;
            load::codes(conn, app, &seqs)
        })
    }

    fn scan_events(
        &self,
        app: AppId,
        day: Day,
        first: EventSeq,
        last: EventSeq,
        visit: &mut dyn FnMut(ScannedEvent<'_>),
    ) -> Result<()> {
        self.read(|conn| events::scan(conn, app, day, first, last, visit))
    }

    fn export_events(
        &self,
        app: AppId,
        first: Day,
        end: Day,
        visit: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        self.read(|conn| events::export(conn, app, first, end, visit))
    }

    fn nodes(&self) -> Option<&dyn Nodes> {
        None
    }

    fn clock_note(&self) -> Option<String> {
        clock_note::read(&self.shared.dir)
    }

    fn set_clock_note(&self, note: &str) -> Result<()> {
        clock_note::write(&self.shared.dir, note)
    }

    fn failures(&self) -> &Failures {
        &self.shared.failures
    }
}
