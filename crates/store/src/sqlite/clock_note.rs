//! The note about the clock that a server leaves in its folder for the next start. Backups do not contain it, because
//! it is not about the store. A missing or incomplete note is not an error.

use super::folder::{io, open_private};
use crate::error::Result;
use std::io::Write;
use std::path::{Path, PathBuf};

fn path(dir: &Path) -> PathBuf {
    dir.join("kaquan.clock")
}

pub(super) fn read(dir: &Path) -> Option<String> {
    std::fs::read_to_string(path(dir)).ok()
}

/// # Errors
/// The folder cannot be written.
pub(super) fn write(dir: &Path, note: &str) -> Result<()> {
    let path = path(dir);
    let mut file = open_private(&path)?;
    file.set_len(0).and_then(|()| file.write_all(note.as_bytes())).map_err(io(&path))
}
