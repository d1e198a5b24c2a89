//! `POST /card/code/decrypt`. WeChat manual: "核销卡券" (consume cards), decrypt a code.

use crate::auth::encrypt_code;
use crate::http::{Answer, Call};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::CodeText;
use serde::Serialize;

/// `{"encrypt_code"}` answers a [`DecryptReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let encrypted =
        call.params().text("encrypt_code")?.ok_or_else(|| Error::missing("m_data.encrypt_code"))?;
    let code = encrypt_code::decrypt(&call.app()?.row.token_key, &encrypted)
        .ok_or_else(|| Error::field(ErrCode::InvalidEncryptCode, "encrypt_code", "is no code of this app"))?;
    Answer::with(&DecryptReply { code })
}

/// The reply of `/card/code/decrypt`.
#[derive(Debug, Serialize)]
struct DecryptReply {
    /// The code in clear.
    code: CodeText,
}
