//! `POST /card/membercard/activate`. WeChat manual: "创建会员卡" (member cards), activation by API.

pub mod geturl;

use crate::http::{Answer, Call};
use kaquan_core::error::{Error, Result};
use kaquan_core::member::Activate;
use kaquan_core::time::{End, Timestamp};

/// `{"code", "card_id"?, "membership_number", …}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let activate = Activate {
        code: params.code(&call.app()?.cipher)?,
        membership_number: params
            .text("membership_number")?
            .ok_or_else(|| Error::missing("m_data.membership_number"))?,
        begin: params.int("activate_begin_time")?.map(Timestamp),
        end: params.int("activate_end_time")?.map(End::from_secs),
        init_bonus: params.int("init_bonus")?,
        init_balance: params.int("init_balance")?,
        init_bonus_record: params.text("init_bonus_record")?,
        custom_field_values: [
            params.text("init_custom_field_value1")?,
            params.text("init_custom_field_value2")?,
            params.text("init_custom_field_value3")?,
        ],
        background_pic_url: params.text("background_pic_url")?,
    };
    call.submit(activate).await?;
    Ok(Answer::ok())
}
