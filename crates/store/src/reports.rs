//! Closed days with the rows of their reports, and how far the expiry sweep of each card has come.

use crate::Store;
use crate::error::Result;
use crate::row::{CARD_SCOPE, read_day, read_day_row, read_sweep, scope_columns, small_or_null};
use crate::sql::{Column, Sql, args, limit, statements};
use kaquan_core::id::{AppId, CardNo, CodeSeq};
use kaquan_core::stats::{Counts, DayRow, Scope};
use kaquan_core::time::{Day, Timestamp};
use kaquan_core::with_report_columns;

/// How far the expiry sweep of a card has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepState {
    /// Codes before this one cannot expire any more.
    pub settled: CodeSeq,
    /// All expiries of the card up to this time are in the log.
    pub swept_through: Timestamp,
}

/// The columns of the numbers, in the order of [`Counts::NAMES`].
macro_rules! counts {
    () => {
        with_report_columns!(column_list)
    };
}

/// The columns of the numbers as arrays that follow a day's key.
macro_rules! count_arrays {
    () => {
        with_report_columns!(array_places)
    };
}

/// The values of the numbers, which follow a day's key.
macro_rules! count_values {
    () => {
        with_report_columns!(value_places)
    };
}

macro_rules! column_list {
    ($first:ident $($column:ident)*) => { concat!(stringify!($first) $(, ", ", stringify!($column))*) };
}

macro_rules! array_places {
    ($($column:ident)*) => { places!("::bigint[]" [$($column)*]) };
}

macro_rules! value_places {
    ($($column:ident)*) => { places!("" [$($column)*]) };
}

/// Parameters from `$5` on, one for each column.
macro_rules! places {
    ($cast:literal [$($column:ident)*]) => {
        places!($cast [$($column)*] 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
            31 32 33 34 35 36 37 38 39 40)
    };
    ($cast:literal [] $($unused:literal)*) => { "" };
    ($cast:literal [$column:ident $($columns:ident)*] $place:literal $($places:literal)*) => {
        concat!(", $", $place, $cast, places!($cast [$($columns)*] $($places)*))
    };
}

statements! {
    CLOSED_THROUGH = ["SELECT max(day) FROM closed_days WHERE app_id = $1"];
    // A detached month keeps the reports it had. SQLite has no months.
    STALE_DAYS = ["SELECT day FROM closed_days JOIN event_days USING (app_id, day) WHERE app_id = $1 \
        AND closed_days.events < event_days.events", (either " AND NOT EXISTS (SELECT 1 FROM detached_months \
        WHERE closed_days.day >= first_day AND closed_days.day < end_day)" ""), " ORDER BY day"];
    DROP_REPORT = ["DELETE FROM reports WHERE app_id = $1 AND day = $2"];
    INSERT_REPORT = ["INSERT INTO reports (app_id, day, scope_kind, scope_no, ", counts, ") ", (either
        "SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[]" "VALUES ($1, $2, $3, $4"),
        (either count_arrays count_values), ")"];
    CLOSE_DAY = ["INSERT INTO closed_days (app_id, day, events) VALUES ($1, $2, $3) \
        ON CONFLICT (app_id, day) DO UPDATE SET events = excluded.events"];
    // Day by day, so that one scope's rows are not searched among those of all cards. CROSS JOIN makes SQLite read
    // closed_days first, and the plus sign keeps it from reading the whole range of days for each day.
    DAY_ROWS_OF_CARDS = ["SELECT r.day, r.scope_kind, r.scope_no, ", counts, " FROM closed_days c ", (either
        "JOIN" "CROSS JOIN"), " reports r ON r.app_id = c.app_id AND r.day = ", (either "" "+"), "c.day WHERE c.app_id = $1 \
        AND r.app_id = $1 AND c.day BETWEEN $2 AND $3 AND r.scope_kind = $4 ORDER BY c.day, r.scope_no"];
    DAY_ROWS_OF_SCOPE = ["SELECT r.day, r.scope_kind, r.scope_no, ", counts, " FROM closed_days c ", (either
        "JOIN" "CROSS JOIN"), " reports r ON r.app_id = c.app_id AND r.day = ", (either "" "+"), "c.day WHERE c.app_id = $1 \
        AND r.app_id = $1 AND c.day BETWEEN $2 AND $3 AND r.scope_kind = $4 AND r.scope_no = $5 ORDER BY c.day"];
    SWEEPS = ["SELECT card_no, settled, swept_through FROM sweeps WHERE app_id = $1 ORDER BY card_no"];
    SAVE_SWEEP = ["INSERT INTO sweeps (app_id, card_no, settled, swept_through) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (app_id, card_no) DO UPDATE SET settled = excluded.settled, swept_through = excluded.swept_through"];
}

