//! `/console/{appid}/settings`: what an owner decides: the rules of the app, its secret, where events go, who holders are, who may
//! use the console; and the audit log.

pub mod accounts;
pub mod app;
pub mod audit;
pub mod callback;
pub mod identity;
pub mod page;

use super::Visit;
use crate::pages::Fault;
use kaquan_core::engine::audit::NoteAudit;
use serde_json::Value;

/// Writes an entry for a change that no rule knows of, before it is made: nothing is done unrecorded.
pub(super) async fn note(
    visit: &Visit,
    action: &str,
    about: &str,
    before: Value,
    after: Value,
) -> Result<(), Fault> {
    let audit = visit.audit(action, about, before, after);
    Ok(visit.state.ledger.submit(visit.app_id(), NoteAudit(audit)).await?)
}
