//! `POST /kaquan/v1/callback/get`: where the app's events go, and how far they have come. Secrets are not shown.

use crate::http::{Answer, Call};
use crate::push::show;
use crate::state::blocking;
use kaquan_core::error::Result;
use serde_json::json;

/// `{}` answers `{"url", "mode", "policy", "original_id", "encrypted", "since_event_id", "next_event_id"}`, or `"url":""`
/// where no callback is set.
pub async fn handle(call: Call) -> Result<Answer> {
    let id = call.app_id()?;
    let found = blocking(&call.state, move |store| {
        Ok::<_, kaquan_store::StoreError>((store.callback(id)?, store.push_cursor(id)?))
    });
    let (callback, mark) = found.await?;
    Ok(Answer::with(match callback {
        Some(callback) => show::callback(&callback, mark.as_ref()),
        None => json!({"url": ""}),
    }))
}
