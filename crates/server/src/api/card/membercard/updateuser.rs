//! `POST /card/membercard/updateuser`. WeChat manual: "管理会员卡" (manage member cards).

use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::id::OpenId;
use kaquan_core::member::{MemberChange, MemberTotals, Notify, UpdateMember};
use serde::Serialize;

/// `{"code", "card_id", "bonus"?, "add_bonus"?, …}` answers an [`UpdateMemberReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let change = member_change(params)?;
    let update = UpdateMember { code: call.till_code()?, change };
    Answer::with(&UpdateMemberReply::from(call.submit(update).await?))
}

/// The changes of a request.
pub fn member_change(params: Params<'_>) -> Result<MemberChange> {
    Ok(MemberChange {
        bonus: params.int("bonus")?,
        add_bonus: params.int("add_bonus")?,
        balance: params.int("balance")?,
        add_balance: params.int("add_balance")?,
        record_bonus: params.text("record_bonus")?,
        record_balance: params.text("record_balance")?,
        notify: notify(params)?,
        custom_field_values: [
            params.text("custom_field_value1")?,
            params.text("custom_field_value2")?,
            params.text("custom_field_value3")?,
        ],
        membership_number: params.text("membership_number")?,
        background_pic_url: params.text("background_pic_url")?,
    })
}

/// The reply of `/card/membercard/updateuser` and `/card/generalcard/updateuser`.
#[derive(Debug, Serialize)]
pub struct UpdateMemberReply {
    /// Points after the update.
    result_bonus: i64,
    /// Balance after the update, in fen.
    result_balance: i64,
    /// The holder.
    openid: OpenId,
}

impl From<MemberTotals> for UpdateMemberReply {
    fn from(totals: MemberTotals) -> UpdateMemberReply {
        let MemberTotals { bonus, balance, openid } = totals;
        UpdateMemberReply { result_bonus: bonus, result_balance: balance, openid }
    }
}

/// `notify_optional`, of which every part is optional.
fn notify(params: Params<'_>) -> Result<Notify> {
    const KEY: &str = "notify_optional";
    let Some(flags) = params.optional_object(KEY)?.map(Params) else { return Ok(Notify::default()) };
    Ok(Notify {
        is_notify_bonus: flags.flag("is_notify_bonus")?,
        is_notify_balance: flags.flag("is_notify_balance")?,
        is_notify_custom_field1: flags.flag("is_notify_custom_field1")?,
        is_notify_custom_field2: flags.flag("is_notify_custom_field2")?,
        is_notify_custom_field3: flags.flag("is_notify_custom_field3")?,
    })
}
