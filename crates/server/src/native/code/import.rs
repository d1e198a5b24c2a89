//! `POST /kaquan/v1/code/import`: imports a file of codes chunk by chunk, and tells how far it has come.

use crate::api::card::code::deposit::codes;
use crate::http::{Answer, Call};
use kaquan_core::code::import::{FILE_MAX, ImportCodes};
use kaquan_core::error::{ErrCode, Error, Result};
use serde_json::json;

/// `{"card_id", "file", "from"?, "code"?: […], "stock"?}` answers `{"done", "next", "succ_count", "duplicate", "fail"}`, the
/// last two as places within the chunk.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let from = params.int("from")?.unwrap_or(0);
    let import = ImportCodes {
        card_id: params.card_id()?,
        file: params.text_up_to("file", FILE_MAX)?.ok_or_else(|| Error::missing("file"))?.into(),
        from: from
            .try_into()
            .map_err(|_| Error::field(ErrCode::InvalidArgs, "from", "must not be negative"))?,
        codes: codes(params.value("code"))?,
        stock: params.flag("stock")?.unwrap_or(false),
    };
    let imported = call.submit(import).await?;
    Ok(Answer::with(json!({
        "done": imported.done,
        "next": imported.next,
        "succ_count": imported.succ,
        "duplicate": imported.duplicate,
        "fail": imported.fail,
    })))
}
