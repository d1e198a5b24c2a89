//! `POST /card/code/mark`. WeChat manual: "朋友的券" (friends' coupons), mark a code.

use crate::http::{Answer, Call};
use kaquan_core::code::MarkCode;
use kaquan_core::error::{Error, Result};

/// `{"code", "card_id", "openid", "is_mark"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let code = params.code(&call.app()?.cipher)?;
    params.card_id()?;
    let openid = params.openid()?;
    let is_mark = params.flag("is_mark")?.ok_or_else(|| Error::missing("m_data.is_mark"))?;
    call.submit(MarkCode { code, openid, is_mark }).await?;
    Ok(Answer::ok())
}
