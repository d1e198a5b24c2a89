//! `POST /wallet/v1/pay`: the till reports a payment with a member card, or with a coupon that allows payment at the
//! till.

use crate::http::{Answer, Call};
use kaquan_core::error::{Error, Result};
use kaquan_core::member::Pay;

/// `{"code", "card_id"?, "fee", "original_fee"?, "trans_id"?, "out_trade_no"?, "location_id"?, "staff_openid"?}`.
/// Amounts are in fen; the default of `original_fee` is `fee`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let code = call.till_code()?;
    let fee = params.int("fee")?.ok_or_else(|| Error::missing("fee"))?;
    let original_fee = params.int("original_fee")?.unwrap_or(fee);
    let (trans_id, out_trade_no) = (params.text("trans_id")?, params.text("out_trade_no")?);
    let place = params.place()?;
    call.submit(Pay { code, fee, original_fee, trans_id, out_trade_no, place }).await?;
    Ok(Answer::ok())
}
