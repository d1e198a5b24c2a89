//! What a merchant does with a code on its page: makes it unavailable, undoes its consume, adjusts its member, or has an
//! event of it pushed again.

use super::code::{named, page};
use crate::console::Visit;
use crate::console::events::push_again;
use crate::pages::code_view::CodeSheet;
use crate::pages::{Fields, PageResult, format, reply};
use kaquan_core::code::consume_return::ReturnConsume;
use kaquan_core::code::unavailable::MakeUnavailable;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::EventSeq;
use kaquan_core::member::update_user::{MemberChange, UpdateMember};
use serde_json::json;

/// Does what the button says.
pub async fn act(visit: Visit, form: Fields) -> PageResult {
    let sheet = named(&visit).await?;
    let outcome = match form.get("act").unwrap_or_default() {
        "unavailable" if form.ticked("sure") => make_unavailable(&visit, &sheet, &form).await,
        "return" => take_back(&visit, &sheet).await,
        "adjust" => adjust(&visit, &sheet, &form).await,
        "resend" => resend(&visit, &form).await,
        _ => Ok(()),
    };
    match outcome {
        Ok(()) => {
            let url = super::find::url(&visit, &sheet);
            let joint = if url.contains('?') { '&' } else { '?' };
            Ok(reply::redirect(&format!("{url}{joint}done=1")))
        }
        Err(error) => visit.refused(&page(&visit, &sheet, Some(&error)).await?),
    }
}

async fn make_unavailable(visit: &Visit, sheet: &CodeSheet, form: &Fields) -> Result<()> {
    let reason = form.get("reason").map(str::to_owned);
    let after = json!({"card_id": sheet.card.id.as_str(), "reason": reason});
    let audit = visit.audit("code_unavailable", sheet.text.as_str(), json!(sheet.state.wire()), after);
    visit.submit(MakeUnavailable { code: sheet.code_ref(), reason }, audit).await
}

async fn take_back(visit: &Visit, sheet: &CodeSheet) -> Result<()> {
    let after = json!({"card_id": sheet.card.id.as_str()});
    let audit = visit.audit("code_return", sheet.text.as_str(), json!(sheet.state.wire()), after);
    visit.submit(ReturnConsume { code: sheet.code_ref(), reason: None }, audit).await.map(drop)
}

async fn adjust(visit: &Visit, sheet: &CodeSheet, form: &Fields) -> Result<()> {
    let wrong = |field: &str| Error::field(ErrCode::DataFormat, field, "must be a number");
    let add_bonus = match form.get("add_bonus") {
        None => None,
        Some(text) => Some(text.parse::<i64>().map_err(|_| wrong("add_bonus"))?),
    };
    let add_balance = match form.get("add_balance") {
        None => None,
        Some(text) => Some(signed_fen(text).ok_or_else(|| wrong("add_balance"))?),
    };
    let why = form.get("why").ok_or_else(|| Error::missing("why"))?.to_owned();
    if add_bonus.is_none() && add_balance.is_none() {
        return Err(Error::missing("add_bonus"));
    }
    let change = MemberChange {
        add_bonus,
        add_balance,
        record_bonus: add_bonus.map(|_| why.clone()),
        record_balance: add_balance.map(|_| why.clone()),
        ..MemberChange::default()
    };
    let before =
        sheet.member.as_ref().map(|member| json!({"bonus": member.bonus, "balance": member.balance}));
    let after = json!({"add_bonus": add_bonus, "add_balance": add_balance, "why": why});
    let audit = visit.audit("member_adjust", sheet.text.as_str(), before.into(), after);
    visit.submit_once(UpdateMember { code: sheet.code_ref(), change }, audit, form).await.map(drop)
}

/// Yuan with a sign, in fen.
fn signed_fen(text: &str) -> Option<i64> {
    match text.trim().strip_prefix(['-', '−']) {
        Some(rest) => format::fen(rest).map(|fen| -fen),
        None => format::fen(text.trim().trim_start_matches('+')),
    }
}

async fn resend(visit: &Visit, form: &Fields) -> Result<()> {
    let event = form.int("event").ok_or_else(|| Error::missing("event"))?;
    push_again(visit, EventSeq(event)).await
}
