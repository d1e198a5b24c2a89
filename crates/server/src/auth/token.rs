//! Gives out access tokens and checks them on every call.
//! WeChat manual: "获取 Access token", "获取稳定版接口调用凭据".

use super::apps::{AppHandle, Apps};
use super::secret;
use super::token_text::TokenText;
use crate::store_access::StoreAccess;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::time::Timestamp;
use kaquan_ledger::Clock;
use kaquan_store::{AppRow, Store, TokenKind, TokenRow};
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Seconds a token lives.
pub const LIFE_SECS: i64 = 7200;
/// Seconds a token stays good after a newer one was given out.
pub const ROLLOVER_SECS: i64 = 300;
/// Seconds between two forced refreshes of a stable token.
const FORCE_GAP_SECS: i64 = 30;
/// Forced refreshes of a stable token in a day (UTC+8).
const FORCED_MAX: usize = 20;
/// How long a cached token is used without reading the store again. A node may accept a token that another node
/// retired for this much longer.
const CACHED_FOR: Duration = Duration::from_secs(1);
/// Tokens in the cache.
const CACHED_MAX: usize = 10_000;

/// A token as the endpoints answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// The token as clients send it.
    pub access_token: String,
    /// Seconds it still lives.
    pub expires_in: i64,
}

/// A new token of the plain family; the one before it stays good for five minutes.
///
/// # Errors
///
/// Those of the store.
pub fn issue_plain(store: &dyn Store, app: &AppRow, now: Timestamp) -> Result<IssuedToken> {
    issue(store, app, TokenKind::Plain, None, now, now.plus(ROLLOVER_SECS))?
        .ok_or_else(|| Error::internal("no token was issued"))
}

/// The token of the stable family: the same again while it has more than five minutes left. Forced, it is a new one
/// and the old one ends at once, unless the old one is younger than half a minute.
///
/// # Errors
///
/// 45009 forced more than twenty times on a day; those of the store.
pub fn issue_stable(store: &dyn Store, app: &AppRow, force: bool, now: Timestamp) -> Result<IssuedToken> {
    loop {
        if let Some(issued) = try_issue_stable(store, app, force, now)? {
            return Ok(issued);
        }
    }
}

/// `None` when another node was quicker: then its token may be the answer.
fn try_issue_stable(
    store: &dyn Store,
    app: &AppRow,
    force: bool,
    now: Timestamp,
) -> Result<Option<IssuedToken>> {
    let rows = store.tokens(app.app.id, TokenKind::Stable)?;
    if let Some(row) = rows.first() {
        let fresh = now.0 - row.issued_at.0 < FORCE_GAP_SECS;
        let lasts = row.expires_at.0 - now.0 > ROLLOVER_SECS && row.retired_at.is_none_or(|at| at > now);
        if lasts && (!force || fresh) {
            return Ok(Some(answer(app, TokenKind::Stable, *row, now)));
        }
    }
    if force && forced_today(&rows, now) >= FORCED_MAX {
        return Err(Error::field(
            ErrCode::ApiDailyQuota,
            "force_refresh",
            format!("{FORCED_MAX} times a day"),
        ));
    }
    let retire_others_at = if force { now } else { now.plus(ROLLOVER_SECS) };
    let last = rows.first().map_or(0, |row| row.serial);
    issue(store, app, TokenKind::Stable, Some(last), now, retire_others_at)
}

/// How many of these tokens, the newest first, were made by force today: such a one ends the one before it at once.
fn forced_today(rows: &[TokenRow], now: Timestamp) -> usize {
    let forced = |pair: &&[TokenRow]| {
        pair[0].issued_at.day() == now.day() && pair[1].retired_at.is_some_and(|at| at <= pair[0].issued_at)
    };
    rows.windows(2).filter(forced).count()
}

fn issue(
    store: &dyn Store,
    app: &AppRow,
    kind: TokenKind,
    after: Option<i64>,
    now: Timestamp,
    retire_others_at: Timestamp,
) -> Result<Option<IssuedToken>> {
    let row = store.issue_token(app.app.id, kind, after, now, now.plus(LIFE_SECS), retire_others_at)?;
    Ok(row.map(|row| answer(app, kind, row, now)))
}

