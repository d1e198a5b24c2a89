//! `POST /kaquan/v1/claim/get`: finds a claim by the number that the merchant gave to its request.

use crate::http::{Answer, Call};
use crate::state::query;
use crate::wallet::claim::ClaimedCode;
use kaquan_core::code::{ClaimOutcome, GetClaim};
use kaquan_core::error::{Error, Result};
use kaquan_core::id::{CardId, CodeText, OpenId};
use kaquan_core::time::Timestamp;
use serde::Serialize;

/// `{"request_no"}` answers a [`FoundClaimReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let request_no = call.params().text("request_no")?.ok_or_else(|| Error::missing("request_no"))?;
    let found = query(&call.state, call.app_id()?, GetClaim { request_no: request_no.into() }).await?;
    let claimed = ClaimedCode::of(call.app()?, &ClaimOutcome { seq: found.seq, custom: found.custom })?;
    Answer::with(&FoundClaimReply {
        card_id: found.card_id,
        openid: found.openid,
        user_card_status: found.state.wire(),
        claim_time: found.claimed_at,
        code: claimed.code,
        encrypt_code: claimed.encrypt_code,
    })
}

/// The reply of `/kaquan/v1/claim/get`.
#[derive(Debug, Serialize)]
struct FoundClaimReply {
    /// The card.
    card_id: CardId,
    /// The holder who made the claim.
    openid: OpenId,
    /// The state of the code now.
    user_card_status: &'static str,
    /// When the code was claimed, in Unix seconds.
    claim_time: Timestamp,
    /// The code.
    code: CodeText,
    /// The code encrypted for links.
    encrypt_code: String,
}
