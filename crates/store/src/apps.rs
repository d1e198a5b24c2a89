//! Apps with their keys, and the access tokens issued for them.

use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::{read_app, read_app_row, read_counters, read_token};
use crate::sql::{Sql, args, statements};
use kaquan_core::app::{App, Counters, ReviewPolicy};
use kaquan_core::engine::WorkingSet;
use kaquan_core::id::AppId;
use kaquan_core::stored_enum;
use kaquan_core::time::{DAY_SECS, Timestamp};

/// An app as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRow {
    /// The part that the rules use.
    pub app: App,
    /// `wx` and 16 hexadecimal digits.
    pub appid: String,
    /// The name for people.
    pub name: String,
    /// SHA-256 of the secret.
    pub secret_digest: [u8; 32],
    /// The key of the permutation that generates the app's codes.
    pub code_key: [u8; 32],
    /// The key that signs the app's access tokens.
    pub token_key: [u8; 32],
    pub created_at: Timestamp,
}

/// The first numbers of a new app.
const FIRST_NUMBERS: Counters = Counters { card_no: 1, code_seq: 1, event_seq: 1, latest: Timestamp(0) };

/// The parameters of a new app; the fields are those of [`AppRow`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApp {
    pub appid: String,
    pub name: String,
    pub review: ReviewPolicy,
    pub secret_digest: [u8; 32],
    pub code_key: [u8; 32],
    pub token_key: [u8; 32],
    pub created_at: Timestamp,
}

stored_enum! {
    /// The two families of access tokens, which do not affect each other. The number is also a part of each token.
    pub enum TokenKind {
        /// From `cgi-bin/token`.
        Plain = 1;
        /// From `cgi-bin/stable_token`.
        Stable = 2;
    }
}

/// An issued access token. Its text is not stored, because it can be computed from this row and the app's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRow {
    /// The number within the app and kind.
    pub serial: i64,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    /// When a newer token retires this one; `None` for the newest.
    pub retired_at: Option<Timestamp>,
}

statements! {
    NEXT_APP = ["SELECT coalesce(max(app_id), 0) + 1 FROM apps"];
    INSERT_APP = ["INSERT INTO apps (app_id, appid, name, review, gift_timeout_secs, return_window_secs, \
        secret_digest, code_key, token_key, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"];
    INSERT_COUNTERS = ["INSERT INTO counters (app_id, card_no, code_seq, event_seq, latest) VALUES ($1, $2, $3, $4, $5)"];
    APPS = ["SELECT ", app_columns, " FROM apps ORDER BY app_id"];
    APP_BY_APPID = ["SELECT ", app_columns, " FROM apps WHERE appid = $1"];
    APP_AND_COUNTERS = ["SELECT a.app_id, a.review, a.gift_timeout_secs, a.return_window_secs, c.card_no, c.code_seq, \
        c.event_seq, c.latest FROM counters c JOIN apps a ON a.app_id = c.app_id WHERE c.app_id = $1"];
    SET_SECRET_IF = ["UPDATE apps SET secret_digest = $3 WHERE app_id = $1 AND secret_digest = $2"];
    SET_APP_IF = ["UPDATE apps SET review = $5, gift_timeout_secs = $6, return_window_secs = $7 WHERE app_id = $1 \
        AND review = $2 AND gift_timeout_secs = $3 AND return_window_secs = $4"];
    SET_SECRET = ["UPDATE apps SET secret_digest = $2 WHERE app_id = $1"];
    SET_APP = ["UPDATE apps SET review = $2, gift_timeout_secs = $3, return_window_secs = $4 WHERE app_id = $1"];
    LOCK_APP = ["SELECT app_id FROM apps WHERE app_id = $1", for_update];
    TOKENS = ["SELECT serial, issued_at, expires_at, retired_at FROM tokens WHERE app_id = $1 AND kind = $2 \
        ORDER BY serial DESC"];
    LAST_TOKEN = ["SELECT coalesce(max(serial), 0) FROM tokens WHERE app_id = $1 AND kind = $2"];
    RETIRE_TOKENS = ["UPDATE tokens SET retired_at = $3 WHERE app_id = $1 AND kind = $2 \
        AND (retired_at IS NULL OR retired_at > $3)"];
    DROP_TOKENS = ["DELETE FROM tokens WHERE app_id = $1 AND kind = $2 \
        AND (expires_at < $3 OR coalesce(retired_at, expires_at) < $3)"];
    INSERT_TOKEN = ["INSERT INTO tokens (app_id, kind, serial, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)"];
}

