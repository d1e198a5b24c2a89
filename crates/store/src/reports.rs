//! Closed days, the rows of their reports, and the progress of each card's expiry sweep.

use crate::Store;
use crate::error::Result;
use crate::row::{
    ACCOUNT_SCOPES, CARD_SCOPE, STORE_SCOPES, read_day, read_day_row, read_sweep, scope_columns,
    small_or_null,
};
use crate::sql::{Column, Sql, Statement, args, limit, statements};
use kaquan_core::id::{AppId, CardNo, CodeSeq};
use kaquan_core::stats::{Counts, DayRow, Scope, StoreRow, StoreSums};
use kaquan_core::time::{Day, Timestamp};
use std::sync::LazyLock;

/// The progress of a card's expiry sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepState {
    /// Codes before this one can no longer expire.
    pub settled: CodeSeq,
    /// All expiries of the card up to this time are in the log.
    pub swept_through: Timestamp,
}

statements! {
    CLOSED_THROUGH = ["SELECT max(day) FROM closed_days WHERE app_id = $1"];
    // The reports of a detached month do not change. SQLite has no months.
    STALE_DAYS = ["SELECT day FROM closed_days JOIN event_days USING (app_id, day) WHERE app_id = $1 \
        AND closed_days.events < event_days.events", (either " AND NOT EXISTS (SELECT 1 FROM detached_months \
        WHERE closed_days.day >= first_day AND closed_days.day < end_day)" ""), " ORDER BY day"];
    CLOSED_EVENTS = ["SELECT events FROM closed_days WHERE app_id = $1 AND day = $2"];
    CARDS_OF_DAY = ["SELECT scope_no FROM reports WHERE app_id = $1 AND day = $2 AND scope_kind = $3"];
    DROP_REPORT = ["DELETE FROM reports WHERE app_id = $1 AND day = $2"];
    CLOSE_DAY = ["INSERT INTO closed_days (app_id, day, events) VALUES ($1, $2, $3) \
        ON CONFLICT (app_id, day) DO UPDATE SET events = excluded.events"];
    SWEEPS = ["SELECT card_no, settled, swept_through FROM sweeps WHERE app_id = $1 ORDER BY card_no"];
    SAVE_SWEEP = ["INSERT INTO sweeps (app_id, card_no, settled, swept_through) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (app_id, card_no) DO UPDATE SET settled = excluded.settled, swept_through = excluded.swept_through"];
}

/// The statements with the numbers of a report. The columns are [`Counts::NAMES`].
pub(crate) struct ReportStatements {
    pub insert: Statement,
    /// The rows of one kind of scope, such as those of every card.
    pub of_kind: Statement,
    pub of_scope: Statement,
    /// Of some cards on a day, if it was closed with so many events.
    pub of_some_cards: Statement,
}

pub(crate) static REPORTS: LazyLock<ReportStatements> = LazyLock::new(|| {
    let names = Counts::NAMES.join(", ");
    let places = |place: fn(usize) -> String| {
        (3..=4 + Counts::NAMES.len()).map(place).collect::<Vec<String>>().join(", ")
    };
    let insert = format!("INSERT INTO reports (app_id, day, scope_kind, scope_no, {names})");
    let arrays = places(|place| format!("${place}::bigint[]"));
    let values = places(|place| format!("${place}"));
    // The query goes day by day, so that the rows of one scope are not searched among those of all cards. `CROSS
    // JOIN` makes SQLite read `closed_days` first. Without the plus sign, SQLite would read the whole range of days
    // for each day.
    let select = |join: &str, day: &str, scope: &str| {
        format!(
            "SELECT r.day, r.scope_kind, r.scope_no, {names} FROM closed_days c {join} reports r \
             ON r.app_id = c.app_id AND r.day = {day} WHERE c.app_id = $1 AND r.app_id = $1 \
             AND c.day BETWEEN $2 AND $3 AND r.scope_kind = $4 {scope} ORDER BY c.day, r.scope_no"
        )
    };
    let rows = |scope| Statement {
        postgres: select("JOIN", "c.day", scope).leak(),
        sqlite: select("CROSS JOIN", "+c.day", scope).leak(),
    };
    let some_cards = |listed: &str| {
        format!(
            "SELECT r.day, r.scope_kind, r.scope_no, {names} FROM reports r WHERE r.app_id = $1 AND r.day = $2 \
             AND r.scope_kind = $3 AND r.scope_no{listed} AND EXISTS (SELECT 1 FROM closed_days c \
             WHERE c.app_id = $1 AND c.day = $2 AND c.events = $5)"
        )
    };
    ReportStatements {
        insert: Statement {
            postgres: format!("{insert} SELECT $1, $2, * FROM unnest({arrays})").leak(),
            sqlite: format!("{insert} VALUES ($1, $2, {values})").leak(),
        },
        of_kind: rows(""),
        of_scope: rows("AND r.scope_no = $5"),
        of_some_cards: Statement {
            postgres: some_cards(" = ANY($4)").leak(),
            sqlite: some_cards(" IN (SELECT value FROM json_each($4))").leak(),
        },
    }
});

