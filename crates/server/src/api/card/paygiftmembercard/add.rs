//! `POST /card/paygiftmembercard/add`. WeChat manual: "支付即会员" (members by payment).

use crate::api::card::paygiftcard::add::COST_MAX;
use crate::api::card::paygiftcard::{MchidsReply, mchids};
use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::error::{Error, Result};
use kaquan_core::pay_gift::{AddPayGift, PayGiftRule, RuleType};
use kaquan_core::time::Timestamp;
use serde_json::json;

/// `{"card_id", "jump_url"?, "mchid_list", "begin_time", "end_time", "min_cost"?, "max_cost"?, "is_locked"?}`
/// answers a [`MchidsReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let added = call.submit(read(params)?).await?;
    Answer::with(&MchidsReply::of(&added, &call.app()?.row.appid))
}

fn read(params: Params<'_>) -> Result<AddPayGift> {
    let card_id = params.card_id()?;
    let stamp = |key: &str| match params.int(key)? {
        Some(secs) => Ok(Timestamp(secs)),
        None => Err(Error::missing(format!("m_data.{key}"))),
    };
    let (least_cost, max_cost) =
        (params.int("min_cost")?.unwrap_or(0), params.int("max_cost")?.unwrap_or(COST_MAX));
    let gives = json!({
        "card_id": card_id.as_str(), "least_cost": least_cost, "max_cost": max_cost,
        "jump_url": params.text("jump_url")?.unwrap_or_default(),
    });
    let (mchids, invalid) = mchids(params)?;
    let rule = PayGiftRule {
        kind: RuleType::PayMemberCard,
        mchids,
        begin: stamp("begin_time")?,
        end: stamp("end_time")?,
        card_id: Some(card_id),
        least_cost,
        max_cost,
        gives: gives.as_object().cloned().unwrap_or_default(),
        created_at: Timestamp(0),
    };
    Ok(AddPayGift { rule, invalid, is_locked: params.flag("is_locked")?.unwrap_or(true) })
}
