//! Checks whether `kaquan.db` and the WAL beside it belong together. SQLite replays any WAL that it finds. If a
//! database is copied over the old one and the old WAL remains, the result is a mixture of both.
//!
//! A writer that opens the folder, and every checkpoint, begins a new *life* of the file: it writes a random number
//! into the file's header (`application_id`). `kaquan.db-life` records that number. It also records the schema
//! cookie, which SQLite's own backup methods change. A WAL is replayed only if the header has both values. A copy
//! from the present life is safe: it has every page that is not in the WAL.

use super::{io, wal};
use crate::error::{Result, StoreError};
use crate::failures::FailureKind;
use crate::sqlite::connect::open_immutable;
use rusqlite::Connection;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file that records the life of `kaquan.db`.
pub(super) const NAME: &str = "kaquan.db-life";
/// How long a start waits for readers that prevent the truncation of the WAL.
const READERS_WAIT: Duration = Duration::from_secs(2);
/// Lives in a record at most. While a reader blocks the checkpoint, no more lives begin.
const LIVES_MAX: usize = 16;
/// Attempts to read two files that a running writer may be changing.
const READS_MAX: usize = 5;
/// Length of the header of a SQLite file, in bytes.
const HEADER: u64 = 100;

/// The life of a file, as its header shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    /// The `application_id`; 0 if no writer of this version has opened the file.
    id: u32,
    /// The schema cookie. `None` in a record accepts any, because the schema is being changed.
    schema: Option<u32>,
}

impl Stamp {
    /// Reads the file without the WAL; `None` for an empty file. SQLite must read it: if this process closed the file
    /// without SQLite, the locks of this process on the file would be released.
    fn of_file(path: &Path) -> Result<Option<Stamp>> {
        if size(path)? < HEADER {
            return Ok(None);
        }
        Stamp::read(path).map(Some).map_err(|error| error.at(path))
    }

    fn read(path: &Path) -> Result<Stamp> {
        let conn = open_immutable(path)?;
        // A checkpoint during a read or a commit copies the header and leaves pages in the WAL. If a file is shorter
        // than its header says, SQLite reports it as damaged, unless the schema may be written. Nothing is written
        // here.
        conn.pragma_update(None, "writable_schema", true)?;
        let number = |pragma: &str| conn.query_row(pragma, [], |row| row.get::<_, i32>(0));
        let id = number("PRAGMA application_id")?.cast_unsigned();
        let schema = number("PRAGMA schema_version")?.cast_unsigned();
        Ok(Stamp { id, schema: Some(schema) })
    }

    fn accepts(self, found: Stamp) -> bool {
        self.id == found.id && (self.schema.is_none() || self.schema == found.schema)
    }

    fn parse(line: &str) -> Option<Stamp> {
        let (id, schema) = line.split_once(' ')?;
        let schema = if schema == "any" { None } else { Some(schema.parse().ok()?) };
        Some(Stamp { id: id.parse().ok()?, schema })
    }

    fn line(self) -> String {
        let schema = self.schema.map_or_else(|| "any".to_owned(), |schema| schema.to_string());
        format!("{} {schema}\n", self.id)
    }
}

