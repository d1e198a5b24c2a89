//! Where everything is: a data folder with a store in it and the note a running server leaves, so that commands beside
//! it find it; or a database, which everybody may write to at once.

use crate::Failure;
use crate::config::Settings;
use kaquan_store::{AppRow, Options, PostgresStore, SqliteStore, Store};
use std::fs::{File, Permissions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens the database that is named, or the store in a folder, making what is not there.
pub fn open(settings: &Settings, dir: &Path) -> Result<Arc<dyn Store>, Failure> {
    match &settings.database {
        Some(url) => Ok(Arc::new(PostgresStore::open(url)?.with_writers(settings.writers))),
        None => open_folder(settings, dir),
    }
}

/// Opens the store in a folder, making both if they are not there.
///
/// # Errors
///
/// The path is no folder, or a folder with other files and no store: a mistyped path must not end up in a folder of pictures.
pub fn open_folder(settings: &Settings, dir: &Path) -> Result<Arc<dyn Store>, Failure> {
    match std::fs::read_dir(dir) {
        Ok(entries) => {
            let names: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
            let of_store = |name: &std::ffi::OsString| {
                let name = name.to_string_lossy();
                ["kaquan", "holders.db", "writer", "server.address", "before-restore", ".", "lost+found"]
                    .iter()
                    .any(|part| name.starts_with(part))
            };
            if !names.is_empty() && !names.iter().any(of_store) {
                let text = "has other files and no store; name a folder of its own with --data";
                return Err(format!("{} {text}", dir.display()).into());
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            tracing::info!(path = %dir.display(), "new data folder");
        }
        Err(error) => return Err(format!("{}: {error}", dir.display()).into()),
    }
    let options = Options { durability: settings.durability.into() };
    Ok(Arc::new(SqliteStore::open(dir, options)?))
}

/// Makes a file that only its owner can read, or empties the one there is; exports hold the openids of holders.
pub fn create_private(path: &Path) -> Result<File, Failure> {
    let named = |error: std::io::Error| format!("{}: {error}", path.display());
    let file =
        File::options().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(named)?;
    file.set_permissions(Permissions::from_mode(0o600)).map_err(named)?;
    Ok(file)
}

/// Opens the database that is named, or the store in a folder that must be there already.
pub fn open_existing(settings: &Settings, dir: &Path) -> Result<Arc<dyn Store>, Failure> {
    if settings.database.is_none() && !dir.is_dir() {
        return Err(format!("there is no data folder {}", dir.display()).into());
    }
    open(settings, dir)
}

/// The app with this appid; the only app if none is named.
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

/// Where the server that runs on a folder listens.
#[derive(Debug)]
pub struct AddressNote(PathBuf);

impl AddressNote {
    fn path(dir: &Path) -> PathBuf {
        dir.join("server.address")
    }

    /// Leaves the note; it is taken away again when this is dropped.
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
        // A note that was left behind only makes a later command connect in vain.
        let _ = std::fs::remove_file(&self.0);
    }
}
