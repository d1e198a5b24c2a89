//! Event push in PostgreSQL: callbacks, the readers' marks, rows of deliveries and attempts, and looking for events.

use super::connect::Conn;
use super::{DROPPED_AT_ONCE, PostgresStore, limit, sql};
use crate::error::Result;
use crate::push::{
    Attempt, Callback, Delivery, DeliveryState, EventFilter, PushMark, PushProgress, PushStore,
};
use crate::row::{Row as _, read_attempt, read_callback, read_delivery, read_event, read_push_mark};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, EventSeq, OpenId};
use kaquan_core::time::Timestamp;
use std::collections::{BTreeMap, HashMap};

impl PushStore for PostgresStore {
    fn callbacks(&self) -> Result<Vec<Callback>> {
        self.pool().read(|conn| conn.query(sql::CALLBACKS, &[])?.iter().map(read_callback).collect())
    }

    fn callback(&self, app: AppId) -> Result<Option<Callback>> {
        self.pool()
            .read(|conn| conn.query_opt(sql::CALLBACK, &[&app.0])?.as_ref().map(read_callback).transpose())
    }

    fn set_callback(&self, callback: &Callback) -> Result<()> {
        self.pool().write(|conn| set_callback(conn, callback))
    }

    fn remove_callback(&self, app: AppId) -> Result<()> {
        self.pool().write(|conn| {
            conn.execute(sql::REMOVE_CALLBACK, &[&app.0])?;
            park(conn, app)?;
            conn.execute(sql::REVISE, &[&app.0]).map(drop)
        })
    }

    fn push_mark(&self, app: AppId) -> Result<Option<PushMark>> {
        self.pool()
            .read(|conn| conn.query_opt(sql::PUSH_MARK, &[&app.0])?.as_ref().map(read_push_mark).transpose())
    }

    fn save_push(&self, app: AppId, progress: &PushProgress) -> Result<()> {
        self.pool().write(|conn| save(conn, app, progress))
    }

    fn open_deliveries(&self, app: AppId, from: EventSeq) -> Result<Vec<(Delivery, Event)>> {
        let pending = i64::from(DeliveryState::Pending.code());
        self.pool().snapshot(|conn| {
            let rows = conn.query(sql::OPEN_DELIVERIES, &[&app.0, &pending, &from.0])?;
            let rows = rows.iter().map(read_delivery).collect::<Result<Vec<Delivery>>>()?;
            let seqs: Vec<i64> = rows.iter().map(|row| row.seq.0).collect();
            let events = conn.query(sql::EVENTS, &[&app.0, &seqs])?;
            let events = events.iter().map(read_event).collect::<Result<Vec<Event>>>()?;
            let mut events: HashMap<EventSeq, Event> =
                events.into_iter().map(|event| (event.seq, event)).collect();
            // An event whose month was taken out of the log is gone, and nothing can be delivered for it.
            Ok(rows.into_iter().filter_map(|row| events.remove(&row.seq).map(|event| (row, event))).collect())
        })
    }

    fn deliveries(&self, app: AppId, events: &[EventSeq]) -> Result<Vec<Delivery>> {
        let seqs: Vec<i64> = events.iter().map(|seq| seq.0).collect();
        self.pool()
            .read(|conn| conn.query(sql::DELIVERIES, &[&app.0, &seqs])?.iter().map(read_delivery).collect())
    }

    fn deliveries_in(
        &self,
        app: AppId,
        state: DeliveryState,
        before: EventSeq,
        count: usize,
    ) -> Result<Vec<Delivery>> {
        let state = i64::from(state.code());
        self.pool().read(|conn| {
            let rows = conn.query(sql::DELIVERIES_IN, &[&app.0, &state, &before.0, &limit(count)])?;
            rows.iter().map(read_delivery).collect()
        })
    }

    fn attempts(&self, app: AppId, event: EventSeq) -> Result<Vec<Attempt>> {
        self.pool()
            .read(|conn| conn.query(sql::ATTEMPTS, &[&app.0, &event.0])?.iter().map(read_attempt).collect())
    }

    fn push_again(&self, app: AppId, events: &[EventSeq], now: Timestamp) -> Result<usize> {
        let mut seqs: Vec<i64> = events.iter().map(|seq| seq.0).collect();
        seqs.sort_unstable();
        seqs.dedup();
        let pending = i64::from(DeliveryState::Pending.code());
        self.pool().write(|conn| {
            let count = conn.execute(sql::PUSH_AGAIN, &[&app.0, &seqs, &pending, &now.0])?;
            conn.execute(sql::REVISE, &[&app.0])?;
            Ok(usize::try_from(count).unwrap_or(usize::MAX))
        })
    }

    fn drop_deliveries(&self, before: Timestamp) -> Result<usize> {
        self.drop_in_portions(|conn, app| drop_portion(conn, app, before))
    }

    fn event(&self, app: AppId, seq: EventSeq) -> Result<Option<Event>> {
        self.pool()
            .read(|conn| conn.query_opt(sql::EVENT, &[&app.0, &seq.0])?.as_ref().map(read_event).transpose())
    }

    fn find_events(
        &self,
        app: AppId,
        filter: &EventFilter,
        before: EventSeq,
        look: usize,
        count: usize,
    ) -> Result<(Vec<Event>, Option<EventSeq>)> {
        self.pool().snapshot(|conn| find_events(conn, app, filter, before, look, count))
    }
}

