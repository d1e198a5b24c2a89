//! `/console` redirects to the account's first app. `/console/{appid}` redirects to the page where the account's role in
//! the app begins.

use super::session::SignedIn;
use super::visit::{Visit, apps_of};
use crate::pages::{Fault, Fields, PageResult, Visitor, reply};
use kaquan_store::Role;

/// Redirects to the first app of the account.
pub async fn start_in_console(visitor: Visitor, _: Fields) -> PageResult {
    let signed_in = SignedIn::of(&visitor).await?;
    let apps = apps_of(&visitor, &signed_in).await?;
    let first = apps.first().ok_or(Fault::FORBIDDEN)?;
    Ok(reply::redirect(&format!("/console/{}", first.appid)))
}

/// Redirects clerks to the till, and other roles to the overview.
pub async fn start_in_app(visit: Visit) -> PageResult {
    visit.go(if visit.role == Role::Clerk { "till" } else { "overview" })
}
