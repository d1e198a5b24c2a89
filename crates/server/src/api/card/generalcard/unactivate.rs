//! `POST /card/generalcard/unactivate`. WeChat manual: "礼品卡" (gift cards).

use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::general_card::UnactivateGeneralCard;

/// `{"code", "card_id"?}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let code = call.params().code(&call.app()?.cipher)?;
    call.submit(UnactivateGeneralCard { code }).await?;
    Ok(Answer::ok())
}
