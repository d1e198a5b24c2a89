//! Event push in SQLite: callbacks, the readers' marks, rows of deliveries and attempts, and looking for events.

use super::SqliteStore;
use super::load::{query_all, query_one};
use super::row::column;
use crate::error::Result;
use crate::push::{
    Attempt, Callback, Delivery, DeliveryState, EventFilter, PushMark, PushProgress, PushStore,
};
use crate::row::{
    CALLBACK_COLUMNS, DELIVERY_COLUMNS, EVENT_COLUMNS, read_attempt, read_callback, read_delivery,
    read_event, read_push_mark,
};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, EventSeq, OpenId};
use kaquan_core::time::Timestamp;
use rusqlite::{Connection, params};

impl PushStore for SqliteStore {
    fn callbacks(&self) -> Result<Vec<Callback>> {
        let sql = format!("SELECT {CALLBACK_COLUMNS} FROM callbacks ORDER BY app_id");
        self.read(|conn| query_all(conn, &sql, [], |row| read_callback(row)))
    }

    fn callback(&self, app: AppId) -> Result<Option<Callback>> {
        let sql = format!("SELECT {CALLBACK_COLUMNS} FROM callbacks WHERE app_id = ?1");
        self.read(|conn| query_one(conn, &sql, [app.0], |row| read_callback(row)))
    }

    fn set_callback(&self, callback: &Callback) -> Result<()> {
        self.write(|conn| set_callback(conn, callback))
    }

    fn remove_callback(&self, app: AppId) -> Result<()> {
        self.write(|conn| {
            conn.execute("DELETE FROM callbacks WHERE app_id = ?1", [app.0])?;
            park(conn, app)?;
            revise(conn, app)
        })
    }

    fn push_mark(&self, app: AppId) -> Result<Option<PushMark>> {
        let sql = "SELECT since_seq, next_seq, told, revision FROM push_marks WHERE app_id = ?1";
        self.read(|conn| query_one(conn, sql, [app.0], |row| read_push_mark(row)))
    }

    fn save_push(&self, app: AppId, progress: &PushProgress) -> Result<()> {
        self.write(|conn| save(conn, app, progress))
    }

    fn open_deliveries(&self, app: AppId, from: EventSeq) -> Result<Vec<(Delivery, Event)>> {
        self.read(|conn| {
            let sql = format!(
                "SELECT {DELIVERY_COLUMNS} FROM deliveries WHERE app_id = ?1 AND (state = ?2 OR seq >= ?3) ORDER BY seq"
            );
            let params = (app.0, DeliveryState::Pending.code(), from.0);
            let rows = query_all(conn, &sql, params, |row| read_delivery(row))?;
            let mut found = Vec::with_capacity(rows.len());
            for row in rows {
                // An event is never taken out of the log; should one be gone, nothing can be delivered for it.
                if let Some(event) = event(conn, app, row.seq)? {
                    found.push((row, event));
                }
            }
            Ok(found)
        })
    }

    fn deliveries(&self, app: AppId, events: &[EventSeq]) -> Result<Vec<Delivery>> {
        let sql = format!("SELECT {DELIVERY_COLUMNS} FROM deliveries WHERE app_id = ?1 AND seq = ?2");
        self.read(|conn| {
            let mut found = Vec::new();
            for seq in events {
                found.extend(query_one(conn, &sql, (app.0, seq.0), |row| read_delivery(row))?);
            }
            found.sort_by_key(|row| row.seq);
            Ok(found)
        })
    }

    fn deliveries_in(
        &self,
        app: AppId,
        state: DeliveryState,
        before: EventSeq,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        let sql = format!(
            "SELECT {DELIVERY_COLUMNS} FROM deliveries WHERE app_id = ?1 AND state = ?2 AND seq < ?3 \
             ORDER BY seq DESC LIMIT ?4"
        );
        let params = (app.0, state.code(), before.0, i64::try_from(limit).unwrap_or(i64::MAX));
        self.read(|conn| query_all(conn, &sql, params, |row| read_delivery(row)))
    }

