//! `POST /kaquan/v1/callback/delete`: stops the deliveries of the app. Deliveries that wait for a retry are
//! dead-lettered.

use crate::http::{Answer, Call};
use crate::state::blocking;
use kaquan_core::error::Result;

/// `{}`. Without a callback, nothing changes.
pub async fn handle(call: Call) -> Result<Answer> {
    let id = call.app_id()?;
    blocking(&call.state, move |store| store.remove_callback(id)).await?;
    call.state.push.wake();
    Ok(Answer::ok())
}
