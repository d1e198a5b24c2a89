//! Reads the log: page by page for those who follow it, and by the million for the closing of a day.

use super::load::query_all;
use super::row::{EVENT_COLUMNS, column, count, damaged, event_kind, read_event};
use crate::error::Result;
use crate::rows::{EventDay, ScannedEvent};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, CardNo, CodeSeq, EventSeq};
use kaquan_core::time::Day;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// The events from a number on, at most so many.
pub(super) fn from(conn: &Connection, app: AppId, from: EventSeq, limit: usize) -> Result<Vec<Event>> {
    let sql =
        format!("SELECT {EVENT_COLUMNS} FROM events WHERE app_id = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3");
    query_all(conn, &sql, (app.0, from.0, i64::try_from(limit).unwrap_or(i64::MAX)), read_event)
}

/// The days that have events, oldest first.
pub(super) fn days(conn: &Connection, app: AppId) -> Result<Vec<EventDay>> {
    let sql = "SELECT day, first_seq, last_seq, events FROM event_days WHERE app_id = ?1 ORDER BY day";
    query_all(conn, sql, [app.0], |row| {
        Ok(EventDay {
            day: Day(column(row, 0)?),
            first: EventSeq(column(row, 1)?),
            last: EventSeq(column(row, 2)?),
            events: count(row, 3)?,
        })
    })
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
        visit(ScannedEvent {
            seq: EventSeq(integer(row.get_ref(0)?)?),
            kind: event_kind(u8::try_from(integer(row.get_ref(1)?)?).unwrap_or(0))?,
            card: CardNo(integer(row.get_ref(2)?)?),
            code: integer_or_null(row.get_ref(3)?)?.map(CodeSeq),
            openid: text_or_empty(row.get_ref(4)?)?,
            friend: text_or_empty(row.get_ref(5)?)?,
            other_code: integer_or_null(row.get_ref(6)?)?.map(CodeSeq),
            amount: integer(row.get_ref(7)?)?,
            amount2: integer(row.get_ref(8)?)?,
        });
    }
    Ok(())
}

#[inline]
fn integer(value: ValueRef<'_>) -> Result<i64> {
    value.as_i64().map_err(|error| damaged("number", error))
}

#[inline]
fn integer_or_null(value: ValueRef<'_>) -> Result<Option<i64>> {
    value.as_i64_or_null().map_err(|error| damaged("number", error))
}

#[inline]
fn text_or_empty(value: ValueRef<'_>) -> Result<&str> {
    Ok(value.as_str_or_null().map_err(|error| damaged("text", error))?.unwrap_or_default())
}
