//! `POST /wallet/v1/dynamic_code`: the dynamic code that a holder's phone shows now. WeChat manual: "创建会员卡" (member
//! cards), `use_dynamic_code`.

use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::code::FindDynamic;
use kaquan_core::error::{Error, Result};
use kaquan_core::id::CodeText;
use kaquan_core::time::Timestamp;
use serde::Serialize;

/// `{"code", "card_id"?, "openid"?}` answers a [`DynamicCodeReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let (params, app) = (call.params(), call.app()?);
    let find = FindDynamic { code: params.code(&app.cipher)?, openid: params.optional_openid("openid")? };
    let seq = query(&call.state, call.app_id()?, find).await?;
    let made = app.cipher.dynamic(seq, call.state.clock.now());
    let made = made.ok_or_else(|| Error::internal("no dynamic code could be made"))?;
    Answer::with(&DynamicCodeReply { dynamic_code: made.text, expire_time: made.expires_at })
}

/// The reply of `/wallet/v1/dynamic_code`.
#[derive(Debug, Serialize)]
struct DynamicCodeReply {
    /// The 18 digits.
    dynamic_code: CodeText,
    /// The first second in which they are no longer valid, Unix seconds.
    expire_time: Timestamp,
}
