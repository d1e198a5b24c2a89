//! Reads the log: page by page for those who follow it, and by the million for the closing of a day.

use super::load::query_all;
use crate::error::Result;
use crate::row::{EVENT_COLUMNS, read_event, read_event_day, scanned_event};
use crate::rows::{EventDay, ScannedEvent};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::time::Day;
use rusqlite::Connection;

/// The events from a number on, at most so many.
pub(super) fn from(conn: &Connection, app: AppId, from: EventSeq, limit: usize) -> Result<Vec<Event>> {
    let sql =
        format!("SELECT {EVENT_COLUMNS} FROM events WHERE app_id = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3");
    query_all(conn, &sql, (app.0, from.0, i64::try_from(limit).unwrap_or(i64::MAX)), |row| read_event(row))
}

/// The days that have events, oldest first.
pub(super) fn days(conn: &Connection, app: AppId) -> Result<Vec<EventDay>> {
    let sql = "SELECT day, first_seq, last_seq, events FROM event_days WHERE app_id = ?1 ORDER BY day";
    query_all(conn, sql, [app.0], |row| read_event_day(row))
}

/// Visits the events of a day among those numbered `first` to `last`.
pub(super) fn scan(
    conn: &Connection,
    app: AppId,
    day: Day,
    first: EventSeq,
    last: EventSeq,
    visit: &mut dyn FnMut(ScannedEvent<'_>),
) -> Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, kind, card_no, code_seq, openid, friend, other_code, amount, amount2 FROM events \
         WHERE app_id = ?1 AND seq BETWEEN ?2 AND ?3 AND day = ?4",
    )?;
    let mut rows = statement.query((app.0, first.0, last.0, day.0))?;
    while let Some(row) = rows.next()? {
        visit(scanned_event(row)?);
    }
    Ok(())
}

/// Visits every event that counts on a day from `first` up to `end` (exclusive).
pub(super) fn export(
    conn: &Connection,
    app: AppId,
    first: Day,
    end: Day,
    visit: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<()> {
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM events WHERE app_id = ?1 AND day >= ?2 AND day < ?3 ORDER BY seq"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query((app.0, first.0, end.0))?;
    while let Some(row) = rows.next()? {
        visit(read_event(row)?)?;
    }
    Ok(())
}
