//! The rows of deliveries and attempts. The reader of an app's log writes them, pages and calls read them, and
//! cleanup drops old ones.

use super::callbacks::{dead_letter, lock_callback, revise};
use super::{Attempt, Delivery, DeliveryState, PushProgress};
use crate::Store;
use crate::error::Result;
use crate::row::{read_attempt, read_delivery, read_event};
use crate::sql::{Column, Sql, args, limit, statements};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::time::Timestamp;
use std::collections::{BTreeMap, HashMap};

statements! {
    // The cursor never goes back. A reader that lost its lease without noticing cannot undo the progress of the next
    // reader.
    SAVE_CURSOR = ["UPDATE push_marks SET next_seq = $2, told = $3 WHERE app_id = $1 AND next_seq <= $2"];
    PUT_DELIVERIES = ["INSERT INTO deliveries (app_id, ", delivery_columns, ") ", (either "SELECT $1, * \
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])"
        "VALUES ($1, $2, $3, $4, $5, $6, $7)"), " ON CONFLICT (app_id, seq) DO UPDATE SET state = excluded.state, \
        tries = excluded.tries, due_at = excluded.due_at, told_at = excluded.told_at, changed_at = excluded.changed_at"];
    PUT_ATTEMPTS = ["INSERT INTO attempts (app_id, seq, at, no, status, millis, outcome, answer) ", (either "SELECT $1, * \
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[])"
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"), " ON CONFLICT (app_id, seq, at, no) DO UPDATE \
        SET status = excluded.status, millis = excluded.millis, outcome = excluded.outcome, answer = excluded.answer"];
    OPEN_DELIVERIES = ["SELECT ", delivery_columns, " FROM deliveries WHERE app_id = $1 AND (state = $2 OR seq >= $3) \
        ORDER BY seq"];
    EVENTS = ["SELECT ", event_columns, " FROM events WHERE app_id = $1 AND seq", (any "$2")];
    DELIVERIES = ["SELECT ", delivery_columns, " FROM deliveries WHERE app_id = $1 AND seq", (any "$2"), " ORDER BY seq"];
    DELIVERIES_IN = ["SELECT ", delivery_columns, " FROM deliveries WHERE app_id = $1 AND state = $2 AND seq < $3 \
        ORDER BY seq DESC LIMIT $4"];
    ATTEMPTS = ["SELECT seq, at, no, status, millis, outcome, answer FROM attempts WHERE app_id = $1 AND seq = $2 \
        ORDER BY at, no"];
    // With the plus sign, SQLite does not read the log up to the cursor.
    PUSH_AGAIN = ["INSERT INTO deliveries (app_id, seq, state, tries, due_at, told_at, changed_at) \
        SELECT e.app_id, e.seq, $3, 0, $4, e.at, $4 FROM events e JOIN push_marks m ON m.app_id = e.app_id \
        WHERE e.app_id = $1 AND m.app_id = $1 AND e.seq", (any "$2"), " AND ", (either "" "+"), "e.seq < m.next_seq ON CONFLICT (app_id, seq) \
        DO UPDATE SET state = excluded.state, tries = 0, due_at = excluded.due_at, changed_at = excluded.changed_at"];
    // With the plus sign, SQLite does not read all deliveries of the app.
    HAS_SETTLED_DELIVERIES = ["SELECT 1 FROM deliveries WHERE ", (either "" "+"), "app_id = $1 AND state <> 1 \
        AND changed_at < $2 LIMIT 1"];
    SETTLED_DELIVERIES = ["SELECT seq FROM deliveries WHERE ", (either "" "+"), "app_id = $1 AND state <> 1 \
        AND changed_at < $2 ORDER BY changed_at, seq LIMIT $3", skip_locked];
    DROP_ATTEMPTS = ["DELETE FROM attempts WHERE app_id = $1 AND seq", (any "$2")];
    DROP_DELIVERIES = ["DELETE FROM deliveries WHERE app_id = $1 AND seq", (any "$2")];
}

impl dyn Store + '_ {
    /// Saves the reader's progress. If the callback was removed meanwhile, pending deliveries become dead-lettered.
    pub fn save_push(&self, app: AppId, progress: &PushProgress) -> Result<()> {
        let PushProgress { next, note, deliveries, attempts } = progress;
        self.write(|sql| {
            let has_callback = lock_callback(sql, app)?;
            sql.execute(SAVE_CURSOR, args![app.0, next.0, note])?;
            put_deliveries(sql, app, deliveries)?;
            if !has_callback {
                dead_letter(sql, app)?;
            }
            put_attempts(sql, app, attempts)
        })
    }

    /// The pending deliveries, and the deliveries of events from `from` on in any state; with their events, sorted by
    /// number.
    pub fn open_deliveries(&self, app: AppId, from: EventSeq) -> Result<Vec<(Delivery, Event)>> {
        self.snapshot(|sql| {
            let args = args![app.0, DeliveryState::Pending.number(), from.0];
            let rows = sql.all(OPEN_DELIVERIES, args, |row| read_delivery(row))?;
            let seqs: Vec<i64> = rows.iter().map(|row| row.seq.0).collect();
            let events = sql.all(EVENTS, args![app.0, &seqs], |row| read_event(row))?;
            let mut events: HashMap<EventSeq, Event> =
                events.into_iter().map(|event| (event.seq, event)).collect();
            // The event of a detached month no longer exists, so it cannot be delivered.
            Ok(rows.into_iter().filter_map(|row| events.remove(&row.seq).map(|event| (row, event))).collect())
        })
    }

    /// The deliveries of these events, sorted by number.
    pub fn deliveries(&self, app: AppId, events: &[EventSeq]) -> Result<Vec<Delivery>> {
        let seqs: Vec<i64> = events.iter().map(|seq| seq.0).collect();
        self.read(|sql| sql.all(DELIVERIES, args![app.0, &seqs], |row| read_delivery(row)))
    }

    /// The deliveries in this state whose events are before `before`, the newest first, at most `count`.
    pub fn deliveries_in(
        &self,
        app: AppId,
        state: DeliveryState,
        before: EventSeq,
        count: usize,
    ) -> Result<Vec<Delivery>> {
        let args = args![app.0, state.number(), before.0, limit(count)];
        self.read(|sql| sql.all(DELIVERIES_IN, args, |row| read_delivery(row)))
    }

    /// The stored attempts of an event, oldest first.
    pub fn attempts(&self, app: AppId, event: EventSeq) -> Result<Vec<Attempt>> {
        self.read(|sql| sql.all(ATTEMPTS, args![app.0, event.0], |row| read_attempt(row)))
    }

    /// Makes the deliveries of these events pending, with all tries ahead. Skips events that do not exist or that the
    /// reader has not reached. Returns the number of pending deliveries made.
    pub fn push_again(&self, app: AppId, events: &[EventSeq], now: Timestamp) -> Result<usize> {
        self.write(|sql| make_pending(sql, app, events, now))
    }

    /// Drops deliveries that are not pending and were last changed before `before`, together with their attempts.
    /// Returns the number of deliveries.
    pub fn drop_deliveries(&self, before: Timestamp) -> Result<usize> {
        self.drop_in_portions(|app, portion| {
            // A read comes first, because on SQLite a write would block the writer during the search.
            if !self.read(|sql| sql.exists(HAS_SETTLED_DELIVERIES, args![app.0, before.0]))? {
                return Ok(0);
            }
            self.write(|sql| {
                let args = args![app.0, before.0, limit(portion)];
                let seqs = sql.all(SETTLED_DELIVERIES, args, |row| row.int(0))?;
                sql.execute(DROP_ATTEMPTS, args![app.0, &seqs])?;
                sql.execute(DROP_DELIVERIES, args![app.0, &seqs])
            })
        })
    }
}

/// As `push_again` of the store, within a transaction.
pub(crate) fn make_pending(
    sql: &mut dyn Sql,
    app: AppId,
    events: &[EventSeq],
    now: Timestamp,
) -> Result<usize> {
    let mut seqs: Vec<i64> = events.iter().map(|seq| seq.0).collect();
    seqs.sort_unstable();
    seqs.dedup();
    let count = sql.execute(PUSH_AGAIN, args![app.0, &seqs, DeliveryState::Pending.number(), now.0])?;
    revise(sql, app)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn put_deliveries(sql: &mut dyn Sql, app: AppId, deliveries: &[Delivery]) -> Result<()> {
    if deliveries.is_empty() {
        return Ok(());
    }
    // A statement of PostgreSQL cannot write a row twice, so only the last value of each row is written.
    let rows: BTreeMap<EventSeq, &Delivery> = deliveries.iter().map(|row| (row.seq, row)).collect();
    let column = |of: fn(&Delivery) -> i64| Column::ints(rows.values().map(|row| of(row)));
    let columns = [
        column(|row| row.seq.0),
        column(|row| row.state.number().into()),
        column(|row| row.tries.into()),
        column(|row| row.due_at.0),
        column(|row| row.create_time.0),
        column(|row| row.changed_at.0),
    ];
    sql.insert(PUT_DELIVERIES, args![app.0], &columns)
}

fn put_attempts(sql: &mut dyn Sql, app: AppId, attempts: &[Attempt]) -> Result<()> {
    if attempts.is_empty() {
        return Ok(());
    }
    let rows: BTreeMap<(EventSeq, Timestamp, u32), &Attempt> =
        attempts.iter().map(|row| ((row.seq, row.at, row.no), row)).collect();
    let column = |of: fn(&Attempt) -> i64| Column::ints(rows.values().map(|row| of(row)));
    let columns = [
        column(|row| row.seq.0),
        column(|row| row.at.0),
        column(|row| row.no.into()),
        column(|row| row.status.into()),
        column(|row| row.millis.into()),
        Column::texts(rows.values().map(|row| row.outcome.as_str())),
        Column::texts(rows.values().map(|row| row.answer.as_str())),
    ];
    sql.insert(PUT_ATTEMPTS, args![app.0], &columns)
}