    fn attempts(&self, app: AppId, event: EventSeq) -> Result<Vec<Attempt>> {
        let sql = "SELECT seq, at, no, status, millis, outcome, answer FROM attempts \
                   WHERE app_id = ?1 AND seq = ?2 ORDER BY at, no";
        self.read(|conn| query_all(conn, sql, (app.0, event.0), |row| read_attempt(row)))
    }

    fn push_again(&self, app: AppId, events: &[EventSeq], now: Timestamp) -> Result<usize> {
        self.write(|conn| push_again(conn, app, events, now))
    }

    fn drop_deliveries(&self, before: Timestamp) -> Result<usize> {
        let mut dropped = 0;
        loop {
            let portion = self.write(|conn| drop_portion(conn, before))?;
            dropped += portion;
            if portion < super::DROPPED_AT_ONCE {
                return Ok(dropped);
            }
            std::thread::sleep(super::DROP_PAUSE);
        }
    }

    fn event(&self, app: AppId, seq: EventSeq) -> Result<Option<Event>> {
        self.read(|conn| event(conn, app, seq))
    }

    fn find_events(
        &self,
        app: AppId,
        filter: &EventFilter,
        before: EventSeq,
        look: usize,
        limit: usize,
    ) -> Result<(Vec<Event>, Option<EventSeq>)> {
        self.read(|conn| find_events(conn, app, filter, before, look, limit))
    }
}

