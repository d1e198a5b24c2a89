//! Closed days and their finished rows, and how far the expiry sweeps have come.

use super::load::{query_all, query_one};
use super::row::column;
use crate::error::Result;
use crate::row::{CARD_SCOPE, read_day_row, read_sweep, scope_columns};
use crate::rows::SweepState;
use kaquan_core::id::{AppId, CardNo};
use kaquan_core::stats::{Counts, DayRow, Scope};
use kaquan_core::time::Day;
use rusqlite::{Connection, params_from_iter};
use std::sync::OnceLock;

/// The names of the numbers with commas.
fn names() -> &'static str {
    static NAMES: OnceLock<String> = OnceLock::new();
    NAMES.get_or_init(|| Counts::NAMES.join(", "))
}

/// The last closed day.
pub(super) fn closed_through(conn: &Connection, app: AppId) -> Result<Option<Day>> {
    let sql = "SELECT max(day) FROM closed_days WHERE app_id = ?1";
    Ok(query_one(conn, sql, [app.0], |row| column::<Option<i32>>(row, 0))?.flatten().map(Day))
}

/// The days closed with fewer events than they have by now.
pub(super) fn stale_days(conn: &Connection, app: AppId) -> Result<Vec<Day>> {
    let sql = "SELECT day FROM closed_days JOIN event_days USING (app_id, day) \
               WHERE app_id = ?1 AND closed_days.events < event_days.events ORDER BY day";
    query_all(conn, sql, [app.0], |row| column(row, 0).map(Day))
}

/// Replaces the rows of a day and marks it closed.
pub(super) fn save_day(conn: &Connection, app: AppId, day: Day, events: u64, rows: &[DayRow]) -> Result<()> {
    conn.prepare_cached("DELETE FROM reports WHERE app_id = ?1 AND day = ?2")?.execute((app.0, day.0))?;
    let places: Vec<String> = (1..=4 + Counts::NAMES.len()).map(|place| format!("?{place}")).collect();
    let sql = format!(
        "INSERT INTO reports (app_id, day, scope_kind, scope_no, {}) VALUES ({})",
        names(),
        places.join(", ")
    );
    let mut insert = conn.prepare_cached(&sql)?;
    for row in rows {
        let (kind, no) = scope_columns(row.scope);
        let key = [app.0, day.0.into(), kind, no];
        insert.execute(params_from_iter(key.into_iter().chain(row.counts.values())))?;
    }
    conn.prepare_cached("INSERT OR REPLACE INTO closed_days (app_id, day, events) VALUES (?1, ?2, ?3)")?
        .execute((app.0, day.0, i64::try_from(events).unwrap_or(i64::MAX)))?;
    Ok(())
}

/// The rows of a range of days, of one scope or of every card.
pub(super) fn day_rows(
    conn: &Connection,
    app: AppId,
    from: Day,
    to: Day,
    scope: Option<Scope>,
) -> Result<Vec<DayRow>> {
    // Day by day, so that one card's rows are not looked for among those of all cards.
    let sql = format!(
        "SELECT reports.day, scope_kind, scope_no, {} FROM closed_days CROSS JOIN reports \
         ON reports.app_id = closed_days.app_id AND reports.day = closed_days.day AND scope_kind = ?4 \
         WHERE closed_days.app_id = ?1 AND closed_days.day BETWEEN ?2 AND ?3 {} ORDER BY closed_days.day, scope_no",
        names(),
        if scope.is_some() { "AND scope_no = ?5" } else { "" },
    );
    let (kind, no) = scope.map_or((CARD_SCOPE, None), |scope| {
        let (kind, no) = scope_columns(scope);
        (kind, Some(no))
    });
    let params = [app.0, from.0.into(), to.0.into(), kind].into_iter().chain(no);
    query_all(conn, &sql, params_from_iter(params), |row| read_day_row(row))
}

/// How far the sweep of each card has come.
pub(super) fn sweeps(conn: &Connection, app: AppId) -> Result<Vec<(CardNo, SweepState)>> {
    let sql = "SELECT card_no, settled, swept_through FROM sweeps WHERE app_id = ?1 ORDER BY card_no";
    query_all(conn, sql, [app.0], |row| read_sweep(row))
}

/// Notes how far the sweep of a card has come.
pub(super) fn save_sweep(conn: &Connection, app: AppId, card: CardNo, state: SweepState) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO sweeps (app_id, card_no, settled, swept_through) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((app.0, card.0, state.settled.0, state.swept_through.0))?;
    Ok(())
}
