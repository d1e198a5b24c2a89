//! `POST /kaquan/v1/review`: approves or refuses a card that waits for review.

use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::card::ReviewCard;
use kaquan_core::error::{ErrCode, Error, Result};

/// `{"card_id", "pass": true | false, "reason"?}`. Only a refusal can have a reason.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let card_id = params.card_id()?;
    call.submit(ReviewCard { card_id, refuse: verdict(params)? }).await?;
    Ok(Answer::ok())
}

/// Reads the verdict: `None` for an approval, or the reason of a refusal, which may be empty.
pub fn verdict(params: Params<'_>) -> Result<Option<String>> {
    let pass = params.flag("pass")?.ok_or_else(|| Error::missing("pass"))?;
    match (pass, params.text("reason")?) {
        (true, None) => Ok(None),
        (true, Some(_)) => Err(Error::field(ErrCode::InvalidArgs, "reason", "is for refusals only")),
        (false, reason) => Ok(Some(reason.unwrap_or_default())),
    }
}
