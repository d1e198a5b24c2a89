//! `POST /card/code/getdepositcount`. WeChat manual: "投放卡券" (distribute cards), import codes.

use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::code::GetDepositCount;
use kaquan_core::error::Result;
use serde::Serialize;

/// `{"card_id"}` answers a [`DepositCountReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let get = GetDepositCount { card_id: call.params().card_id()? };
    let count = query(&call.state, call.app_id()?, get).await?;
    Answer::with(&DepositCountReply { count })
}

/// The reply of `/card/code/getdepositcount`.
#[derive(Debug, Serialize)]
struct DepositCountReply {
    /// The number of all codes ever imported for the card.
    count: i64,
}
