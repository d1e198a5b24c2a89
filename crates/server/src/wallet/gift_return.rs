//! `POST /wallet/v1/gift/cancel` and `POST /wallet/v1/gift/return`: a gift comes back to its holder, before a friend
//! accepted it or after the time for that was over.

use crate::http::{Answer, Call};
use kaquan_core::code::gift_return::{GiftState, ReturnGift};
use kaquan_core::error::Result;

/// `{"openid", "code", "card_id"?}` for a code that is GIFTING.
pub async fn cancel(call: Call) -> Result<Answer> {
    take_back(call, GiftState::Gifting).await
}

/// `{"openid", "code", "card_id"?}` for a code that is GIFT_TIMEOUT.
pub async fn timed_out(call: Call) -> Result<Answer> {
    take_back(call, GiftState::TimedOut).await
}

async fn take_back(call: Call, from: GiftState) -> Result<Answer> {
    let params = call.params();
    let code = params.code(&call.app()?.cipher)?;
    call.submit(ReturnGift { code, openid: params.openid()?, from }).await?;
    Ok(Answer::ok())
}