fn set_callback(conn: &Connection, callback: &Callback) -> Result<()> {
    let Callback { app, url, token, aes_key, mode, secret, policy, original_id, changed_at } = callback;
    let known = query_one(conn, "SELECT 1 FROM callbacks WHERE app_id = ?1", [app.0], |_| Ok(()))?;
    conn.execute(
        &format!("INSERT OR REPLACE INTO callbacks ({CALLBACK_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
        params![app.0, url, token, aes_key, mode.code(), secret, policy.code(), original_id, changed_at.0],
    )?;
    if known.is_none() {
        conn.execute(
            "INSERT INTO push_marks (app_id, since_seq, next_seq, told, revision) \
             SELECT app_id, event_seq, event_seq, '', 0 FROM counters WHERE app_id = ?1 \
             ON CONFLICT (app_id) DO UPDATE SET since_seq = excluded.since_seq, next_seq = excluded.next_seq, \
             told = excluded.told",
            [app.0],
        )?;
    }
    revise(conn, *app)
}

fn park(conn: &Connection, app: AppId) -> Result<()> {
    let (parked, pending) = (DeliveryState::Parked.code(), DeliveryState::Pending.code());
    conn.execute(
        "UPDATE deliveries SET state = ?2 WHERE app_id = ?1 AND state = ?3",
        (app.0, parked, pending),
    )?;
    Ok(())
}

fn revise(conn: &Connection, app: AppId) -> Result<()> {
    conn.execute("UPDATE push_marks SET revision = revision + 1 WHERE app_id = ?1", [app.0])?;
    Ok(())
}

fn save(conn: &Connection, app: AppId, progress: &PushProgress) -> Result<()> {
    let PushProgress { next, told, deliveries, attempts } = progress;
    conn.prepare_cached("UPDATE push_marks SET next_seq = ?2, told = ?3 WHERE app_id = ?1")?
        .execute((app.0, next.0, told))?;
    let mut statement = conn.prepare_cached(&format!(
        "INSERT OR REPLACE INTO deliveries (app_id, {DELIVERY_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    ))?;
    for Delivery { seq, state, tries, due_at, told_at, changed_at } in deliveries {
        statement.execute((app.0, seq.0, state.code(), tries, due_at.0, told_at.0, changed_at.0))?;
    }
    if query_one(conn, "SELECT 1 FROM callbacks WHERE app_id = ?1", [app.0], |_| Ok(()))?.is_none() {
        park(conn, app)?;
    }
    let mut statement = conn.prepare_cached(
        "INSERT OR REPLACE INTO attempts (app_id, seq, at, no, status, millis, outcome, answer) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for Attempt { seq, at, no, status, millis, outcome, answer } in attempts {
        statement.execute((app.0, seq.0, at.0, no, status, millis, outcome, answer))?;
    }
    Ok(())
}

fn push_again(conn: &Connection, app: AppId, events: &[EventSeq], now: Timestamp) -> Result<usize> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO deliveries (app_id, seq, state, tries, due_at, told_at, changed_at) \
         SELECT e.app_id, e.seq, ?3, 0, ?4, e.at, ?4 FROM events e JOIN push_marks m ON m.app_id = e.app_id \
         WHERE e.app_id = ?1 AND e.seq = ?2 AND e.seq < m.next_seq \
         ON CONFLICT (app_id, seq) DO UPDATE SET state = excluded.state, tries = 0, due_at = excluded.due_at, \
         changed_at = excluded.changed_at",
    )?;
    let mut count = 0;
    for seq in events {
        count += statement.execute((app.0, seq.0, DeliveryState::Pending.code(), now.0))?;
    }
    revise(conn, app)?;
    Ok(count)
}

fn drop_portion(conn: &Connection, before: Timestamp) -> Result<usize> {
    let settled = "SELECT app_id, seq FROM deliveries WHERE state <> 1 AND changed_at < ?1 ORDER BY changed_at, app_id, seq \
                   LIMIT ?2";
    let params = (before.0, super::DROPPED_AT_ONCE as i64);
    conn.execute(&format!("DELETE FROM attempts WHERE (app_id, seq) IN ({settled})"), params)?;
    Ok(conn.execute(&format!("DELETE FROM deliveries WHERE (app_id, seq) IN ({settled})"), params)?)
}

fn event(conn: &Connection, app: AppId, seq: EventSeq) -> Result<Option<Event>> {
    let sql = format!("SELECT {EVENT_COLUMNS} FROM events WHERE app_id = ?1 AND seq = ?2");
    query_one(conn, &sql, (app.0, seq.0), |row| read_event(row))
}

/// The conditions stand in SQL, so that what does not match is not turned into events; the scan itself is bounded by
/// numbers, which have no gaps.
fn find_events(
    conn: &Connection,
    app: AppId,
    filter: &EventFilter,
    before: EventSeq,
    look: usize,
    limit: usize,
) -> Result<(Vec<Event>, Option<EventSeq>)> {
    let last = query_one(conn, "SELECT event_seq FROM counters WHERE app_id = ?1", [app.0], |row| {
        column::<i64>(row, 0)
    })?;
    let before = before.0.min(last.unwrap_or(0));
    let from = before.saturating_sub(i64::try_from(look).unwrap_or(i64::MAX)).max(0);
    let kinds: Vec<String> = filter.kinds.iter().map(|kind| kind.code().to_string()).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!("AND kind IN ({})", kinds.join(", ")) };
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM events WHERE app_id = ?1 AND seq >= ?2 AND seq < ?3 {kinds} \
         AND (?4 IS NULL OR card_no = ?4) AND (?5 IS NULL OR code_seq = ?5 OR other_code = ?5) \
         AND (?6 IS NULL OR openid = ?6 OR friend = ?6) AND (?7 IS NULL OR at >= ?7) AND (?8 IS NULL OR at <= ?8) \
         ORDER BY seq DESC LIMIT ?9"
    );
    let params = params![
        app.0,
        from,
        before,
        filter.card.map(|card| card.0),
        filter.code.map(|code| code.0),
        filter.openid.as_ref().map(OpenId::as_str),
        filter.begin.map(|at| at.0),
        filter.end.map(|at| at.0),
        i64::try_from(limit).unwrap_or(i64::MAX),
    ];
    let events = query_all(conn, &sql, params, |row| read_event(row))?;
    let next = match events.last() {
        Some(event) if events.len() == limit => event.seq.0,
        _ => from,
    };
    Ok((events, (next > 1).then_some(EventSeq(next))))
}
