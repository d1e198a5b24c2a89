//! The permissions of a data folder. Only its owner may read it, because it contains the keys of the apps and the
//! openids of holders. Every start removes wider permissions.

use super::{ASIDE, FILES, LOCK, STAGING, io};
use crate::error::{Result, StoreError};
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Files of kaquan in a data folder that do not belong to the store.
const SIDE_FILES: &[&str] = &["writer.lock", "server.address", "demo.json", "kaquan.clock", LOCK];

/// Creates a folder that only its owner can read. For an existing folder, removes wider permissions from the folder
/// and from kaquan's files in it.
///
/// # Errors
/// The folder or a file of kaquan in it is a symbolic link or belongs to another user, or the permissions cannot be
/// changed.
pub fn make_private(dir: &Path) -> Result<()> {
    // A slash at the end would follow a symbolic link, so it is removed.
    let dir: PathBuf = dir.components().collect();
    let dir = if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir };
    let found = dir.symlink_metadata();
    if found.as_ref().is_ok_and(|found| !found.is_dir() && !found.is_symlink()) {
        let dir = dir.display();
        return Err(StoreError::Folder(format!("{dir} is no folder; name the data folder with --data")));
    }
    if found.is_err() {
        DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(io(&dir))?;
    }
    set_private_mode(&dir, 0o700)?;
    for entry in std::fs::read_dir(&dir).map_err(io(&dir))? {
        let entry = entry.map_err(io(&dir))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if FILES.contains(&&*name) || SIDE_FILES.contains(&&*name) {
            expect_file(&entry.path())?;
            set_private_mode(&entry.path(), 0o600)?;
        } else if *name == *STAGING || name.starts_with(ASIDE) {
            set_private_mode(&entry.path(), 0o700)?;
        }
    }
    Ok(())
}

/// Creates an empty file that only its owner can read, if it does not exist. SQLite gives the companion files of a
/// database the permissions of the database. An existing file is not opened: closing it would release SQLite's locks
/// on it.
pub(in crate::sqlite) fn create_private(path: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(io(path)(error)),
        _ => Ok(()),
    }
}

/// Opens a file for locking or writing, and creates it if it does not exist. Only its owner can read it. It
/// is not for databases: closing one would release SQLite's locks on it.
pub(in crate::sqlite) fn open_private(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(io(path))
}

/// Refuses a directory or a device with the name of a file of kaquan.
fn expect_file(path: &Path) -> Result<()> {
    let Ok(found) = path.symlink_metadata() else { return Ok(()) };
    if found.is_file() || found.is_symlink() {
        return Ok(());
    }
    let (path, what) = (path.display(), if found.is_dir() { "a directory" } else { "not a regular file" });
    Err(StoreError::Folder(format!(
        "{path} is {what}, and kaquan keeps a file of that name. Move {what} away. If kaquan's own file is lost, restore a \
         backup with kaquan restore"
    )))
}

fn set_private_mode(path: &Path, mode: u32) -> Result<()> {
    let Ok(found) = path.symlink_metadata() else {
        // A companion file may disappear at any moment.
        return Ok(());
    };
    let refuse = |why: String| Err(StoreError::Folder(format!("{} {why}", path.display())));
    if found.is_symlink() {
        return refuse("is a symbolic link; name the real path".to_owned());
    }
    let (owner, user) = (found.uid(), rustix::process::geteuid().as_raw());
    if owner != user {
        return refuse(format!(
            "belongs to user {owner}, and kaquan runs as user {user}; run it as the owner, or chown it"
        ));
    }
    let before = found.mode() & 0o7777;
    if before & 0o077 == 0 && before & mode == mode {
        return Ok(());
    }
    match std::fs::set_permissions(path, Permissions::from_mode(mode)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        set => set.map_err(io(path))?,
    }
    tracing::warn!(path = %path.display(), before = %format!("{before:o}"), now = %format!("{mode:o}"), "permissions changed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn others_lose_access_to_the_folder_and_kaquans_files() {
        let outer = tempfile::tempdir().unwrap();
        let dir = outer.path().join("data");
        std::fs::create_dir(&dir).unwrap();
        std::fs::set_permissions(&dir, Permissions::from_mode(0o755)).unwrap();
        let names = ["kaquan.db", "kaquan.db-wal", "holders.db-shm", "server.address", "notes.txt"];
        for name in names {
            std::fs::write(dir.join(name), "").unwrap();
            std::fs::set_permissions(dir.join(name), Permissions::from_mode(0o644)).unwrap();
        }
        make_private(&dir).unwrap();
        assert_eq!(mode(&dir), 0o700);
        let modes = names.map(|name| mode(&dir.join(name)));
        assert_eq!(modes, [0o600, 0o600, 0o600, 0o600, 0o644], "a file of another program is left alone");
    }

    #[test]
    fn a_link_is_refused() {
        let outer = tempfile::tempdir().unwrap();
        let (real, link) = (outer.path().join("real"), outer.path().join("link"));
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let refused = make_private(&outer.path().join("link/")).unwrap_err();
        assert!(refused.to_string().contains("symbolic link"), "{refused}");
        std::os::unix::fs::symlink(outer.path().join("elsewhere"), real.join("kaquan.db")).unwrap();
        assert!(make_private(&real).unwrap_err().to_string().contains("kaquan.db is a symbolic link"));
    }
}
