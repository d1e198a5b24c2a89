//! `POST /card/membercard/activatetempinfo/get`. WeChat manual: "创建会员卡" (member cards), jump activation.

use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::error::{Error, Result};
use kaquan_core::member::temp_info::GetTempInfo;
use serde_json::json;

/// `{"activate_ticket"}` answers `{"info"}`. A `+` that became a space on its way through a URL is put right.
pub async fn handle(call: Call) -> Result<Answer> {
    let ticket =
        call.params().text("activate_ticket")?.ok_or_else(|| Error::missing("m_data.activate_ticket"))?;
    let get = GetTempInfo { ticket: ticket.replace(' ', "+") };
    let info = query(&call.state, call.app_id()?, get).await?;
    Ok(Answer::with(json!({"info": info})))
}
