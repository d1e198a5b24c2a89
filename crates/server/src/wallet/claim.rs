//! `POST /wallet/v1/claim`: a holder claims a code of a card through the merchant's own server, a page with a
//! `cardExt`, or a QR code. WeChat manual: "投放卡券" (distribute cards).

use super::card_ext::{CardExt, Signer};
use crate::api::card::qrcode::ticket::{Ticket, TicketCard};
use crate::auth::apps::AppHandle;
use crate::auth::encrypt_code;
use crate::encoding::hex;
use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::code::{Claim, ClaimOutcome, OUTER_STR_MAX, QrScan, REQUEST_NO_MAX, Via};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{CodeText, OpenId};
use kaquan_core::time::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// `{"openid", "card_id", "outer_str"?, "outer_id"?, "code"?, "fixed_begintimestamp"?, "request_no"?, "card_ext"?}`
/// answers a [`ClaimedCode`]. `{"openid", "ticket"}` with the ticket of a QR code answers a [`ScannedCard`], or
/// [`ScannedCards`] if the ticket has several cards.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let request_no = |params: Params<'_>| -> Result<Option<Arc<str>>> {
        Ok(params.text_up_to("request_no", REQUEST_NO_MAX)?.map(Into::into))
    };
    if let Some(text) = params.text("ticket")? {
        return scanned(&call, &text, params.openid()?, request_no(params)?).await;
    }
    let app = call.app()?;
    let (card_id, openid) = (params.card_id()?, params.openid()?);
    let mut claim = Claim {
        code: params.code_text("code")?,
        outer_str: params.text_up_to("outer_str", OUTER_STR_MAX)?,
        outer_id: params.int("outer_id")?.unwrap_or(0),
        begin: params.int("fixed_begintimestamp")?.filter(|at| *at > 0).map(Timestamp),
        request_no: request_no(params)?,
        ..Claim::of(card_id, openid, Via::Server)
    };
    // An empty `card_ext` is an error: if a page forgets its value, the claim must not count as one of the merchant's
    // own server.
    if let Some(card_ext) = params.0.get("card_ext") {
        let card_ext = CardExt::read(card_ext);
        let signer = Signer { appid: &app.row.appid, key: &app.row.token_key };
        card_ext.lay_over(&mut claim, signer, call.state.clock.now());
    }
    Answer::with(&ClaimedCode::of(app, &call.submit(claim).await?)?)
}

/// A claimed code; the reply of `/wallet/v1/claim` without a ticket.
#[derive(Debug, Serialize)]
pub struct ClaimedCode {
    /// The code.
    pub code: CodeText,
    /// The code encrypted for links.
    pub encrypt_code: String,
}

impl ClaimedCode {
    /// The text of a claimed code and its encrypted form.
    pub fn of(app: &AppHandle, claimed: &ClaimOutcome) -> Result<ClaimedCode> {
        let code = app.claimed_text(claimed)?;
        let encrypt_code = encrypt_code::encrypt(&app.row.token_key, &code)?;
        Ok(ClaimedCode { code, encrypt_code })
    }
}

/// The claim of a single card of a QR code. The reply of `/wallet/v1/claim` with the ticket of one card.
#[derive(Debug, Serialize)]
struct ScannedCard {
    /// The card.
    card_id: String,
    /// The claimed code; missing if the claim was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<CodeText>,
    /// The code encrypted for links.
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypt_code: Option<String>,
    /// Why the claim was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    errcode: Option<i32>,
    /// The text of the errcode.
    #[serde(skip_serializing_if = "Option::is_none")]
    errmsg: Option<&'static str>,
}

impl ScannedCard {
    fn claimed(card: &TicketCard, claimed: ClaimedCode) -> ScannedCard {
        let ClaimedCode { code, encrypt_code } = claimed;
        let (code, encrypt_code) = (Some(code), Some(encrypt_code));
        ScannedCard { card_id: card.card_id.clone(), code, encrypt_code, errcode: None, errmsg: None }
    }

    fn refused(card: &TicketCard, code: ErrCode) -> ScannedCard {
        let (errcode, errmsg) = (Some(code.number()), Some(code.text()));
        ScannedCard { card_id: card.card_id.clone(), code: None, encrypt_code: None, errcode, errmsg }
    }
}

/// The reply of `/wallet/v1/claim` with the ticket of several cards.
#[derive(Debug, Serialize)]
struct ScannedCards {
    /// The claims, in the order of the ticket.
    card_list: Vec<ScannedCard>,
}

async fn scanned(call: &Call, text: &str, openid: OpenId, request_no: Option<Arc<str>>) -> Result<Answer> {
    let app = call.app()?;
    let ticket = Ticket::read(text, &app.row.token_key)
        .ok_or_else(|| Error::field(ErrCode::InvalidArgs, "ticket", "is not a ticket of this app"))?;
    if ticket.expires_at <= call.state.clock.now() {
        return Err(Error::field(ErrCode::InvalidTime, "ticket", "has expired"));
    }
    if request_no.is_some() && ticket.cards.len() > 1 {
        let reason = "names one claim, but the ticket has several cards";
        return Err(Error::field(ErrCode::InvalidArgs, "request_no", reason));
    }
    let name = ticket_name(text);
    let mut list = Vec::new();
    for (place, card) in ticket.cards.iter().enumerate() {
        let claim = claim_of(card, &openid, &format!("{name}#{place}"), ticket.expires_at);
        let claim = Claim { request_no: request_no.clone(), ..claim };
        let claimed = call.submit_part(place, claim).await;
        list.push(match claimed {
            Ok(claimed) => ScannedCard::claimed(card, ClaimedCode::of(app, &claimed)?),
            Err(error) if ticket.cards.len() == 1 || error.code == ErrCode::SystemError => return Err(error),
            Err(error) => ScannedCard::refused(card, error.code),
        });
    }
    match list.as_slice() {
        [only] => Answer::with(only),
        _ => Answer::with(&ScannedCards { card_list: list }),
    }
}

/// The name of the record of a used ticket: the beginning of its digest.
pub(crate) fn ticket_name(text: &str) -> String {
    hex(&Sha256::digest(text)[..16])
}

/// The claim of one card of a QR code. If the ticket has a code, a holder or `is_unique_code` for the card, it can be
/// claimed only once.
pub(crate) fn claim_of(card: &TicketCard, openid: &OpenId, name: &str, until: Timestamp) -> Claim {
    let once = card.is_unique_code || card.code.is_some() || card.openid.is_some();
    let scan =
        QrScan { openid: card.openid.as_deref().map(OpenId::from), once: once.then(|| (name.into(), until)) };
    Claim {
        code: card.code.as_deref().map(Into::into),
        outer_str: card.outer_str.clone(),
        outer_id: card.outer_id,
        ..Claim::of(card.card_id.as_str().into(), openid.clone(), Via::Qr(scan))
    }
}
