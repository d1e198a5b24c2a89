//! Backups of a data folder: one consistent file with the whole content, made while a server runs. A backup succeeds
//! only after its content was read and checked.

use super::connect::{self, Role};
use super::folder::{Folder, create_private, io, random_id, refuse_filling};
use super::shared::Session;
use super::{identity, main_path, migrate};
use crate::error::{Result, StoreError};
use crate::failures::FailureKind;
use crate::unfinished;
use kaquan_core::time::Timestamp;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The content of a backup, read from the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupContent {
    /// The size of the file.
    pub bytes: u64,
    /// The version of the schema.
    pub schema: i64,
    /// `None` for stores of versions that had no id.
    pub store_id: Option<String>,
    /// The generation of the store; every restore adds one.
    pub generation: i64,
    /// When the backup was made; `None` for copies that `kaquan backup` did not make.
    pub taken_at: Option<Timestamp>,
    pub apps: u64,
    pub cards: u64,
    /// The number of claimed codes.
    pub codes: u64,
    pub events: u64,
    pub pictures: u64,
    /// The time of the last event.
    pub last_event: Option<Timestamp>,
}

/// Makes a backup of the store in a folder, in a new file; a server may run meanwhile. The file gets its name after
/// it is complete, checked and on the disk. Only its owner can read it.
///
/// # Errors
/// `to` exists and `overwrite` is not set; `to` is in the folder itself; the folder has no store, or an invalid one;
/// the disk fails.
pub fn backup(dir: &Path, to: &Path, overwrite: bool, now: Timestamp) -> Result<BackupContent> {
    let refused = |why: String| StoreError::Folder(why);
    refuse_filling(dir)?;
    if !main_path(dir).is_file() {
        return Err(refused(format!("there is no store in {}", dir.display())));
    }
    if !folder_of(to).is_dir() {
        return Err(refused(format!("the folder {} does not exist; make it first", folder_of(to).display())));
    }
    if folder_of(to).canonicalize().ok() == dir.canonicalize().ok() {
        return Err(refused(format!(
            "{} is in the data folder itself, where it could replace a live file; name another folder",
            to.display()
        )));
    }
    if to.symlink_metadata().is_ok() && !overwrite {
        return Err(refused(format!(
            "{} exists; name another file, or overwrite it with --force",
            to.display()
        )));
    }
    if to.symlink_metadata().is_ok_and(|found| !found.is_file()) {
        return Err(refused(format!("{} is no regular file; name another one", to.display())));
    }
    let (folder, opening) = Folder::enter(dir)?;
    let main = main_path(dir);
    let from = source(dir).map_err(|error| error.at(&main))?;
    drop(opening);
    let draft = Draft::new(to)?;
    copy(&from, &draft.0, now).map_err(|error| match error.at(to) {
        error if error.failure() == Some(FailureKind::Damaged) => error.within(main.display().to_string()),
        error => error,
    })?;
    drop((from, folder));
    let content = inspect(&draft.0)?;
    File::open(&draft.0).and_then(|file| file.sync_all()).map_err(io(&draft.0))?;
    std::fs::rename(&draft.0, to).map_err(io(to))?;
    sync_folder_of(to)?;
    Ok(content)
}

/// Opens the store for the backup. Refuses an unfinished store.
fn source(dir: &Path) -> Result<Connection> {
    let main = main_path(dir);
    let from = connect::open(&main, Role::Reader)?;
    check_schema(&main, migrate::version(&from)?)?;
    match unfinished::find(&mut Session(&from))? {
        Some(filling) => Err(StoreError::Unfinished { place: dir.display().to_string(), filling }),
        None => Ok(from),
    }
}

/// The folder that contains a file.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// A file that is removed on drop, unless it was renamed before.
struct Draft(PathBuf);

impl Draft {
    fn new(to: &Path) -> Result<Draft> {
        let name = to.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let path = to.with_file_name(format!(".{name}.{}.part", std::process::id()));
        remove(&path)?;
        create_private(&path)?;
        Ok(Draft(path))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // This fails if the file was renamed.
        let _ = std::fs::remove_file(&self.0);
        // A failed copy, for example on a full disk, may leave these files.
        for companion in ["-journal", "-wal", "-shm"] {
            let mut name = self.0.clone().into_os_string();
            name.push(companion);
            let _ = std::fs::remove_file(name);
        }
    }
}

