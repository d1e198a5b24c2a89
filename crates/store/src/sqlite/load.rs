//! Loads rows into working sets. The writer and readers load codes, custom codes, pools and members in the same way.
//! The writer loads cards and holders from its caches.

use super::holders::HolderIndex;
use super::row::column;
use super::shared::Session;
use crate::cards::WAITING_CODES;
use crate::error::Result;
use crate::row::{
    damaged, read_app, read_card, read_code, read_counters, read_custom_code, read_member,
    read_stored_record, read_waiting_code,
};
use crate::sql::{Sql, args, limit};
use kaquan_core::app::{App, Counters};
use kaquan_core::card::Card;
use kaquan_core::code::{Code, CodeState, Origin};
use kaquan_core::engine::{
    CustomCode, HeldCode, HolderCard, Keys, Pool, RecordKey, StoredRecord, WorkingSet,
};
use kaquan_core::id::{AppId, CardId, CardNo, CodeSeq, CodeText, EventSeq, OpenId};
use kaquan_core::member::Member;
use rusqlite::{Connection, Params, Row};
use std::collections::hash_map::Entry;

/// Returns one row or none.
pub(super) fn query_one<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

/// Returns all rows.
pub(super) fn query_all<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// The part of an app that the rules use.
pub(super) fn app(conn: &Connection, app: AppId) -> Result<Option<App>> {
    let sql = concat!("SELECT ", app_columns!(), " FROM apps WHERE app_id = ?1");
    query_one(conn, sql, [app.0], |row| read_app(row))
}

/// The next numbers of an app.
pub(super) fn counters(conn: &Connection, app: AppId) -> Result<Counters> {
    let sql = "SELECT card_no, code_seq, event_seq, latest FROM counters WHERE app_id = ?1";
    let counters = query_one(conn, sql, [app.0], |row| read_counters(row, 0))?;
    counters.ok_or_else(|| damaged("no counters of app", app))
}

/// The number of the next event, for every app.
pub(super) fn all_event_seqs(conn: &Connection) -> Result<Vec<(AppId, EventSeq)>> {
    query_all(conn, "SELECT app_id, event_seq FROM counters", [], |row| {
        Ok((AppId(column(row, 0)?), EventSeq(column(row, 1)?)))
    })
}

pub(super) fn card_by_id(conn: &Connection, app: AppId, id: &CardId) -> Result<Option<Card>> {
    let sql = concat!(
        "SELECT ",
        card_columns!(),
        " FROM cards JOIN stocks USING (app_id, card_no) WHERE app_id = ?1 AND card_id = ?2"
    );
    query_one(conn, sql, (app.0, id.as_str()), |row| read_card(row))
}

pub(super) fn card_by_no(conn: &Connection, app: AppId, no: CardNo) -> Result<Option<Card>> {
    let sql = concat!(
        "SELECT ",
        card_columns!(),
        " FROM cards JOIN stocks USING (app_id, card_no) WHERE app_id = ?1 AND card_no = ?2"
    );
    query_one(conn, sql, (app.0, no.0), |row| read_card(row))
}

pub(super) fn code(conn: &Connection, app: AppId, seq: CodeSeq) -> Result<Option<Code>> {
    let sql = concat!("SELECT ", code_columns!(), " FROM codes WHERE app_id = ?1 AND seq = ?2");
    query_one(conn, sql, (app.0, seq.0), |row| read_code(row))
}

/// The codes with these numbers, in the same order. Numbers without a code are left out.
pub(super) fn codes(conn: &Connection, app: AppId, seqs: &[CodeSeq]) -> Result<Vec<Code>> {
    seqs.iter().filter_map(|seq| code(conn, app, *seq).transpose()).collect()
}

/// The codes of a holder, for the limits. `seqs` are candidates from the holder index.
pub(super) fn holder_card(
    conn: &Connection,
    app: AppId,
    openid: &OpenId,
    seqs: &[CodeSeq],
) -> Result<HolderCard> {
    let mut card = HolderCard::default();
    for seq in seqs {
        let Some(code) = code(conn, app, *seq)?.filter(|code| code.openid == *openid) else { continue };
        card.codes.push(HeldCode {
            seq: *seq,
            claimed: code.origin == Origin::Claimed,
            // The only state that can follow "consumed" is "returned", which undoes the consume.
            consumed: code.state == CodeState::Consumed,
        });
    }
    Ok(card)
}

/// How many of these codes the holder has claimed. `seqs` are candidates from the holder index.
pub(super) fn claims(conn: &Connection, app: AppId, openid: &OpenId, seqs: &[CodeSeq]) -> Result<u32> {
    let mut claims = 0;
    for seq in seqs {
        let code = code(conn, app, *seq)?;
        let is_claimed = |code: &Code| code.openid == *openid && code.origin == Origin::Claimed;
        claims += u32::from(code.as_ref().is_some_and(is_claimed));
    }
    Ok(claims)
}

