//! `POST /card/modifystock`. WeChat manual: "管理卡券" (manage cards), stock.

use crate::http::{Answer, Call};
use kaquan_core::card::ModifyStock;
use kaquan_core::error::Result;

/// `{"card_id", "increase_stock_value"?, "reduce_stock_value"?}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let modify = ModifyStock {
        card_id: params.card_id()?,
        increase: params.int("increase_stock_value")?.unwrap_or(0),
        reduce: params.int("reduce_stock_value")?.unwrap_or(0),
    };
    call.submit(modify).await?;
    Ok(Answer::ok())
}
