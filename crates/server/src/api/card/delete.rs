//! `POST /card/delete`. WeChat manual: "管理卡券" (manage cards), delete.

use crate::http::{Answer, Call};
use kaquan_core::card::DeleteCard;
use kaquan_core::error::Result;

/// `{"card_id"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let delete = DeleteCard { card_id: call.params().card_id()? };
    call.submit(delete).await?;
    Ok(Answer::ok())
}
