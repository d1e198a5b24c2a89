//! `POST /card/code/unavailable`. WeChat manual: "管理卡券" (manage cards), make unavailable.

use crate::http::{Answer, Call};
use kaquan_core::code::MakeUnavailable;
use kaquan_core::error::Result;

/// `{"code", "card_id"?, "reason"?}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let unavailable =
        MakeUnavailable { code: params.code(&call.app()?.cipher)?, reason: params.text("reason")? };
    call.submit(unavailable).await?;
    Ok(Answer::ok())
}
