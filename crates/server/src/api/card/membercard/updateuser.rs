//! `POST /card/membercard/updateuser`. WeChat manual: "管理会员卡" (manage member cards).

use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::member::update_user::{MemberChange, UpdateMember};
use serde_json::json;

/// `{"code", "card_id", "bonus"?, "add_bonus"?, …}` answers `{"result_bonus", "result_balance", "openid"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let change = MemberChange {
        bonus: params.int("bonus")?,
        add_bonus: params.int("add_bonus")?,
        balance: params.int("balance")?,
        add_balance: params.int("add_balance")?,
        record_bonus: params.text("record_bonus")?,
        record_balance: params.text("record_balance")?,
        custom_field_values: [
            params.text("custom_field_value1")?,
            params.text("custom_field_value2")?,
            params.text("custom_field_value3")?,
        ],
        membership_number: params.text("membership_number")?,
        background_pic_url: params.text("background_pic_url")?,
    };
    let update = UpdateMember { code: params.code(&call.app()?.cipher)?, change };
    let totals = call.submit(update).await?;
    Ok(Answer::with(json!({
        "result_bonus": totals.bonus,
        "result_balance": totals.balance,
        "openid": totals.openid.as_str(),
    })))
}
