//! `POST /card/paygiftcard/delete`. WeChat manual: "支付即会员" (members by payment).

use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::error::{Error, Result};
use kaquan_core::pay_gift::DeletePayGift;

/// `{"rule_id"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let rule_id = rule_id(call.params())?;
    call.submit(DeletePayGift { rule_id }).await?;
    Ok(Answer::ok())
}

/// `rule_id`, as a number or as text.
pub fn rule_id(params: Params<'_>) -> Result<i64> {
    params.int("rule_id")?.ok_or_else(|| Error::missing("m_data.rule_id"))
}
