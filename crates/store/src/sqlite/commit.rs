//! Writes the changed rows of a batch. A claim adds rows, and a batch updates a few small rows. The document of a
//! card is written only if it changed.

use super::row::{write_code, write_event, write_member};
use crate::card_list;
use crate::error::{Result, StoreError};
use crate::row::custom_code_columns;
use kaquan_core::card::Card;
use kaquan_core::code::Code;
use kaquan_core::engine::{Change, RecordKind, WorkingSet};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, CardNo};
use kaquan_core::time::Day;
use rusqlite::{Connection, params};
use std::sync::Arc;

/// Writes the changed rows of a set. `last` returns the card as it was last written, if it is known.
pub(super) fn write_set<'a>(
    conn: &Connection,
    set: &WorkingSet,
    last: impl Fn(CardNo) -> Option<&'a Card>,
) -> Result<()> {
    let app = set.app.id;
    if let Some(version) = card_list::new_version(set, |no| last(no).map(|card| card.status))? {
        conn.prepare_cached(
            "INSERT OR REPLACE INTO records (app_id, kind, no, name, body) VALUES (?1, ?2, 0, '', ?3)",
        )?
        .execute((app.0, RecordKind::CardList.number(), version))?;
    }
    for (no, card, change) in set.cards.changed() {
        match change {
            Change::Inserted => insert_card(conn, app, card)?,
            _ => update_card(conn, app, card, last(*no))?,
        }
    }
    write_codes(conn, set)?;
    write_pools(conn, set)?;
    write_members(conn, set)?;
    write_records(conn, set)?;
    write_events(conn, app, &set.events)?;
    let counters = &set.counters;
    conn.prepare_cached(
        "UPDATE counters SET card_no = ?2, code_seq = ?3, event_seq = ?4, latest = ?5 WHERE app_id = ?1",
    )?
    .execute((app.0, counters.card_no, counters.code_seq, counters.event_seq, counters.latest.0))?;
    Ok(())
}

fn document(card: &Card) -> Result<String> {
    serde_json::to_string(&*card.section).map_err(|error| StoreError::Damaged(format!("document {error}")))
}

fn insert_card(conn: &Connection, app: AppId, card: &Card) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO cards (app_id, card_no, card_id, card_type, source, status, refuse_reason, created_at, \
         updated_at, section) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        app.0,
        card.no.0,
        card.id.as_str(),
        card.card_type.number(),
        card.source.number(),
        card.status.number(),
        card.refuse_reason,
        card.created_at.0,
        card.updated_at.0,
        document(card)?,
    ])?;
    conn.prepare_cached("INSERT INTO stocks (app_id, card_no, quantity, total) VALUES (?1, ?2, ?3, ?4)")?
        .execute((app.0, card.no.0, card.quantity, card.total))?;
    Ok(())
}

fn update_card(conn: &Connection, app: AppId, card: &Card, last: Option<&Card>) -> Result<()> {
    if last.is_none_or(|last| (last.quantity, last.total) != (card.quantity, card.total)) {
        conn.prepare_cached(
            "UPDATE stocks SET quantity = ?3, total = ?4 WHERE app_id = ?1 AND card_no = ?2",
        )?
        .execute((app.0, card.no.0, card.quantity, card.total))?;
    }
    let same = last.is_some_and(|last| {
        Arc::ptr_eq(&last.section, &card.section)
            && last.status == card.status
            && last.updated_at == card.updated_at
            && last.refuse_reason == card.refuse_reason
    });
    if same {
        return Ok(());
    }
    conn.prepare_cached(
        "UPDATE cards SET status = ?3, refuse_reason = ?4, updated_at = ?5, section = ?6 \
         WHERE app_id = ?1 AND card_no = ?2",
    )?
    .execute(params![
        app.0,
        card.no.0,
        card.status.number(),
        card.refuse_reason,
        card.updated_at.0,
        document(card)?,
    ])?;
    Ok(())
}

