//! How rows of the rules become rows of tables and back. Reading takes the columns in the order of the `…_COLUMNS`
//! next to it.

use crate::error::{Result, StoreError};
use crate::rows::AppRow;
use kaquan_core::app::{App, ReviewPolicy};
use kaquan_core::card::{Card, CardStatus, CardType, Object, Source, Terms, Window};
use kaquan_core::code::{Code, CodeState, Origin};
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{AppId, CardId, CardNo, CodeSeq, CodeText, EventSeq, OpenId};
use kaquan_core::member::Member;
use kaquan_core::time::Timestamp;
use rusqlite::types::FromSql;
use rusqlite::{Row, Statement, params};
use std::sync::Arc;

pub(super) const APP_COLUMNS: &str = "app_id, review, gift_timeout_secs, return_window_secs, appid, name, secret_digest, code_key, token_key, created_at";
pub(super) const CARD_COLUMNS: &str = "card_no, card_id, card_type, source, status, refuse_reason, \
     section, quantity, total, created_at, updated_at";
pub(super) const CODE_COLUMNS: &str = "seq, card_no, openid, custom, state, origin, claimed_at, window_at, \
     own_begin, own_end, outer_str, changed_at, gift_to, expired_at, marked_for";
pub(super) const EVENT_COLUMNS: &str =
    "seq, at, kind, card_no, code_seq, openid, friend, other_code, amount, amount2, detail";
pub(super) const MEMBER_COLUMNS: &str = "code_seq, membership_number, active_at, bonus, balance, \
     custom_field1, custom_field2, custom_field3, background_pic_url";

/// The error of a number no rule knows.
pub(super) fn damaged(what: &str, found: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("{what} {found}"))
}

/// A column of a row.
pub(super) fn column<T: FromSql>(row: &Row<'_>, index: usize) -> Result<T> {
    Ok(row.get(index)?)
}

/// A column that counts something.
pub(super) fn count(row: &Row<'_>, index: usize) -> Result<u64> {
    let count = column::<i64>(row, index)?;
    u64::try_from(count).map_err(|_| damaged("count", count))
}

/// A column of text, in one allocation.
fn text<T: From<Arc<str>>>(row: &Row<'_>, index: usize) -> Result<T> {
    let text = row.get_ref(index)?.as_str().map_err(|error| damaged("text", error))?;
    Ok(T::from(Arc::from(text)))
}

/// A column of text or NULL.
fn text_or_null<T: From<Arc<str>>>(row: &Row<'_>, index: usize) -> Result<Option<T>> {
    let value = row.get_ref(index)?.as_str_or_null().map_err(|error| damaged("text", error))?;
    Ok(value.map(|text| T::from(Arc::from(text))))
}

fn timestamp_or_null(row: &Row<'_>, index: usize) -> Result<Option<Timestamp>> {
    Ok(column::<Option<i64>>(row, index)?.map(Timestamp))
}

/// The part of an app the rules know.
pub(super) fn read_app(row: &Row<'_>) -> Result<App> {
    let review = column::<String>(row, 1)?;
    Ok(App {
        id: AppId(column(row, 0)?),
        review: ReviewPolicy::from_name(&review).ok_or_else(|| damaged("review policy", &review))?,
        gift_timeout_secs: column(row, 2)?,
        return_window_secs: column(row, 3)?,
    })
}

/// An app with its keys.
pub(super) fn read_app_row(row: &Row<'_>) -> Result<AppRow> {
    Ok(AppRow {
        app: read_app(row)?,
        appid: column(row, 4)?,
        name: column(row, 5)?,
        secret_digest: column(row, 6)?,
        code_key: column(row, 7)?,
        token_key: column(row, 8)?,
        created_at: Timestamp(column(row, 9)?),
    })
}

/// A card with its stock.
pub(super) fn read_card(row: &Row<'_>) -> Result<Card> {
    let id: CardId = text(row, 1)?;
    let (card_type, source, status) = (column(row, 2)?, column(row, 3)?, column(row, 4)?);
    let card_type = CardType::from_code(card_type).ok_or_else(|| damaged("card type", card_type))?;
    let section = row.get_ref(6)?.as_str().map_err(|error| damaged("document", error))?;
    let section: Object = serde_json::from_str(section).map_err(|error| damaged("document", error))?;
    let terms = Terms::read(card_type, &section).map_err(|error| damaged("document", error))?;
    Ok(Card {
        no: CardNo(column(row, 0)?),
        id,
        card_type,
        source: Source::from_code(source).ok_or_else(|| damaged("source", source))?,
        status: CardStatus::from_code(status).ok_or_else(|| damaged("card status", status))?,
        refuse_reason: column(row, 5)?,
        section: Arc::new(section),
        terms,
        quantity: column(row, 7)?,
        total: column(row, 8)?,
        created_at: Timestamp(column(row, 9)?),
        updated_at: Timestamp(column(row, 10)?),
    })
}

