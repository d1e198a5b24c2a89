//! `POST /wallet/v1/gift`: a holder begins to give a code to a friend.

use crate::http::{Answer, Call};
use kaquan_core::code::gift::Gift;
use kaquan_core::error::Result;

/// `{"openid", "code", "card_id"?, "friend_openid"?, "is_chat_room"?}`; without a friend anyone may accept.
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
