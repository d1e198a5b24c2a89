//! `POST /kaquan/v1/code/return`: undoes a consume, within the time that the app allows.

use crate::api::card::code::consume::CardName;
use crate::http::{Answer, Call};
use kaquan_core::code::{CodeState, ReturnConsume};
use kaquan_core::error::Result;
use kaquan_core::id::OpenId;
use serde::Serialize;

/// `{"code", "card_id"?, "reason"?}` answers a [`ReturnReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let op = ReturnConsume { code: params.code(&call.app()?.cipher)?, reason: params.text("reason")? };
    let returned = call.submit(op).await?;
    let state = if returned.expired { CodeState::Expire } else { CodeState::Normal };
    Answer::with(&ReturnReply {
        card: CardName { card_id: returned.card_id },
        openid: returned.openid,
        user_card_status: state.wire(),
    })
}

/// The reply of `/kaquan/v1/code/return`.
#[derive(Debug, Serialize)]
struct ReturnReply {
    /// The card of the code.
    card: CardName,
    /// The holder.
    openid: OpenId,
    /// The state of the code now: `NORMAL`, or `EXPIRE` if its validity ended meanwhile.
    user_card_status: &'static str,
}
