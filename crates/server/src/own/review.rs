//! `POST /kaquan/v1/review`: passes or refuses a card that waits for review.

use crate::http::{Answer, Call};
use kaquan_core::card::review::ReviewCard;
use kaquan_core::error::{ErrCode, Error, Result};

/// `{"card_id", "pass": true | false, "reason"?}`; a refusal may say why.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let card_id = params.card_id()?;
    let pass = params.flag("pass")?.ok_or_else(|| Error::missing("pass"))?;
    let reason = params.text("reason")?;
    let refuse = match (pass, reason) {
        (true, None) => None,
        (true, Some(_)) => {
            return Err(Error::field(ErrCode::InvalidArgs, "reason", "goes with a refusal only"));
        }
        (false, reason) => Some(reason.unwrap_or_default()),
    };
    call.submit(ReviewCard { card_id, refuse }).await?;
    Ok(Answer::ok())
}
