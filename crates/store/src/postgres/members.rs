//! Steps of memberships and what they add up to: kept as they happened and replayed for the totals.

use super::connect::Conn;
use super::pool::Pool;
use super::sql;
use crate::error::Result;
use crate::membership::{CodeStep, Firsts, Replay, StepRow, Totals, step_rows};
use crate::row::{Row as _, damaged, read_source, small, small_or_null};
use kaquan_core::card::Source;
use kaquan_core::id::{AppId, CardNo, CodeSeq};
use kaquan_core::stats::{MemberStep, MemberTotals, StepKind};
use kaquan_core::time::Day;
use std::collections::HashMap;

/// Rows written in one transaction.
const ROWS_PER_WRITE: usize = 5_000;

/// Records the steps of a day.
pub(super) fn save(pool: &Pool, app: AppId, day: Day, steps: &[MemberStep]) -> Result<()> {
    let mut openids: Vec<&str> = steps.iter().map(|step| step.openid.as_str()).collect();
    openids.sort_unstable();
    openids.dedup();
    let mut holders: HashMap<String, i64> = HashMap::with_capacity(openids.len());
    for chunk in openids.chunks(ROWS_PER_WRITE) {
        holders.extend(pool.write(|conn| number_holders(conn, app, chunk))?);
    }
    let holder = |step: &MemberStep| holders.get(step.openid.as_str()).copied();
    let rows: Vec<(StepRow, Option<i64>)> =
        step_rows(steps).map(|(step, row)| (row, if row.has_holder { holder(step) } else { None })).collect();
    for chunk in rows.chunks(ROWS_PER_WRITE) {
        pool.write(|conn| save_steps(conn, app, day, chunk))?;
    }
    let mut by_holder: HashMap<(CardNo, i64), Firsts> = HashMap::new();
    for step in steps.iter().filter(|step| matches!(step.kind, StepKind::Claim | StepKind::Begin)) {
        let key = holder(step).map(|holder| (step.card, holder));
        key.into_iter().for_each(|key| by_holder.entry(key).or_default().take(step.kind, day));
    }
    let mut firsts: Vec<((CardNo, i64), Firsts)> = by_holder.into_iter().collect();
    firsts.sort_unstable_by_key(|(key, _)| *key);
    for chunk in firsts.chunks(ROWS_PER_WRITE) {
        pool.write(|conn| save_firsts(conn, app, chunk))?;
    }
    Ok(())
}

fn save_steps(conn: &mut Conn, app: AppId, day: Day, rows: &[(StepRow, Option<i64>)]) -> Result<()> {
    let codes: Vec<i64> = rows.iter().map(|(row, _)| row.code.0).collect();
    let places: Vec<i64> = rows.iter().map(|(row, _)| row.place.into()).collect();
    let kinds: Vec<i64> = rows.iter().map(|(row, _)| row.step.code().into()).collect();
    let cards: Vec<i64> = rows.iter().map(|(row, _)| row.card.0).collect();
    let holders: Vec<Option<i64>> = rows.iter().map(|(_, holder)| *holder).collect();
    let others: Vec<Option<i64>> = rows.iter().map(|(row, _)| row.other.map(|other| other.0)).collect();
    let day = i64::from(day.0);
    conn.execute(sql::PUT_STEPS, &[&app.0, &day, &codes, &places, &kinds, &cards, &holders, &others])
        .map(drop)
}

fn save_firsts(conn: &mut Conn, app: AppId, firsts: &[((CardNo, i64), Firsts)]) -> Result<()> {
    let day = |day: Option<Day>| day.map(|day| i64::from(day.0));
    let cards: Vec<i64> = firsts.iter().map(|((card, _), _)| card.0).collect();
    let holders: Vec<i64> = firsts.iter().map(|((_, holder), _)| *holder).collect();
    let claims: Vec<Option<i64>> = firsts.iter().map(|(_, firsts)| day(firsts.claim)).collect();
    let begins: Vec<Option<i64>> = firsts.iter().map(|(_, firsts)| day(firsts.begin)).collect();
    conn.execute(sql::PUT_FIRSTS, &[&app.0, &cards, &holders, &claims, &begins]).map(drop)
}

/// Looks up the dense numbers of holders, and gives new ones to those who have none. The counter's row is locked, so
/// that nobody else gives out the same.
fn number_holders(conn: &mut Conn, app: AppId, openids: &[&str]) -> Result<HashMap<String, i64>> {
    let first = conn.query_one(sql::NEXT_HOLDER, &[&app.0])?.int(0)?;
    let mut known: HashMap<String, i64> = HashMap::with_capacity(openids.len());
    for row in conn.query(sql::MEMBER_HOLDERS, &[&app.0, &openids])? {
        known.insert(row.text(0)?.to_owned(), row.int(1)?);
    }
    let new: Vec<&str> = openids.iter().copied().filter(|openid| !known.contains_key(*openid)).collect();
    let numbers: Vec<i64> = (first..).take(new.len()).collect();
    if !new.is_empty() {
        conn.execute(sql::INSERT_HOLDERS, &[&app.0, &new, &numbers])?;
        conn.execute(sql::SET_NEXT_HOLDER, &[&app.0, &(first + super::limit(new.len()))])?;
    }
    known.extend(new.into_iter().map(str::to_owned).zip(numbers));
    Ok(known)
}

/// Totals of memberships at the end of a day, read with one view of the store.
pub(super) fn totals(conn: &mut Conn, app: AppId, day: Day) -> Result<Vec<MemberTotals>> {
    let mut sources: HashMap<CardNo, Source> = HashMap::new();
    for row in conn.query(sql::CARD_SOURCES, &[&app.0])? {
        sources.insert(CardNo(row.int(0)?), read_source(&row, 1)?);
    }
    let mut totals = Totals::default();
    conn.visit(sql::FIRSTS, &[&app.0], |row| {
        let first = |index| small_or_null(row, index, "day").map(|day| day.map(Day));
        let (card, firsts) = (CardNo(row.int(0)?), Firsts { claim: first(2)?, begin: first(3)? });
        totals.firsts(day, card, sources.get(&card).copied(), small(row, 1, "holder")?, firsts);
        Ok(())
    })?;
    let mut replay = Replay::default();
    let until = i64::from(day.0);
    conn.visit(sql::STEPS, &[&app.0, &until], |row| {
        let kind = small(row, 2, "step")?;
        let kind = CodeStep::from_code(kind).ok_or_else(|| damaged("step", kind))?;
        let holder = small_or_null(row, 3, "holder")?;
        let other = CodeSeq(row.int_or_null(4)?.unwrap_or_default());
        replay.step(CodeSeq(row.int(0)?), CardNo(row.int(1)?), kind, holder, other);
        Ok(())
    })?;
    for (card, holders) in replay.finish() {
        totals.valid(card, sources.get(&card).copied(), &holders);
    }
    Ok(totals.finish(day))
}
