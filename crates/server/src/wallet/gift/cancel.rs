//! `POST /wallet/v1/gift/cancel`: the giver takes a gift back before a friend accepted it.

use super::take_back;
use crate::http::{Answer, Call};
use kaquan_core::code::GiftState;
use kaquan_core::error::Result;

/// `{"openid", "code", "card_id"?}` for a code that is GIFTING.
pub async fn handle(call: Call) -> Result<Answer> {
    take_back(call, GiftState::Gifting).await
}
