//! `POST /wallet/v1/activate/submit`: submits a holder's answers in the activation form of a member card.

use crate::auth::apps::AppHandle;
use crate::auth::{encrypt_code, secret};
use crate::http::link::with_params;
use crate::http::{Answer, Call};
use kaquan_core::code::{Claim, OUTER_STR_MAX, Via};
use kaquan_core::error::Result;
use kaquan_core::id::{CardId, CodeText, OpenId};
use kaquan_core::member::{MemberInfo, SubmitForm, SubmittedForm, Target};
use serde::Serialize;

/// `{"openid", "code" | "card_id", "outer_str"?, "common_field_list"?, "custom_field_list"?}` answers a
/// [`SubmitFormReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let app = call.app()?;
    let openid = params.openid()?;
    let outer_str = params.text_up_to("outer_str", OUTER_STR_MAX)?;
    let target = match params.value("code") {
        Some(_) => Target::Code(params.code(&app.cipher)?),
        None => {
            Target::Card(Claim { outer_str, ..Claim::of(params.card_id()?, openid.clone(), Via::Server) })
        }
    };
    let answers = MemberInfo::read(call.body())?;
    let ticket = secret::fresh_activate_ticket()?;
    let done = call.submit(SubmitForm { target, openid: openid.clone(), answers, ticket }).await?;
    let code = app.claimed_text(&done.claimed)?;
    let url = onward(app, &done, &code, &openid)?;
    Answer::with(&SubmitFormReply { card_id: done.card_id, code, url })
}

/// The reply of `/wallet/v1/activate/submit`.
#[derive(Debug, Serialize)]
struct SubmitFormReply {
    /// The member card.
    card_id: CardId,
    /// The holder's code.
    code: CodeText,
    /// The merchant's page to which the holder continues, if the merchant activates the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// The merchant's page to which the holder continues, if the merchant activates the card.
pub(crate) fn onward(
    app: &AppHandle,
    done: &SubmittedForm,
    code: &CodeText,
    openid: &OpenId,
) -> Result<Option<String>> {
    let Some(jump) = &done.jump else { return Ok(None) };
    let encrypted = encrypt_code::encrypt(&app.row.token_key, code)?;
    let carried = [
        ("card_id", done.card_id.as_str()),
        ("encrypt_code", &encrypted),
        ("outer_str", done.outer_str.as_deref().unwrap_or_default()),
        ("openid", openid.as_str()),
        ("activate_ticket", &jump.ticket),
    ];
    Ok(Some(with_params(&jump.url, &carried)))
}
