//! `kaquan backup`: writes the whole content of a data folder into one file, also while a server runs. The backup
//! succeeds only after the file was read and checked.

use crate::config::Settings;
use crate::{Failure, logging, out};
use kaquan_ledger::{Clock, SystemClock};
use kaquan_store::BackupContent;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Flags of `kaquan backup`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to write, or an existing folder; in a folder the file is named by the time
    #[arg(long, value_name = "FILE_OR_DIR")]
    to: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    logging::start(settings)?;
    refuse_database(settings, "kaquan backup")?;
    let now = SystemClock.now();
    let to = match args.to.is_dir() {
        true => args.to.join(file_name(&now.to_string())),
        false => args.to.clone(),
    };
    let content = kaquan_store::backup(&settings.data(), &to, args.force, now)?;
    match args.json {
        true => out::line(&as_json(&to, &content).to_string()),
        false => out::text(&format!("backup written to {}\n{}", to.display(), as_text(&content))),
    }
    Ok(())
}

/// Refuses a database, because it is backed up and restored with its own tools.
pub fn refuse_database(settings: &Settings, command: &str) -> Result<(), Failure> {
    if settings.database.is_none() {
        return Ok(());
    }
    Err(format!(
        "{command} is for a data folder. Back up a PostgreSQL database with pg_dump, or with pg_basebackup and archived \
         WAL for point-in-time recovery; kaquan copy moves it into a folder"
    )
    .into())
}

/// `kaquan-2026-05-01T120000.db`
fn file_name(now: &str) -> String {
    let time: String = now.chars().filter(|char| *char != ':').take(17).collect();
    format!("kaquan-{time}.db")
}

/// The content of a backup as text.
pub fn as_text(content: &BackupContent) -> String {
    let BackupContent { bytes, apps, cards, codes, events, pictures, .. } = content;
    let time = |at: Option<kaquan_core::time::Timestamp>, none: &str| {
        at.map_or_else(|| none.to_owned(), |at| at.to_string())
    };
    format!(
        "taken         {}\nstore         {}, generation {}, schema {}\n\
         it holds      apps {apps}, cards {cards}, codes {codes}, events {events}, pictures {pictures}\n\
         last event    {}\nsize          {bytes} bytes, read back and checked\n",
        time(content.taken_at, "unknown: not made by kaquan backup"),
        content.store_id.as_deref().unwrap_or("without an id"),
        content.generation,
        content.schema,
        time(content.last_event, "none"),
    )
}

/// The content of a backup as JSON.
pub fn as_json(file: &Path, content: &BackupContent) -> Value {
    json!({
        "file": file.display().to_string(), "bytes": content.bytes, "schema": content.schema,
        "store_id": content.store_id, "generation": content.generation,
        "taken_at": content.taken_at.map(|at| at.0), "apps": content.apps, "cards": content.cards,
        "codes": content.codes, "events": content.events, "pictures": content.pictures,
        "last_event_at": content.last_event.map(|at| at.0),
    })
}