fn write_codes(conn: &Connection, set: &WorkingSet) -> Result<()> {
    let app = set.app.id;
    let (mut inserted, mut updated): (Vec<&Code>, Vec<&Code>) = Default::default();
    for (_, code, change) in set.codes.changed() {
        if change == Change::Inserted { inserted.push(code) } else { updated.push(code) }
    }
    if !inserted.is_empty() {
        // Sorted by number, so that new rows are always added at the end of the table.
        inserted.sort_unstable_by_key(|code| code.seq);
        let sql = concat!(
            "INSERT INTO codes (app_id, ",
            code_columns!(),
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
        );
        let mut statement = conn.prepare_cached(sql)?;
        for code in inserted {
            write_code(&mut statement, app, code)?;
        }
    }
    if !updated.is_empty() {
        let mut statement = conn.prepare_cached(
            "UPDATE codes SET card_no = ?3, openid = ?4, custom = ?5, state = ?6, origin = ?7, claimed_at = ?8, \
             window_at = ?9, own_begin = ?10, own_end = ?11, outer_str = ?12, changed_at = ?13, gift_to = ?14, \
             expired_at = ?15, marked_for = ?16 WHERE app_id = ?1 AND seq = ?2",
        )?;
        updated.sort_unstable_by_key(|code| code.seq);
        for code in updated {
            write_code(&mut statement, app, code)?;
        }
    }
    Ok(())
}

fn write_pools(conn: &Connection, set: &WorkingSet) -> Result<()> {
    let app = set.app.id;
    let mut changed: Vec<_> = set.custom_codes.changed().collect();
    if !changed.is_empty() {
        // Sorted by key, so that rows of a large import are written page by page.
        changed.sort_unstable_by_key(|(key, _, _)| *key);
        // The place in the queue remains when a code is drawn, so that drawing does not change the queue's index.
        let mut statement = conn.prepare_cached(
            "INSERT INTO custom_codes (app_id, card_no, code, kind, seq, place) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (app_id, card_no, code) DO UPDATE SET kind = excluded.kind, seq = excluded.seq",
        )?;
        for ((card, text), custom, _) in changed {
            let (kind, seq, place) = custom_code_columns(*custom);
            statement.execute((app.0, card.0, text.as_str(), kind, seq, place))?;
        }
    }
    for (card, pool, _) in set.pools.changed() {
        conn.prepare_cached(
            "INSERT INTO pools (app_id, card_no, deposited, drawn) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (app_id, card_no) DO UPDATE SET deposited = excluded.deposited, drawn = excluded.drawn",
        )?
        .execute((app.0, card.0, pool.deposited, pool.drawn))?;
    }
    Ok(())
}

fn write_members(conn: &Connection, set: &WorkingSet) -> Result<()> {
    let mut members: Vec<_> = set.members.changed().map(|(_, member, _)| member).collect();
    if members.is_empty() {
        return Ok(());
    }
    members.sort_unstable_by_key(|member| member.code);
    let sql = concat!(
        "INSERT OR REPLACE INTO members (app_id, ",
        member_columns!(),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    );
    let mut statement = conn.prepare_cached(sql)?;
    for member in members {
        write_member(&mut statement, set.app.id, member)?;
    }
    Ok(())
}

fn write_records(conn: &Connection, set: &WorkingSet) -> Result<()> {
    let app = set.app.id;
    for (key, record, _) in set.records.changed() {
        conn.prepare_cached(
            "INSERT OR REPLACE INTO records (app_id, kind, no, name, body, expires_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((
            app.0,
            key.kind.number(),
            key.no,
            &*key.name,
            &*record.body,
            record.expires_at.map(|at| at.0),
        ))?;
    }
    for key in set.records.removed() {
        conn.prepare_cached("DELETE FROM records WHERE app_id = ?1 AND kind = ?2 AND no = ?3 AND name = ?4")?
            .execute((app.0, key.kind.number(), key.no, &*key.name))?;
    }
    Ok(())
}

/// The events of one day in a batch.
struct DayOfBatch {
    day: Day,
    first: i64,
    last: i64,
    events: i64,
}

fn write_events(conn: &Connection, app: AppId, events: &[Event]) -> Result<()> {
    let sql = concat!(
        "INSERT INTO events (app_id, day, ",
        event_columns!(),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    );
    let mut statement = conn.prepare_cached(sql)?;
    let mut days: Vec<DayOfBatch> = Vec::new();
    for event in events {
        write_event(&mut statement, app, event)?;
        let (day, seq) = (event.day(), event.seq.0);
        // Nearly always this is the day of the previous event.
        match days.iter_mut().rev().find(|known| known.day == day) {
            Some(known) => {
                known.last = seq;
                known.events += 1;
            }
            None => days.push(DayOfBatch { day, first: seq, last: seq, events: 1 }),
        }
    }
    let mut statement = conn.prepare_cached(
        "INSERT INTO event_days (app_id, day, first_seq, last_seq, events) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (app_id, day) DO UPDATE SET last_seq = excluded.last_seq, events = events + excluded.events",
    )?;
    for DayOfBatch { day, first, last, events } in days {
        statement.execute((app.0, day.0, first, last, events))?;
    }
    Ok(())
}
