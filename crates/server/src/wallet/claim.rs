//! `POST /wallet/v1/claim`: a holder takes a code of a card.

use crate::http::{Answer, Call};
use kaquan_core::code::claim::{Claim, OUTER_STR_MAX};
use kaquan_core::error::Result;
use serde_json::json;

/// `{"openid", "card_id", "outer_str"?, "code"?}` answers `{"code"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let claim = Claim::of(params.card_id()?, params.openid()?);
    let claim = Claim {
        code: params.code_text("code")?,
        outer_str: params.text_up_to("outer_str", OUTER_STR_MAX)?,
        ..claim
    };
    let app = call.app()?;
    let claimed = call.submit(claim).await?;
    Ok(Answer::with(json!({"code": app.claimed_text(&claimed)?.as_str()})))
}
