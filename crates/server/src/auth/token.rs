//! Issues access tokens and checks them on every call. WeChat manual: "获取 Access token", "获取稳定版接口调用凭据".

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

/// The lifetime of a token in seconds.
pub const LIFE_SECS: i64 = 7200;
/// Seconds for which a token stays valid after a newer one was issued.
pub const ROLLOVER_SECS: i64 = 300;
/// The shortest time between two forced refreshes of a stable token, in seconds.
const FORCE_GAP_SECS: i64 = 30;
/// Forced refreshes of a stable token allowed on one day (UTC+8).
const FORCED_MAX: usize = 20;
/// How long a cached token is accepted without reading the store. A node may accept a token for this long after
/// another node retired it.
const CACHED_FOR: Duration = Duration::from_secs(1);
/// The largest number of tokens in the cache.
const CACHED_MAX: usize = 10_000;

/// An issued token, as the endpoints return it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// The text that clients send.
    pub access_token: String,
    /// Seconds until the token expires.
    pub expires_in: i64,
}

/// Issues a token of the plain family. The previous token stays valid for five minutes.
///
/// # Errors
///
/// The errors of the store.
pub fn issue_plain(store: &dyn Store, app: &AppRow, now: Timestamp) -> Result<IssuedToken> {
    issue(store, app, TokenKind::Plain, None, now, now.plus(ROLLOVER_SECS))?
        .ok_or_else(|| Error::internal("no token was issued"))
}

/// The token of the stable family. Returns the same token while it is valid for more than five minutes. With `force`,
/// issues a new token and the old one expires at once, unless the old one is younger than half a minute.
///
/// # Errors
///
/// 45009 after twenty forced refreshes on one day; the errors of the store.
pub fn issue_stable(store: &dyn Store, app: &AppRow, force: bool, now: Timestamp) -> Result<IssuedToken> {
    loop {
        if let Some(issued) = try_issue_stable(store, app, force, now)? {
            return Ok(issued);
        }
    }
}

/// Returns `None` if another node issued a token first. That token may then be the result.
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

/// How many of these tokens were issued today by force. The tokens are sorted, the newest first. A forced token retires
/// the token before it at once.
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

/// Checks tokens. Has a cache of recent tokens.
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
    /// 40002 another grant type; 41002 or 41004 a missing parameter; 40013 an unknown app; 40125 a wrong secret.
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
        // Both sides are digests, so the time of the comparison reveals nothing about the secret.
        match secret::digest(secret) == row.secret_digest {
            true => Ok(row),
            false => Err(ErrCode::InvalidAppsecret.into()),
        }
    }

    /// The app of a token.
    ///
    /// # Errors
    ///
    /// 41001 no token; 42001 expired; 40001 any other text, or a token retired by a newer one. Clients fetch a new token
    /// after 42001 and 40001, so these errcodes have no other meaning.
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
            // The signature is right and the row no longer exists: the token expired long ago.
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
