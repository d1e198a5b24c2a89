//! `POST /kaquan/v1/callback/get`: the URL that receives the app's events, and the cursor of the deliveries. Secrets
//! are not shown.

use crate::http::{Answer, Call};
use crate::push::event_view;
use crate::state::blocking;
use kaquan_core::error::Result;
use serde::Serialize;

/// `{}` answers a [`CallbackView`](event_view::CallbackView), or an empty `url` while no callback is set.
pub async fn handle(call: Call) -> Result<Answer> {
    let id = call.app_id()?;
    let found = blocking(&call.state, move |store| {
        Ok::<_, kaquan_store::StoreError>((store.callback(id)?, store.push_cursor(id)?))
    });
    let (callback, cursor) = found.await?;
    match callback {
        Some(callback) => Answer::with(&event_view::callback(&callback, cursor.as_ref())),
        None => Answer::with(&NoCallback { url: "" }),
    }
}

/// The reply if no callback is set.
#[derive(Debug, Serialize)]
struct NoCallback {
    /// Always empty.
    url: &'static str,
}
