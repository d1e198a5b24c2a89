//! The original host behind each app, with its secrets and its token. Both are encrypted by the caller: the store never
//! has them in clear. Nodes share a token through this row, and a lease in it lets one node at a time fetch a new one.

use crate::Store;
use crate::error::Result;
use crate::row::Row;
use crate::sql::{args, statements};
use kaquan_core::id::AppId;
use kaquan_core::time::Timestamp;

/// The upstream of an app.
#[derive(Clone, PartialEq, Eq)]
pub struct UpstreamRow {
    pub app: AppId,
    /// The settings as text in the server's own format, without secrets.
    pub settings: String,
    /// The encrypted secrets.
    pub secrets: Vec<u8>,
    /// The encrypted token; empty if there is none.
    pub token: Vec<u8>,
    /// Grows with every token and every change of the settings.
    pub token_serial: i64,
    /// When the token must be replaced.
    pub token_until: Timestamp,
    /// When a token was last replaced because the original host had refused it.
    pub forced_at: Timestamp,
    /// When the settings were last changed.
    pub changed_at: Timestamp,
}

// Not derived, so that no secret gets into a log.
impl std::fmt::Debug for UpstreamRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("UpstreamRow");
        shown.field("app", &self.app).field("token_serial", &self.token_serial).finish_non_exhaustive()
    }
}

statements! {
    UPSTREAMS = ["SELECT ", upstream_columns, " FROM upstreams ORDER BY app_id"];
    UPSTREAM = ["SELECT ", upstream_columns, " FROM upstreams WHERE app_id = $1"];
    PUT_UPSTREAM = ["INSERT INTO upstreams (app_id, settings, secrets, token, token_serial, token_until, forced_at, \
        renew_until, changed_at) VALUES ($1, $2, $3, $4, 1, 0, 0, 0, $5) ON CONFLICT (app_id) DO UPDATE \
        SET settings = excluded.settings, secrets = excluded.secrets, token = excluded.token, \
        token_serial = upstreams.token_serial + 1, token_until = 0, forced_at = 0, renew_until = 0, \
        changed_at = excluded.changed_at"];
    REMOVE_UPSTREAM = ["DELETE FROM upstreams WHERE app_id = $1"];
    LEASE_TOKEN = ["UPDATE upstreams SET renew_until = $4 WHERE app_id = $1 AND token_serial = $2 AND renew_until <= $3"];
    END_LEASE = ["UPDATE upstreams SET renew_until = 0 WHERE app_id = $1 AND token_serial = $2"];
    PUT_TOKEN = ["UPDATE upstreams SET token = $3, token_serial = token_serial + 1, token_until = $4, \
        forced_at = COALESCE($5, forced_at), renew_until = 0 \
        WHERE app_id = $1 AND token_serial = $2"];
    RESEAL = ["UPDATE upstreams SET secrets = $4, token = $5 WHERE app_id = $1 AND token_serial = $2 AND secrets = $3"];
}

fn read(row: &(impl Row + ?Sized)) -> Result<UpstreamRow> {
    Ok(UpstreamRow {
        app: AppId(row.int(0)?),
        settings: row.text(1)?.to_owned(),
        secrets: row.bytes(2)?.to_vec(),
        token: row.bytes(3)?.to_vec(),
        token_serial: row.int(4)?,
        token_until: Timestamp(row.int(5)?),
        forced_at: Timestamp(row.int(6)?),
        changed_at: Timestamp(row.int(7)?),
    })
}

impl dyn Store + '_ {
    /// The upstreams of all apps that have one.
    pub fn upstreams(&self) -> Result<Vec<UpstreamRow>> {
        self.read(|sql| sql.all(UPSTREAMS, &[], |row| read(row)))
    }

    /// The upstream of an app.
    pub fn upstream(&self, app: AppId) -> Result<Option<UpstreamRow>> {
        self.read(|sql| sql.first(UPSTREAM, args![app.0], |row| read(row)))
    }

    /// Sets the upstream of an app, and drops the token of the earlier upstream.
    pub fn set_upstream(&self, app: AppId, settings: &str, secrets: &[u8], now: Timestamp) -> Result<()> {
        const NO_TOKEN: &[u8] = &[];
        self.write(|sql| {
            sql.execute(PUT_UPSTREAM, args![app.0, settings, secrets, NO_TOKEN, now.0]).map(drop)
        })
    }

    /// Removes the upstream of an app.
    pub fn remove_upstream(&self, app: AppId) -> Result<()> {
        self.write(|sql| sql.execute(REMOVE_UPSTREAM, args![app.0]).map(drop))
    }

    /// Takes the lease to replace the token with this serial, until `until`. Returns false if another node has it, or if
    /// the token was replaced meanwhile.
    pub fn lease_upstream_token(
        &self,
        app: AppId,
        serial: i64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool> {
        self.write(|sql| Ok(sql.execute(LEASE_TOKEN, args![app.0, serial, now.0, until.0])? == 1))
    }

    /// Gives the lease back without a new token.
    pub fn end_upstream_lease(&self, app: AppId, serial: i64) -> Result<()> {
        self.write(|sql| sql.execute(END_LEASE, args![app.0, serial]).map(drop))
    }

    /// Replaces the token with this serial, and ends the lease. `forced_at` says when, if the original host had refused
    /// the token. Returns false if the token was replaced meanwhile.
    pub fn put_upstream_token(
        &self,
        app: AppId,
        serial: i64,
        token: &[u8],
        until: Timestamp,
        forced_at: Option<Timestamp>,
    ) -> Result<bool> {
        let forced_at = forced_at.map(|at| at.0);
        self.write(|sql| Ok(sql.execute(PUT_TOKEN, args![app.0, serial, token, until.0, forced_at])? == 1))
    }

    /// Replaces what is encrypted in a row by the same under another key. Returns false if the row has changed since it
    /// was read.
    pub fn reseal_upstream(&self, before: &UpstreamRow, secrets: &[u8], token: &[u8]) -> Result<bool> {
        let UpstreamRow { app, token_serial, secrets: old, .. } = before;
        self.write(|sql| Ok(sql.execute(RESEAL, args![app.0, *token_serial, old, secrets, token])? == 1))
    }
}
