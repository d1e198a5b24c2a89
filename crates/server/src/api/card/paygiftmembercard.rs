//! `/card/paygiftmembercard`: the older form of pay gift rules, which still works. It reads and writes the same rules.
//! WeChat manual: "支付即会员" (members by payment).

use super::paygiftcard::add::{COST_MAX, fail_list};
use super::paygiftcard::{failed, mchid_json, mchids};
use crate::http::params::Params;
use crate::http::{Answer, Call};
use crate::state::records;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::pay_gift::add::AddPayGift;
use kaquan_core::pay_gift::release::ReleaseMchids;
use kaquan_core::pay_gift::{Mchid, MchidRule, PayGiftRule, RuleType, mchid_key};
use kaquan_core::time::Timestamp;
use serde_json::json;

/// `POST …/add {"card_id", "jump_url"?, "mchid_list", "begin_time", "end_time", "min_cost"?, "max_cost"?, "is_locked"?}`
/// answers `{"fail_mchid_list", "succ_mchid_list"}`.
pub async fn add(call: Call) -> Result<Answer> {
    let params = call.params();
    let added = call.submit(read(params)?).await?;
    let mut answer = json!({"fail_mchid_list": fail_list(&added, &call.app()?.row.appid)});
    answer["succ_mchid_list"] = added.succ.iter().map(mchid_json).collect();
    Ok(Answer::with(answer))
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

/// `POST …/delete {"card_id", "mchid_list"}` answers `{"fail_mchid_list", "succ_mchid_list"}`: those that had no rule with
/// this card, and the others.
pub async fn delete(call: Call) -> Result<Answer> {
    let params = call.params();
    let card_id = params.card_id()?;
    let (mchids, invalid) = mchids(params)?;
    let without = call.submit(ReleaseMchids { card_id, mchids: mchids.clone() }).await?;
    let freed: Vec<_> = mchids.iter().filter(|mchid| !without.contains(mchid)).map(mchid_json).collect();
    let names = without.iter().map(|mchid| mchid.0.to_string()).chain(invalid);
    let failed: Vec<_> = names.map(|name| failed(&name, ErrCode::InvalidMchid)).collect();
    Ok(Answer::with(json!({"fail_mchid_list": failed, "succ_mchid_list": freed})))
}

/// `POST …/get {"mchid"}` answers `{"card_id", "occupy_appid", "is_locked"}` of the rule in force; texts are empty where
/// there is none.
pub async fn get(call: Call) -> Result<Answer> {
    let mchid = call.params().text("mchid")?.ok_or_else(|| Error::missing("m_data.mchid"))?;
    let mchid = Mchid::parse(&mchid)
        .ok_or_else(|| Error::field(ErrCode::InvalidMchid, "mchid", "must be 1 to 18 digits"))?;
    let now = call.state.clock.now();
    let rules = records::<MchidRule>(&call.state, call.app_id()?).await?;
    let rule = rules.into_iter().find(|(key, rule)| *key == mchid_key(mchid) && rule.end >= now);
    Ok(Answer::with(match rule {
        Some((_, rule)) => json!({
            "card_id": rule.card_id.as_ref().map_or("", |id| id.as_str()),
            "occupy_appid": call.app()?.row.appid,
            "is_locked": rule.is_locked,
        }),
        None => json!({"card_id": "", "occupy_appid": "", "is_locked": false}),
    }))
}
