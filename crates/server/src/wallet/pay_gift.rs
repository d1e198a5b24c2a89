//! `POST /wallet/v1/pay_gift`: the till reports a payment, and the payer gets the card of the matching rule.

use crate::http::{Answer, Call};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{CardId, CodeText};
use kaquan_core::pay_gift::{GivePayGift, Mchid};
use serde::Serialize;

/// `{"openid", "mchid", "fee"}` with the sum in fen answers a [`PayGiftReply`]. If no rule matches the payment, the
/// answer has no further members.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let openid = params.openid()?;
    let mchid = params.text("mchid")?.ok_or_else(|| Error::missing("mchid"))?;
    let mchid = Mchid::parse(&mchid)
        .ok_or_else(|| Error::field(ErrCode::InvalidMchid, "mchid", "must be 1 to 18 digits"))?;
    let fee = params.int("fee")?.ok_or_else(|| Error::missing("fee"))?;
    let Some(given) = call.submit(GivePayGift { openid, mchid, fee }).await? else { return Ok(Answer::ok()) };
    Answer::with(&PayGiftReply {
        rule_id: given.rule_id,
        card_id: given.card_id,
        code: call.app()?.claimed_text(&given.claimed)?,
        jump_url: given.jump_url,
    })
}

/// The reply of `/wallet/v1/pay_gift` if a rule gave a card.
#[derive(Debug, Serialize)]
struct PayGiftReply {
    /// The number of the rule.
    rule_id: i64,
    /// The card that the rule gave.
    card_id: CardId,
    /// The payer's code of that card.
    code: CodeText,
    /// The next page of the payer; empty if there is none.
    jump_url: String,
}
