//! `POST /card/submerchant/get`. WeChat manual: "第三方代制" (cards for sub-merchants).

use super::{SubMerchantReply, merchant_id};
use crate::http::{Answer, Call};
use crate::state::records_at;
use kaquan_core::error::Result;
use kaquan_core::sub_merchant::{SubMerchant, unknown};

/// `{"merchant_id"}` answers a [`SubMerchantReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let merchant_id = merchant_id(call.params(), "m_data.merchant_id")?;
    let key = SubMerchant::key(merchant_id);
    let found = records_at::<SubMerchant>(&call.state, call.app_id()?, vec![key]).await?.pop();
    let merchant = found.ok_or_else(|| unknown(merchant_id))?;
    Answer::with(&SubMerchantReply { info: merchant.shown(merchant_id, call.state.clock.now()) })
}
