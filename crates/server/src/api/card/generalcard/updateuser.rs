//! `POST /card/generalcard/updateuser`. WeChat manual: "礼品卡" (gift cards), update the holder's information.

use crate::api::card::membercard::updateuser::{UpdateMemberReply, member_change};
use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::general_card::UpdateGeneralCard;
use kaquan_core::member::MemberChange;

/// `{"code", "card_id"?, "bonus"?, "balance"?, "can_give_friend"?, …}` answers an [`UpdateMemberReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let code = call.till_code()?;
    let change = MemberChange { membership_number: None, ..member_change(params)? };
    let can_give_friend = params.flag("can_give_friend")?;
    let totals = call.submit(UpdateGeneralCard { code, change, can_give_friend }).await?;
    Answer::with(&UpdateMemberReply::from(totals))
}
