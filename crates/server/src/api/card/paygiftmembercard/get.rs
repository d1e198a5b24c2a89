//! `POST /card/paygiftmembercard/get`. WeChat manual: "支付即会员" (members by payment).

use crate::http::{Answer, Call};
use crate::state::records_at;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::pay_gift::{Mchid, MchidRule, mchid_key};
use serde_json::json;

/// `{"mchid"}` answers `{"card_id", "occupy_appid", "is_locked"}` of the rule in force; texts are empty where
/// there is none.
pub async fn handle(call: Call) -> Result<Answer> {
    let mchid = call.params().text("mchid")?.ok_or_else(|| Error::missing("m_data.mchid"))?;
    let mchid = Mchid::parse(&mchid)
        .ok_or_else(|| Error::field(ErrCode::InvalidMchid, "mchid", "must be 1 to 18 digits"))?;
    let now = call.state.clock.now();
    let key = mchid_key(mchid);
    let rule = records_at::<MchidRule>(&call.state, call.app_id()?, vec![key]).await?.pop();
    let rule = rule.filter(|rule| rule.end >= now);
    Ok(Answer::with(match rule {
        Some(rule) => json!({
            "card_id": rule.card_id.as_ref().map_or("", |id| id.as_str()),
            "occupy_appid": call.app()?.row.appid,
            "is_locked": rule.is_locked,
        }),
        None => json!({"card_id": "", "occupy_appid": "", "is_locked": false}),
    }))
}