fn set_callback(conn: &mut Conn, callback: &Callback) -> Result<()> {
    let Callback { app, url, token, aes_key, mode, secret, policy, original_id, changed_at } = callback;
    let (mode, policy) = (i64::from(mode.code()), i64::from(policy.code()));
    let known = conn.query_opt(sql::LOCK_CALLBACK, &[&app.0])?;
    conn.execute(
        sql::PUT_CALLBACK,
        &[&app.0, url, token, aes_key, &mode, secret, &policy, original_id, &changed_at.0],
    )?;
    if known.is_none() {
        conn.execute(sql::BEGIN_MARK, &[&app.0])?;
    }
    conn.execute(sql::REVISE, &[&app.0]).map(drop)
}

fn park(conn: &mut Conn, app: AppId) -> Result<()> {
    let [parked, pending] =
        [DeliveryState::Parked, DeliveryState::Pending].map(|state| i64::from(state.code()));
    conn.execute(sql::PARK, &[&app.0, &parked, &pending]).map(drop)
}

/// The mark never goes back: a reader that lost its lease and does not know it yet takes nothing from the one after it.
fn save(conn: &mut Conn, app: AppId, progress: &PushProgress) -> Result<()> {
    let PushProgress { next, told, deliveries, attempts } = progress;
    let has_callback = conn.query_opt(sql::LOCK_CALLBACK, &[&app.0])?.is_some();
    conn.execute(sql::SAVE_MARK, &[&app.0, &next.0, told])?;
    put_deliveries(conn, app, deliveries)?;
    if !has_callback {
        park(conn, app)?;
    }
    put_attempts(conn, app, attempts)
}

fn put_deliveries(conn: &mut Conn, app: AppId, deliveries: &[Delivery]) -> Result<()> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let rows: BTreeMap<EventSeq, &Delivery> = deliveries.iter().map(|row| (row.seq, row)).collect();
    let column = |of: fn(&Delivery) -> i64| rows.values().map(|row| of(row)).collect::<Vec<i64>>();
    conn.execute(
        sql::PUT_DELIVERIES,
        &[
            &app.0,
            &column(|row| row.seq.0),
            &column(|row| row.state.code().into()),
            &column(|row| row.tries.into()),
            &column(|row| row.due_at.0),
            &column(|row| row.told_at.0),
            &column(|row| row.changed_at.0),
        ],
    )
    .map(drop)
}

fn put_attempts(conn: &mut Conn, app: AppId, attempts: &[Attempt]) -> Result<()> {
    if attempts.is_empty() {
        return Ok(());
    }
    let rows: BTreeMap<(EventSeq, Timestamp, u32), &Attempt> =
        attempts.iter().map(|row| ((row.seq, row.at, row.no), row)).collect();
    let column = |of: fn(&Attempt) -> i64| rows.values().map(|row| of(row)).collect::<Vec<i64>>();
    // What a receiver answers may hold what PostgreSQL cannot keep in a text.
    let text = |of: fn(&Attempt) -> &str| {
        rows.values().map(|row| of(row).replace('\0', "\u{fffd}")).collect::<Vec<String>>()
    };
    conn.execute(
        sql::PUT_ATTEMPTS,
        &[
            &app.0,
            &column(|row| row.seq.0),
            &column(|row| row.at.0),
            &column(|row| row.no.into()),
            &column(|row| row.status.into()),
            &column(|row| row.millis.into()),
            &text(|row| &row.outcome),
            &text(|row| &row.answer),
        ],
    )
    .map(drop)
}

fn drop_portion(conn: &mut Conn, app: i64, before: Timestamp) -> Result<u64> {
    let rows = conn.query(sql::SETTLED_DELIVERIES, &[&app, &before.0, &DROPPED_AT_ONCE])?;
    let seqs = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<i64>>>()?;
    conn.execute(sql::DROP_ATTEMPTS, &[&app, &seqs])?;
    conn.execute(sql::DROP_DELIVERIES, &[&app, &seqs])
}

/// The conditions stand in SQL, so that what does not match is not turned into events; the scan itself is bounded by
/// numbers, which have no gaps.
fn find_events(
    conn: &mut Conn,
    app: AppId,
    filter: &EventFilter,
    before: EventSeq,
    look: usize,
    count: usize,
) -> Result<(Vec<Event>, Option<EventSeq>)> {
    let last = conn.query_opt(sql::LOG_END, &[&app.0])?.map(|row| row.int(0)).transpose()?;
    let before = before.0.min(last.unwrap_or(0));
    let from = before.saturating_sub(limit(look)).max(0);
    let kinds: Vec<i64> = filter.kinds.iter().map(|kind| kind.code().into()).collect();
    let kinds = Some(kinds).filter(|kinds| !kinds.is_empty());
    let rows = conn.query(
        sql::FIND_EVENTS,
        &[
            &app.0,
            &from,
            &before,
            &kinds,
            &filter.card.map(|card| card.0),
            &filter.code.map(|code| code.0),
            &filter.openid.as_ref().map(OpenId::as_str),
            &filter.begin.map(|at| at.0),
            &filter.end.map(|at| at.0),
            &limit(count),
        ],
    )?;
    let events = rows.iter().map(read_event).collect::<Result<Vec<Event>>>()?;
    let next = match events.last() {
        Some(event) if events.len() == count => event.seq.0,
        _ => from,
    };
    Ok((events, (next > 1).then_some(EventSeq(next))))
}
