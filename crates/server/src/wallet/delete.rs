//! `POST /wallet/v1/delete`: a holder deletes a code.

use crate::http::{Answer, Call};
use kaquan_core::code::DeleteCode;
use kaquan_core::error::Result;

/// `{"openid", "code", "card_id"?}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let delete = DeleteCode { code: params.code(&call.app()?.cipher)?, openid: params.openid()? };
    call.submit(delete).await?;
    Ok(Answer::ok())
}
