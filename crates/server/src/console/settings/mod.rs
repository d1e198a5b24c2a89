//! `/console/{appid}/settings`: the owner's settings: rules of the app, secret, receiver of events, identity provider,
//! accounts of the console, and the audit log.

pub mod accounts;
pub mod app;
pub mod audit;
pub mod callback;
pub mod identity;
pub mod page;

use super::Visit;
use crate::pages::Fault;
use kaquan_core::operation::NoteAudit;
use serde_json::Value;

/// Writes the audit entry of a change that is not an operation. Called before the change.
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
