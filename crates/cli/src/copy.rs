//! `kaquan copy`: copies all data from a folder to a database, or back, while no server runs. Finally it compares the
//! counts and sums of both sides. Until they agree, the target is marked as unfinished. To repeat an interrupted copy,
//! run the same command again: it starts from the beginning.

use crate::config::Settings;
use crate::{Failure, data, logging, out};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kaquan_ledger::{Clock, SystemClock};
use kaquan_store::{
    Filling, Lease, NodeJob, Options, PostgresStore, SqliteStore, Store, Tables, Writer, copy, prepare_copy,
};
use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

/// The name of the command in the mark of an unfinished store.
const COMMAND: &str = "kaquan copy";
/// The number of attempts to get the lease. After a copy was killed, the database server may hold the lease of that
/// copy for a moment longer.
const LEASE_TRIES: u32 = 50;
/// The pause between two attempts.
const LEASE_PAUSE: Duration = Duration::from_millis(100);

/// Flags of `kaquan copy`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store to copy, sqlite:FOLDER or postgres://…; stop its servers first
    #[arg(long, value_name = "STORE")]
    from: String,
    /// The store to copy to, sqlite:FOLDER or postgres://…; it must be empty, or have an unfinished copy
    #[arg(long, value_name = "STORE")]
    to: String,
}

/// One side of the copy. The side of a folder also holds the folder's only writer.
struct Side {
    tables: Box<dyn Tables>,
    /// The folder or the database, without a password.
    place: String,
    _writer: Option<Box<dyn Writer>>,
}

/// Runs the command.
pub fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    logging::start(settings)?;
    if let (Place::Database(_), Place::Database(_)) = (Place::parse(&args.from)?, Place::parse(&args.to)?) {
        return Err("kaquan copy does not copy between two databases; use pg_dump and pg_restore, or copy to a folder first".into());
    }
    let from = source(settings, &args.from)?;
    let to = target(settings, &args.to)?;
    let _lease = lease(&to)?;
    let filling = Filling::new(COMMAND, from.place, SystemClock.now())?;
    if let Some(earlier) = prepare_copy(&*to.tables, &filling)? {
        out::error(&format!("{earlier} and was interrupted. Its rows were deleted; this copy starts over"));
    }
    let bar = progress();
    let mut rows = 0;
    let copied = copy(&*from.tables, &*to.tables, &filling, &mut |table, more| {
        rows += more;
        bar.set_message(table.name);
        bar.set_position(rows);
    });
    let copied = copied.map_err(|error| {
        format!(
            "{error}\n{} stays marked as unfinished; run the same kaquan copy again to start from the beginning",
            to.place
        )
    })?;
    bar.finish_and_clear();
    for (table, sums) in &copied {
        out::line(&format!("{:<16} {:>12} rows", table.name, sums.rows));
    }
    out::line(&format!("{rows} rows copied; both sides have the same counts and sums"));
    Ok(())
}

fn source(settings: &Settings, store: &str) -> Result<Side, Failure> {
    match Place::parse(store)? {
        Place::Folder(folder) if !folder.is_dir() => {
            Err(format!("there is no data folder {}; check --from", folder.display()).into())
        }
        Place::Folder(folder) => folder_side(SqliteStore::open(folder, options(settings))?, store),
        Place::Database(url) => Ok(database_side(PostgresStore::open(url)?)),
    }
}

fn target(settings: &Settings, store: &str) -> Result<Side, Failure> {
    match Place::parse(store)? {
        Place::Folder(folder) => {
            data::check_folder(folder)?;
            folder_side(SqliteStore::open_unfinished(folder, options(settings))?, store)
        }
        Place::Database(url) => Ok(database_side(PostgresStore::open_unfinished(url)?)),
    }
}

fn options(settings: &Settings) -> Options {
    Options { durability: settings.durability.into() }
}

/// The side of a folder. It takes the folder's only writer, so that no other process can write.
fn folder_side(store: SqliteStore, place: &str) -> Result<Side, Failure> {
    let writer = store.writer()?;
    Ok(Side { tables: Box::new(store), place: place.to_owned(), _writer: Some(writer) })
}

fn database_side(store: PostgresStore) -> Side {
    let place = store.place();
    Side { tables: Box::new(store), place, _writer: None }
}

/// Takes the lease for copying into a store. Only one process can have it.
fn lease(to: &Side) -> Result<Lease, Failure> {
    let store: &dyn Store = &*to.tables;
    for _ in 0..LEASE_TRIES {
        if let Some(lease) = store.try_lease(NodeJob::Copy)? {
            return Ok(lease);
        }
        std::thread::sleep(LEASE_PAUSE);
    }
    Err(format!("another kaquan copy writes to {}; wait until it has ended", to.place).into())
}

/// The place of a store.
enum Place<'a> {
    Folder(&'a Path),
    Database(&'a str),
}

impl Place<'_> {
    fn parse(store: &str) -> Result<Place<'_>, Failure> {
        if let Some(folder) = store.strip_prefix("sqlite:") {
            return Ok(Place::Folder(Path::new(folder)));
        }
        if store.starts_with("postgres://") || store.starts_with("postgresql://") {
            return Ok(Place::Database(store));
        }
        Err(format!("{store} is neither sqlite:FOLDER nor postgres://…").into())
    }
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
