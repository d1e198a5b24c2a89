//! Reads rows of SQLite. Also writes codes, members and events.

use crate::error::Result;
use crate::row::{Row, damaged};
use kaquan_core::code::Code;
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, CodeText, OpenId};
use kaquan_core::member::Member;
use rusqlite::types::FromSql;
use rusqlite::{Statement, params};

impl Row for rusqlite::Row<'_> {
    #[inline]
    fn int(&self, index: usize) -> Result<i64> {
        self.get_ref(index)?.as_i64().map_err(|error| damaged("number", error))
    }

    #[inline]
    fn int_or_null(&self, index: usize) -> Result<Option<i64>> {
        self.get_ref(index)?.as_i64_or_null().map_err(|error| damaged("number", error))
    }

    #[inline]
    fn text(&self, index: usize) -> Result<&str> {
        self.get_ref(index)?.as_str().map_err(|error| damaged("text", error))
    }

    #[inline]
    fn text_or_null(&self, index: usize) -> Result<Option<&str>> {
        self.get_ref(index)?.as_str_or_null().map_err(|error| damaged("text", error))
    }

    #[inline]
    fn bytes(&self, index: usize) -> Result<&[u8]> {
        self.get_ref(index)?.as_blob().map_err(|error| damaged("bytes", error))
    }
}

/// A column of a row.
pub(super) fn column<T: FromSql>(row: &rusqlite::Row<'_>, index: usize) -> Result<T> {
    Ok(row.get(index)?)
}

/// Runs a statement. Its parameters are the app and the columns of `code_columns!()`.
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
        state.number(),
        origin.number(),
        claimed_at.0,
        window_at.0,
        own_window.map(|window| window.begin.0),
        own_window.map(|window| window.end.secs()),
        outer_str,
        changed_at.0,
        gift_to.as_ref().map(OpenId::as_str),
        expired_at.map(|at| at.0),
        marked_for.as_ref().map(OpenId::as_str),
    ])?;
    Ok(())
}

/// Runs a statement. Its parameters are the app and the columns of `member_columns!()`.
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

/// Runs a statement. Its parameters are the app, the day and the columns of `event_columns!()`.
pub(super) fn write_event(statement: &mut Statement<'_>, app: AppId, event: &Event) -> Result<()> {
    let Event {
        seq,
        at,
        kind,
        card,
        code,
        openid,
        friend,
        other_code,
        amount,
        amount2,
        detail,
        location_id,
        staff,
    } = event;
    statement.execute(params![
        app.0,
        at.day().0,
        seq.0,
        at.0,
        kind.number(),
        card.0,
        code.map(|code| code.0),
        openid.as_ref().map(OpenId::as_str),
        friend.as_ref().map(OpenId::as_str),
        other_code.map(|code| code.0),
        amount,
        amount2,
        detail,
        location_id,
        staff,
    ])?;
    Ok(())
}
