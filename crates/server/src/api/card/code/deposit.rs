//! `POST /card/code/deposit`. WeChat manual: "投放卡券" (distribute cards), import codes.

use crate::http::params::list_code;
use crate::http::{Answer, Call};
use kaquan_core::code::DepositCodes;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::CodeText;
use serde::Serialize;
use serde_json::Value;

/// `{"card_id", "code": […]}` answers a [`DepositReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let card_id = params.card_id()?;
    let codes = codes(params.value("code"))?;
    let deposited = call.submit(DepositCodes { card_id, codes }).await?;
    Answer::with(&DepositReply {
        succ_code: deposited.succ,
        duplicate_code: deposited.duplicate,
        fail_code: deposited.fail,
    })
}

/// The reply of `/card/code/deposit`.
#[derive(Debug, Serialize)]
struct DepositReply {
    /// Codes imported by this call.
    succ_code: Vec<CodeText>,
    /// Codes that had been imported before this call.
    duplicate_code: Vec<CodeText>,
    /// Texts that are too long for a code.
    fail_code: Vec<CodeText>,
}

/// The codes of a request; empty if the request has no list.
pub fn codes(value: Option<&Value>) -> Result<Vec<CodeText>> {
    let bad = || Error::field(ErrCode::DataFormat, "code", "must be a list of texts");
    let list = match value {
        None => return Ok(Vec::new()),
        Some(value) => value.as_array().ok_or_else(bad)?,
    };
    list.iter().map(|code| list_code("code", code)).collect()
}
