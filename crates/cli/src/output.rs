//! The files in options such as `--output` and `--report`. All of them follow the same rule: a regular file
//! appears completely or not at all, and replaces an existing file only with `--force`. Devices and pipes are written
//! directly.

use crate::Failure;
use std::fs::{File, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The prefix of the name of a draft. A draft is locked while it is written.
const DRAFT: &str = ".kaquan-draft-";

/// A file that is being written. Exports contain the openids of holders, so only the owner can read the file.
#[derive(Debug)]
pub struct OutputFile(Kind);

#[derive(Debug)]
enum Kind {
    /// A draft that is renamed to `to` at the end.
    Draft { draft: NamedTempFile, to: PathBuf, overwrite: bool },
    /// A device or a pipe.
    Direct(File),
}

impl OutputFile {
    /// Begins a file.
    ///
    /// # Errors
    /// A regular file exists and `overwrite` is not set; the path is a folder, a socket, or a link without a target;
    /// the disk fails.
    pub fn begin(path: &Path, overwrite: bool) -> Result<OutputFile, Failure> {
        let refused = |why: &str| Failure::from(format!("{}: {why}", path.display()));
        let failed = |error: std::io::Error| Failure::from(format!("{}: {error}", path.display()));
        let is_link = path.symlink_metadata().is_ok_and(|found| found.is_symlink());
        match path.metadata() {
            Err(_) if is_link => Err(refused("is a symbolic link to a missing file")),
            Err(_) => OutputFile::draft(path.to_owned(), overwrite).map_err(failed),
            Ok(found) if found.is_file() && !overwrite => {
                Err(refused("exists; name another file, or overwrite it with --force"))
            }
            // If the path is a link, the file replaces the target of the link.
            Ok(found) if found.is_file() => {
                path.canonicalize().and_then(|to| OutputFile::draft(to, true)).map_err(failed)
            }
            Ok(found) if found.file_type().is_fifo() || found.file_type().is_char_device() => {
                let file = File::options().write(true).open(path).map_err(failed)?;
                Ok(OutputFile(Kind::Direct(file)))
            }
            Ok(found) if found.is_dir() => Err(refused("is a folder; name a file")),
            Ok(_) => Err(refused("cannot be written to")),
        }
    }

    fn draft(to: PathBuf, overwrite: bool) -> std::io::Result<OutputFile> {
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
        let draft = tempfile::Builder::new().prefix(DRAFT).tempfile_in(folder.unwrap_or(Path::new(".")))?;
        draft.as_file().lock()?;
        Ok(OutputFile(Kind::Draft { draft, to, overwrite }))
    }

    /// The file to write to.
    ///
    /// # Errors
    /// The error of the system.
    pub fn file(&self) -> std::io::Result<File> {
        match &self.0 {
            Kind::Draft { draft, .. } => draft.reopen(),
            Kind::Direct(file) => file.try_clone(),
        }
    }

    /// Adds the name of the file to an error.
    pub fn named(path: &Path) -> impl Fn(Failure) -> Failure + '_ {
        |error| format!("{} was not written: {error}", path.display()).into()
    }

    /// Renames the file after all of it was written.
    ///
    /// # Errors
    /// A file with this name was created meanwhile; the disk fails.
    pub fn finish(self) -> Result<(), Failure> {
        let Kind::Draft { draft, to, overwrite } = self.0 else { return Ok(()) };
        let named = if overwrite { draft.persist(&to) } else { draft.persist_noclobber(&to) };
        named.map(drop).map_err(|error| format!("{}: {}", to.display(), error.error).into())
    }
}

/// Removes the drafts that killed processes left in a folder.
pub fn remove_left_drafts(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let drafts = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(DRAFT));
    for path in
        drafts.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())).map(|entry| entry.path())
    {
        // Another process may be writing the draft, or may have removed it.
        let removed = File::open(&path).is_ok_and(|draft| draft.try_lock().is_ok())
            && std::fs::remove_file(&path).is_ok();
        if removed {
            tracing::info!(path = %path.display(), "draft of an interrupted command removed");
        }
    }
}

/// Whether two paths lead to the same file; `false` if either file does not exist.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let number = |found: Metadata| (found.dev(), found.ino());
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) => number(one) == number(other),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn written(path: &Path, overwrite: bool) -> Result<(), Failure> {
        let output = OutputFile::begin(path, overwrite)?;
        output.file()?.write_all(b"new")?;
        output.finish()
    }

    #[test]
    fn a_file_that_exists_is_replaced_with_force_only() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        drop(OutputFile::begin(&file, false).unwrap());
        assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none(), "nothing is left of a draft");
        written(&file, false).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        for path in [&file, &link] {
            assert!(written(path, false).unwrap_err().to_string().contains("--force"));
            assert_eq!(std::fs::read(&file).unwrap(), b"old");
        }
        written(&link, true).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink(), "the link stays one");
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
    }

    #[test]
    fn drafts_of_killed_processes_are_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let written = OutputFile::begin(&dir.path().join("file"), false).unwrap();
        let others = [".tmpAb12Cd", "kaquan-draft-1", ".kaquan-draft-folder/file"];
        std::fs::create_dir(dir.path().join(".kaquan-draft-folder")).unwrap();
        others.iter().for_each(|name| std::fs::write(dir.path().join(name), "").unwrap());
        let left = dir.path().join(format!("{DRAFT}left"));
        std::fs::write(&left, "").unwrap();
        remove_left_drafts(dir.path());
        assert!(!left.exists());
        assert!(others.iter().all(|name| dir.path().join(name).exists()), "files of others stay");
        written.finish().unwrap();
        assert!(dir.path().join("file").exists(), "a draft that is being written stays");
    }

    #[test]
    fn a_pipe_is_written_to_and_stays_one_with_its_rights() {
        let dir = tempfile::tempdir().unwrap();
        let (pipe, link) = (dir.path().join("pipe"), dir.path().join("link"));
        assert!(
            std::process::Command::new("mkfifo").args(["-m", "644"]).arg(&pipe).status().unwrap().success()
        );
        symlink(&pipe, &link).unwrap();
        for path in [&pipe, &link] {
            let from = pipe.clone();
            let reader = std::thread::spawn(move || {
                let mut text = String::new();
                File::open(from).unwrap().read_to_string(&mut text).map(|_| text)
            });
            written(path, true).unwrap();
            assert_eq!(reader.join().unwrap().unwrap(), "new");
        }
        let found = pipe.symlink_metadata().unwrap();
        assert!(found.file_type().is_fifo());
        assert_eq!(found.permissions().mode() & 0o777, 0o644);
    }

    #[test]
    fn a_folder_and_a_link_that_leads_nowhere_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        symlink(dir.path().join("nowhere"), &link).unwrap();
        for (path, why) in [(dir.path(), "folder"), (&link, "missing file")] {
            assert!(OutputFile::begin(path, true).unwrap_err().to_string().contains(why));
        }
        assert!(!dir.path().join("nowhere").exists());
    }

    #[test]
    fn two_names_of_one_file_are_the_same_file() {
        let dir = tempfile::tempdir().unwrap();
        let [file, link, hard, other] = ["file", "link", "hard", "other"].map(|name| dir.path().join(name));
        std::fs::write(&file, "").unwrap();
        std::fs::write(&other, "").unwrap();
        symlink(&file, &link).unwrap();
        std::fs::hard_link(&file, &hard).unwrap();
        assert!(is_same_file(&file, &link) && is_same_file(&hard, &file));
        assert!(!is_same_file(&file, &other) && !is_same_file(&file, &dir.path().join("none")));
    }
}
