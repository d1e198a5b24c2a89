//! `POST /card/code/get`. WeChat manual: "核销卡券" (consume cards), query a code.

use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::code::GetCode;
use kaquan_core::error::Result;

/// `{"code", "card_id"?, "check_consume"?}` answers a [`ShownCode`](kaquan_core::code::ShownCode).
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let get = GetCode {
        code: params.code(&call.app()?.cipher)?,
        check_consume: params.flag("check_consume")?.unwrap_or(true),
    };
    Answer::with(&query(&call.state, call.app_id()?, get).await?)
}