/// The statements above with their names.
pub(crate) fn report_statements() -> [(&'static str, Statement); 4] {
    [
        ("INSERT_REPORT", REPORTS.insert),
        ("DAY_ROWS_OF_KIND", REPORTS.of_kind),
        ("DAY_ROWS_OF_SCOPE", REPORTS.of_scope),
        ("DAY_ROWS_OF_SOME_CARDS", REPORTS.of_some_cards),
    ]
}

impl dyn Store + '_ {
    /// The last closed day. Every day before it is closed too.
    pub fn closed_through(&self, app: AppId) -> Result<Option<Day>> {
        let last = |row: &dyn crate::row::Row| small_or_null(row, 0, "day");
        Ok(self.read(|sql| sql.only(CLOSED_THROUGH, args![app.0], last))?.map(Day))
    }

    /// The days that got events after they were closed.
    pub fn stale_days(&self, app: AppId) -> Result<Vec<Day>> {
        self.read(|sql| sql.all(STALE_DAYS, args![app.0], |row| read_day(row, 0)))
    }

    /// The days before today that are not closed, or got events after they were closed; oldest first. The reports of
    /// these days are not ready.
    pub fn due_days(&self, app: AppId, today: Day) -> Result<Vec<Day>> {
        let mut due = self.stale_days(app)?;
        let next = match self.closed_through(app)? {
            Some(closed) => Some(closed.plus(1)),
            None => self.event_days(app)?.first().map(|first| first.day),
        };
        if let Some(next) = next {
            due.extend((next.0..today.0).map(Day));
        }
        // A clock that was ahead may have closed days that have not ended.
        due.retain(|day| *day < today);
        due.sort_unstable();
        due.dedup();
        Ok(due)
    }

    /// Replaces the rows of a day, and records that the day is closed with `events` events.
    pub fn save_day(&self, app: AppId, day: Day, events: u64, rows: &[DayRow]) -> Result<()> {
        self.write(|sql| save_day(sql, app, day, events, rows))
    }

    /// The rows of a range of days (inclusive), sorted by day, then by card number. `None` as scope means every card.
    pub fn day_rows(&self, app: AppId, from: Day, to: Day, scope: Option<Scope>) -> Result<Vec<DayRow>> {
        self.read(|sql| match scope.map(scope_columns) {
            None => {
                let args = args![app.0, from.0, to.0, CARD_SCOPE];
                sql.all(REPORTS.of_kind, args, |row| read_day_row(row))
            }
            Some((kind, no)) => {
                let args = args![app.0, from.0, to.0, kind, no];
                sql.all(REPORTS.of_scope, args, |row| read_day_row(row))
            }
        })
    }

    /// How many events a day was closed with, and the cards that have a row of it; `None` for a day that is not closed.
    pub fn cards_of_day(&self, app: AppId, day: Day) -> Result<Option<(u64, Vec<CardNo>)>> {
        self.snapshot(|sql| {
            let events = sql.first(CLOSED_EVENTS, args![app.0, day.0], |row| row.int(0))?;
            let Some(events) = events else { return Ok(None) };
            let args = args![app.0, day.0, CARD_SCOPE];
            let cards = sql.all(CARDS_OF_DAY, args, |row| Ok(CardNo(row.int(0)?)))?;
            Ok(Some((u64::try_from(events).unwrap_or(0), cards)))
        })
    }

    /// The rows of these cards on a day that was closed with so many events, in no order; none if it was closed again.
    pub fn rows_of_cards(&self, app: AppId, day: Day, events: u64, cards: &[CardNo]) -> Result<Vec<DayRow>> {
        let cards: Vec<i64> = cards.iter().map(|card| card.0).collect();
        let events = limit(usize::try_from(events).unwrap_or(usize::MAX));
        let args = args![app.0, day.0, CARD_SCOPE, &cards, events];
        self.read(|sql| sql.all(REPORTS.of_some_cards, args, |row| read_day_row(row)))
    }

    /// The rows of cards on a range of days (inclusive) for which `keep` returns true, sorted by day, then by card
    /// number. Other rows are not kept in memory.
    pub fn card_rows(
        &self,
        app: AppId,
        from: Day,
        to: Day,
        keep: &dyn Fn(&DayRow) -> bool,
    ) -> Result<Vec<DayRow>> {
        let args = args![app.0, from.0, to.0, CARD_SCOPE];
        self.read(|sql| {
            let mut kept = Vec::new();
            sql.visit(REPORTS.of_kind, args, &mut |row| {
                let row = read_day_row(row)?;
                if keep(&row) {
                    kept.push(row);
                }
                Ok(())
            })?;
            Ok(kept)
        })
    }

    /// The sums of a range of days (inclusive) by store, from one state of the store. The rows are added up as they are
    /// read, because there is one for each day and store.
    pub fn sums_of_stores(&self, app: AppId, from: Day, to: Day) -> Result<Vec<StoreRow>> {
        self.snapshot(|sql| {
            let mut sums = StoreSums::default();
            for kind in ACCOUNT_SCOPES.into_iter().chain(STORE_SCOPES) {
                let args = args![app.0, from.0, to.0, kind];
                sql.visit(REPORTS.of_kind, args, &mut |row| {
                    sums.add(&read_day_row(row)?);
                    Ok(())
                })?;
            }
            Ok(sums.finish())
        })
    }

    /// The progress of the expiry sweep of every card.
    pub fn sweeps(&self, app: AppId) -> Result<Vec<(CardNo, SweepState)>> {
        self.read(|sql| sql.all(SWEEPS, args![app.0], |row| read_sweep(row)))
    }

    /// Saves the progress of a card's expiry sweep.
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
    sql.insert(REPORTS.insert, args![app.0, day.0], &columns)?;
    let events = limit(usize::try_from(events).unwrap_or(usize::MAX));
    sql.execute(CLOSE_DAY, args![app.0, day.0, events]).map(drop)
}
