//! `/console/{appid}/cards`: the cards of an app. Pages list, show, create, change and delete cards, and change their
//! stock.

pub mod activation_form;
pub mod card;
pub mod diff;
pub mod edit;
pub mod form;
pub mod form_input;
pub mod list;
pub mod new;
pub mod stock;

use super::Visit;
use crate::encoding::hex;
use crate::pages::Fault;
use crate::state::{cards, expensive};
use kaquan_core::card::{Card, Object};
use kaquan_core::id::CardId;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The cards of the app, newest first.
pub async fn all(visit: &Visit) -> Result<Vec<Card>, Fault> {
    let app = visit.app_id();
    let mut cards = expensive(&visit.state, app, move |store| store.cards(app)).await?;
    cards.reverse();
    Ok(cards)
}

/// A digest of the card's document. A form opened on one version of the document cannot overwrite another version.
pub fn document_mark(card: &Card) -> String {
    let text = Value::from(Object::clone(&card.section)).to_string();
    let digest = Sha256::new().chain_update(card.updated_at.0.to_be_bytes()).chain_update(text).finalize();
    hex(&digest[..8])
}

/// The card in the path.
///
/// # Errors
///
/// 404 if the card does not exist.
pub async fn named(visit: &Visit) -> Result<Card, Fault> {
    let card_id = CardId::from(visit.param("card_id"));
    cards(&visit.state, visit.app_id(), vec![card_id]).await?.pop().ok_or(Fault::NOT_FOUND)
}
