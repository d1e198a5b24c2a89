//! `POST /wallet/v1/get`: what a holder's phone shows of a code, with links that carry the code encrypted.

use super::claim::code_members;
use crate::http::link::with_params;
use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::card::Object;
use kaquan_core::code::claim::ClaimedCode;
use kaquan_core::code::show::ShowCode;
use kaquan_core::error::Result;
use serde_json::Value;

/// `{"openid", "code", "card_id"?}` answers `{"card_id", "code", "encrypt_code", "begin_time", "end_time",
/// "user_card_status", "can_consume", "member"?, "ticket"?, "links"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let app = call.app()?;
    let show = ShowCode { code: params.code(&app.cipher)?, openid: params.openid()? };
    let shown = query(&call.state, call.app_id()?, show).await?;
    let code = code_members(app, &ClaimedCode { seq: shown.seq, custom: shown.custom })?;
    let encrypted = code.get("encrypt_code").and_then(Value::as_str).unwrap_or_default().to_owned();
    let carried = [("encrypt_code", encrypted.as_str()), ("card_id", shown.card_id.as_str())];
    let links = shown.links.iter().map(|(key, url)| (key.clone(), with_params(url, &carried).into()));
    let links: Object = links.collect();
    let mut answer = Object::from_iter([("card_id".to_owned(), Value::from(shown.card_id.as_str()))]);
    answer.extend(code);
    answer.extend(shown.members.as_object().cloned().unwrap_or_default());
    answer.insert("links".to_owned(), links.into());
    Ok(Answer::Ok(answer))
}
