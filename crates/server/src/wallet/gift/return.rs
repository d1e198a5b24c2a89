//! `POST /wallet/v1/gift/return`: a gift that was not accepted in time returns to its giver.

use super::take_back;
use crate::http::{Answer, Call};
use kaquan_core::code::GiftState;
use kaquan_core::error::Result;

/// `{"openid", "code", "card_id"?}` for a code that is GIFT_TIMEOUT.
pub async fn handle(call: Call) -> Result<Answer> {
    take_back(call, GiftState::TimedOut).await
}
