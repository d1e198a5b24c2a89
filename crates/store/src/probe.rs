//! The statements of a probe: small writes whose effect no caller can see. They show whether a writer can commit.

use crate::sql::statements;

/// Bytes that a thorough probe writes on PostgreSQL. A table must grow for them.
pub(crate) const THOROUGH_BYTES: usize = 64 * 1024;
/// The key of a probe's row. No login uses this key, and the cleanup of login attempts drops the row later.
pub(crate) const PROBE_KEY: &str = "probe of ";

statements! {
    // The counter makes every probe differ: SQLite writes nothing if a row does not change. The one statement is a
    // whole transaction, so a node that hangs holds no lock.
    PROBE = ["INSERT INTO failed_logins (who, failures, failed_at, free_at) VALUES ($1, 1, ", (either
        "extract(epoch FROM now())::bigint" "unixepoch()"), ", 0) \
        ON CONFLICT (who) DO UPDATE SET failures = failed_logins.failures + 1, failed_at = excluded.failed_at"];
    // The app of this row does not exist, and the caller rolls the insert back.
    PROBE_GROWTH = ["INSERT INTO media (app_id, digest, kind, bytes, created_at) VALUES ($1, $2, 0, $3, 0)"];
}
