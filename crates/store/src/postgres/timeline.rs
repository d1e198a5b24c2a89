//! The timelines of the servers of an address. A promoted standby begins a new timeline with a higher number, so a
//! server with a lower number was replaced. The replaced server may still accept writes, which the new primary never
//! sees.

use crate::error::{Result, StoreError};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The cluster of the server with its timeline. Fails on a standby, and on a server that does not report them.
pub(super) const TIMELINE: &str = "SELECT system_identifier::text, \
    ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint::text FROM pg_control_system()";

/// The timeline of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Timeline {
    /// The id of the cluster: the same for a primary and its standbys.
    pub cluster: String,
    pub number: u32,
}

/// The newest timeline that this process has seen.
#[derive(Debug, Default)]
pub(super) struct Newest(Mutex<NewestState>);

#[derive(Debug, Default)]
struct NewestState {
    newest: Option<Timeline>,
    /// Whether a replaced server was already logged.
    is_logged: bool,
}

impl Newest {
    /// Checks the timeline of a server, and remembers it as the newest.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] for a server that was replaced.
    pub fn check(&self, found: &Timeline, host: &str) -> Result<()> {
        let mut state = self.state();
        match &state.newest {
            Some(newest) if is_replaced(found, newest) => {
                let (number, newest) = (found.number, newest.number);
                if !std::mem::replace(&mut state.is_logged, true) {
                    tracing::error!(
                        host,
                        timeline = number,
                        newest,
                        "database server not used: a standby was promoted in its place, and it still accepts writes. Stop it; \
                         its changes since the promotion are on no other server"
                    );
                }
                Err(StoreError::Unreachable(format!(
                    "{host} is on timeline {number}, and a server on timeline {newest} has replaced it"
                )))
            }
            _ => {
                state.newest = Some(found.clone());
                Ok(())
            }
        }
    }

    /// Whether a server with this timeline was replaced.
    pub fn has_replaced(&self, timeline: &Timeline) -> bool {
        self.state().newest.as_ref().is_some_and(|newest| is_replaced(timeline, newest))
    }

    fn state(&self) -> MutexGuard<'_, NewestState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_replaced(timeline: &Timeline, newest: &Timeline) -> bool {
    timeline.cluster == newest.cluster && timeline.number < newest.number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(cluster: &str, number: u32) -> Timeline {
        Timeline { cluster: cluster.to_owned(), number }
    }

    #[test]
    fn a_server_that_was_replaced_is_refused_and_another_cluster_is_not() {
        let newest = Newest::default();
        assert!(newest.check(&timeline("a", 1), "db1").is_ok());
        assert!(!newest.has_replaced(&timeline("a", 1)));
        assert!(newest.check(&timeline("a", 2), "db2").is_ok());
        assert!(newest.has_replaced(&timeline("a", 1)) && !newest.has_replaced(&timeline("a", 2)));
        let refused = newest.check(&timeline("a", 1), "db1").unwrap_err();
        assert!(matches!(&refused, StoreError::Unreachable(why) if why.contains("db1 is on timeline 1")));
        assert!(newest.check(&timeline("b", 1), "db1").is_ok(), "a database that was made again");
    }
}
