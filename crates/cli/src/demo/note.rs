//! `demo.json`, the note in the data folder. The note exists only if the demo is completely filled, and lists the
//! content of the demo. The note has the app's secret, so only the owner of the file may read it.

use crate::Failure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The name of the note.
pub const NAME: &str = "demo.json";

/// The credentials and the content of a filled demo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The app.
    pub appid: String,
    /// The app's secret.
    pub secret: String,
    /// The first day that was filled.
    pub first_day: String,
    /// The last day that was filled.
    pub last_day: String,
    /// The number of holders.
    pub holders: usize,
    /// Card ids by the demo's names of the cards.
    pub cards: BTreeMap<String, String>,
}

impl Note {
    /// The note in this folder, if there is one.
    pub fn read(dir: &Path) -> Result<Option<Note>, Failure> {
        let path = dir.join(NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{}: {error}", path.display()).into()),
        };
        Ok(Some(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?))
    }

    /// Writes the note completely or not at all.
    pub fn write(&self, dir: &Path) -> Result<(), Failure> {
        let draft = dir.join("demo.json.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(serde_json::to_string_pretty(self)?.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, dir.join(NAME))?;
        Ok(File::open(dir)?.sync_all()?)
    }

    /// The id of the card with this name in the demo.
    pub fn card(&self, key: &str) -> &str {
        self.cards.get(key).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_note_reads_as_it_was_written_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Note::read(dir.path()).unwrap().is_none());
        let note = Note {
            appid: "wx0123456789abcdef".to_owned(),
            secret: "s".to_owned(),
            first_day: "2026-11-18".to_owned(),
            last_day: "2026-11-22".to_owned(),
            holders: 60,
            cards: [("groupon".to_owned(), "p1".to_owned())].into(),
        };
        note.write(dir.path()).unwrap();
        assert_eq!(Note::read(dir.path()).unwrap(), Some(note));
        let mode = std::fs::metadata(dir.path().join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
