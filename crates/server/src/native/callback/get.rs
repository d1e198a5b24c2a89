//! `POST /kaquan/v1/callback/get`: the address that the app's events are sent to, and the cursor of the deliveries.
//! Secrets are not shown.

use crate::http::{Answer, Call};
use crate::push::show;
use crate::state::blocking;
use kaquan_core::error::Result;
use serde::Serialize;

/// `{}` answers a [`ShownCallback`](show::ShownCallback), or an empty `url` while no callback is set.
pub async fn handle(call: Call) -> Result<Answer> {
    let id = call.app_id()?;
    let found = blocking(&call.state, move |store| {
        Ok::<_, kaquan_store::StoreError>((store.callback(id)?, store.push_cursor(id)?))
    });
    let (callback, cursor) = found.await?;
    match callback {
        Some(callback) => Answer::with(&show::callback(&callback, cursor.as_ref())),
        None => Answer::with(&NoCallback { url: "" }),
    }
}

/// The reply while no callback is set.
#[derive(Debug, Serialize)]
struct NoCallback {
    /// Empty.
    url: &'static str,
}
