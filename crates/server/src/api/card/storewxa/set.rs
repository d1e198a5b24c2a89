//! `POST /card/storewxa/set`. WeChat manual: "门店小程序卡券" (cards of store mini programs).

use crate::api::cgi_bin::poi::poi_id;
use crate::http::{Answer, Call};
use kaquan_core::error::{Error, Result};
use kaquan_core::poi::SetStoreCard;

/// `{"poi_id", "card_id"}`. An empty `card_id` removes the card.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let poi_id = poi_id(params)?;
    if params.0.get("card_id").is_none_or(serde_json::Value::is_null) {
        return Err(Error::missing("m_data.card_id"));
    }
    call.submit(SetStoreCard { poi_id, card_id: params.optional_card_id()? }).await?;
    Ok(Answer::ok())
}
