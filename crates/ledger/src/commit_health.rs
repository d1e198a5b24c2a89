//! Whether commits work, according to the last commits and probes of the writer threads. Callers read this state and
//! never wait for the store.

use std::time::{Duration, Instant};
use tokio::sync::watch;

/// For how long a commit proves that commits work.
const FRESH: Duration = Duration::from_secs(1);
/// How long a probe may take before writes count as stuck.
const PROBE_MAX: Duration = Duration::from_secs(1);

/// The known state of commits.
#[derive(Debug, Clone)]
pub(crate) struct CommitState {
    /// When the last commit succeeded; `None` if one failed since.
    committed: Option<Instant>,
    /// Why the last probe failed; `None` if it succeeded.
    failure: Option<String>,
    /// Whether a batch failed after the last successful commit. The next probe must then be thorough.
    suspect: bool,
    /// When the running probe began; `None` if no probe runs.
    probing: Option<Instant>,
    /// Probes that have ended.
    probes: u64,
}

/// The state of commits, shared by writer threads and callers.
#[derive(Debug)]
pub(crate) struct CommitHealth(watch::Sender<CommitState>);

impl Default for CommitHealth {
    fn default() -> CommitHealth {
        let state = CommitState { committed: None, failure: None, suspect: false, probing: None, probes: 0 };
        CommitHealth(watch::Sender::new(state))
    }
}

impl CommitHealth {
    /// A batch was committed.
    pub fn committed(&self) {
        self.0.send_modify(|state| {
            (state.committed, state.failure, state.suspect) = (Some(Instant::now()), None, false);
        });
    }

    /// A batch failed. The batch itself may be the cause, so the next caller requests a probe.
    pub fn failed(&self) {
        self.0.send_modify(|state| (state.committed, state.suspect) = (None, true));
    }

    /// Records that a probe begins. Returns `false` while another probe runs.
    pub fn begin_probe(&self) -> bool {
        let begin = |state: &mut CommitState| match state.probing {
            Some(_) => false,
            None => state.probing.replace(Instant::now()).is_none(),
        };
        self.0.send_if_modified(begin)
    }

    /// Whether the next probe must be thorough.
    pub fn is_suspect(&self) -> bool {
        self.0.borrow().suspect
    }

    /// A probe has ended. Returns `false` if another probe has to follow: a batch failed meanwhile, and this probe
    /// succeeded without being thorough.
    pub fn probed(&self, thorough: bool, failure: Option<String>) -> bool {
        self.0.send_if_modified(|state| {
            if failure.is_none() && state.suspect && !thorough {
                return false;
            }
            state.committed = failure.is_none().then(Instant::now);
            state.suspect &= failure.is_some();
            (state.failure, state.probing, state.probes) = (failure, None, state.probes + 1);
            true
        })
    }

    /// The state now.
    pub fn state(&self) -> CommitState {
        self.0.borrow().clone()
    }

    /// A receiver of every change.
    pub fn subscribe(&self) -> watch::Receiver<CommitState> {
        self.0.subscribe()
    }
}

impl CommitState {
    /// Whether a commit succeeded in the last second, so that no probe is needed.
    pub fn is_fresh(&self) -> bool {
        self.committed.is_some_and(|at| at.elapsed() < FRESH)
    }

    /// Why commits do not work now; `None` if no trouble is known.
    pub fn trouble(&self) -> Option<String> {
        match (self.is_fresh(), &self.failure, self.probing) {
            (true, ..) => None,
            (_, Some(failure), _) => Some(failure.clone()),
            (_, None, Some(since)) => {
                Some(format!("a commit has not ended for {:.1} s", since.elapsed().as_secs_f64()))
            }
            (_, None, None) => None,
        }
    }

    /// How much longer the running probe may take.
    pub fn time_left(&self) -> Duration {
        self.probing.map_or(PROBE_MAX, |since| PROBE_MAX.saturating_sub(since.elapsed()))
    }

    /// Whether a probe ended or a commit succeeded after `before` was read.
    pub fn has_news_since(&self, before: &CommitState) -> bool {
        self.probes != before.probes || self.is_fresh()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_batch_asks_for_a_thorough_probe_and_is_no_verdict() {
        let health = CommitHealth::default();
        health.committed();
        assert!(health.state().is_fresh() && !health.is_suspect());
        health.failed();
        assert!(!health.state().is_fresh() && health.is_suspect());
        assert_eq!(health.state().trouble(), None, "the batch may have been at fault");
        assert!(health.begin_probe() && !health.begin_probe());
        assert!(health.probed(true, None));
        assert!(health.state().is_fresh() && !health.is_suspect());
    }

    #[test]
    fn a_small_probe_says_nothing_about_a_batch_that_failed_meanwhile() {
        let health = CommitHealth::default();
        assert!(health.begin_probe());
        health.failed();
        assert!(!health.probed(false, None), "a thorough one has to follow");
        assert!(!health.state().is_fresh() && health.is_suspect());
        assert!(!health.begin_probe(), "it goes on");
        assert!(health.probed(true, Some("the disk is full".to_owned())));
        assert!(health.is_suspect());
        assert!(health.begin_probe());
        assert!(health.probed(true, None) && health.state().is_fresh() && !health.is_suspect());
    }

    #[test]
    fn a_failed_probe_is_the_verdict_until_something_commits() {
        let health = CommitHealth::default();
        assert!(health.begin_probe());
        assert!(health.probed(false, Some("the disk is full".to_owned())));
        assert!(health.begin_probe(), "the next one may begin");
        assert_eq!(health.state().trouble().as_deref(), Some("the disk is full"));
        health.committed();
        assert_eq!(health.state().trouble(), None);
    }

    #[test]
    fn a_probe_that_has_not_ended_is_trouble_unless_others_commit() {
        let health = CommitHealth::default();
        health.begin_probe();
        assert!(health.state().trouble().is_some_and(|why| why.starts_with("a commit has not ended")));
        health.committed();
        assert_eq!(health.state().trouble(), None);
    }
}
