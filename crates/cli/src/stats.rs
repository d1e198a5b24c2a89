//! `kaquan stats`: shows the numbers of closed days on the command line, and closes days at once.

mod table;

use crate::config::Settings;
use crate::data::{self, AddressNote};
use crate::http::Connection;
use crate::{Failure, out};
use clap::ValueEnum;
use kaquan_core::card::Source;
use kaquan_core::stats::{DayRow, Scope};
use kaquan_core::time::Day;
use kaquan_ledger::closing;
use kaquan_server::token;
use kaquan_store::{AppRow, Store, StoreError};
use std::path::Path;
use std::sync::Arc;
use table::Line;

/// What to do with statistics.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print the numbers of a range of closed days.
    #[command(after_help = "Example: kaquan stats show --from 2026-05-01 --to 2026-05-31 --format csv")]
    Show {
        /// First day, YYYY-MM-DD at UTC+8.
        #[arg(long, value_parser = day, env = "KAQUAN_FROM")]
        from: Day,
        /// Last day, YYYY-MM-DD at UTC+8.
        #[arg(long, value_parser = day, env = "KAQUAN_TO")]
        to: Day,
        /// One card, by its card_id [default: the sums of all coupons and of all member cards].
        #[arg(long, value_name = "CARD_ID", env = "KAQUAN_CARD")]
        card: Option<String>,
        /// The app's id; not needed if there is only one app.
        #[arg(long, value_name = "APPID", env = "KAQUAN_APP")]
        app: Option<String>,
        /// Format of the output.
        #[arg(long, value_enum, default_value_t = Format::Table, env = "KAQUAN_FORMAT")]
        format: Format,
        /// Omit the byte order mark of CSV, which spreadsheets expect.
        #[arg(long)]
        no_bom: bool,
    },
    /// Close every day that has ended, without waiting for the server's job.
    Close {
        /// The app's id [default: all apps].
        #[arg(long, value_name = "APPID", env = "KAQUAN_APP")]
        app: Option<String>,
    },
}

/// How numbers are printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For spreadsheets.
    Csv,
    /// For programs.
    Json,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "must be a day written YYYY-MM-DD".to_owned())
}

/// Runs the command.
pub fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    crate::logging::start(settings)?;
    let dir = settings.data();
    let store = data::open_existing(settings, &dir)?;
    match command {
        Command::Show { from, to, card, app, format, no_bom } => {
            let app = data::app(&*store, app.as_deref())?;
            if from > to {
                return Err(format!("--from {from} is after --to {to}").into());
            }
            let lines = lines(&*store, &app, from, to, card.as_deref())?;
            match store.closed_through(app.app.id)? {
                None => out::error("kaquan: no day is closed yet; a day closes after its midnight at UTC+8"),
                Some(closed) if closed < to => {
                    out::error("kaquan: the range has days that are not closed yet; they are left out");
                }
                Some(_) if lines.is_empty() => out::error("kaquan: nothing happened in this range"),
                Some(_) => {}
            }
            if lines.is_empty() && matches!(format, Format::Table) {
                return Ok(());
            }
            out::text(&match format {
                Format::Table => table::text(&lines),
                Format::Csv => table::csv(&lines, !no_bom)?,
                Format::Json => table::json(&lines),
            });
            Ok(())
        }
        Command::Close { app } => close(&dir, store, app.as_deref()),
    }
}

fn lines(
    store: &dyn Store,
    app: &AppRow,
    from: Day,
    to: Day,
    card: Option<&str>,
) -> Result<Vec<Line>, Failure> {
    let id = app.app.id;
    let line = |scope: &str, row: DayRow| Line { day: row.day, scope: scope.to_owned(), counts: row.counts };
    if let Some(card_id) = card {
        let cards = store.card_heads(id)?;
        let card = cards.iter().find(|card| card.id.as_str() == card_id);
        let card = card.ok_or_else(|| format!("app {} has no card {card_id}", app.appid))?;
        let rows = store.day_rows(id, from, to, Some(Scope::Card(card.no)))?;
        return Ok(rows.into_iter().map(|row| line(card_id, row)).collect());
    }
    let mut lines = Vec::new();
    for source in [Source::Api, Source::Console] {
        for (name, scope) in [("coupons", Scope::Coupons(source)), ("members", Scope::Members(source))] {
            let name = if source == Source::Console { format!("{name} (console)") } else { name.to_owned() };
            lines.extend(store.day_rows(id, from, to, Some(scope))?.into_iter().map(|row| line(&name, row)));
        }
    }
    lines.sort_by(|a, b| (a.day, &a.scope).cmp(&(b.day, &b.scope)));
    Ok(lines)
}

fn close(dir: &Path, store: Arc<dyn Store>, app: Option<&str>) -> Result<(), Failure> {
    let apps = match app {
        Some(_) => vec![data::app(&*store, app)?],
        None => store.apps()?,
    };
    match store.writers() {
        Ok(writers) => {
            let clock = data::clock(&*store)?;
            let until = clock.for_closing()?;
            if until.day() < clock.now().day() {
                out::error(&format!(
                    "days from {} on stay open: nothing confirms this machine's clock since the machine started. A \
                     server on this folder closes them after ten minutes",
                    until.day()
                ));
            }
            let (ledger, writers) = kaquan_ledger::spawn(writers, clock)?;
            for app in apps {
                let days = closing::close_due_days(&*store, &ledger, app.app.id, until)?;
                out::line(&format!("{}: {days} days closed", app.appid));
            }
            ledger.stop();
            writers.join();
            Ok(())
        }
        Err(StoreError::InUse(_)) => close_by_server(dir, &*store, &apps),
        Err(error) => Err(error.into()),
    }
}

/// Asks the server that runs on this folder to close the days.
fn close_by_server(dir: &Path, store: &dyn Store, apps: &[AppRow]) -> Result<(), Failure> {
    let address =
        AddressNote::read(dir).ok_or("another kaquan command uses this folder, and no server runs on it")?;
    crate::serve::runtime(Some(1))?.block_on(async {
        let mut server = Connection::open(address).await?;
        for app in apps {
            let token = token::issue_stable(store, app, false, data::now(store)?)?.access_token;
            let path = format!("/kaquan/v1/stats/close?access_token={token}");
            let answer = server.post(&path, &serde_json::json!({})).await?;
            out::line(&format!("{}: {} days closed", app.appid, answer["days_closed"]));
        }
        Ok(())
    })
}