/// Loads for a reader the rows in `keys` that the set does not have yet.
pub(super) fn load(
    conn: &Connection,
    holders: &HolderIndex,
    keys: &Keys,
    set: &mut WorkingSet,
) -> Result<()> {
    let app = set.app.id;
    for id in keys.card_ids.iter() {
        if set.card_ids.is_loaded(id) {
            continue;
        }
        let card = card_by_id(conn, app, id)?;
        set.card_ids.load(id.clone(), card.as_ref().map(|card| card.no));
        if let Some(card) = card {
            set.cards.load(card.no, Some(card));
        }
    }
    for no in &keys.cards {
        if !set.cards.is_loaded(no) {
            set.cards.load(*no, card_by_no(conn, app, *no)?);
        }
    }
    rows(conn, keys, set)?;
    for (card, openid) in &keys.holders {
        if let Entry::Vacant(entry) = set.holders.entry((*card, openid.clone())) {
            let seqs = holders.codes_of_holder(conn, app, openid, Some(*card), CodeSeq(0))?;
            entry.insert(holder_card(conn, app, openid, &seqs)?);
        }
    }
    for (card, openid) in &keys.claims {
        if let Entry::Vacant(entry) = set.claims.entry((*card, openid.clone())) {
            let seqs = holders.codes_of_holder(conn, app, openid, Some(*card), CodeSeq(0))?;
            entry.insert(claims(conn, app, openid, &seqs)?);
        }
    }
    Ok(())
}

/// Loads codes, custom codes, pools, members and records.
pub(super) fn rows(conn: &Connection, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
    let app = set.app.id;
    for seq in &keys.codes {
        if !set.codes.is_loaded(seq) {
            set.codes.load(*seq, code(conn, app, *seq)?);
        }
    }
    for key in &keys.custom_codes {
        if !set.custom_codes.is_loaded(key) {
            set.custom_codes.load(key.clone(), custom_code(conn, app, key.0, &key.1)?);
        }
    }
    for (card, draws) in &keys.pools {
        if !set.pools.is_loaded(card) {
            pool(conn, *card, *draws, set)?;
        }
    }
    for seq in &keys.members {
        if !set.members.is_loaded(seq) {
            set.members.load(*seq, member(conn, app, *seq)?);
        }
    }
    for key in &keys.records {
        if !set.records.is_loaded(key) {
            set.records.load(key.clone(), record(conn, app, key)?);
        }
    }
    Ok(())
}

fn custom_code(conn: &Connection, app: AppId, card: CardNo, text: &CodeText) -> Result<Option<CustomCode>> {
    let sql = "SELECT kind, seq, place FROM custom_codes WHERE app_id = ?1 AND card_no = ?2 AND code = ?3";
    query_one(conn, sql, (app.0, card.0, text.as_str()), |row| read_custom_code(row, 0))
}

/// Loads a pool with the next codes to draw, which are added to the custom codes of the set.
fn pool(conn: &Connection, card: CardNo, draws: usize, set: &mut WorkingSet) -> Result<()> {
    let app = set.app.id;
    let sql = "SELECT deposited, drawn FROM pools WHERE app_id = ?1 AND card_no = ?2";
    let pool = query_one(conn, sql, (app.0, card.0), |row| {
        Ok(Pool { deposited: column(row, 0)?, drawn: column(row, 1)?, head: Default::default() })
    })?;
    let Some(mut pool) = pool else {
        set.pools.load(card, None);
        return Ok(());
    };
    let args = args![app.0, card.0, pool.drawn, limit(draws)];
    let sql: &mut dyn Sql = &mut Session(conn);
    for (place, text) in sql.all(WAITING_CODES, args, |row| read_waiting_code(row))? {
        set.custom_codes.load((card, text.clone()), Some(CustomCode::Deposited(place)));
        pool.head.push_back(text);
    }
    set.pools.load(card, Some(pool));
    Ok(())
}

fn member(conn: &Connection, app: AppId, code: CodeSeq) -> Result<Option<Member>> {
    let sql = concat!("SELECT ", member_columns!(), " FROM members WHERE app_id = ?1 AND code_seq = ?2");
    query_one(conn, sql, (app.0, code.0), |row| read_member(row))
}

fn record(conn: &Connection, app: AppId, key: &RecordKey) -> Result<Option<StoredRecord>> {
    let sql =
        "SELECT body, expires_at FROM records WHERE app_id = ?1 AND kind = ?2 AND no = ?3 AND name = ?4";
    query_one(conn, sql, (app.0, key.kind.number(), key.no, &*key.name), |row| read_stored_record(row, 0))
}
