//! `POST /card/membercard/activatetempinfo/get`. WeChat manual: "创建会员卡" (member cards), jump activation.

use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::error::{Error, Result};
use kaquan_core::member::{GetTempInfo, MemberInfo};
use serde::Serialize;

/// `{"activate_ticket"}` answers a [`TempInfoReply`]. If a URL changed a `+` into a space, the `+` is restored.
pub async fn handle(call: Call) -> Result<Answer> {
    let ticket =
        call.params().text("activate_ticket")?.ok_or_else(|| Error::missing("m_data.activate_ticket"))?;
    let get = GetTempInfo { ticket: ticket.replace(' ', "+") };
    let info = query(&call.state, call.app_id()?, get).await?;
    Answer::with(&TempInfoReply { info })
}

/// The reply of `/card/membercard/activatetempinfo/get`.
#[derive(Debug, Serialize)]
struct TempInfoReply {
    /// The holder's answers in the activation form.
    info: MemberInfo,
}
