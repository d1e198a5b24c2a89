//! Steps of memberships and what they add up to. Steps are kept as they happened and replayed for the totals, so that
//! a day can be recorded again, and late, without any other day being wrong.

use super::load::query_one;
use super::row::column;
use crate::error::Result;
use crate::membership::{CodeStep, Firsts, Replay, StepRow, Totals, step_rows};
use crate::row::{damaged, read_source};
use kaquan_core::card::Source;
use kaquan_core::id::{AppId, CardNo, CodeSeq};
use kaquan_core::stats::{MemberStep, MemberTotals, StepKind};
use kaquan_core::time::Day;
use rusqlite::{Connection, OptionalExtension, Transaction};
use std::collections::HashMap;

/// Rows written in one transaction; others can write between two of them.
const ROWS_PER_WRITE: usize = 5_000;

/// Records the steps of a day. `write` runs a transaction. Each table is written in the order of its key, so that the
/// pages of a transaction are few.
pub(super) fn save(
    app: AppId,
    day: Day,
    steps: &[MemberStep],
    mut write: impl FnMut(&mut dyn FnMut(&Transaction<'_>) -> Result<()>) -> Result<()>,
) -> Result<()> {
    let mut openids: Vec<&str> = steps.iter().map(|step| step.openid.as_str()).collect();
    openids.sort_unstable();
    openids.dedup();
    let mut holders: HashMap<&str, u32> = HashMap::with_capacity(openids.len());
    for chunk in openids.chunks(ROWS_PER_WRITE) {
        write(&mut |transaction| number_holders(transaction, app, chunk, &mut holders))?;
    }
    let holder = |step: &MemberStep| holders.get(step.openid.as_str()).copied();
    let mut rows: Vec<(StepRow, Option<u32>)> =
        step_rows(steps).map(|(step, row)| (row, if row.has_holder { holder(step) } else { None })).collect();
    rows.sort_unstable_by_key(|(row, _)| (row.code, row.place));
    for chunk in rows.chunks(ROWS_PER_WRITE) {
        write(&mut |transaction| save_steps(transaction, app, day, chunk))?;
    }
    let mut by_holder: HashMap<(CardNo, u32), Firsts> = HashMap::new();
    for step in steps.iter().filter(|step| matches!(step.kind, StepKind::Claim | StepKind::Begin)) {
        let key = holder(step).map(|holder| (step.card, holder));
        key.into_iter().for_each(|key| by_holder.entry(key).or_default().take(step.kind, day));
    }
    let mut firsts: Vec<((CardNo, u32), Firsts)> = by_holder.into_iter().collect();
    firsts.sort_unstable_by_key(|(key, _)| *key);
    for chunk in firsts.chunks(ROWS_PER_WRITE) {
        write(&mut |transaction| save_firsts(transaction, app, chunk))?;
    }
    Ok(())
}

fn save_steps(conn: &Connection, app: AppId, day: Day, rows: &[(StepRow, Option<u32>)]) -> Result<()> {
    let mut insert = conn.prepare_cached(
        "INSERT OR REPLACE INTO member_steps (app_id, code_seq, day, place, kind, card_no, holder_no, other_code) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (row, holder) in rows {
        let StepRow { code, place, step, card, has_holder: _, other } = row;
        let other = other.map(|other| other.0);
        insert.execute((app.0, code.0, day.0, place, step.code(), card.0, holder, other))?;
    }
    Ok(())
}

fn save_firsts(conn: &Connection, app: AppId, firsts: &[((CardNo, u32), Firsts)]) -> Result<()> {
    let mut upsert = conn.prepare_cached(
        "INSERT INTO member_firsts (app_id, card_no, holder_no, claim_day, begin_day) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (app_id, card_no, holder_no) DO UPDATE SET \
         claim_day = coalesce(min(claim_day, excluded.claim_day), claim_day, excluded.claim_day), \
         begin_day = coalesce(min(begin_day, excluded.begin_day), begin_day, excluded.begin_day)",
    )?;
    for ((card, holder), Firsts { claim, begin }) in firsts {
        let (claim, begin) = (claim.map(|day| day.0), begin.map(|day| day.0));
        upsert.execute((app.0, card.0, holder, claim, begin))?;
    }
    Ok(())
}

/// Looks up the dense numbers of holders, and gives new ones to those who have none.
fn number_holders<'a>(
    conn: &Connection,
    app: AppId,
    openids: &[&'a str],
    holders: &mut HashMap<&'a str, u32>,
) -> Result<()> {
    let sql = "SELECT holder_no FROM member_counters WHERE app_id = ?1";
    let first: u32 = query_one(conn, sql, [app.0], |row| column(row, 0))?.unwrap_or(0);
    let mut next = first;
    let mut select =
        conn.prepare_cached("SELECT holder_no FROM member_holders WHERE app_id = ?1 AND openid = ?2")?;
    let mut insert =
        conn.prepare_cached("INSERT INTO member_holders (app_id, openid, holder_no) VALUES (?1, ?2, ?3)")?;
    for openid in openids {
        let known: Option<u32> = select.query_row((app.0, openid), |row| row.get(0)).optional()?;
        if known.is_none() {
            insert.execute((app.0, openid, next))?;
            next += 1;
        }
        holders.insert(openid, known.unwrap_or(next - 1));
    }
    if next != first {
        conn.prepare_cached("INSERT OR REPLACE INTO member_counters (app_id, holder_no) VALUES (?1, ?2)")?
            .execute((app.0, next))?;
    }
    Ok(())
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
        sources.insert(CardNo(column(row, 0)?), read_source(row, 1)?);
    }
    Ok(sources)
}