/// Copies one state of a store. The writer can commit meanwhile.
fn copy(from: &Connection, to: &Path, now: Timestamp) -> Result<()> {
    let mut copy = Connection::open(to)?;
    // Flushed once at the end, because an interrupted copy is not used.
    copy.pragma_update(None, "synchronous", "OFF")?;
    // In one step: with several steps, the copy would start again after every commit.
    let step = Backup::new(from, &mut copy)?.step(-1)?;
    if step != StepResult::Done {
        return Err(StoreError::Folder("the store is locked by another program; try again".to_owned()));
    }
    // A single file, without a WAL.
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    copy.pragma_update(None, "application_id", random_id()?.cast_signed())?;
    if identity::find(&copy)?.is_some() {
        copy.execute("UPDATE store_identity SET backup_at = ?1", [now.0])?;
    }
    Ok(())
}

/// Checks a backup and returns its content. Creates no files beside it.
///
/// # Errors
/// The file is not a store, is damaged, has a WAL beside it, or has a newer version.
pub(super) fn inspect(path: &Path) -> Result<BackupContent> {
    let no_backup = |why: String| StoreError::NoBackup { path: path.display().to_string(), why };
    let bytes = std::fs::metadata(path).map_err(io(path))?.len();
    let log = PathBuf::from(format!("{}-wal", path.display()));
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(no_backup(format!(
            "{} is next to it, so it belongs to a running or killed server; make a backup with kaquan backup",
            log.display()
        )));
    }
    let conn = connect::open_immutable(path).map_err(|error| error.at(path))?;
    let schema = migrate::version(&conn).map_err(|error| no_backup(error.to_string()))?;
    check_schema(path, schema)?;
    let sound: String = conn
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| no_backup(error.to_string()))?;
    if sound != "ok" {
        return Err(no_backup(format!("it is damaged: {sound}")));
    }
    let filling = unfinished::find(&mut Session(&conn)).map_err(|error| no_backup(error.to_string()))?;
    if let Some(filling) = filling {
        return Err(no_backup(format!("its store is unfinished: {filling} and did not end")));
    }
    let count = |table: &str| -> Result<u64> {
        let sql = format!("SELECT count(*) FROM {table}");
        let counted = conn.query_row(&sql, [], |row| row.get::<_, i64>(0));
        Ok(counted.map_err(|error| no_backup(error.to_string()))?.cast_unsigned())
    };
    let identity = identity::find(&conn)?;
    let taken_at = match &identity {
        Some(_) => {
            conn.query_row("SELECT backup_at FROM store_identity", [], |row| row.get::<_, Option<i64>>(0))?
        }
        None => None,
    };
    let last_event =
        conn.query_row("SELECT max(latest) FROM counters", [], |row| row.get::<_, Option<i64>>(0))?;
    Ok(BackupContent {
        bytes,
        schema,
        generation: identity.as_ref().map_or(1, |identity| identity.generation),
        store_id: identity.map(|identity| identity.store_id),
        taken_at: taken_at.map(Timestamp),
        apps: count("apps")?,
        cards: count("cards")?,
        codes: count("codes")?,
        events: count("events")?,
        pictures: count("media")?,
        last_event: last_event.filter(|at| *at > 0).map(Timestamp),
    })
}

fn check_schema(path: &Path, found: i64) -> Result<()> {
    match found {
        1..=migrate::KNOWN => Ok(()),
        0 => Err(StoreError::NoBackup {
            path: path.display().to_string(),
            why: "it has no tables of kaquan".to_owned(),
        }),
        _ => Err(StoreError::TooNew { place: path.display().to_string(), found, known: migrate::KNOWN }),
    }
}

/// Removes a file that may not exist.
pub(super) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io(path)(error)),
        _ => Ok(()),
    }
}

/// Waits until the new name of a file is on the disk.
pub(super) fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{Options, SqliteStore};

    #[test]
    fn a_draft_that_fails_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let draft = Draft::new(&dir.path().join("backup.db")).unwrap();
        for companion in ["-journal", "-wal", "-shm"] {
            std::fs::write(format!("{}{companion}", draft.0.display()), "").unwrap();
        }
        drop(draft);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_backup_takes_the_place_of_a_regular_file_only() {
        let (live, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        drop(SqliteStore::open(live.path(), Options::default()).unwrap());
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let refused = backup(live.path(), &link, true, Timestamp(0)).unwrap_err();
        assert!(refused.to_string().contains("no regular file"), "{refused}");
        assert_eq!(std::fs::read(&file).unwrap(), b"old");
        backup(live.path(), &file, true, Timestamp(0)).unwrap();
    }
}
