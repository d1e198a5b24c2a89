//! `POST /wallet/v1/gift`: a holder offers a code to a friend. The calls in this folder end a gift.

pub mod accept;
pub mod cancel;
pub mod r#return;

use crate::http::{Answer, Call};
use kaquan_core::code::{Gift, GiftState, ReturnGift};
use kaquan_core::error::Result;

/// `{"openid", "code", "card_id"?, "friend_openid"?, "is_chat_room"?}`. Without a friend, any holder may accept.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let gift = Gift {
        code: params.code(&call.app()?.cipher)?,
        openid: params.openid()?,
        to: params.optional_openid("friend_openid")?,
        is_chat_room: params.flag("is_chat_room")?.unwrap_or(false),
    };
    call.submit(gift).await?;
    Ok(Answer::ok())
}

/// Returns a gift in this state to its giver.
async fn take_back(call: Call, from: GiftState) -> Result<Answer> {
    let params = call.params();
    let code = params.code(&call.app()?.cipher)?;
    call.submit(ReturnGift { code, openid: params.openid()?, from }).await?;
    Ok(Answer::ok())
}
