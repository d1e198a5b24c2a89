//! `POST /kaquan/v1/code/import`: imports a file of codes chunk by chunk and reports the progress.

use crate::api::card::code::deposit::codes;
use crate::http::{Answer, Call};
use kaquan_core::code::{FILE_MAX, ImportCodes, ImportParts};
use kaquan_core::error::{ErrCode, Error, Result};
use serde::Serialize;

/// `{"card_id", "file", "from"?, "code"?: […], "stock"?}` answers an [`ImportReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let (card_id, from) = (params.card_id()?, params.int("from")?.unwrap_or(0));
    let file = params.text_up_to("file", FILE_MAX)?.ok_or_else(|| Error::missing("file"))?.into();
    let from =
        from.try_into().map_err(|_| Error::field(ErrCode::InvalidArgs, "from", "must not be negative"))?;
    let import = ImportCodes {
        card_id,
        file,
        from,
        chunk_from: from,
        codes: codes(params.value("code"))?,
        rest: Vec::new(),
        stock: params.flag("stock")?.unwrap_or(false),
    };
    let (mut parts, mut number) = (ImportParts::of(import), 0);
    while let Some(part) = parts.next_part() {
        parts.add(match number {
            0 => call.submit(part).await?,
            number => call.submit_part(number, part).await?,
        });
        number += 1;
    }
    let imported = parts.outcome();
    Answer::with(&ImportReply {
        done: imported.done,
        next: imported.next,
        succ_count: imported.succ,
        duplicate: imported.duplicate,
        fail: imported.fail,
    })
}

/// The reply of `/kaquan/v1/code/import`.
#[derive(Debug, Serialize)]
struct ImportReply {
    /// How many codes of the file are imported so far, including this chunk.
    done: u64,
    /// The `from` of the next chunk.
    next: u64,
    /// How many codes of the chunk were new.
    succ_count: u64,
    /// Positions in the chunk, from 0, of codes that the card already has.
    duplicate: Vec<u32>,
    /// Positions in the chunk, from 0, of texts that are too long for a code.
    fail: Vec<u32>,
}
