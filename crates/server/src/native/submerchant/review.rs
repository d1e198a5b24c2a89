//! `POST /kaquan/v1/submerchant/review`: approves or refuses a sub-merchant that waits for review.

use crate::api::card::submerchant::merchant_id;
use crate::http::{Answer, Call};
use crate::native::review::verdict;
use kaquan_core::error::Result;
use kaquan_core::sub_merchant::ReviewSubMerchant;

/// `{"merchant_id", "pass": true | false, "reason"?}`. Only a refusal can have a reason.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let merchant_id = merchant_id(params, "merchant_id")?;
    call.submit(ReviewSubMerchant { merchant_id, refuse: verdict(params)? }).await?;
    Ok(Answer::ok())
}