fn answer(app: &AppRow, kind: TokenKind, row: TokenRow, now: Timestamp) -> IssuedToken {
    let text = TokenText { app: app.app.id, kind, serial: row.serial };
    IssuedToken { access_token: text.sign(&app.token_key), expires_in: row.expires_at.0 - now.0 }
}

/// Checks tokens, with a cache of those seen lately.
pub struct Tokens {
    store: StoreAccess,
    apps: Arc<Apps>,
    clock: Arc<dyn Clock>,
    cached: Cache<String, CachedToken>,
}

#[derive(Debug, Clone)]
struct CachedToken {
    app: Arc<AppHandle>,
    row: TokenRow,
    since: Instant,
}

impl Tokens {
    /// Tokens of the apps of this store, with an empty cache.
    pub fn new(store: StoreAccess, apps: Arc<Apps>, clock: Arc<dyn Clock>) -> Tokens {
        Tokens { store, apps, clock, cached: Cache::new(CACHED_MAX) }
    }

    /// Checks an app's credentials.
    ///
    /// # Errors
    ///
    /// 40002 another grant type, 41002 and 41004 missing, 40013 unknown app, 40125 wrong secret.
    pub async fn authenticate(
        &self,
        grant_type: Option<&str>,
        appid: Option<&str>,
        secret: Option<&str>,
    ) -> Result<AppRow> {
        if grant_type != Some("client_credential") {
            return Err(Error::field(ErrCode::InvalidGrantType, "grant_type", "must be client_credential"));
        }
        let appid = appid.ok_or(ErrCode::AppidMissing)?.to_owned();
        let secret = secret.ok_or(ErrCode::AppsecretMissing)?;
        let row = self
            .store
            .blocking(move |store| store.app_by_appid(&appid))
            .await?
            .ok_or(ErrCode::InvalidAppid)?;
        // Both sides are digests, so comparing them tells nothing about the secret.
        match secret::digest(secret) == row.secret_digest {
            true => Ok(row),
            false => Err(ErrCode::InvalidAppsecret.into()),
        }
    }

    /// The app a token is of.
    ///
    /// # Errors
    ///
    /// 41001 no token; 42001 past its life; 40001 any other text, or one retired by a newer token. Clients fetch a new token on the last three, so nothing else is answered with them.
    pub async fn check(&self, token: Option<&str>) -> Result<Arc<AppHandle>> {
        let token = token.ok_or(ErrCode::AccessTokenMissing)?;
        let found = match self.cached(token) {
            Some(cached) => cached,
            None => self.look_up(token).await?,
        };
        let now = self.clock.now();
        if found.row.expires_at <= now {
            return Err(ErrCode::AccessTokenExpired.into());
        }
        if found.row.retired_at.is_some_and(|at| at <= now) {
            return Err(ErrCode::InvalidCredential.into());
        }
        Ok(found.app)
    }

    fn cached(&self, token: &str) -> Option<CachedToken> {
        self.cached.get(token).filter(|cached| cached.since.elapsed() < CACHED_FOR)
    }

    async fn look_up(&self, token: &str) -> Result<CachedToken> {
        let text = TokenText::read(token).ok_or(ErrCode::InvalidCredential)?;
        let app = self.apps.get(text.app).await?.ok_or(ErrCode::InvalidCredential)?;
        if !text.is_signed(token, &app.row.token_key) {
            return Err(ErrCode::InvalidCredential.into());
        }
        let rows = self.store.blocking(move |store| store.tokens(text.app, text.kind)).await?;
        let row = match rows.iter().find(|row| row.serial == text.serial) {
            Some(row) => *row,
            // Signed by us and no longer stored: its life ended long ago.
            None => return Err(ErrCode::AccessTokenExpired.into()),
        };
        let found = CachedToken { app, row, since: Instant::now() };
        self.cached.insert(token.to_owned(), found.clone());
        Ok(found)
    }

    /// Empties the cache, so that the next check reads the store.
    pub fn forget(&self) {
        self.cached.clear();
    }
}
