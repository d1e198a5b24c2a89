//! `POST /card/update`. WeChat manual: "管理卡券" (manage cards), "管理会员卡" (manage member cards).

use crate::http::{Answer, Call};
use kaquan_core::card::update::UpdateCard;
use kaquan_core::error::Result;
use serde_json::json;

/// `{"card_id", "<type>": {…}}` answers `{"send_check"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let card_id = call.params().card_id()?;
    let update = UpdateCard { card_id, patch: call.body().clone() };
    let updated = call.submit(update).await?;
    Ok(Answer::with(json!({"send_check": updated.send_check})))
}