const fn origin_code(origin: Origin) -> u8 {
    match origin {
        Origin::Claimed => 1,
        Origin::Given => 2,
    }
}

/// A code.
pub(super) fn read_code(row: &Row<'_>) -> Result<Code> {
    let (state, origin) = (column(row, 4)?, column::<u8>(row, 5)?);
    let own_window = match (timestamp_or_null(row, 8)?, timestamp_or_null(row, 9)?) {
        (Some(begin), Some(end)) => Some(Window { begin, end }),
        _ => None,
    };
    Ok(Code {
        seq: CodeSeq(column(row, 0)?),
        card: CardNo(column(row, 1)?),
        openid: text(row, 2)?,
        custom: text_or_null(row, 3)?,
        state: CodeState::from_code(state).ok_or_else(|| damaged("code state", state))?,
        origin: match origin {
            1 => Origin::Claimed,
            2 => Origin::Given,
            other => return Err(damaged("origin", other)),
        },
        claimed_at: Timestamp(column(row, 6)?),
        window_at: Timestamp(column(row, 7)?),
        own_window,
        outer_str: column(row, 10)?,
        changed_at: Timestamp(column(row, 11)?),
        gift_to: text_or_null(row, 12)?,
        expired_at: timestamp_or_null(row, 13)?,
        marked_for: text_or_null(row, 14)?,
    })
}

/// Runs a statement whose parameters are the app and then [`CODE_COLUMNS`].
pub(super) fn write_code(statement: &mut Statement<'_>, app: AppId, code: &Code) -> Result<()> {
    let Code {
        seq,
        card,
        openid,
        custom,
        state,
        origin,
        claimed_at,
        window_at,
        own_window,
        outer_str,
        changed_at,
        gift_to,
        expired_at,
        marked_for,
    } = code;
    statement.execute(params![
        app.0,
        seq.0,
        card.0,
        openid.as_str(),
        custom.as_ref().map(CodeText::as_str),
        state.code(),
        origin_code(*origin),
        claimed_at.0,
        window_at.0,
        own_window.map(|window| window.begin.0),
        own_window.map(|window| window.end.0),
        outer_str,
        changed_at.0,
        gift_to.as_ref().map(OpenId::as_str),
        expired_at.map(|at| at.0),
        marked_for.as_ref().map(OpenId::as_str),
    ])?;
    Ok(())
}

/// A member.
pub(super) fn read_member(row: &Row<'_>) -> Result<Member> {
    Ok(Member {
        code: CodeSeq(column(row, 0)?),
        membership_number: column(row, 1)?,
        active_at: timestamp_or_null(row, 2)?,
        bonus: column(row, 3)?,
        balance: column(row, 4)?,
        custom_field_values: [column(row, 5)?, column(row, 6)?, column(row, 7)?],
        background_pic_url: column(row, 8)?,
    })
}

/// Runs a statement whose parameters are the app and then [`MEMBER_COLUMNS`].
pub(super) fn write_member(statement: &mut Statement<'_>, app: AppId, member: &Member) -> Result<()> {
    let Member {
        code,
        membership_number,
        active_at,
        bonus,
        balance,
        custom_field_values: [first, second, third],
        background_pic_url,
    } = member;
    statement.execute(params![
        app.0,
        code.0,
        membership_number,
        active_at.map(|at| at.0),
        bonus,
        balance,
        first,
        second,
        third,
        background_pic_url,
    ])?;
    Ok(())
}

/// An event.
pub(super) fn read_event(row: &Row<'_>) -> Result<Event> {
    Ok(Event {
        seq: EventSeq(column(row, 0)?),
        at: Timestamp(column(row, 1)?),
        kind: event_kind(column(row, 2)?)?,
        card: CardNo(column(row, 3)?),
        code: column::<Option<i64>>(row, 4)?.map(CodeSeq),
        openid: text_or_null(row, 5)?,
        friend: text_or_null(row, 6)?,
        other_code: column::<Option<i64>>(row, 7)?.map(CodeSeq),
        amount: column(row, 8)?,
        amount2: column(row, 9)?,
        detail: column(row, 10)?,
    })
}

/// The kind of event with this number.
pub(super) fn event_kind(code: u8) -> Result<EventKind> {
    EventKind::from_code(code).ok_or_else(|| damaged("event kind", code))
}

/// Runs a statement whose parameters are the app, the day and then [`EVENT_COLUMNS`].
pub(super) fn write_event(statement: &mut Statement<'_>, app: AppId, event: &Event) -> Result<()> {
    let Event { seq, at, kind, card, code, openid, friend, other_code, amount, amount2, detail } = event;
    statement.execute(params![
        app.0,
        at.day().0,
        seq.0,
        at.0,
        kind.code(),
        card.0,
        code.map(|code| code.0),
        openid.as_ref().map(OpenId::as_str),
        friend.as_ref().map(OpenId::as_str),
        other_code.map(|code| code.0),
        amount,
        amount2,
        detail,
    ])?;
    Ok(())
}
