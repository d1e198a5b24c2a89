//! The packages of the suites, each set in its own folder under cargo's target folder. The package manager of the
//! language fetches a set once, and again when its list changes.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, process, workspace};

/// The folder with a suite's packages. `fetch` fills the empty folder, unless it was filled from the same `stamp`
/// before. After a failure, the error gives the reason in one sentence, and the next run fills the folder again.
pub fn folder(
    kind: &str,
    suite: &Path,
    stamp: &str,
    fetch: impl FnOnce(&Path) -> Result<std::result::Result<(), String>>,
) -> Result<std::result::Result<PathBuf, String>> {
    filled(&workspace::scratch()?.join(kind).join(super::name_of(suite)), stamp, fetch)
}

/// The folder with a set of packages. `fetch` fills it, unless it was filled from the same `stamp` before.
pub fn filled(
    folder: &Path,
    stamp: &str,
    fetch: impl FnOnce(&Path) -> Result<std::result::Result<(), String>>,
) -> Result<std::result::Result<PathBuf, String>> {
    let made = folder.join("made-from");
    if std::fs::read_to_string(&made).is_ok_and(|made| made == stamp) {
        return Ok(Ok(folder.to_owned()));
    }
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    if let Err(reason) = fetch(folder)? {
        return Ok(Err(reason));
    }
    // Written last, so that a folder that was only half filled is filled again.
    std::fs::write(made, stamp)?;
    Ok(Ok(folder.to_owned()))
}

/// The output of the program about itself, for the stamp: packages may depend on its version.
pub fn said(program: &str, args: &[&str]) -> Result<String> {
    let mut said = String::new();
    process::read(Command::new(program).args(args), |line| said += line)?;
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_fetched_again_after_changed_pins_or_a_failure() {
        let folder = std::env::temp_dir().join(format!("kaquan-xtask-packages-{}", std::process::id()));
        let mut fetched = Vec::new();
        for (stamp, works) in [("one", true), ("one", true), ("two", false), ("two", true)] {
            let outcome = filled(&folder, stamp, |empty| {
                assert_eq!(std::fs::read_dir(empty)?.count(), 0);
                fetched.push(stamp);
                Ok(if works { Ok(()) } else { Err("no network".to_owned()) })
            });
            assert_eq!(outcome.unwrap().is_ok(), works);
        }
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(fetched, ["one", "two", "two"]);
    }
}
