//! `POST /wallet/v1/pay_gift`: the till reports a payment, and the payer is given the card of the rule for it.

use crate::http::{Answer, Call};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::pay_gift::Mchid;
use kaquan_core::pay_gift::give::GivePayGift;
use serde_json::json;

/// `{"openid", "mchid", "fee"}` with the amount in fen answers `{"rule_id", "card_id", "code", "jump_url"}`, or nothing
/// where no rule is in force for the payment.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let openid = params.openid()?;
    let mchid = params.text("mchid")?.ok_or_else(|| Error::missing("mchid"))?;
    let mchid = Mchid::parse(&mchid)
        .ok_or_else(|| Error::field(ErrCode::InvalidMchid, "mchid", "must be 1 to 18 digits"))?;
    let fee = params.int("fee")?.ok_or_else(|| Error::missing("fee"))?;
    let Some(given) = call.submit(GivePayGift { openid, mchid, fee }).await? else { return Ok(Answer::ok()) };
    Ok(Answer::with(json!({
        "rule_id": given.rule_id,
        "card_id": given.card_id.as_str(),
        "code": call.app()?.claimed_text(&given.claimed)?.as_str(),
        "jump_url": given.jump_url,
    })))
}
