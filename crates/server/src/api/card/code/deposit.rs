//! `POST /card/code/deposit`. WeChat manual: "投放卡券" (distribute cards), import codes.

use crate::http::params::list_code;
use crate::http::{Answer, Call};
use kaquan_core::code::deposit::DepositCodes;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::CodeText;
use serde_json::{Value, json};

/// `{"card_id", "code": […]}` answers `{"succ_code", "duplicate_code", "fail_code"}`, each a list of codes.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let card_id = params.card_id()?;
    let codes = codes(params.value("code"))?;
    let deposited = call.submit(DepositCodes { card_id, codes }).await?;
    Ok(Answer::with(json!({
        "succ_code": texts(&deposited.succ),
        "duplicate_code": texts(&deposited.duplicate),
        "fail_code": texts(&deposited.fail),
    })))
}

/// Codes as replies have them.
pub fn texts(codes: &[CodeText]) -> Value {
    codes.iter().map(|code| Value::from(code.as_str())).collect()
}

/// A list of codes in a request; none if there is none.
pub fn codes(value: Option<&Value>) -> Result<Vec<CodeText>> {
    let bad = || Error::field(ErrCode::DataFormat, "code", "must be a list of texts");
    let list = match value {
        None => return Ok(Vec::new()),
        Some(value) => value.as_array().ok_or_else(bad)?,
    };
    list.iter().map(|code| list_code("code", code)).collect()
}
