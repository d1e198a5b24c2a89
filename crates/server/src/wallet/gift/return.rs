//! `POST /wallet/v1/gift/return`: returns a gift to its giver after it was not accepted in time.

use super::take_back;
use crate::http::{Answer, Call};
use kaquan_core::code::GiftState;
use kaquan_core::error::Result;

/// `{"openid", "code", "card_id"?}` for a code in the state GIFT_TIMEOUT.
pub async fn handle(call: Call) -> Result<Answer> {
    take_back(call, GiftState::TimedOut).await
}