/// Refuses a folder in which `kaquan.db` is missing and other files of a store exist. Also refuses a folder in which
/// `kaquan.db` was replaced and the old WAL remains.
///
/// # Errors
/// [`StoreError::Folder`] with the reason and what to do.
pub(super) fn check(dir: &Path) -> Result<()> {
    let log = size(&dir.join("kaquan.db-wal"))?;
    let (life, found) = read(dir)?;
    let Some(found) = found else {
        let other = ["kaquan.db-wal", NAME, "holders.db", "holders.db-wal"];
        for name in other {
            if size(&dir.join(name))? > 0 {
                return Err(remains(dir, name));
            }
        }
        return Ok(());
    };
    if let Some((pages, left)) = wal::lost_pages(dir)? {
        let place = dir.join("kaquan.db").display().to_string();
        let reason = format!("it was cut: {left} of {pages} pages are left");
        return Err(StoreError::Failing { kind: FailureKind::Damaged, place, reason });
    }
    if let Some((known, left)) = wal::lost_frames(dir)? {
        tracing::error!(
            path = %dir.join("kaquan.db-wal").display(),
            known,
            left,
            "write-ahead log is missing or cut: the last commits are lost. A power cut with durability normal does this; \
             otherwise stop, and put the file back or restore a backup with kaquan restore"
        );
    }
    if log == 0 {
        return Ok(());
    }
    let why = match life {
        _ if !wal::has_header(dir)? => "the write-ahead log kaquan.db-wal is damaged",
        Some(lives) if lives.iter().any(|life| life.accepts(found)) => match wal::last_id(dir)? {
            Some(id) if !lives.iter().any(|life| life.id == id) => {
                "the write-ahead log kaquan.db-wal is of another store or state than kaquan.db, or kaquan.db-life is damaged"
            }
            _ => return Ok(()),
        },
        // A version without lives wrote both files.
        None if found.id == 0 && wal::last_id(dir)?.unwrap_or_default() == 0 => return Ok(()),
        Some(lives) if lives.is_empty() => {
            "kaquan.db-life is damaged, so it is unknown whether the write-ahead log kaquan.db-wal belongs to kaquan.db"
        }
        Some(_) => {
            "kaquan.db and its write-ahead log kaquan.db-wal are of different states: kaquan.db was replaced, and the \
             log of the old one was left, or kaquan.db-life is damaged"
        }
        None => {
            "kaquan.db-life is missing, so it is unknown whether the write-ahead log kaquan.db-wal belongs to kaquan.db"
        }
    };
    let dir = dir.display();
    Err(StoreError::Folder(format!(
        "{dir}: {why}. Nothing was changed. To restore a backup, run kaquan restore --from FILE. To go on with kaquan.db as \
         it is, without the changes in the log, move kaquan.db-wal and kaquan.db-shm away"
    )))
}

/// Refuses a `kaquan.db` without tables beside files of an older store. A first start that was killed before it
/// created the tables has recorded only the life of the empty file.
pub(super) fn expect_new(dir: &Path) -> Result<()> {
    if recorded(dir)?.is_some_and(|lives| lives.is_empty() || lives.iter().any(|life| life.id != 0)) {
        return Err(remains(dir, NAME));
    }
    for name in ["holders.db", "holders.db-wal"] {
        if size(&dir.join(name))? > 0 {
            return Err(remains(dir, name));
        }
    }
    Ok(())
}

fn remains(dir: &Path, name: &str) -> StoreError {
    StoreError::Folder(format!(
        "{}: kaquan.db is missing or empty, but other files of a store are here: {name}. Restore a backup with kaquan \
         restore, or name another folder with --data to begin with nothing",
        dir.display()
    ))
}

/// The recorded lives and the life in the file. If they disagree, both are read again: a running writer may have
/// written only one of them.
fn read(dir: &Path) -> Result<(Option<Vec<Stamp>>, Option<Stamp>)> {
    let mut reads = 0;
    loop {
        let (life, found) = (recorded(dir)?, Stamp::of_file(&dir.join("kaquan.db"))?);
        reads += 1;
        let agree = life.iter().flatten().any(|life| found.is_some_and(|found| life.accepts(found)));
        if agree || reads == READS_MAX {
            return Ok((life, found));
        }
    }
}

/// Records that the schema will change, so that an interrupted change does not look like another file.
pub(super) fn expect_schema_change(dir: &Path) -> Result<()> {
    match Stamp::of_file(&dir.join("kaquan.db"))? {
        Some(found) => record(dir, &[Stamp { schema: None, ..found }]),
        None => Ok(()),
    }
}

