//! `/console`: redirects to the start page of the account.

use super::session::SignedIn;
use super::visit::{Visit, apps_of};
use crate::pages::{Fault, Fields, PageResult, Visitor, reply};
use kaquan_store::Role;

/// Redirects to the first app of the account.
pub async fn start(visitor: Visitor, _: Fields) -> PageResult {
    let signed_in = SignedIn::of(&visitor).await?;
    let apps = apps_of(&visitor, &signed_in).await?;
    let first = apps.first().ok_or(Fault::FORBIDDEN)?;
    Ok(reply::redirect(&format!("/console/{}", first.appid)))
}

/// Redirects clerks to the till, and other roles to the overview.
pub async fn app(visit: Visit) -> PageResult {
    visit.go(if visit.role == Role::Clerk { "till" } else { "overview" })
}
