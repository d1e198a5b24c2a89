//! Apps with their keys, and the access tokens given out for them.

use super::load::{query_all, query_one};
use super::row::column;
use crate::error::Result;
use crate::row::{APP_COLUMNS, read_app_row, read_token};
use crate::rows::{AppRow, FIRST_NUMBERS, NewApp, TokenKind, TokenRow};
use kaquan_core::app::{App, Counters, GIFT_TIMEOUT_SECS, RETURN_WINDOW_SECS};
use kaquan_core::id::AppId;
use kaquan_core::time::{DAY_SECS, Timestamp};
use rusqlite::{Connection, params};

/// Makes an app, with its counters at their beginning.
pub(super) fn create(conn: &Connection, new: &NewApp) -> Result<AppRow> {
    let NewApp { appid, name, review, secret_digest, code_key, token_key, created_at } = new.clone();
    conn.execute(
        "INSERT INTO apps (appid, name, review, gift_timeout_secs, return_window_secs, secret_digest, code_key, \
         token_key, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            appid,
            name,
            review.name(),
            GIFT_TIMEOUT_SECS,
            RETURN_WINDOW_SECS,
            secret_digest,
            code_key,
            token_key,
            created_at.0
        ],
    )?;
    let id = AppId(conn.last_insert_rowid());
    let Counters { card_no, code_seq, event_seq, latest } = FIRST_NUMBERS;
    conn.execute(
        "INSERT INTO counters (app_id, card_no, code_seq, event_seq, latest) VALUES (?1, ?2, ?3, ?4, ?5)",
        (id.0, card_no, code_seq, event_seq, latest.0),
    )?;
    let app = App::new(id, review);
    Ok(AppRow { app, appid, name, secret_digest, code_key, token_key, created_at })
}

/// Replaces what the rules know of an app.
pub(super) fn set(conn: &Connection, app: &App) -> Result<()> {
    let App { id, review, gift_timeout_secs, return_window_secs } = app;
    conn.execute(
        "UPDATE apps SET review = ?2, gift_timeout_secs = ?3, return_window_secs = ?4 WHERE app_id = ?1",
        (id.0, review.name(), gift_timeout_secs, return_window_secs),
    )?;
    Ok(())
}

/// All apps, oldest first.
pub(super) fn all(conn: &Connection) -> Result<Vec<AppRow>> {
    query_all(conn, &format!("SELECT {APP_COLUMNS} FROM apps ORDER BY app_id"), [], |row| read_app_row(row))
}

/// The app with this appid.
pub(super) fn by_appid(conn: &Connection, appid: &str) -> Result<Option<AppRow>> {
    query_one(conn, &format!("SELECT {APP_COLUMNS} FROM apps WHERE appid = ?1"), [appid], |row| {
        read_app_row(row)
    })
}

/// The tokens of an app and kind that are still there, newest first.
pub(super) fn tokens(conn: &Connection, app: AppId, kind: TokenKind) -> Result<Vec<TokenRow>> {
    let sql = "SELECT serial, issued_at, expires_at, retired_at FROM tokens \
               WHERE app_id = ?1 AND kind = ?2 ORDER BY serial DESC";
    query_all(conn, sql, (app.0, kind.code()), |row| read_token(row))
}

/// Stores a new token, retires the others of its kind, and drops those long past their life; unless somebody was
/// quicker than whoever saw `after` as the last.
pub(super) fn issue_token(
    conn: &Connection,
    app: AppId,
    kind: TokenKind,
    after: Option<i64>,
    now: Timestamp,
    expires_at: Timestamp,
    retire_others_at: Timestamp,
) -> Result<Option<TokenRow>> {
    let sql = "SELECT max(serial) FROM tokens WHERE app_id = ?1 AND kind = ?2";
    let last = query_one(conn, sql, (app.0, kind.code()), |row| column::<Option<i64>>(row, 0))?;
    let last = last.flatten().unwrap_or(0);
    if after.is_some_and(|after| after != last) {
        return Ok(None);
    }
    let serial = last + 1;
    conn.prepare_cached(
        "UPDATE tokens SET retired_at = min(coalesce(retired_at, ?3), ?3) WHERE app_id = ?1 AND kind = ?2 \
         AND (retired_at IS NULL OR retired_at > ?3)",
    )?
    .execute((app.0, kind.code(), retire_others_at.0))?;
    conn.prepare_cached(
        "DELETE FROM tokens WHERE app_id = ?1 AND kind = ?2 \
         AND min(expires_at, coalesce(retired_at, expires_at)) < ?3",
    )?
    .execute((app.0, kind.code(), now.0 - DAY_SECS))?;
    conn.prepare_cached(
        "INSERT INTO tokens (app_id, kind, serial, issued_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((app.0, kind.code(), serial, now.0, expires_at.0))?;
    Ok(Some(TokenRow { serial, issued_at: now, expires_at, retired_at: None }))
}
