//! Phase 4 of a batch, rarely needed: the connection was lost during the commit. The writer asks the database whether
//! the commit happened.

use super::super::{limits, sql};
use super::PostgresWriter;
use crate::error::{Result, StoreError};
use crate::row::Row as _;
use kaquan_core::id::AppId;
use std::time::{Duration, Instant};

/// Pause between two attempts.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

impl PostgresWriter {
    /// # Errors
    /// [`StoreError::Conflict`] if the commit did not happen; [`StoreError::Unknown`] if the database does not reply.
    pub(super) fn resolve_commit(&mut self, apps: &[AppId], reason: String) -> Result<()> {
        let until = Instant::now() + limits::RESOLVE;
        loop {
            match self.was_committed(apps) {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(StoreError::Conflict(reason)),
                Err(error) if Instant::now() >= until => {
                    return Err(StoreError::Unknown(format!("{reason}; {error}")));
                }
                Err(error) => {
                    tracing::warn!(%error, "commit outcome unknown yet; asking again");
                    self.disconnect();
                    std::thread::sleep(RETRY_PAUSE);
                }
            }
        }
    }

    /// Locks the app's row first. When this lock succeeds, the lost transaction has ended, with a commit or without.
    /// `TOUCH_BATCH` also writes the row that it finds: after this commit, every standby that the database waits for has the
    /// batch.
    fn was_committed(&mut self, apps: &[AppId]) -> Result<bool> {
        let (id, batch) = (self.id, self.batch);
        let (conn, _) = self.conn()?;
        conn.batch("BEGIN")?;
        let mut committed = true;
        for app in apps {
            conn.query(sql::LOCK_COUNTERS, &[&app.0])?;
            let last = conn.query_opt(sql::TOUCH_BATCH, &[&app.0, &id])?;
            committed &= last.map(|row| row.int(0)).transpose()? == Some(batch);
        }
        conn.commit(&[])?;
        Ok(committed)
    }
}
