//! The receiver of events. The forms set it after a successful handshake, test it, and remove it.

use super::page::{Texts, not_done, page};
use crate::console::Visit;
use crate::pages::once::{FormObject, Submission, mark};
use crate::pages::{Form, PageResult};
use crate::push::settings::{self, CallbackChange};
use crate::push::verify::handshake;
use crate::push::webhook_request::RequestBuilder;
use crate::push::{event_view, json};
use crate::state::blocking;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_store::{Callback, PushMode, PushPolicy, SettingsChange};
use serde_json::{Value, json};

/// Sets the receiver, if the handshake succeeds.
pub async fn set(visit: Visit, form: Form) -> PageResult {
    match change(&visit, &form).await {
        Ok(Submission::Not(why, _)) => not_done(&visit, why).await,
        Ok(Submission::Done(callback)) if callback.mode == PushMode::Json => {
            let mut page = page(&visit, None).await?;
            page.once = Some((Texts::of(visit.lang).json_secret, json::secret_text(&callback.secret)));
            visit.page(&page)
        }
        Ok(Submission::Done(_)) => visit.go("settings?done=callback#callback"),
        Err(error) => visit.refused(&page(&visit, Some(&error)).await?),
    }
}

/// The settings of a receiver that the page shows and the audit log keeps.
fn shown(callback: Option<&Callback>) -> Value {
    callback.map_or(Value::Null, |callback| json!(event_view::callback(callback, None)))
}

fn object(callback: Option<&Callback>) -> FormObject {
    FormObject::marked("callback", callback_mark(callback))
}

/// The mark of the receiver of an app.
pub(super) fn callback_mark(callback: Option<&Callback>) -> String {
    mark(&shown(callback).to_string())
}

async fn before(visit: &Visit) -> Result<Option<Callback>> {
    let app = visit.app_id();
    blocking(&visit.state, move |store| store.callback(app)).await
}

async fn change(visit: &Visit, form: &Form) -> Result<Submission<Callback>> {
    let text = |key: &str| form.get(key).map(str::to_owned);
    let wanted = CallbackChange {
        url: text("url"),
        mode: form.get("mode").and_then(PushMode::from_name),
        token: text("token"),
        encoding_aes_key: text("encoding_aes_key"),
        policy: form.get("policy").and_then(PushPolicy::from_name),
        original_id: text("original_id"),
        secret: None,
    };
    let before = before(visit).await?;
    let (was, object) = (shown(before.as_ref()), object(before.as_ref()));
    if let Some(why) = visit.not_to_do(form, &object).await? {
        return Ok(Submission::Not(why, None));
    }
    let was_callback = before.clone().map(Box::new);
    let callback = wanted.callback(&visit.row, before, visit.now())?;
    settings::verify(&visit.state.push.client, &callback, &visit.row.appid, visit.now()).await?;
    let audit = visit.audit("callback_set", &callback.url, was, shown(Some(&callback)));
    let set = Box::new(callback.clone());
    let change = SettingsChange::SetCallback { was: was_callback, callback: set };
    if let Some(why) = visit.change(change, audit, form, object).await?.not_done() {
        return Ok(Submission::Not(why, None));
    }
    visit.state.push.wake();
    Ok(Submission::Done(callback))
}

/// Sends the handshake to the present receiver. After the test, the audit log gets an entry, whatever the result.
pub async fn test(visit: Visit, form: Form) -> PageResult {
    let Some(callback) = before(&visit).await? else { return visit.go("settings#callback") };
    let audit = visit.audit("callback_test", &callback.url, Value::Null, Value::Null);
    let object = object(Some(&callback));
    if let Some(why) = visit.not_to_do(&form, &object).await? {
        return not_done(&visit, why).await;
    }
    let builder = RequestBuilder { callback, appid: visit.row.appid.clone() };
    let (_, verdict) = handshake(&visit.state.push.client, &builder, visit.now()).await?;
    // A form that was sent twice at once has made two tests: the second entry is refused, and its result is shown.
    visit.note(audit, &form, object).await?;
    match verdict {
        Ok(()) => visit.go("settings?done=test#callback"),
        Err(reason) => {
            let error = Error::field(ErrCode::InvalidArgs, "url", reason);
            visit.refused(&page(&visit, Some(&error)).await?)
        }
    }
}

/// Removes the receiver.
pub async fn delete(visit: Visit, form: Form) -> PageResult {
    let was = before(&visit).await?;
    let audit = visit.audit("callback_delete", "", shown(was.as_ref()), Value::Null);
    let object = object(was.as_ref());
    let change = SettingsChange::RemoveCallback { was: was.map(Box::new) };
    if let Some(why) = visit.change(change, audit, &form, object).await?.not_done() {
        return not_done(&visit, why).await;
    }
    visit.state.push.wake();
    visit.go("settings?done=callback#callback")
}
