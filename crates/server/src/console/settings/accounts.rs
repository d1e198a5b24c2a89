//! The accounts of the console. The forms create, disable and enable accounts, create login links, and set the stores of
//! tills.

use super::page::{Texts, not_done, page};
use crate::auth::login_link;
use crate::console::{Visit, till_store};
use crate::pages::once::{Changed, FormObject, Submission};
use crate::pages::{Fault, Form, PageResult};
use crate::state::blocking;
use kaquan_core::error::{ErrCode, Error};
use kaquan_core::poi::SetTillStore;
use kaquan_core::text;
use kaquan_store::{Account, AccountId, Grant, LoginLink, Role, SettingsChange};
use serde_json::json;

/// Whether the signed-in account may change this account. Only the owner of the whole server may change accounts that
/// have roles in other apps.
fn may_touch(visit: &Visit, grants: &[Grant]) -> bool {
    let runs_everything = visit.signed_in.grants.iter().any(Grant::is_of_everything);
    runs_everything || grants.iter().all(|grant| grant.app == Some(visit.app_id()))
}

/// Creates an account and shows its login link once.
pub async fn create(visit: Visit, form: Form) -> PageResult {
    let name = form.get("name").unwrap_or_default().to_owned();
    let role = form.get("role").and_then(Role::from_name).unwrap_or(Role::Clerk);
    let app = (form.get("scope") == Some("app")).then_some(visit.app_id());
    let grants = [Grant { app, role }];
    if !may_touch(&visit, &grants) {
        return Err(Fault::FORBIDDEN);
    }
    if let Err(error) = text::name("name", &name) {
        return visit.refused(&page(&visit, Some(&error)).await?);
    }
    // If the form is sent again, its account already exists. So the idempotency key is checked before the name.
    let object = FormObject::named(&*name);
    if let Some(why) = visit.not_to_do(&form, &object).await? {
        return not_done(&visit, why).await;
    }
    let taken = Error::field(ErrCode::InvalidArgs, "name", format!("there is an account {name} already"));
    let wanted = name.clone();
    if blocking(&visit.state, move |store| store.account_by_name(&wanted)).await?.is_some() {
        return visit.refused(&page(&visit, Some(&taken)).await?);
    }
    let after = json!({"role": role.name(), "every_app": app.is_none()});
    let audit = visit.audit("account_create", &name, json!(null), after);
    let (path, link) = login_link::fresh_token()?;
    let link_expires_at = visit.now().plus(login_link::LINK_SECS);
    let change = SettingsChange::CreateAccount { name, grants: grants.to_vec(), link, link_expires_at };
    match visit.change(change, audit, &form, object).await? {
        Submission::Not(why, _) => not_done(&visit, why).await,
        Submission::Done(Changed::Refused) => visit.refused(&page(&visit, Some(&taken)).await?),
        Submission::Done(_) => show_link(&visit, &path).await,
    }
}

/// The page with a login link, which is shown once.
async fn show_link(visit: &Visit, path: &str) -> PageResult {
    let mut page = page(visit, None).await?;
    page.once = Some((Texts::of(visit.lang).login_link, format!("{}{path}", visit.state.public_url)));
    visit.page(&page)
}

/// Creates a new login link for an account, disables the account, enables it, or sets the store of its till.
pub async fn act(visit: Visit, form: Form) -> PageResult {
    let id = AccountId(visit.param("account").parse().map_err(|_| Fault::NOT_FOUND)?);
    let found = blocking(&visit.state, move |store| store.account(id)).await?;
    let (account, grants) = found.ok_or(Fault::NOT_FOUND)?;
    if form.get("act") == Some("store") {
        return set_store(&visit, &form, &account, &grants).await;
    }
    if !may_touch(&visit, &grants) {
        return Err(Fault::FORBIDDEN);
    }
    let act = form.get("act").unwrap_or_default();
    let was_enabled = json!(account.disabled_at.is_none());
    let was = account.disabled_at;
    let switch = |since| SettingsChange::SetDisabled { account: id, was, since };
    let (path, digest) = login_link::fresh_token()?;
    let (before, after, change) = match act {
        "link" => {
            let expires_at = visit.now().plus(login_link::LINK_SECS);
            let link = LoginLink { digest, account: id, expires_at };
            (json!(null), json!(null), SettingsChange::LoginLink(link))
        }
        "disable" => (was_enabled, json!(false), switch(Some(visit.now()))),
        "enable" => (was_enabled, json!(true), switch(None)),
        _ => return visit.go("settings#accounts"),
    };
    let audit = visit.audit(&format!("account_{act}"), &account.name, before, after);
    match visit.change(change, audit, &form, FormObject::default()).await? {
        Submission::Not(why, _) => not_done(&visit, why).await,
        Submission::Done(Changed::Refused) => {
            let error = Error::field(ErrCode::InvalidArgs, "name", "is the last owner of the server");
            visit.refused(&page(&visit, Some(&error)).await?)
        }
        Submission::Done(_) if act == "link" => show_link(&visit, &path).await,
        Submission::Done(_) => visit.go("settings?done=account#accounts"),
    }
}

/// Sets or removes the store of an account's till in this app.
async fn set_store(visit: &Visit, form: &Form, account: &Account, grants: &[Grant]) -> PageResult {
    if !grants.iter().any(|grant| grant.app.is_none_or(|app| app == visit.app_id())) {
        return Err(Fault::NOT_FOUND);
    }
    let typed = form.get("location_id").unwrap_or_default().trim();
    let location_id = match (typed.is_empty(), typed.parse()) {
        (true, _) => None,
        (false, Ok(location_id)) => Some(location_id),
        (false, Err(_)) => {
            let error = Error::field(ErrCode::InvalidPoiid, "location_id", "must be the number of a store");
            return visit.refused(&page(visit, Some(&error)).await?);
        }
    };
    let before = till_store::given(visit, account.id.0).await?;
    let audit = visit.audit("account_store", &account.name, json!(before), json!(location_id));
    let set = SetTillStore { account: account.id.0, location_id };
    match visit.submit(set, audit, form, FormObject::named(account.name.as_str())).await {
        Ok(submission) => match submission.not_done() {
            Some(why) => not_done(visit, why).await,
            None => visit.go("settings?done=account#accounts"),
        },
        Err(error) => visit.refused(&page(visit, Some(&error)).await?),
    }
}
