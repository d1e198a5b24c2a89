//! The statements of a probe: small writes that change nothing a caller can see. They show whether a writer can commit.

use crate::sql::statements;

/// Bytes that a thorough probe writes on PostgreSQL, where a table has to grow for it.
pub(crate) const THOROUGH_BYTES: usize = 64 * 1024;
/// The key of a probe's row: no login has it, and the cleanup of login attempts drops the row later.
pub(crate) const PROBE_KEY: &str = "probe of ";

statements! {
    // The count makes every probe differ: SQLite writes nothing for a row that stays the same. One statement is one
    // transaction, so a node that hangs leaves no lock.
    PROBE = ["INSERT INTO failed_logins (who, failures, failed_at, free_at) VALUES ($1, 1, ", (either
        "extract(epoch FROM now())::bigint" "unixepoch()"), ", 0) \
        ON CONFLICT (who) DO UPDATE SET failures = failed_logins.failures + 1, failed_at = excluded.failed_at"];
    // Of no app there is, and rolled back by its caller.
    PROBE_GROWTH = ["INSERT INTO media (app_id, digest, kind, bytes, created_at) VALUES ($1, $2, 0, $3, 0)"];
}
