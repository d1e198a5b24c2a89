//! Whether this node can accept requests that write. `/readyz` and `/metrics` report it, and the log gets a line when
//! it changes.

use crate::state::State;
use std::sync::{Mutex, PoisonError};

/// Why this node is not ready; `None` if it is.
pub async fn trouble(state: &State) -> Option<String> {
    match state.clock.fault() {
        Some(fault) => Some(format!("{fault}: set it right")),
        None => store_trouble(state).await,
    }
}

/// Why nothing can be committed; `None` if commits work.
pub async fn store_trouble(state: &State) -> Option<String> {
    let trouble = state.ledger.commit_trouble().await;
    state.logged_trouble.note(trouble.as_deref());
    trouble.map(|reason| format!("writes cannot be committed: {reason}"))
}

/// Whether commits failed at the last check.
#[derive(Debug, Default)]
pub struct LoggedTrouble(Mutex<bool>);

impl LoggedTrouble {
    fn note(&self, trouble: Option<&str>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (trouble, std::mem::replace(&mut *known, trouble.is_some())) {
            (Some(reason), false) => {
                tracing::error!(reason, "node not ready: writes cannot be committed");
            }
            (None, true) => tracing::info!("node ready again: writes can be committed"),
            _ => {}
        }
    }
}
