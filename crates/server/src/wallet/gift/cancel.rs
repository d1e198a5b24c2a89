//! `POST /wallet/v1/gift/cancel`: the giver cancels a gift before a friend accepts it.

use super::take_back;
use crate::http::{Answer, Call};
use kaquan_core::code::GiftState;
use kaquan_core::error::Result;

/// `{"openid", "code", "card_id"?}` for a code in the state GIFTING.
pub async fn handle(call: Call) -> Result<Answer> {
    take_back(call, GiftState::Gifting).await
}
