//! Finds and undoes the effects of a clock that was ahead. Events are never deleted: an early expiry remains in the
//! log under another kind, which no report counts.

use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::{Row, read_day, read_event_kind};
use crate::sql::{Sql, args, limit, statements};
use kaquan_core::event::EventKind;
use kaquan_core::id::{AppId, CardNo, CodeSeq};
use kaquan_core::time::{Day, Timestamp};

/// The rows of an app that have a time in the future.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AheadRows {
    /// Days that are closed but have not ended.
    pub days: Vec<Day>,
    /// For each kind of events with a time in the future: the kind, the number, the first and the last time.
    pub events: Vec<(EventKind, u64, Timestamp, Timestamp)>,
    /// Codes whose expiry is recorded although their window has not ended.
    pub expired: u64,
    /// Cards whose expiry sweep has reached a time in the future.
    pub sweeps: u64,
    /// The latest time of any operation, if it is in the future.
    pub latest: Option<Timestamp>,
}

/// A code whose expiry was recorded too early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiredAhead {
    pub card: CardNo,
    pub code: CodeSeq,
    /// The code's text, if the merchant chose it.
    pub custom: Option<String>,
    /// The last second of the code's window.
    pub end: Timestamp,
}

statements! {
    CLOSED_AHEAD = ["SELECT day FROM closed_days WHERE app_id = $1 AND day >= $2 ORDER BY day"];
    EVENTS_AHEAD = ["SELECT kind, count(*), min(at), max(at) FROM events WHERE app_id = $1 AND day >= $2 AND at > $3 \
        GROUP BY kind ORDER BY kind"];
    COUNT_EXPIRED_AHEAD = ["SELECT count(*) FROM codes WHERE app_id = $1 AND expired_at > $2"];
    EXPIRED_AHEAD = ["SELECT card_no, seq, expired_at, custom FROM codes WHERE app_id = $1 AND expired_at > $2 AND seq >= $3 \
        ORDER BY seq LIMIT $4"];
    SWEEPS_AHEAD = ["SELECT count(*) FROM sweeps WHERE app_id = $1 AND swept_through > $2"];
    LATEST = ["SELECT latest FROM counters WHERE app_id = $1"];
    LOCK_LATEST = ["SELECT latest FROM counters WHERE app_id = $1", for_update];
    REOPEN_DAYS = ["DELETE FROM closed_days WHERE app_id = $1 AND day >= $2"];
    DROP_REPORTS_AHEAD = ["DELETE FROM reports WHERE app_id = $1 AND day >= $2"];
    DROP_STEPS_AHEAD = ["DELETE FROM member_steps WHERE app_id = $1 AND day >= $2"];
    UNDO_EXPIRIES = ["UPDATE events SET kind = $4 WHERE app_id = $1 AND day >= $2 AND at > $3 AND kind = $5"];
    UNDO_EXPIRED = ["UPDATE codes SET expired_at = NULL WHERE app_id = $1 AND expired_at > $2"];
    RESET_SWEEPS = ["DELETE FROM sweeps WHERE app_id = $1 AND swept_through > $2"];
    SET_LATEST = ["UPDATE counters SET latest = $2 WHERE app_id = $1 AND latest > $2"];
}

impl AheadRows {
    /// Whether there is anything to undo. Events other than expiries really happened, so they are not undone.
    pub fn can_be_undone(&self) -> bool {
        let events = self.events.iter().filter(|(kind, ..)| *kind == EventKind::Expire).copied().collect();
        !AheadRows { events, ..self.clone() }.is_empty()
    }

    pub fn is_empty(&self) -> bool {
        *self == AheadRows::default()
    }
}

impl dyn Store + '_ {
    /// The rows of an app with a time after `now`. Reads every code of the app.
    pub fn rows_ahead(&self, app: AppId, now: Timestamp) -> Result<AheadRows> {
        self.snapshot(|sql| find(sql, app, now))
    }

    /// The codes of an app whose expiry was recorded although it is after `now`: from number `from` on, at most
    /// `count`.
    pub fn expired_ahead(
        &self,
        app: AppId,
        now: Timestamp,
        from: CodeSeq,
        count: usize,
    ) -> Result<Vec<ExpiredAhead>> {
        let read = |row: &dyn Row| {
            let (card, code, end) = (CardNo(row.int(0)?), CodeSeq(row.int(1)?), Timestamp(row.int(2)?));
            Ok(ExpiredAhead { card, code, end, custom: row.text_or_null(3)?.map(str::to_owned) })
        };
        self.read(|sql| sql.all(EXPIRED_AHEAD, args![app.0, now.0, from.0, limit(count)], read))
    }

    /// Undoes in one transaction the rows that `rows_ahead` finds. It reopens the days, undoes the expiries, and sets
    /// the app's latest time to `now`. The sweeps of expired codes then start again. Other events with a time after
    /// `now` are not changed. A folder must have no other writer.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn undo_ahead(&self, app: AppId, now: Timestamp) -> Result<AheadRows> {
        let (undone, expire) = (EventKind::ExpireUndone.number(), EventKind::Expire.number());
        let day = now.day().0;
        self.write(|sql| {
            // Locks the app's row, so that no batch commits in between.
            if !sql.exists(LOCK_LATEST, args![app.0])? {
                return Err(StoreError::Damaged(format!("no app {app}")));
            }
            let found = find(sql, app, now)?;
            sql.execute(REOPEN_DAYS, args![app.0, day])?;
            sql.execute(DROP_REPORTS_AHEAD, args![app.0, day])?;
            sql.execute(DROP_STEPS_AHEAD, args![app.0, day])?;
            sql.execute(UNDO_EXPIRIES, args![app.0, day, now.0, undone, expire])?;
            sql.execute(UNDO_EXPIRED, args![app.0, now.0])?;
            sql.execute(RESET_SWEEPS, args![app.0, now.0])?;
            sql.execute(SET_LATEST, args![app.0, now.0])?;
            Ok(found)
        })
    }
}

fn find(sql: &mut dyn Sql, app: AppId, now: Timestamp) -> Result<AheadRows> {
    let count = |row: &dyn Row| Ok(u64::try_from(row.int(0)?).unwrap_or_default());
    let events = sql.all(EVENTS_AHEAD, args![app.0, now.day().0, now.0], |row| {
        let kind = read_event_kind(row, 0)?;
        let count = u64::try_from(row.int(1)?).unwrap_or_default();
        Ok((kind, count, Timestamp(row.int(2)?), Timestamp(row.int(3)?)))
    })?;
    let latest = sql.first(LATEST, args![app.0], |row| row.int(0))?.map(Timestamp);
    Ok(AheadRows {
        days: sql.all(CLOSED_AHEAD, args![app.0, now.day().0], |row| read_day(row, 0))?,
        events: events.into_iter().filter(|(kind, ..)| *kind != EventKind::ExpireUndone).collect(),
        expired: sql.only(COUNT_EXPIRED_AHEAD, args![app.0, now.0], count)?,
        sweeps: sql.only(SWEEPS_AHEAD, args![app.0, now.0], count)?,
        latest: latest.filter(|latest| *latest > now),
    })
}
