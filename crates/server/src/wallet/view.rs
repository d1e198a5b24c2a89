//! `POST /wallet/v1/view`: a holder opens a card's page.

use crate::http::{Answer, Call};
use kaquan_core::code::{OUTER_STR_MAX, View};
use kaquan_core::error::Result;

/// `{"openid", "card_id", "outer_str"?}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let view = View {
        card_id: params.card_id()?,
        openid: params.openid()?,
        outer_str: params.text_up_to("outer_str", OUTER_STR_MAX)?,
    };
    call.submit(view).await?;
    Ok(Answer::ok())
}
