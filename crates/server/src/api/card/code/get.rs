//! `POST /card/code/get`. WeChat manual: "核销卡券" (consume cards), query a code.

use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::code::{DYNAMIC_REMEMBERED_SECS, DYNAMIC_VALID_SECS, GetCode};
use kaquan_core::error::Result;

/// `{"code", "card_id"?, "check_consume"?, "is_expire_dynamic_code"?}` answers a
/// [`ShownCode`](kaquan_core::code::ShownCode). `is_expire_dynamic_code` allows dynamic codes of the last 30 days.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let max_secs = match params.flag("is_expire_dynamic_code")? {
        Some(true) => DYNAMIC_REMEMBERED_SECS,
        _ => DYNAMIC_VALID_SECS,
    };
    let get = GetCode {
        code: params.code_or_dynamic(&call.app()?.cipher, call.state.clock.now(), max_secs)?,
        check_consume: params.flag("check_consume")?.unwrap_or(true),
    };
    Answer::with(&query(&call.state, call.app_id()?, get).await?)
}