impl dyn Store + '_ {
    /// Creates an app.
    ///
    /// # Errors
    /// The appid is taken.
    pub fn create_app(&self, app: &NewApp) -> Result<AppRow> {
        self.write(|sql| create(sql, app))
    }

    /// All apps, oldest first.
    pub fn apps(&self) -> Result<Vec<AppRow>> {
        self.read(|sql| sql.all(APPS, &[], |row| read_app_row(row)))
    }

    /// The app with this appid.
    pub fn app_by_appid(&self, appid: &str) -> Result<Option<AppRow>> {
        self.read(|sql| sql.first(APP_BY_APPID, args![appid], |row| read_app_row(row)))
    }

    /// Replaces the digest of an app's secret.
    pub fn set_secret(&self, app: AppId, secret_digest: &[u8; 32]) -> Result<()> {
        self.write(|sql| sql.execute(SET_SECRET, args![app.0, secret_digest]).map(drop))
    }

    /// Replaces an app's review policy and time limits.
    pub fn set_app(&self, app: &App) -> Result<()> {
        let App { id, review, gift_timeout_secs, return_window_secs } = *app;
        let args = args![id.0, review.name(), gift_timeout_secs, return_window_secs];
        self.write(|sql| sql.execute(SET_APP, args).map(drop))
    }

    /// An empty working set of this app for reading; it is never committed. `None` if the app does not exist.
    pub fn working_set(&self, app: AppId) -> Result<Option<WorkingSet>> {
        let read = |row: &dyn crate::row::Row| Ok(WorkingSet::new(read_app(row)?, read_counters(row, 4)?));
        self.read(|sql| sql.first(APP_AND_COUNTERS, args![app.0], read))
    }

    /// The tokens of an app and kind that expired or retired at most a day ago, newest first.
    pub fn tokens(&self, app: AppId, kind: TokenKind) -> Result<Vec<TokenRow>> {
        self.read(|sql| sql.all(TOKENS, args![app.0, kind.number()], |row| read_token(row)))
    }

    /// Issues a token with the next serial, retires the others of its kind, and drops those that ended more than a
    /// day ago. With `after`, does this only if `after` is the largest serial so far (0 for none). Otherwise returns
    /// `None`: another node issued a token first.
    pub fn issue_token(
        &self,
        app: AppId,
        kind: TokenKind,
        after: Option<i64>,
        now: Timestamp,
        expires_at: Timestamp,
        retire_others_at: Timestamp,
    ) -> Result<Option<TokenRow>> {
        let kind = kind.number();
        self.write(|sql| {
            if !sql.exists(LOCK_APP, args![app.0])? {
                return Err(StoreError::Damaged(format!("no app {app}")));
            }
            let last = sql.only(LAST_TOKEN, args![app.0, kind], |row| row.int(0))?;
            if after.is_some_and(|after| after != last) {
                return Ok(None);
            }
            sql.execute(RETIRE_TOKENS, args![app.0, kind, retire_others_at.0])?;
            sql.execute(DROP_TOKENS, args![app.0, kind, now.0 - DAY_SECS])?;
            sql.execute(INSERT_TOKEN, args![app.0, kind, last + 1, now.0, expires_at.0])?;
            Ok(Some(TokenRow { serial: last + 1, issued_at: now, expires_at, retired_at: None }))
        })
    }
}

/// Replaces the rules of an app, if they still are `was`. Returns whether they were.
pub(crate) fn change_app(sql: &mut dyn Sql, was: &App, app: &App) -> Result<bool> {
    let args = args![
        app.id.0,
        was.review.name(),
        was.gift_timeout_secs,
        was.return_window_secs,
        app.review.name(),
        app.gift_timeout_secs,
        app.return_window_secs,
    ];
    Ok(sql.execute(SET_APP_IF, args)? > 0)
}

/// Replaces the digest of an app's secret, if it still is `was`. Returns whether it was.
pub(crate) fn change_secret(
    sql: &mut dyn Sql,
    app: AppId,
    was: &[u8; 32],
    secret_digest: &[u8; 32],
) -> Result<bool> {
    Ok(sql.execute(SET_SECRET_IF, args![app.0, was, secret_digest])? > 0)
}

fn create(sql: &mut dyn Sql, new: &NewApp) -> Result<AppRow> {
    let NewApp { appid, name, review, secret_digest, code_key, token_key, created_at } = new.clone();
    sql.lock_tables("apps")?;
    let id = AppId(sql.only(NEXT_APP, &[], |row| row.int(0))?);
    let app = App::new(id, review);
    let (gift, give_back) = (app.gift_timeout_secs, app.return_window_secs);
    sql.execute(
        INSERT_APP,
        args![
            id.0,
            &appid,
            &name,
            review.name(),
            gift,
            give_back,
            &secret_digest,
            &code_key,
            &token_key,
            created_at.0
        ],
    )?;
    let Counters { card_no, code_seq, event_seq, latest } = FIRST_NUMBERS;
    sql.execute(INSERT_COUNTERS, args![id.0, card_no, code_seq, event_seq, latest.0])?;
    Ok(AppRow { app, appid, name, secret_digest, code_key, token_key, created_at })
}
