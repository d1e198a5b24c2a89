//! Closed days and their finished rows, and how far the expiry sweeps have come.

use super::connect::{Conn, Param};
use super::sql;
use crate::error::Result;
use crate::row::{CARD_SCOPE, read_day, read_day_row, read_sweep, scope_columns, small_or_null};
use crate::rows::SweepState;
use kaquan_core::id::{AppId, CardNo};
use kaquan_core::stats::{Counts, DayRow, Scope};
use kaquan_core::time::Day;

/// The last closed day.
pub(super) fn closed_through(conn: &mut Conn, app: AppId) -> Result<Option<Day>> {
    let last = small_or_null(&conn.query_one(sql::CLOSED_THROUGH, &[&app.0])?, 0, "day")?;
    Ok(last.map(Day))
}

/// The days closed with fewer events than they have by now.
pub(super) fn stale_days(conn: &mut Conn, app: AppId) -> Result<Vec<Day>> {
    conn.query(sql::STALE_DAYS, &[&app.0])?.iter().map(|row| read_day(row, 0)).collect()
}

/// Replaces the rows of a day and marks it closed.
pub(super) fn save_day(conn: &mut Conn, app: AppId, day: Day, events: u64, rows: &[DayRow]) -> Result<()> {
    let day = i64::from(day.0);
    conn.execute(sql::DROP_REPORT, &[&app.0, &day])?;
    let (kinds, nos): (Vec<i64>, Vec<i64>) = rows.iter().map(|row| scope_columns(row.scope)).unzip();
    let mut counts: Vec<Vec<i64>> = vec![Vec::with_capacity(rows.len()); Counts::NAMES.len()];
    for row in rows {
        counts.iter_mut().zip(row.counts.values()).for_each(|(column, value)| column.push(value));
    }
    let key: [Param<'_>; 4] = [&app.0, &day, &kinds, &nos];
    let params: Vec<Param<'_>> =
        key.into_iter().chain(counts.iter().map(|column| column as Param<'_>)).collect();
    conn.execute(sql::INSERT_REPORT, &params)?;
    let events = i64::try_from(events).unwrap_or(i64::MAX);
    conn.execute(sql::CLOSE_DAY, &[&app.0, &day, &events]).map(drop)
}

/// The rows of a range of days, of one scope or of every card.
pub(super) fn day_rows(
    conn: &mut Conn,
    app: AppId,
    from: Day,
    to: Day,
    scope: Option<Scope>,
) -> Result<Vec<DayRow>> {
    let (kind, no) = scope.map_or((CARD_SCOPE, None), |scope| {
        let (kind, no) = scope_columns(scope);
        (kind, Some(no))
    });
    let (from, to) = (i64::from(from.0), i64::from(to.0));
    conn.query(sql::DAY_ROWS, &[&app.0, &from, &to, &kind, &no])?.iter().map(read_day_row).collect()
}

/// How far the sweep of each card has come.
pub(super) fn sweeps(conn: &mut Conn, app: AppId) -> Result<Vec<(CardNo, SweepState)>> {
    conn.query(sql::SWEEPS, &[&app.0])?.iter().map(read_sweep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_report_are_named_in_their_order() {
        assert_eq!(sql::COUNTS.split(", ").collect::<Vec<_>>(), Counts::NAMES);
    }
}
