//! Steps of memberships and what they add up to. Steps are kept as they happened and replayed for the totals, so that
//! a day can be recorded again, and late, without any other day being wrong.

use super::load::query_one;
use super::row::{column, damaged};
use crate::error::Result;
use crate::membership::{CodeStep, Firsts, Replay, StepRow, Totals, step_rows};
use kaquan_core::card::Source;
use kaquan_core::id::{AppId, CardNo, CodeSeq};
use kaquan_core::stats::{MemberStep, MemberTotals, StepKind};
use kaquan_core::time::Day;
use rusqlite::{Connection, Transaction};
use std::collections::HashMap;

/// Steps written in one transaction; others can write between two of them.
const STEPS_PER_WRITE: usize = 2_000;

/// Records the steps of a day.
pub(super) fn save(
    app: AppId,
    day: Day,
    steps: &[MemberStep],
    mut write: impl FnMut(&mut dyn FnMut(&Transaction<'_>) -> Result<()>) -> Result<()>,
) -> Result<()> {
    let mut rows = step_rows(steps).peekable();
    for chunk in steps.chunks(STEPS_PER_WRITE) {
        // The rows of the chunk's steps: they come in the order of the steps.
        let mut chunk_rows = Vec::with_capacity(chunk.len());
        let range = chunk.as_ptr_range();
        while let Some(row) = rows.next_if(|(step, _)| range.contains(&std::ptr::from_ref(*step))) {
            chunk_rows.push(row);
        }
        write(&mut |transaction| save_chunk(transaction, app, day, chunk, &chunk_rows))?;
    }
    Ok(())
}

fn save_chunk(
    conn: &Connection,
    app: AppId,
    day: Day,
    steps: &[MemberStep],
    rows: &[(&MemberStep, StepRow)],
) -> Result<()> {
    let mut insert = conn.prepare_cached(
        "INSERT OR REPLACE INTO member_steps (app_id, code_seq, day, place, kind, card_no, holder_no, other_code) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (step, row) in rows {
        let StepRow { code, place, step: kind, card, has_holder, other } = row;
        let holder = if *has_holder { Some(holder_no(conn, app, step.openid.as_str())?) } else { None };
        let other = other.map(|other| other.0);
        insert.execute((app.0, code.0, day.0, place, kind.code(), card.0, holder, other))?;
    }
    let first = |name: &str| {
        format!(
            "INSERT INTO member_firsts (app_id, card_no, holder_no, {name}) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (app_id, card_no, holder_no) \
             DO UPDATE SET {name} = min(coalesce({name}, excluded.{name}), excluded.{name})"
        )
    };
    let mut claim = conn.prepare_cached(&first("claim_day"))?;
    let mut begin = conn.prepare_cached(&first("begin_day"))?;
    for step in steps {
        let statement = match step.kind {
            StepKind::Claim => &mut claim,
            StepKind::Begin => &mut begin,
            StepKind::End | StepKind::Resume | StepKind::Transfer => continue,
        };
        let holder = holder_no(conn, app, step.openid.as_str())?;
        statement.execute((app.0, step.card.0, holder, day.0))?;
    }
    Ok(())
}

/// The dense number of a holder, given out now if the holder has none.
fn holder_no(conn: &Connection, app: AppId, openid: &str) -> Result<u32> {
    let sql = "SELECT holder_no FROM member_holders WHERE app_id = ?1 AND openid = ?2";
    if let Some(known) = query_one(conn, sql, (app.0, openid), |row| column(row, 0))? {
        return Ok(known);
    }
    let sql = "INSERT INTO member_counters (app_id, holder_no) VALUES (?1, 1) \
               ON CONFLICT (app_id) DO UPDATE SET holder_no = holder_no + 1 RETURNING holder_no - 1";
    let new: u32 = conn.prepare_cached(sql)?.query_row([app.0], |row| row.get(0))?;
    conn.prepare_cached("INSERT INTO member_holders (app_id, openid, holder_no) VALUES (?1, ?2, ?3)")?
        .execute((app.0, openid, new))?;
    Ok(new)
}

/// Totals of memberships at the end of a day. `conn` is inside a transaction.
pub(super) fn totals(conn: &Connection, app: AppId, day: Day) -> Result<Vec<MemberTotals>> {
    let sources = sources(conn, app)?;
    let mut totals = Totals::default();
    let mut statement = conn.prepare_cached(
        "SELECT card_no, holder_no, claim_day, begin_day FROM member_firsts WHERE app_id = ?1 ORDER BY card_no",
    )?;
    let mut rows = statement.query([app.0])?;
    while let Some(row) = rows.next()? {
        let card = CardNo(column(row, 0)?);
        let firsts = Firsts {
            claim: column::<Option<i32>>(row, 2)?.map(Day),
            begin: column::<Option<i32>>(row, 3)?.map(Day),
        };
        totals.firsts(day, card, sources.get(&card).copied(), column(row, 1)?, firsts);
    }
    let mut replay = Replay::default();
    let mut statement = conn.prepare_cached(
        "SELECT code_seq, card_no, kind, holder_no, other_code FROM member_steps \
         WHERE app_id = ?1 AND day <= ?2 ORDER BY code_seq, day, place",
    )?;
    let mut rows = statement.query((app.0, day.0))?;
    while let Some(row) = rows.next()? {
        let kind = column(row, 2)?;
        let kind = CodeStep::from_code(kind).ok_or_else(|| damaged("step", kind))?;
        let other = CodeSeq(column::<Option<i64>>(row, 4)?.unwrap_or_default());
        replay.step(CodeSeq(column(row, 0)?), CardNo(column(row, 1)?), kind, column(row, 3)?, other);
    }
    for (card, holders) in replay.finish() {
        totals.valid(card, sources.get(&card).copied(), &holders);
    }
    Ok(totals.finish(day))
}

fn sources(conn: &Connection, app: AppId) -> Result<HashMap<CardNo, Source>> {
    let mut statement = conn.prepare_cached("SELECT card_no, source FROM cards WHERE app_id = ?1")?;
    let mut rows = statement.query([app.0])?;
    let mut sources = HashMap::new();
    while let Some(row) = rows.next()? {
        let source = column(row, 1)?;
        let source = Source::from_code(source).ok_or_else(|| damaged("source", source))?;
        sources.insert(CardNo(column(row, 0)?), source);
    }
    Ok(sources)
}
