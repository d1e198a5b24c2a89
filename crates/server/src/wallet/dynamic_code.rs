//! `POST /wallet/v1/dynamic_code`: issues the dynamic code that a holder's phone shows. WeChat manual: "创建会员卡" (member
//! cards), `use_dynamic_code`.

use crate::http::{Answer, Call};
use crate::secret;
use kaquan_core::code::{DYNAMIC_DRAWS, IssueDynamic, dynamic_text};
use kaquan_core::error::Result;
use kaquan_core::id::CodeText;
use kaquan_core::time::Timestamp;
use serde::Serialize;

/// `{"code", "card_id"?, "openid"?}` answers a [`DynamicCodeReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let (params, cipher) = (call.params(), &call.app()?.cipher);
    let (code, openid) = (params.code(cipher)?, params.optional_openid("openid")?);
    let made = call.submit(IssueDynamic { code, openid, draws: draws()? }).await?;
    Answer::with(&DynamicCodeReply { dynamic_code: made.text, expire_time: made.expires_at })
}

/// Random texts for a dynamic code.
///
/// # Errors
///
/// -1 if the system returns no random bytes.
pub fn draws() -> Result<[CodeText; DYNAMIC_DRAWS]> {
    let bytes = secret::random::<{ 8 * DYNAMIC_DRAWS }>()?;
    Ok(std::array::from_fn(|draw| {
        let number = bytes[8 * draw..].iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
        dynamic_text(number)
    }))
}

/// The reply of `/wallet/v1/dynamic_code`.
#[derive(Debug, Serialize)]
struct DynamicCodeReply {
    /// The 18 digits.
    dynamic_code: CodeText,
    /// The first second in which the code is no longer valid, in Unix seconds.
    expire_time: Timestamp,
}
