//! `POST /kaquan/v1/callback/delete`: stops the deliveries of the app. Deliveries that wait for a retry are
//! dead-lettered.

use crate::http::{Answer, Call};
use crate::state::blocking;
use kaquan_core::error::Result;

/// `{}`; without a callback it changes nothing.
pub async fn handle(call: Call) -> Result<Answer> {
    let id = call.app_id()?;
    blocking(&call.state, move |store| store.remove_callback(id)).await?;
    call.state.push.nudge();
    Ok(Answer::ok())
}
