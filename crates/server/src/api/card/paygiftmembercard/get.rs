//! `POST /card/paygiftmembercard/get`. WeChat manual: "支付即会员" (members by payment).

use crate::http::{Answer, Call};
use crate::state::records_at;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::CardId;
use kaquan_core::pay_gift::{Mchid, MchidRule, mchid_key};
use serde::Serialize;

/// `{"mchid"}` answers a [`PayGiftMemberReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let mchid = call.params().text("mchid")?.ok_or_else(|| Error::missing("m_data.mchid"))?;
    let mchid = Mchid::parse(&mchid)
        .ok_or_else(|| Error::field(ErrCode::InvalidMchid, "mchid", "must be 1 to 18 digits"))?;
    let now = call.state.clock.now();
    let key = mchid_key(mchid);
    let rule = records_at::<MchidRule>(&call.state, call.app_id()?, vec![key]).await?.pop();
    let rule = rule.filter(|rule| rule.end >= now);
    Answer::with(&match rule {
        Some(rule) => PayGiftMemberReply {
            card_id: rule.card_id.as_ref().map(CardId::to_string).unwrap_or_default(),
            occupy_appid: call.app()?.row.appid.clone(),
            is_locked: rule.is_locked,
        },
        None => PayGiftMemberReply::default(),
    })
}

/// The reply of `/card/paygiftmembercard/get`; empty if no rule applies.
#[derive(Debug, Default, Serialize)]
struct PayGiftMemberReply {
    /// The card that the rule gives.
    card_id: String,
    /// The appid of the app with this rule.
    occupy_appid: String,
    /// Whether other apps cannot create a rule for the pay merchant.
    is_locked: bool,
}
