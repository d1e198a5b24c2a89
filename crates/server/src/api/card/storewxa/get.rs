//! `POST /card/storewxa/get`. WeChat manual: "门店小程序卡券" (cards of store mini programs).

use crate::api::cgi_bin::poi::poi_id;
use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::error::Result;
use kaquan_core::poi::GetStoreCard;
use serde::Serialize;

/// `{"poi_id"}` answers a [`StoreCardReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let get = GetStoreCard { poi_id: poi_id(call.params())? };
    let card_id = query(&call.state, call.app_id()?, get).await?;
    Answer::with(&StoreCardReply { card_id: card_id.map_or_else(String::new, |id| id.to_string()) })
}

/// The reply of `/card/storewxa/get`.
#[derive(Debug, Serialize)]
struct StoreCardReply {
    /// The card; empty if the store has none.
    card_id: String,
}
