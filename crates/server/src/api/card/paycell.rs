//! `POST /card/paycell/set`. WeChat manual: "管理卡券" (manage cards), pay at the till.

use crate::http::{Answer, Call};
use kaquan_core::card::SetPayCell;
use kaquan_core::error::Result;

/// `{"card_id", "is_open"?}`; open by default.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let set = SetPayCell { card_id: params.card_id()?, is_open: params.flag("is_open")?.unwrap_or(true) };
    call.submit(set).await?;
    Ok(Answer::ok())
}
