//! The forms on a code's page: make the code unavailable, undo its consume, adjust its member, or push an event
//! again.

use super::code::{self, named, page};
use crate::console::Visit;
use crate::console::events::push_again;
use crate::http::link::with_params;
use crate::pages::code_view::CodeSheet;
use crate::pages::once::Submission;
use crate::pages::{Form, PageResult, format, reply};
use kaquan_core::code::{MakeUnavailable, ReturnConsume};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::general_card::UpdateGeneralCard;
use kaquan_core::id::EventSeq;
use kaquan_core::member::{MemberChange, UpdateMember};
use kaquan_core::operation::{Audit, Typed};
use serde_json::json;

/// Runs the action of the pressed button.
pub async fn act(visit: Visit, form: Form) -> PageResult {
    let sheet = named(&visit).await?;
    let outcome = match form.get("act").unwrap_or_default() {
        "unavailable" if form.ticked("sure") => make_unavailable(&visit, &sheet, &form).await,
        "return" => take_back(&visit, &sheet, &form).await,
        "adjust" => adjust(&visit, &sheet, &form).await,
        "resend" => resend(&visit, &form).await,
        _ => Ok(Submission::Done(())),
    };
    match outcome {
        Ok(Submission::Done(())) => {
            let url = super::search::url(&visit, &sheet);
            let seen = named(&visit).await?.mark();
            Ok(reply::redirect(&with_params(&url, &[("done", "1"), ("seen", &seen)])))
        }
        Ok(Submission::Not(why, _)) => {
            let mut page = page(&visit, &sheet, None).await?;
            page.frame = page.frame.with_warning(Some(why));
            page.typed = code::TypedFields::of(&form);
            visit.not_done(&page)
        }
        Err(error) => {
            let mut page = page(&visit, &sheet, Some(&error)).await?;
            page.typed = code::TypedFields::of(&form);
            visit.refused(&page)
        }
    }
}

type Outcome = Result<Submission<()>>;

async fn submit<O: Typed>(visit: &Visit, sheet: &CodeSheet, form: &Form, op: O, audit: Audit) -> Outcome {
    let done = visit.submit(op, audit, form, sheet.object()).await?;
    Ok(done.not_done().map_or(Submission::Done(()), |why| Submission::Not(why, None)))
}

async fn make_unavailable(visit: &Visit, sheet: &CodeSheet, form: &Form) -> Outcome {
    let reason = form.get("reason").map(str::to_owned);
    let after = json!({"card_id": sheet.card.id.as_str(), "reason": reason});
    let audit = visit.audit("code_unavailable", sheet.text.as_str(), json!(sheet.state.wire()), after);
    let op = MakeUnavailable { code: sheet.code_ref(), reason };
    submit(visit, sheet, form, op, audit).await
}

async fn take_back(visit: &Visit, sheet: &CodeSheet, form: &Form) -> Outcome {
    let after = json!({"card_id": sheet.card.id.as_str()});
    let audit = visit.audit("code_return", sheet.text.as_str(), json!(sheet.state.wire()), after);
    submit(visit, sheet, form, ReturnConsume { code: sheet.code_ref(), reason: None }, audit).await
}

async fn adjust(visit: &Visit, sheet: &CodeSheet, form: &Form) -> Outcome {
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
    let code = sheet.code_ref();
    match sheet.card.terms.general {
        None => submit(visit, sheet, form, UpdateMember { code, change }, audit).await,
        Some(_) => {
            let op = UpdateGeneralCard { code, change, can_give_friend: None };
            submit(visit, sheet, form, op, audit).await
        }
    }
}

/// Parses an amount in yuan, with an optional sign. Returns fen.
fn signed_fen(text: &str) -> Option<i64> {
    match text.trim().strip_prefix(['-', '−']) {
        Some(rest) => format::fen(rest).map(|fen| -fen),
        None => format::fen(text.trim().trim_start_matches('+')),
    }
}

async fn resend(visit: &Visit, form: &Form) -> Outcome {
    let event = form.int("event").ok_or_else(|| Error::missing("event"))?;
    let why = push_again(visit, form, EventSeq(event)).await?;
    Ok(why.map_or(Submission::Done(()), |why| Submission::Not(why, None)))
}
