//! The activation form of a member card. The console sets a default form, which asks for the mobile number. The call
//! `membercard/activateuserform/set` replaces it.

use super::named;
use crate::console::Visit;
use crate::pages::{Fault, Fields, PageResult};
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
pub async fn set(visit: &Visit, card_id: &CardId) -> Result<()> {
    let required_form = FormPart { common_field_id_list: vec![MOBILE.to_owned()], ..FormPart::default() };
    let form = MemberForm { required_form, ..MemberForm::default() };
    let audit =
        visit.audit("member_form_set", card_id.as_str(), Value::Null, json!({"required_form": [MOBILE]}));
    visit.submit(SetMemberForm { card_id: card_id.clone(), form }, audit).await
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
pub async fn act(visit: Visit, _: Fields) -> PageResult {
    let card = named(&visit).await?;
    if is_missing(&visit, &card).await.map_err(Fault::from)? {
        set(&visit, &card.id).await?;
    }
    visit.go(&format!("cards/{}?done=form", card.id))
}
