//! Distinguishes a half-filled demo from a complete one. The demo is filled in `.filling` inside the data folder. The
//! note (`demo.json`) is written after all other files are on the disk. Then the files move up into the data folder,
//! the note last. After a crash, the place of the note tells the next start whether to fill again, finish the move, or
//! serve.

use super::note::{self, Note};
use crate::Failure;
use kaquan_store::{FILLING, make_private};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The data folder of a demo, locked against other demos while it is being prepared.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    _lock: File,
}

impl Folder {
    /// Locks the folder. Creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// Another demo is preparing the folder.
    pub fn lock(dir: &Path) -> Result<Folder, Failure> {
        make_private(dir)?;
        let lock = File::open(dir).map_err(named(dir))?;
        match lock.try_lock() {
            Ok(()) => Ok(Folder { dir: dir.to_owned(), _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => {
                Err(format!("another kaquan demo is filling {}", dir.display()).into())
            }
            Err(std::fs::TryLockError::Error(error)) => Err(named(dir)(error).into()),
        }
    }

    /// The note of the demo in the folder. If there is none, `fill` fills an empty folder and returns the note. An
    /// earlier unfinished filling is deleted first.
    ///
    /// # Errors
    ///
    /// The errors of `fill`; the folder has content that is not a demo.
    pub fn note_or_fill(&self, fill: impl FnOnce(&Path) -> Result<Note, Failure>) -> Result<Note, Failure> {
        let filling = self.dir.join(FILLING);
        if filling.is_dir() {
            if Note::read(&filling)?.is_some() {
                self.move_up(&filling)?;
            } else {
                std::fs::remove_dir_all(&filling).map_err(named(&filling))?;
            }
        }
        if let Some(note) = Note::read(&self.dir)? {
            return Ok(note);
        }
        self.refuse_foreign()?;
        make_private(&filling)?;
        let note = fill(&filling)?;
        sync(&filling).map_err(named(&filling))?;
        note.write(&filling)?;
        self.move_up(&filling)?;
        Ok(note)
    }

    /// Moves a complete filling to its place, with the note last.
    fn move_up(&self, filling: &Path) -> Result<(), Failure> {
        let move_all = || {
            for entry in std::fs::read_dir(filling)? {
                let name = entry?.file_name();
                if name != note::NAME {
                    std::fs::rename(filling.join(&name), self.dir.join(&name))?;
                }
            }
            std::fs::rename(filling.join(note::NAME), self.dir.join(note::NAME))?;
            std::fs::remove_dir(filling)?;
            File::open(&self.dir)?.sync_all()
        };
        Ok(move_all().map_err(named(filling))?)
    }

    /// Refuses a folder that contains files. Hidden files and `lost+found` are allowed.
    fn refuse_foreign(&self) -> Result<(), Failure> {
        for entry in std::fs::read_dir(&self.dir).map_err(named(&self.dir))? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            if !name.starts_with('.') && name != "lost+found" {
                let dir = self.dir.display();
                return Err(format!(
                    "{dir} contains {name} and is not a demo folder; choose another folder with --data"
                )
                .into());
            }
        }
        Ok(())
    }
}

/// Flushes all files of a folder to the disk.
fn sync(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        File::open(entry?.path())?.sync_all()?;
    }
    Ok(())
}

/// Adds the path to an I/O error.
fn named(path: &Path) -> impl Fn(std::io::Error) -> String + '_ {
    |error| format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn write_demo(dir: &Path, appid: &str) -> Result<Note, Failure> {
        std::fs::write(dir.join("rows"), appid)?;
        let (first_day, last_day) = ("2026-11-21".to_owned(), "2026-11-22".to_owned());
        let (appid, secret) = (appid.to_owned(), "s".to_owned());
        Ok(Note { appid, secret, first_day, last_day, holders: 1, cards: BTreeMap::new() })
    }

    fn rows(dir: &Path) -> String {
        std::fs::read_to_string(dir.join("rows")).unwrap()
    }

    #[test]
    fn a_filled_folder_is_not_filled_again() {
        let dir = tempfile::tempdir().unwrap();
        let note = Folder::lock(dir.path()).unwrap().note_or_fill(|dir| write_demo(dir, "a")).unwrap();
        let again = Folder::lock(dir.path()).unwrap().note_or_fill(|_| panic!("filled again")).unwrap();
        assert_eq!((note, rows(dir.path())), (again, "a".to_owned()));
        assert!(!dir.path().join(FILLING).exists());
    }

    #[test]
    fn an_interrupted_filling_starts_over() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::lock(dir.path()).unwrap();
        let failed = folder.note_or_fill(|dir| write_demo(dir, "half").and(Err("killed".into())));
        assert!(failed.is_err() && !dir.path().join("rows").exists());
        assert_eq!(folder.note_or_fill(|dir| write_demo(dir, "whole")).unwrap().appid, "whole");
        assert_eq!(rows(dir.path()), "whole");
    }

    #[test]
    fn a_move_that_was_interrupted_is_finished() {
        let dir = tempfile::tempdir().unwrap();
        let filling = dir.path().join(FILLING);
        std::fs::create_dir(&filling).unwrap();
        write_demo(&filling, "a").unwrap().write(&filling).unwrap();
        std::fs::write(dir.path().join("moved already"), "").unwrap();
        let note = Folder::lock(dir.path()).unwrap().note_or_fill(|_| panic!("filled again")).unwrap();
        assert_eq!((note.appid.as_str(), rows(dir.path()).as_str()), ("a", "a"));
    }

    #[test]
    fn a_folder_with_other_files_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("kaquan.db"), "precious").unwrap();
        let refused = Folder::lock(dir.path()).unwrap().note_or_fill(|_| panic!("filled")).unwrap_err();
        assert!(refused.to_string().contains("--data"), "{refused}");
    }

    #[test]
    fn two_demos_do_not_fill_one_folder_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let _held = Folder::lock(dir.path()).unwrap();
        assert!(Folder::lock(dir.path()).unwrap_err().to_string().contains("another kaquan demo"));
    }
}
