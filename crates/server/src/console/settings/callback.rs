//! The receiver of events. The forms set it after a successful handshake, test it, and remove it.

use super::note;
use super::page::{Texts, page};
use crate::console::Visit;
use crate::pages::{Fields, PageResult};
use crate::push::settings::{self, CallbackChange};
use crate::push::verify::handshake;
use crate::push::webhook_request::RequestBuilder;
use crate::push::{event_view, json};
use crate::state::blocking;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_store::{Callback, PushMode, PushPolicy};
use serde_json::{Value, json};

/// Sets the receiver, if the handshake succeeds.
pub async fn set(visit: Visit, form: Fields) -> PageResult {
    match change(&visit, &form).await {
        Ok(callback) if callback.mode == PushMode::Json => {
            let mut page = page(&visit, None).await?;
            page.once = Some((Texts::of(visit.lang).json_secret, json::secret_text(&callback.secret)));
            visit.page(&page)
        }
        Ok(_) => visit.go("settings?done=callback#callback"),
        Err(error) => visit.refused(&page(&visit, Some(&error)).await?),
    }
}

async fn before(visit: &Visit) -> Result<Option<Callback>> {
    let app = visit.app_id();
    blocking(&visit.state, move |store| store.callback(app)).await
}

async fn change(visit: &Visit, form: &Fields) -> Result<Callback> {
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
    let was = before.as_ref().map_or(Value::Null, |callback| json!(event_view::callback(callback, None)));
    let callback = wanted.callback(&visit.row, before, visit.now())?;
    settings::verify(&visit.state.push.client, &callback, &visit.row.appid, visit.now()).await?;
    let is = json!(event_view::callback(&callback, None));
    let audit = visit.audit("callback_set", &callback.url, was, is);
    visit.state.ledger.submit(visit.app_id(), kaquan_core::operation::NoteAudit(audit)).await?;
    let set = callback.clone();
    blocking(&visit.state, move |store| store.set_callback(&set)).await?;
    visit.state.push.wake();
    Ok(callback)
}

/// Sends the handshake to the present receiver.
pub async fn test(visit: Visit, _: Fields) -> PageResult {
    let Some(callback) = before(&visit).await? else { return visit.go("settings#callback") };
    let builder = RequestBuilder { callback, appid: visit.row.appid.clone() };
    let (_, verdict) = handshake(&visit.state.push.client, &builder, visit.now()).await?;
    match verdict {
        Ok(()) => visit.go("settings?done=test#callback"),
        Err(reason) => {
            let error = Error::field(ErrCode::InvalidArgs, "url", reason);
            visit.refused(&page(&visit, Some(&error)).await?)
        }
    }
}

/// Removes the receiver.
pub async fn delete(visit: Visit, _: Fields) -> PageResult {
    let was =
        before(&visit).await?.map_or(Value::Null, |callback| json!(event_view::callback(&callback, None)));
    note(&visit, "callback_delete", "", was, Value::Null).await?;
    let app = visit.app_id();
    blocking(&visit.state, move |store| store.remove_callback(app)).await?;
    visit.state.push.wake();
    visit.go("settings?done=callback#callback")
}
