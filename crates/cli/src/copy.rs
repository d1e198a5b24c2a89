//! `kaquan copy`: moves everything from a folder to a database or back, while no server runs. At the end the counts and
//! sums of both sides are compared; a difference is an error.

use crate::config::Settings;
use crate::{Failure, logging, out};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kaquan_store::{Options, PostgresStore, SqliteStore, Store, Tables, Writer, copy};
use std::io::IsTerminal;
use std::path::Path;

/// Flags of `kaquan copy`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where everything is: sqlite:FOLDER or postgres://…; no server may run on it meanwhile
    #[arg(long, value_name = "STORE")]
    from: String,
    /// Where it goes: sqlite:FOLDER or postgres://…; there must be nothing in it yet
    #[arg(long, value_name = "STORE")]
    to: String,
}

/// A side of the copy, with the right to write to it where only one can have it.
struct Side {
    tables: Box<dyn Tables>,
    _writer: Option<Box<dyn Writer>>,
}

/// Runs the command.
pub fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    logging::start(settings)?;
    let (from, to) = (open(settings, &args.from, false)?, open(settings, &args.to, true)?);
    let bar = progress();
    let mut rows = 0;
    let copied = copy(&*from.tables, &*to.tables, &mut |table, more| {
        rows += more;
        bar.set_message(table.name);
        bar.set_position(rows);
    })?;
    bar.finish_and_clear();
    for (table, sums) in &copied {
        out::line(&format!("{:<16} {:>12} rows", table.name, sums.rows));
    }
    out::line(&format!("{rows} rows copied; both sides have the same counts and sums"));
    Ok(())
}

fn open(settings: &Settings, store: &str, new: bool) -> Result<Side, Failure> {
    if let Some(folder) = store.strip_prefix("sqlite:") {
        let folder = Path::new(folder);
        if !new && !folder.is_dir() {
            return Err(format!("there is no data folder {}", folder.display()).into());
        }
        let store = SqliteStore::open(folder, Options { durability: settings.durability.into() })?;
        // The process with the writer is alone.
        let writer = store.writer()?;
        return Ok(Side { tables: Box::new(store), _writer: Some(writer) });
    }
    if store.starts_with("postgres://") || store.starts_with("postgresql://") {
        return Ok(Side { tables: Box::new(PostgresStore::open(store)?), _writer: None });
    }
    Err(format!("{store} is neither sqlite:FOLDER nor postgres://…").into())
}

fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("copying {spinner} {pos} rows, {per_sec}  {msg}") {
        bar.set_style(style);
    }
    bar
}
