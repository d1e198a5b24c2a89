//! The steps of memberships as rows. They are stored in their order and replayed to compute the totals. A day can
//! therefore be recorded late or again, and the other days stay right.

use super::{CodeStep, Firsts, Replay, StepRow, Totals, step_rows};
use crate::Store;
use crate::error::Result;
use crate::row::{damaged, read_source, small, small_or_null};
use crate::sql::{Column, Sql, args, limit, statements};
use kaquan_core::card::Source;
use kaquan_core::id::{AppId, CardNo, CodeSeq};
use kaquan_core::stats::{MemberStep, MemberTotals, StepKind};
use kaquan_core::time::Day;
use std::collections::HashMap;

/// Rows in one transaction. Batches can commit between two transactions.
const ROWS_PER_WRITE: usize = 5_000;

statements! {
    // Locks the counter's row on PostgreSQL, so that no other node issues the same numbers.
    NEXT_HOLDER = ["INSERT INTO member_counters (app_id, holder_no) VALUES ($1, 0) ON CONFLICT (app_id) \
        DO UPDATE SET holder_no = member_counters.holder_no RETURNING holder_no"];
    SET_NEXT_HOLDER = ["UPDATE member_counters SET holder_no = $2 WHERE app_id = $1"];
    MEMBER_HOLDERS = ["SELECT openid, holder_no FROM member_holders WHERE app_id = $1 AND openid", (any "$2")];
    INSERT_HOLDERS = ["INSERT INTO member_holders (app_id, openid, holder_no) ", (either
        "SELECT $1, * FROM unnest($2::text[], $3::bigint[])" "VALUES ($1, $2, $3)")];
    PUT_STEPS = ["INSERT INTO member_steps (app_id, day, code_seq, place, kind, card_no, holder_no, other_code) ", (either
        "SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])"
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"), " ON CONFLICT (app_id, code_seq, day, place) \
        DO UPDATE SET kind = excluded.kind, card_no = excluded.card_no, holder_no = excluded.holder_no, \
        other_code = excluded.other_code"];
    // The earlier day is kept; any day replaces a missing one.
    PUT_FIRSTS = ["INSERT INTO member_firsts (app_id, card_no, holder_no, claim_day, begin_day) ", (either
        "SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])"
        "VALUES ($1, $2, $3, $4, $5)"), " ON CONFLICT (app_id, card_no, holder_no) DO UPDATE SET ", (either
        "claim_day = least(member_firsts.claim_day, excluded.claim_day), \
        begin_day = least(member_firsts.begin_day, excluded.begin_day)"
        "claim_day = coalesce(min(claim_day, excluded.claim_day), claim_day, excluded.claim_day), \
        begin_day = coalesce(min(begin_day, excluded.begin_day), begin_day, excluded.begin_day)")];
    FIRSTS = ["SELECT card_no, holder_no, claim_day, begin_day FROM member_firsts WHERE app_id = $1"];
    STEPS = ["SELECT code_seq, card_no, kind, holder_no, other_code FROM member_steps WHERE app_id = $1 AND day <= $2 \
        ORDER BY code_seq, day, place"];
    CARD_SOURCES = ["SELECT card_no, source FROM cards WHERE app_id = $1"];
}

impl dyn Store + '_ {
    /// Saves the membership steps of a day. Saving a day again gives the same result.
    pub fn save_member_steps(&self, app: AppId, day: Day, steps: &[MemberStep]) -> Result<()> {
        let mut openids: Vec<&str> = steps.iter().map(|step| step.openid.as_str()).collect();
        openids.sort_unstable();
        openids.dedup();
        let mut holders: HashMap<String, i64> = HashMap::with_capacity(openids.len());
        for chunk in openids.chunks(ROWS_PER_WRITE) {
            holders.extend(self.write(|sql| number_holders(sql, app, chunk))?);
        }
        let holder = |step: &MemberStep| holders.get(step.openid.as_str()).copied();
        // Each table is written in the order of its key, so that a transaction changes few pages.
        let mut rows: Vec<(StepRow, Option<i64>)> = step_rows(steps)
            .map(|(step, row)| (row, if row.has_holder { holder(step) } else { None }))
            .collect();
        rows.sort_unstable_by_key(|(row, _)| (row.code, row.place));
        for chunk in rows.chunks(ROWS_PER_WRITE) {
            self.write(|sql| save_steps(sql, app, day, chunk))?;
        }
        let mut by_holder: HashMap<(CardNo, i64), Firsts> = HashMap::new();
        for step in steps.iter().filter(|step| matches!(step.kind, StepKind::Claim | StepKind::Begin)) {
            let key = holder(step).map(|holder| (step.card, holder));
            key.into_iter().for_each(|key| by_holder.entry(key).or_default().take(step.kind, day));
        }
        let mut firsts: Vec<((CardNo, i64), Firsts)> = by_holder.into_iter().collect();
        firsts.sort_unstable_by_key(|(key, _)| *key);
        for chunk in firsts.chunks(ROWS_PER_WRITE) {
            self.write(|sql| save_firsts(sql, app, chunk))?;
        }
        Ok(())
    }

    /// The membership totals at the end of a day, of every card and source that has any.
    pub fn member_totals(&self, app: AppId, day: Day) -> Result<Vec<MemberTotals>> {
        self.snapshot(|sql| totals(sql, app, day))
    }
}

fn save_steps(sql: &mut dyn Sql, app: AppId, day: Day, rows: &[(StepRow, Option<i64>)]) -> Result<()> {
    let columns = [
        Column::ints(rows.iter().map(|(row, _)| row.code.0)),
        Column::ints(rows.iter().map(|(row, _)| i64::from(row.place))),
        Column::ints(rows.iter().map(|(row, _)| i64::from(row.step.number()))),
        Column::ints(rows.iter().map(|(row, _)| row.card.0)),
        Column::ints(rows.iter().map(|(_, holder)| *holder)),
        Column::ints(rows.iter().map(|(row, _)| row.other.map(|other| other.0))),
    ];
    sql.insert(PUT_STEPS, args![app.0, day.0], &columns)
}

fn save_firsts(sql: &mut dyn Sql, app: AppId, firsts: &[((CardNo, i64), Firsts)]) -> Result<()> {
    let day = |day: Option<Day>| day.map(|day| i64::from(day.0));
    let columns = [
        Column::ints(firsts.iter().map(|((card, _), _)| card.0)),
        Column::ints(firsts.iter().map(|((_, holder), _)| *holder)),
        Column::ints(firsts.iter().map(|(_, firsts)| day(firsts.claim))),
        Column::ints(firsts.iter().map(|(_, firsts)| day(firsts.begin))),
    ];
    sql.insert(PUT_FIRSTS, args![app.0], &columns)
}

/// Looks up the consecutive numbers of holders, and assigns new numbers to new holders.
fn number_holders(sql: &mut dyn Sql, app: AppId, openids: &[&str]) -> Result<HashMap<String, i64>> {
    let first = sql.only(NEXT_HOLDER, args![app.0], |row| row.int(0))?;
    let mut known: HashMap<String, i64> = HashMap::with_capacity(openids.len());
    sql.visit(MEMBER_HOLDERS, args![app.0, openids], &mut |row| {
        known.insert(row.text(0)?.to_owned(), row.int(1)?);
        Ok(())
    })?;
    let new: Vec<&str> = openids.iter().copied().filter(|openid| !known.contains_key(*openid)).collect();
    let numbers: Vec<i64> = (first..).take(new.len()).collect();
    if !new.is_empty() {
        let columns = [Column::texts(new.iter().copied()), Column::ints(numbers.iter().copied())];
        sql.insert(INSERT_HOLDERS, args![app.0], &columns)?;
        sql.execute(SET_NEXT_HOLDER, args![app.0, first + limit(new.len())])?;
    }
    known.extend(new.into_iter().map(str::to_owned).zip(numbers));
    Ok(known)
}

fn totals(sql: &mut dyn Sql, app: AppId, day: Day) -> Result<Vec<MemberTotals>> {
    let mut sources: HashMap<CardNo, Source> = HashMap::new();
    sql.visit(CARD_SOURCES, args![app.0], &mut |row| {
        sources.insert(CardNo(row.int(0)?), read_source(row, 1)?);
        Ok(())
    })?;
    let mut totals = Totals::default();
    sql.visit(FIRSTS, args![app.0], &mut |row| {
        let first = |index| small_or_null(row, index, "day").map(|day| day.map(Day));
        let (card, firsts) = (CardNo(row.int(0)?), Firsts { claim: first(2)?, begin: first(3)? });
        totals.firsts(day, card, sources.get(&card).copied(), small(row, 1, "holder")?, firsts);
        Ok(())
    })?;
    let mut replay = Replay::default();
    sql.visit(STEPS, args![app.0, day.0], &mut |row| {
        let kind = small(row, 2, "step")?;
        let kind = CodeStep::from_number(kind).ok_or_else(|| damaged("step", kind))?;
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
