//! `POST /kaquan/v1/claim/get`: what became of a claim, by the merchant's own number of the request.

use crate::http::{Answer, Call};
use crate::state::query;
use crate::wallet::claim::code_members;
use kaquan_core::code::claim::ClaimedCode;
use kaquan_core::code::claim::request::GetClaim;
use kaquan_core::error::{Error, Result};

/// `{"request_no"}` answers `{"card_id", "openid", "user_card_status", "claim_time", "code", "encrypt_code"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let request_no = call.params().text("request_no")?.ok_or_else(|| Error::missing("request_no"))?;
    let found = query(&call.state, call.app_id()?, GetClaim { request_no: request_no.into() }).await?;
    let mut answer = found.members.as_object().cloned().unwrap_or_default();
    answer.extend(code_members(call.app()?, &ClaimedCode { seq: found.seq, custom: found.custom })?);
    Ok(Answer::Ok(answer))
}