/// Begins a new life of `kaquan.db`: earlier copies no longer pass the check. `conn` writes to the file. While other
/// processes read, both lives are valid.
pub(super) fn begin(dir: &Path, conn: &Connection) -> Result<()> {
    let path = dir.join("kaquan.db");
    let schema = conn.query_row("PRAGMA schema_version", [], |row| row.get::<_, u32>(0))?;
    let next = Stamp { id: random_id()?, schema: Some(schema) };
    let mut lives = recorded(dir)?.unwrap_or_default();
    lives.extend(Stamp::of_file(&path)?);
    lives.push(next);
    lives.dedup();
    record(dir, &lives)?;
    conn.pragma_update(None, "application_id", next.id.cast_signed())?;
    let patience = conn.query_row("PRAGMA busy_timeout", [], |row| row.get::<_, u32>(0))?;
    conn.busy_timeout(READERS_WAIT)?;
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    conn.busy_timeout(Duration::from_millis(patience.into()))?;
    if Stamp::of_file(&path)? == Some(next) {
        record(dir, &[next])?;
    }
    Ok(())
}

/// Records a new life before a checkpoint. `conn` is the writer's connection. The number reaches the file with the
/// checkpoint, and until then the earlier lives are valid.
pub(super) fn renew(dir: &Path, conn: &Connection) -> Result<()> {
    let mut lives = recorded(dir)?.unwrap_or_default();
    if lives.len() >= LIVES_MAX {
        return Ok(());
    }
    let schema = conn.query_row("PRAGMA schema_version", [], |row| row.get::<_, u32>(0))?;
    let next = Stamp { id: random_id()?, schema: Some(schema) };
    lives.push(next);
    record(dir, &lives)?;
    Ok(conn.pragma_update(None, "application_id", next.id.cast_signed())?)
}

/// Removes the lives before the one that the file has after a checkpoint.
pub(super) fn end_earlier(dir: &Path) -> Result<()> {
    let lives = recorded(dir)?.unwrap_or_default();
    let found = Stamp::of_file(&dir.join("kaquan.db"))?;
    match lives.iter().position(|life| Some(*life) == found) {
        Some(at) if at > 0 => record(dir, &lives[at..]),
        _ => Ok(()),
    }
}

/// A random number for a life. It is never 0, which means that the file has no life.
pub(in crate::sqlite) fn random_id() -> Result<u32> {
    let mut bytes = [0; 4];
    let failed = |error: getrandom::Error| StoreError::Folder(format!("no random numbers: {error}"));
    getrandom::fill(&mut bytes).map_err(failed)?;
    Ok(u32::from_be_bytes(bytes).max(1))
}

/// The lives to which the WAL may belong; `None` if there is no record.
fn recorded(dir: &Path) -> Result<Option<Vec<Stamp>>> {
    let path = dir.join(NAME);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).lines().filter_map(Stamp::parse).collect())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io(&path)(error)),
    }
}

/// Replaces the record. After a crash, either the old or the new record exists.
fn record(dir: &Path, lives: &[Stamp]) -> Result<()> {
    let (path, draft): (PathBuf, PathBuf) = (dir.join(NAME), dir.join("kaquan.db-life.new"));
    let write = || {
        let mut options = File::options();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(lives.iter().map(|life| life.line()).collect::<String>().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, &path)?;
        File::open(dir)?.sync_all()
    };
    write().map_err(io(&path))
}

pub(super) fn size(path: &Path) -> Result<u64> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(io(path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_whose_last_pages_are_in_the_wal_has_its_life() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kaquan.db");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("PRAGMA application_id = 7; CREATE TABLE t (bytes BLOB)").unwrap();
        conn.execute("INSERT INTO t VALUES (zeroblob(50000))", []).unwrap();
        drop(conn);
        let whole = Stamp::of_file(&path).unwrap();
        assert_eq!(whole.map(|stamp| stamp.id), Some(7));
        let length = std::fs::metadata(&path).unwrap().len();
        File::options().write(true).open(&path).unwrap().set_len(length / 2).unwrap();
        assert_eq!(Stamp::of_file(&path).unwrap(), whole);
    }
}
