//! The place of the data: a data folder with a store, or a database. Several processes may write to a database at the
//! same time. In a folder, a running server writes a note with its address, so that other commands find the server.

use crate::Failure;
use crate::config::Settings;
use crate::output;
use kaquan_core::time::Timestamp;
use kaquan_ledger::{Clock, GuardedClock, SystemClock};
use kaquan_store::{AppRow, Options, PostgresStore, SqliteStore, Store};
use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Prefixes of the names of a store's files. `before-restore` is the prefix of folders that a restore creates.
const STORE_FILES: [&str; 6] =
    ["kaquan", "holders.db", "writer", "folder.lock", "server.address", "before-restore"];

/// Opens the database in the settings, or the store in a folder. Creates the folder and the store if they do not
/// exist.
pub fn open(settings: &Settings, dir: &Path) -> Result<Arc<dyn Store>, Failure> {
    match &settings.database {
        Some(url) => Ok(Arc::new(
            PostgresStore::open(url)?.with_writers(settings.writers).with_readers(settings.readers),
        )),
        None => open_folder(settings, dir),
    }
}

/// Opens the store in a folder. Creates the folder and the store if they do not exist. Removes the unfinished output
/// files that killed commands left.
///
/// # Errors
///
/// The errors of [`check_folder`] and of the store.
pub fn open_folder(settings: &Settings, dir: &Path) -> Result<Arc<dyn Store>, Failure> {
    check_folder(dir)?;
    output::remove_left_drafts(dir);
    let options = Options { durability: settings.durability.into() };
    Ok(Arc::new(SqliteStore::open(dir, options)?))
}

/// Refuses a path that is not a folder, and a folder with other files and without a store. Such a path is probably a
/// typing mistake, and the store would change the folder's permissions.
pub fn check_folder(dir: &Path) -> Result<(), Failure> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            tracing::info!(path = %dir.display(), "new data folder");
            return Ok(());
        }
        Err(error) => return Err(format!("{}: {error}", dir.display()).into()),
    };
    let names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let of_store = |name: &String| STORE_FILES.iter().any(|start| name.starts_with(start));
    let other = |name: &String| !name.starts_with('.') && name != "lost+found";
    if names.iter().any(of_store) || !names.iter().any(other) {
        return Ok(());
    }
    Err(format!("{} has other files and no store; name another folder with --data", dir.display()).into())
}

/// Creates a file that only its owner can read, or empties an existing one.
pub fn create_private(path: &Path) -> Result<File, Failure> {
    let named = |error: std::io::Error| format!("{}: {error}", path.display());
    let file =
        File::options().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(named)?;
    file.set_permissions(Permissions::from_mode(0o600)).map_err(named)?;
    Ok(file)
}

/// Opens the database in the settings, or the store in an existing folder.
pub fn open_existing(settings: &Settings, dir: &Path) -> Result<Arc<dyn Store>, Failure> {
    if settings.database.is_none() && !dir.is_dir() {
        return Err(format!("there is no data folder {}", dir.display()).into());
    }
    open(settings, dir)
}

/// The clock for work on a store: the database's time, or this machine's clock, checked against the folder's
/// note and last commit.
pub fn clock(store: &dyn Store) -> Result<Arc<GuardedClock>, Failure> {
    Ok(Arc::new(GuardedClock::new(Arc::new(SystemClock), store)?))
}

/// The present time, for a change of a store.
///
/// # Errors
///
/// This machine's clock differs too much from the database's.
pub fn now(store: &dyn Store) -> Result<Timestamp, Failure> {
    Ok(clock(store)?.for_batch()?)
}

/// The app with this appid, or the only app if no appid is given.
pub fn app(store: &dyn Store, appid: Option<&str>) -> Result<AppRow, Failure> {
    let mut apps = store.apps()?;
    match appid {
        Some(appid) => apps
            .into_iter()
            .find(|app| app.appid == appid)
            .ok_or_else(|| format!("there is no app {appid}; see kaquan app list").into()),
        None => match (apps.len(), apps.pop()) {
            (1, Some(app)) => Ok(app),
            (0, _) => Err("there is no app yet; make one with kaquan app create".into()),
            _ => Err("there are several apps; name one with --app".into()),
        },
    }
}

/// The note with the address of the server that runs on a folder.
#[derive(Debug)]
pub struct AddressNote(PathBuf);

impl AddressNote {
    fn path(dir: &Path) -> PathBuf {
        dir.join("server.address")
    }

    /// Writes the note. It is removed when the value is dropped.
    pub fn leave(dir: &Path, address: SocketAddr) -> Result<AddressNote, Failure> {
        let path = AddressNote::path(dir);
        let write = create_private(&path)?.write_all(address.to_string().as_bytes());
        write.map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(AddressNote(path))
    }

    /// Reads the note of a running server.
    pub fn read(dir: &Path) -> Option<SocketAddr> {
        std::fs::read_to_string(AddressNote::path(dir)).ok()?.trim().parse().ok()
    }
}

impl Drop for AddressNote {
    fn drop(&mut self) {
        // If the note remains, a later command only tries to connect to that address.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_other_files_is_no_data_folder() {
        let dir = tempfile::tempdir().unwrap();
        assert!(check_folder(&dir.path().join("new")).is_ok() && check_folder(dir.path()).is_ok());
        let killed = tempfile::tempdir().unwrap();
        std::fs::write(killed.path().join("folder.lock"), "").unwrap();
        assert!(check_folder(killed.path()).is_ok(), "a first start that was killed at once");
        std::fs::write(dir.path().join(".hidden"), "").unwrap();
        assert!(check_folder(dir.path()).is_ok(), "hidden files alone");
        std::fs::write(dir.path().join("picture.jpg"), "").unwrap();
        assert!(check_folder(dir.path()).is_err());
        assert!(check_folder(&dir.path().join("picture.jpg")).is_err(), "a file");
        std::fs::write(dir.path().join("kaquan.db"), "").unwrap();
        assert!(check_folder(dir.path()).is_ok(), "a store beside other files");
    }
}
