//! `POST /kaquan/v1/callback/delete`: the app's events go nowhere any more. What was to be tried again is parked.

use crate::http::{Answer, Call};
use crate::state::blocking;
use kaquan_core::error::Result;

/// `{}`; done again it changes nothing.
pub async fn handle(call: Call) -> Result<Answer> {
    let id = call.app_id()?;
    blocking(&call.state, move |store| store.remove_callback(id)).await?;
    call.state.push.wake();
    Ok(Answer::ok())
}
