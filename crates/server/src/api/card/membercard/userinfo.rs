//! `POST /card/membercard/userinfo/get`. WeChat manual: "管理会员卡" (manage member cards), query a member.

use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::error::Result;
use kaquan_core::member::GetUserinfo;

/// `{"card_id", "code"}`, or a dynamic code alone, answers a [`ShownUser`](kaquan_core::member::ShownUser).
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    // A dynamic code leads to its card by itself.
    let is_dynamic = params.code_text("code")?.is_some_and(|code| code.has_dynamic_form());
    if !is_dynamic {
        params.card_id()?;
    }
    let get = GetUserinfo { code: call.till_code()? };
    Answer::with(&query(&call.state, call.app_id()?, get).await?)
}
