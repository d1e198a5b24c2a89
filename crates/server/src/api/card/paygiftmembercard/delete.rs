//! `POST /card/paygiftmembercard/delete`. WeChat manual: "支付即会员" (members by payment).

use crate::api::card::paygiftcard::{failed, mchid_json, mchids};
use crate::http::{Answer, Call};
use kaquan_core::error::{ErrCode, Result};
use kaquan_core::pay_gift::release::ReleaseMchids;
use serde_json::json;

/// `{"card_id", "mchid_list"}` answers `{"fail_mchid_list", "succ_mchid_list"}`: those that had no rule with
/// this card, and the others.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let card_id = params.card_id()?;
    let (mchids, invalid) = mchids(params)?;
    let without = call.submit(ReleaseMchids { card_id, mchids: mchids.clone() }).await?;
    let freed: Vec<_> = mchids.iter().filter(|mchid| !without.contains(mchid)).map(mchid_json).collect();
    let names = without.iter().map(|mchid| mchid.0.to_string()).chain(invalid);
    let failed: Vec<_> = names.map(|name| failed(&name, ErrCode::InvalidMchid)).collect();
    Ok(Answer::with(json!({"fail_mchid_list": failed, "succ_mchid_list": freed})))
}
