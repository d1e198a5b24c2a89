//! The two forms on a card's page that change its stock and delete the card.

use super::card::{page, stock_mark};
use super::named;
use crate::console::Visit;
use crate::pages::once::{FormObject, Submission};
use crate::pages::{Fields, Form, PageResult};
use kaquan_core::card::{Card, DeleteCard, ModifyStock};
use kaquan_core::error::{ErrCode, Error};
use kaquan_core::operation::Expectation;
use serde_json::{Value, json};

/// Changes the stock by the number `change`; a negative number reduces it.
pub async fn modify(visit: Visit, form: Form) -> PageResult {
    let card = named(&visit).await?;
    let Some(change) = form.int("change") else {
        let error = Error::field(ErrCode::DataFormat, "change", "must be a whole number");
        return refused(&visit, &card, &form, &error).await;
    };
    let op = ModifyStock { card_id: card.id.clone(), increase: change.max(0), reduce: (-change).max(0) };
    let after = json!({"change": change});
    let audit = visit.audit("card_stock", card.id.as_str(), json!({"quantity": card.quantity}), after);
    match visit.submit(op, audit, &form, object(&card)).await {
        Ok(Submission::Done(())) => {
            let seen = stock_mark(&named(&visit).await?);
            visit.go(&format!("cards/{}?done=stock&seen={seen}", card.id))
        }
        Ok(Submission::Not(why, _)) => {
            let mut page = page(&visit, &card, None).await?;
            page.frame = page.frame.with_warning(Some(why));
            page.change = form.typed("change");
            visit.not_done(&page)
        }
        Err(error) => refused(&visit, &card, &form, &error).await,
    }
}

/// Identifies the card's stock as the object of a form.
fn object(card: &Card) -> FormObject {
    FormObject { name: card.id.to_string(), mark: stock_mark(card), expected: Some(Expectation::stock(card)) }
}

async fn refused(visit: &Visit, card: &Card, form: &Fields, error: &Error) -> PageResult {
    let mut page = page(visit, card, Some(error)).await?;
    page.change = form.typed("change");
    visit.refused(&page)
}

/// Deletes the card if the confirmation is checked.
pub async fn delete(visit: Visit, form: Form) -> PageResult {
    let card = named(&visit).await?;
    if !form.ticked("sure") {
        return visit.go(&format!("cards/{}#delete", card.id));
    }
    let audit = visit.audit("card_delete", card.id.as_str(), card.to_json(), Value::Null);
    let object = FormObject::named(card.id.to_string());
    match visit.submit(DeleteCard { card_id: card.id.clone() }, audit, &form, object).await {
        Ok(Submission::Not(why, _)) => visit.go(&format!("cards/{}?{}", card.id, why.query())),
        Ok(Submission::Done(())) => visit.go(&format!("cards/{}?done=delete", card.id)),
        Err(error) => visit.refused(&page(&visit, &card, Some(&error)).await?),
    }
}
