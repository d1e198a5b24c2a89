//! `/console/{appid}/cards`: the cards of an app. Pages list, show, create, change and delete cards, and change their
//! stock.

pub mod activation_form;
pub mod card;
pub mod diff;
pub mod edit;
pub mod form;
pub mod form_input;
mod labels;
pub mod list;
pub mod new;
pub mod stock;

use super::Visit;
use crate::encoding::hex;
use crate::pages::Fault;
use crate::state::{cards, expensive};
use kaquan_core::card::{Card, CardStatus, CardType, Object};
use kaquan_core::id::{CardId, CardNo};
use kaquan_store::{CardFilter, Store};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The largest number of cards in a list to choose from.
const CHOICES_MAX: usize = 200;

/// The newest cards that the filter takes, at most `count`, and only those with numbers below `before`.
pub async fn newest(
    visit: &Visit,
    before: CardNo,
    filter: CardFilter,
    count: usize,
) -> Result<Vec<Card>, Fault> {
    let app = visit.app_id();
    let read = move |store: &dyn Store| store.cards_before(app, before, &filter, count);
    Ok(expensive(&visit.state, app, read).await?)
}

/// Cards to choose from: the newest ones of these types, and the card with the id `named` if it has one of these types.
pub async fn choices(
    visit: &Visit,
    types: &[CardType],
    named: Option<&str>,
) -> Result<(Vec<Card>, Option<Card>), Fault> {
    let filter = CardFilter { statuses: CardStatus::ALL.to_vec(), types: types.to_vec() };
    let mut listed = newest(visit, CardNo(i64::MAX), filter, CHOICES_MAX).await?;
    let named = match named {
        Some(id) => cards(&visit.state, visit.app_id(), vec![id.into()]).await?.pop(),
        None => None,
    };
    let named = named.filter(|card| types.contains(&card.card_type));
    if let Some(card) = named.as_ref().filter(|card| listed.iter().all(|listed| listed.no != card.no)) {
        listed.push(card.clone());
    }
    Ok((listed, named))
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
