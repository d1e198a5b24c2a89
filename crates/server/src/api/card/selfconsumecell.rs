//! `POST /card/selfconsumecell/set`. WeChat manual: "管理卡券" (manage cards), self-service consume.

use crate::http::{Answer, Call};
use kaquan_core::card::SetSelfConsumeCell;
use kaquan_core::error::Result;

/// `{"card_id", "is_open"?, "need_verify_cod"?, "need_remark_amount"?}`. Missing members are false.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let set = SetSelfConsumeCell {
        card_id: params.card_id()?,
        is_open: params.flag("is_open")?.unwrap_or(false),
        need_verify_cod: params.flag("need_verify_cod")?.unwrap_or(false),
        need_remark_amount: params.flag("need_remark_amount")?.unwrap_or(false),
    };
    call.submit(set).await?;
    Ok(Answer::ok())
}
