//! `kaquan doctor`: finds and undoes the effects of a clock that was ahead: days that were closed before they ended,
//! and expiries that were recorded too early.

use crate::config::Settings;
use crate::{Failure, data, out};
use kaquan_core::code::CodeCipher;
use kaquan_core::id::CodeSeq;
use kaquan_core::time::Timestamp;
use kaquan_ledger::{Clock, SystemClock};
use kaquan_store::{AheadRows, AppRow, ExpiredAhead, Store, StoreError, Writer};

/// Codes in one read.
const CODES_PER_READ: usize = 4_000;

/// Flags of `kaquan doctor`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app's id [default: all apps].
    #[arg(long, value_name = "APPID")]
    app: Option<String>,
    /// Open the days again, and take the expiries back. First set the clock right, and stop the server of a data
    /// folder.
    #[arg(long)]
    undo_clock: bool,
    /// List each code whose expiry was recorded too early.
    #[arg(long)]
    codes: bool,
}

/// Runs the command. The command fails if it found something that `--undo-clock` would undo.
pub fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let store = data::open_existing(settings, &settings.data())?;
    let apps = match &args.app {
        Some(appid) => vec![data::app(&*store, Some(appid))?],
        None => store.apps()?,
    };
    let now = present(&*store)?;
    out::line(&format!("now     {now}"));
    // The writer is held until the end, so that no server can start on the folder meanwhile.
    let _writer = if args.undo_clock { only_writer(&*store)? } else { None };
    let mut left = 0_usize;
    for app in &apps {
        let listed = if args.codes { codes(&*store, app, now)? } else { Vec::new() };
        let found = match args.undo_clock {
            true => store.undo_ahead(app.app.id, now)?,
            false => store.rows_ahead(app.app.id, now)?,
        };
        out::text(&report(app, &found, args.undo_clock));
        listed.iter().for_each(|line| out::line(line));
        left += usize::from(found.can_be_undone() && !args.undo_clock);
    }
    match left {
        0 => Ok(()),
        _ => Err("rows are dated after now. If that clock is right, run kaquan doctor --undo-clock".into()),
    }
}

/// The present time: the database's, or this machine's for a folder.
fn present(store: &dyn Store) -> Result<Timestamp, Failure> {
    match store.nodes() {
        Some(nodes) => Ok(Timestamp(nodes.time_millis()?.div_euclid(1000))),
        None => Ok(SystemClock.now()),
    }
}

/// The writer of a folder. A database needs none: it can be repaired while its nodes run.
fn only_writer(store: &dyn Store) -> Result<Option<Box<dyn Writer>>, Failure> {
    if store.nodes().is_some() {
        return Ok(None);
    }
    match store.writer() {
        Ok(writer) => Ok(Some(writer)),
        Err(error @ StoreError::InUse(_)) => Err(format!("{error}: stop it first").into()),
        Err(error) => Err(error.into()),
    }
}

fn report(app: &AppRow, found: &AheadRows, undone: bool) -> String {
    if found.is_empty() {
        return format!("{}  nothing is dated after now\n", app.appid);
    }
    let mut text = format!("{}\n", app.appid);
    let mut line = |what: &str, value: String| text.push_str(&format!("  {what:<34}{value}\n"));
    let days: Vec<String> = found.days.iter().map(ToString::to_string).collect();
    if !days.is_empty() {
        line(if undone { "days opened again" } else { "days closed that have not ended" }, days.join(" "));
    }
    if found.expired > 0 {
        let what = if undone { "expiries taken back" } else { "codes expired before their time" };
        line(what, found.expired.to_string());
    }
    for (kind, count, first, last) in &found.events {
        line(&format!("events after now: {}", kind.name()), format!("{count}, {first} to {last}"));
    }
    if found.sweeps > 0 {
        let what = if undone { "expiry sweeps that begin again" } else { "expiry sweeps after now" };
        line(what, found.sweeps.to_string());
    }
    if let Some(latest) = found.latest {
        line(if undone { "latest moment, set to now" } else { "latest moment" }, latest.to_string());
    }
    text
}

/// A line for every code whose expiry was recorded too early.
fn codes(store: &dyn Store, app: &AppRow, now: Timestamp) -> Result<Vec<String>, Failure> {
    let (cipher, cards) = (
        CodeCipher::new(&app.code_key).ok_or("the key of the codes is damaged")?,
        store.card_heads(app.app.id)?,
    );
    let (mut lines, mut from) = (Vec::new(), CodeSeq(0));
    loop {
        let page = store.expired_ahead(app.app.id, now, from, CODES_PER_READ)?;
        for ExpiredAhead { card, code, custom, end } in &page {
            let card = cards.iter().find(|known| known.no == *card).map_or("", |card| card.id.as_str());
            let system = || cipher.text(*code).map(|text| text.as_str().to_owned());
            let text = custom.clone().or_else(system).unwrap_or_default();
            lines.push(format!("  {text}  {card}  valid until {end}"));
        }
        match page.last() {
            Some(last) if page.len() == CODES_PER_READ => from = CodeSeq(last.code.0 + 1),
            _ => return Ok(lines),
        }
    }
}
