//! `/console/{appid}/cards/{card_id}/edit`: changes a card. The page first shows the changes, and whether they send
//! the card back to review. A second confirmation saves them.

use super::diff::{DiffPage, Line};
use super::form::{self, Purpose, parts, refusal_of};
use super::new::{FormPage, Texts};
use super::{document_mark, form_input, named};
use crate::console::Visit;
use crate::http::json_bound;
use crate::pages::card_view::{CardFace, base_text};
use crate::pages::once::{FormObject, NotDone, Submission};
use crate::pages::{Form, PageResult};
use kaquan_core::app::ReviewPolicy;
use kaquan_core::card::{Card, Object, PreviewUpdate, UpdateCard, overlay};
use kaquan_core::error::{ErrCode, Error};
use kaquan_core::operation::Expectation;
use serde_json::{Value, json};

fn form_page(visit: &Visit, card: &Card, section: &Object, refused: Option<&Error>) -> FormPage {
    let t = Texts::of(visit.lang);
    let title = format!("{} · {}", base_text(&card.section, "title"), t.edit);
    let mut frame = visit.frame(title, "cards").with_assets(&["cards.css"], &["cards.js"]);
    let parts = parts(visit.lang, card.card_type, Purpose::Update, section, refused);
    if let Some(error) = refused {
        frame = frame.with_refusal(error);
        frame.refusal = refusal_of(visit.lang, &parts).or(frame.refusal);
    }
    FormPage {
        frame,
        t,
        f: form::Texts::of(visit.lang),
        action: visit.url(&format!("cards/{}/edit", card.id)),
        hidden: Vec::new(),
        seen: document_mark(card),
        parts,
        face: CardFace::of(visit.lang, card),
        save: t.look,
        marks_review: true,
    }
}

/// The form.
pub async fn show(visit: Visit) -> PageResult {
    let card = named(&visit).await?;
    visit.page(&form_page(&visit, &card, &card.section, None))
}

/// Shows the preview, or the form again with the field that would be refused.
pub async fn act(visit: Visit, form: Form) -> PageResult {
    let card = named(&visit).await?;
    let t = Texts::of(visit.lang);
    if form.get("seen") != Some(document_mark(&card).as_str()) {
        return conflict(&visit, &card, &form_input::patch(&card, &form));
    }
    let patch = form_input::patch(&card, &form);
    if patch.is_empty() {
        let mut page = form_page(&visit, &card, &card.section, None);
        page.frame.notice = Some(t.nothing.to_owned());
        return visit.page(&page);
    }
    if let Err(error) = overlay(&card, &patch) {
        let typed = laid_over(&card, &patch);
        return visit.refused(&form_page(&visit, &card, &typed, Some(&error)));
    }
    let update = UpdateCard { card_id: card.id.clone(), patch: patch.clone() };
    let preview = json!(visit.query(PreviewUpdate(update)).await?);
    let mut lines = Line::of_preview(&preview);
    if preview["send_check"] == json!(true) {
        // Fields that send the card back to review come first.
        lines.sort_by_key(|line| !line.review);
    }
    visit.page(&DiffPage::new(&visit, &card, &preview, lines, &patch))
}

/// The card's document with the typed values in it, so that the form shows them again.
fn laid_over(card: &Card, patch: &Object) -> Object {
    let mut section = Object::clone(&card.section);
    let typed = patch.get(card.card_type.key()).and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, value) in typed {
        match (key.as_str(), value) {
            ("base_info", Value::Object(base)) => {
                for (key, value) in base {
                    section["base_info"][key.as_str()] = value;
                }
            }
            (key, value) => drop(section.insert(key.to_owned(), value)),
        }
    }
    section
}

/// Saves the previewed patch.
pub async fn save(visit: Visit, form: Form) -> PageResult {
    let card = named(&visit).await?;
    let patch = form.raw("patch").unwrap_or_default();
    if json_bound::values(patch) > json_bound::VALUES_MAX {
        return Err(Error::field(ErrCode::InvalidArgsSize, "patch", "has too many values").into());
    }
    let patch: Object = serde_json::from_str(patch)
        .map_err(|error| Error::field(ErrCode::DataFormat, "patch", error.to_string()))?;
    let before = before(&card, &patch);
    let audit = visit.audit("card_update", card.id.as_str(), before, patch.clone().into());
    let update = UpdateCard { card_id: card.id.clone(), patch: patch.clone() };
    match visit.submit(update, audit, &form, object(&card)).await {
        Ok(Submission::Done(updated))
            if updated.send_check && visit.row.app.review == ReviewPolicy::Manual =>
        {
            visit.go(&format!("cards/{}?done=review", card.id))
        }
        Ok(Submission::Done(_)) => visit.go(&format!("cards/{}?done=update", card.id)),
        Ok(Submission::Not(why @ NotDone::Before(_), _)) => {
            visit.go(&format!("cards/{}?{}", card.id, why.query()))
        }
        Ok(Submission::Not(NotDone::Moved, _)) => conflict(&visit, &named(&visit).await?, &patch),
        Ok(Submission::Not(why, _)) => {
            let mut page = form_page(&visit, &card, &laid_over(&card, &patch), None);
            page.frame = page.frame.with_warning(Some(why));
            visit.not_done(&page)
        }
        Err(error) => {
            let typed = laid_over(&card, &patch);
            visit.refused(&form_page(&visit, &card, &typed, Some(&error)))
        }
    }
}

/// Identifies the card's document as the object of a form.
fn object(card: &Card) -> FormObject {
    FormObject {
        name: card.id.to_string(),
        mark: document_mark(card),
        expected: Some(Expectation::document(card)),
    }
}

/// The form again, because the card was changed after the form was opened.
fn conflict(visit: &Visit, card: &Card, patch: &Object) -> PageResult {
    let mut page = form_page(visit, card, &laid_over(card, patch), None);
    page.frame.refusal = Some(Texts::of(visit.lang).conflict.to_owned());
    visit.refused(&page)
}

/// The present values of the fields in a patch.
fn before(card: &Card, patch: &Object) -> Value {
    let typed = patch.get(card.card_type.key()).and_then(Value::as_object);
    let mut before = Object::new();
    for (key, value) in typed.into_iter().flatten() {
        let was = card.section.get(key).cloned().unwrap_or_default();
        let was = match (key.as_str(), value.as_object()) {
            ("base_info", Some(named)) => {
                named.keys().map(|key| (key.clone(), was.get(key).cloned().unwrap_or_default())).collect()
            }
            _ => was,
        };
        before.insert(key.clone(), was);
    }
    json!({card.card_type.key(): before})
}
