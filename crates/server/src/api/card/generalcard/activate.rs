//! `POST /card/generalcard/activate`. WeChat manual: "礼品卡" (gift cards).

use crate::http::{Answer, Call};
use kaquan_core::error::{Error, Result};
use kaquan_core::general_card::ActivateGeneralCard;
use kaquan_core::member::Activate;
use kaquan_core::time::{End, Timestamp};

/// `{"code", "card_id"?, "card_number", …}`. `membership_number` is accepted instead of `card_number`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let code = params.code(&call.app()?.cipher)?;
    let number = match params.text("card_number")? {
        None => params.text("membership_number")?,
        number => number,
    };
    let activate = Activate {
        code,
        membership_number: number.ok_or_else(|| Error::missing("m_data.card_number"))?,
        begin: params.int("activate_begin_time")?.map(Timestamp),
        end: params.int("activate_end_time")?.map(End::from_secs),
        init_bonus: params.int("init_bonus")?,
        init_balance: params.int("init_balance")?,
        init_bonus_record: None,
        custom_field_values: [
            params.text("init_custom_field_value1")?,
            params.text("init_custom_field_value2")?,
            params.text("init_custom_field_value3")?,
        ],
        background_pic_url: params.text("background_pic_url")?,
    };
    call.submit(ActivateGeneralCard(activate)).await?;
    Ok(Answer::ok())
}
