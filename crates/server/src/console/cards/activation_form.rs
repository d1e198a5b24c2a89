//! The activation form of a member card. The console sets a default form, which asks for the mobile number. The call
//! `membercard/activateuserform/set` replaces it.

use super::named;
use crate::console::Visit;
use crate::pages::once::{FormObject, NotDone, Submission};
use crate::pages::{Fault, Form, PageResult};
use kaquan_core::card::{Activation, Card};
use kaquan_core::error::{ErrCode, Result};
use kaquan_core::id::CardId;
use kaquan_core::member::{FormPart, MemberForm, SetMemberForm, ShowForm};
use serde_json::{Value, json};

/// The field that the default form asks for.
const MOBILE: &str = "USER_FORM_INFO_FLAG_MOBILE";

/// Sets the default form of a card.
///
/// # Errors
/// The errors of [`SetMemberForm`].
pub async fn set(visit: &Visit, form: &Form, card_id: &CardId) -> Result<Submission<()>> {
    let object = object(card_id);
    let required_form = FormPart { common_field_id_list: vec![MOBILE.to_owned()], ..FormPart::default() };
    let default = MemberForm { required_form, ..MemberForm::default() };
    let audit =
        visit.audit("member_form_set", card_id.as_str(), Value::Null, json!({"required_form": [MOBILE]}));
    visit.submit(SetMemberForm { card_id: card_id.clone(), form: default }, audit, form, object).await
}

fn object(card_id: &CardId) -> FormObject {
    FormObject::named(format!("activation form of {card_id}"))
}

/// Whether the card needs an activation form and has none.
///
/// # Errors
/// -1 if the store cannot be read.
pub async fn is_missing(visit: &Visit, card: &Card) -> Result<bool> {
    if !card.card_type.is_member_card() || !Activation::of(&card.section).has_form() {
        return Ok(false);
    }
    match visit.query(ShowForm::Card(card.id.clone())).await {
        Ok(_) => Ok(false),
        Err(error) if error.code == ErrCode::NotSupported => Ok(true),
        Err(error) => Err(error),
    }
}

/// Sets the default form of the card in the path, if the card has none.
pub async fn act(visit: Visit, form: Form) -> PageResult {
    let card = named(&visit).await?;
    let not_done = match visit.not_to_do(&form, &object(&card.id)).await? {
        None if is_missing(&visit, &card).await.map_err(Fault::from)? => {
            set(&visit, &form, &card.id).await?.not_done()
        }
        None => Some(NotDone::Moved),
        before => before,
    };
    let says = not_done.map_or("done=form".to_owned(), NotDone::query);
    visit.go(&format!("cards/{}?{says}", card.id))
}
