//! `POST /card/membercard/userinfo/get`. WeChat manual: "管理会员卡" (manage member cards), query a member.

use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::error::Result;
use kaquan_core::member::GetUserinfo;

/// `{"card_id", "code"}` answers a [`ShownUser`](kaquan_core::member::ShownUser).
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    params.card_id()?;
    let get = GetUserinfo { code: call.till_code()? };
    Answer::with(&query(&call.state, call.app_id()?, get).await?)
}