impl dyn Store + '_ {
    /// The last closed day; every day before it is closed too.
    pub fn closed_through(&self, app: AppId) -> Result<Option<Day>> {
        let last = |row: &dyn crate::row::Row| small_or_null(row, 0, "day");
        Ok(self.read(|sql| sql.only(CLOSED_THROUGH, args![app.0], last))?.map(Day))
    }

    /// The days that got events after they were closed.
    pub fn stale_days(&self, app: AppId) -> Result<Vec<Day>> {
        self.read(|sql| sql.all(STALE_DAYS, args![app.0], |row| read_day(row, 0)))
    }

    /// Replaces the rows of a day and marks it closed with `events` events.
    pub fn save_day(&self, app: AppId, day: Day, events: u64, rows: &[DayRow]) -> Result<()> {
        self.write(|sql| save_day(sql, app, day, events, rows))
    }

    /// The rows of a range of days (inclusive): of this scope, or of every card for `None`. By day, then by card number.
    pub fn day_rows(&self, app: AppId, from: Day, to: Day, scope: Option<Scope>) -> Result<Vec<DayRow>> {
        self.read(|sql| match scope.map(scope_columns) {
            None => {
                let args = args![app.0, from.0, to.0, CARD_SCOPE];
                sql.all(DAY_ROWS_OF_CARDS, args, |row| read_day_row(row))
            }
            Some((kind, no)) => {
                let args = args![app.0, from.0, to.0, kind, no];
                sql.all(DAY_ROWS_OF_SCOPE, args, |row| read_day_row(row))
            }
        })
    }

    /// How far the expiry sweep of each card has come.
    pub fn sweeps(&self, app: AppId) -> Result<Vec<(CardNo, SweepState)>> {
        self.read(|sql| sql.all(SWEEPS, args![app.0], |row| read_sweep(row)))
    }

    /// Stores how far the expiry sweep of a card has come.
    pub fn save_sweep(&self, app: AppId, card: CardNo, state: SweepState) -> Result<()> {
        let SweepState { settled, swept_through } = state;
        let args = args![app.0, card.0, settled.0, swept_through.0];
        self.write(|sql| sql.execute(SAVE_SWEEP, args).map(drop))
    }
}

fn save_day(sql: &mut dyn Sql, app: AppId, day: Day, events: u64, rows: &[DayRow]) -> Result<()> {
    sql.execute(DROP_REPORT, args![app.0, day.0])?;
    let (kinds, nos): (Vec<_>, Vec<_>) =
        rows.iter().map(|row| scope_columns(row.scope)).map(|(kind, no)| (Some(kind), Some(no))).unzip();
    let mut counts: Vec<Vec<Option<i64>>> = vec![Vec::with_capacity(rows.len()); Counts::NAMES.len()];
    for row in rows {
        counts.iter_mut().zip(row.counts.values()).for_each(|(column, value)| column.push(Some(value)));
    }
    let columns: Vec<Column<'_>> = [kinds, nos].into_iter().chain(counts).map(Column::Ints).collect();
    sql.insert(INSERT_REPORT, args![app.0, day.0], &columns)?;
    let events = limit(usize::try_from(events).unwrap_or(usize::MAX));
    sql.execute(CLOSE_DAY, args![app.0, day.0, events]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_inserted_with_a_value_for_each_column() {
        let last = 4 + Counts::NAMES.len();
        assert_eq!(counts!().split(", ").collect::<Vec<_>>(), Counts::NAMES);
        assert!(INSERT_REPORT.sqlite.ends_with(&format!(", ${last})")));
        assert!(INSERT_REPORT.postgres.ends_with(&format!(", ${last}::bigint[])")));
    }
}
