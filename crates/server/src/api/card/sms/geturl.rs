//! `POST /card/sms/geturl`. WeChat manual: "投放卡券" (distribute cards), text messages.

use crate::auth::sms_link;
use crate::http::{Answer, Call};
use kaquan_core::card::{CreateSmsLink, SmsLink};
use kaquan_core::error::Result;
use serde::Serialize;

/// `{"card_id", "code"?, "outer_id"?, "outer_str"?}` answers a [`SmsLinkReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let link = SmsLink {
        card_id: params.card_id()?,
        code: params.code_text("code")?.map(|code| code.as_str().to_owned()),
        outer_id: params.int("outer_id")?.unwrap_or(0),
        outer_str: params.text("outer_str")?,
    };
    let name = sms_link::name(&call.app()?.row.token_key, &link);
    let url = format!("{}/w/s/{name}", call.state.public_url);
    call.submit(CreateSmsLink { name: name.into(), link }).await?;
    Answer::with(&SmsLinkReply { url })
}

/// The reply of `/card/sms/geturl`. WeChat's reply has two members named `url`: a short link, and a link for
/// the WeChat app.
#[derive(Debug, Serialize)]
struct SmsLinkReply {
    /// The short link to the claim page.
    url: String,
}
