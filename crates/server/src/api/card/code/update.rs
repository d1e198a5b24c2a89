//! `POST /card/code/update`. WeChat manual: "管理卡券" (manage cards), change code.

use crate::http::{Answer, Call};
use kaquan_core::code::UpdateCode;
use kaquan_core::error::{Error, Result};

/// `{"code", "card_id", "new_code"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let code = params.code(&call.app()?.cipher)?;
    let new_code = params.code_text("new_code")?.ok_or_else(|| Error::missing("new_code"))?;
    call.submit(UpdateCode { code, new_code }).await?;
    Ok(Answer::ok())
}
