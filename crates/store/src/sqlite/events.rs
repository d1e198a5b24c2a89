//! Reads millions of events: to close a day, and to export the log.

use crate::error::Result;
use crate::row::{read_event, scanned_event};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::stats::ScannedEvent;
use kaquan_core::time::Day;
use rusqlite::Connection;

/// Visits the events of a day whose numbers are from `first` to `last`.
pub(super) fn scan(
    conn: &Connection,
    app: AppId,
    day: Day,
    first: EventSeq,
    last: EventSeq,
    visit: &mut dyn FnMut(ScannedEvent<'_>),
) -> Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, kind, card_no, code_seq, openid, friend, other_code, amount, amount2, location_id \
         FROM events \
         WHERE app_id = ?1 AND seq BETWEEN ?2 AND ?3 AND day = ?4",
    )?;
    let mut rows = statement.query((app.0, first.0, last.0, day.0))?;
    while let Some(row) = rows.next()? {
        visit(scanned_event(row)?);
    }
    Ok(())
}

/// Visits every event with a day from `first` up to `end` (exclusive).
pub(super) fn export(
    conn: &Connection,
    app: AppId,
    first: Day,
    end: Day,
    visit: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<()> {
    let sql = concat!(
        "SELECT ",
        event_columns!(),
        " FROM events WHERE app_id = ?1 AND day >= ?2 AND day < ?3 ORDER BY seq"
    );
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query((app.0, first.0, end.0))?;
    while let Some(row) = rows.next()? {
        visit(read_event(row)?)?;
    }
    Ok(())
}
