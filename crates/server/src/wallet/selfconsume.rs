//! `POST /wallet/v1/selfconsume`: a holder consumes a code without a clerk, if the card allows it.

use crate::api::card::code::consume::ConsumeReply;
use crate::http::{Answer, Call};
use kaquan_core::code::SelfConsume;
use kaquan_core::error::Result;

/// `{"openid", "code", "card_id"?, "verify_code"?, "remark_amount"?, "location_id"?, "staff_openid"?}` answers a
/// [`ConsumeReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let op = SelfConsume {
        code: params.code(&call.app()?.cipher)?,
        openid: params.openid()?,
        verify_code: params.text("verify_code")?,
        remark_amount: params.text("remark_amount")?,
        place: params.place()?,
    };
    Answer::with(&ConsumeReply::from(call.submit(op).await?))
}
