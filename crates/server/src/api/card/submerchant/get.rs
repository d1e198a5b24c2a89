//! `POST /card/submerchant/get`. WeChat manual: "第三方代制" (cards for sub-merchants).

use super::merchant_id;
use crate::http::{Answer, Call};
use crate::state::records;
use kaquan_core::error::Result;
use kaquan_core::sub_merchant::{SubMerchant, unknown};
use serde_json::json;

/// `{"merchant_id"}` answers `{"info"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let merchant_id = merchant_id(call.params(), "m_data.merchant_id")?;
    let merchants = records::<SubMerchant>(&call.state, call.app_id()?).await?;
    let found = merchants.iter().find(|(key, _)| *key == SubMerchant::key(merchant_id));
    let (_, merchant) = found.ok_or_else(|| unknown(merchant_id))?;
    Ok(Answer::with(json!({"info": merchant.to_json(merchant_id, call.state.clock.now())})))
}
