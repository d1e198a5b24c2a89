//! Apps with their keys, and the access tokens given out for them.

use super::connect::Conn;
use super::sql;
use crate::error::{Result, StoreError};
use crate::row::Row as _;
use crate::rows::{AppRow, FIRST_NUMBERS, NewApp, TokenKind, TokenRow};
use kaquan_core::app::{App, Counters};
use kaquan_core::id::AppId;
use kaquan_core::time::{DAY_SECS, Timestamp};

/// Makes an app, with its counters at their beginning.
pub(super) fn create(conn: &mut Conn, new: &NewApp) -> Result<AppRow> {
    let NewApp { appid, name, review, secret_digest, code_key, token_key, created_at } = new.clone();
    conn.execute(sql::LOCK_APPS, &[])?;
    let id = AppId(conn.query_one(sql::NEXT_APP, &[])?.int(0)?);
    let app = App::new(id, review);
    conn.execute(
        sql::INSERT_APP,
        &[
            &id.0,
            &appid,
            &name,
            &review.name(),
            &app.gift_timeout_secs,
            &app.return_window_secs,
            &secret_digest.as_slice(),
            &code_key.as_slice(),
            &token_key.as_slice(),
            &created_at.0,
        ],
    )?;
    let Counters { card_no, code_seq, event_seq, latest } = FIRST_NUMBERS;
    conn.execute(sql::INSERT_COUNTERS, &[&id.0, &card_no, &code_seq, &event_seq, &latest.0])?;
    Ok(AppRow { app, appid, name, secret_digest, code_key, token_key, created_at })
}

/// Stores a new token, retires the others of its kind, and drops those long past their life; unless somebody was
/// quicker than whoever saw `after` as the last.
pub(super) fn issue_token(
    conn: &mut Conn,
    app: AppId,
    kind: TokenKind,
    after: Option<i64>,
    now: Timestamp,
    expires_at: Timestamp,
    retire_others_at: Timestamp,
) -> Result<Option<TokenRow>> {
    let kind = i64::from(kind.code());
    conn.query_opt(sql::LOCK_APP, &[&app.0])?.ok_or_else(|| StoreError::Damaged(format!("no app {app}")))?;
    let last = conn.query_one(sql::LAST_TOKEN, &[&app.0, &kind])?.int_or_null(0)?.unwrap_or(0);
    if after.is_some_and(|after| after != last) {
        return Ok(None);
    }
    conn.execute(sql::RETIRE_TOKENS, &[&app.0, &kind, &retire_others_at.0])?;
    conn.execute(sql::DROP_TOKENS, &[&app.0, &kind, &(now.0 - DAY_SECS)])?;
    conn.execute(sql::INSERT_TOKEN, &[&app.0, &kind, &(last + 1), &now.0, &expires_at.0])?;
    Ok(Some(TokenRow { serial: last + 1, issued_at: now, expires_at, retired_at: None }))
}
