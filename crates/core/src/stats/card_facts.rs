//! The facts about cards that statistics need, found by the card's number. Deleted cards are included, because their
//! past events still count.

use super::counts::Scope;
use crate::card::{Card, CardType, Source};
use crate::id::{CardId, CardNo};
use std::collections::HashMap;

/// The part of a card on which counts and reports depend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardFacts {
    /// The card's number within the app.
    pub no: CardNo,
    /// The card's id on the wire.
    pub id: CardId,
    /// The card's type.
    pub card_type: CardType,
    /// Whether the API or the console created the card.
    pub source: Source,
    /// The sub-merchant of the card; 0 if there is none.
    pub sub_merchant_id: i64,
}

impl From<&Card> for CardFacts {
    fn from(card: &Card) -> Self {
        CardFacts {
            no: card.no,
            id: card.id.clone(),
            card_type: card.card_type,
            source: card.source,
            sub_merchant_id: card.terms.sub_merchant_id,
        }
    }
}

impl CardFacts {
    /// The scope that counts this card together with others: the member cards of a source, or all other cards of a
    /// source.
    pub fn account_scope(&self) -> Scope {
        match self.card_type.is_member_card() {
            true => Scope::Members(self.source),
            false => Scope::Coupons(self.source),
        }
    }
}

/// The account-wide scopes, in the order of [`Place::account`].
pub(super) const ACCOUNT_SCOPES: [Scope; 4] = [
    Scope::Coupons(Source::Console),
    Scope::Coupons(Source::Api),
    Scope::Members(Source::Console),
    Scope::Members(Source::Api),
];

/// The largest number of cards in one fold; see [`super::distinct::Group`].
const CARDS_MAX: usize = 1 << 27;

/// The counters for the events of a card.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The index of the card among the facts.
    pub card: u32,
    /// The index of its account-wide scope in [`ACCOUNT_SCOPES`].
    pub account: u8,
    /// Whether it is a member card.
    pub member_card: bool,
}

/// Maps the number of a card to its place. Card numbers are consecutive within an app, so most of the map is an
/// array.
pub(super) struct CardIndex {
    dense: Vec<Option<Place>>,
    sparse: HashMap<i64, Place>,
}

impl CardIndex {
    pub(super) fn new(cards: &[CardFacts]) -> CardIndex {
        let dense_end = cards.len().saturating_mul(4).saturating_add(1024);
        let mut index = CardIndex { dense: Vec::new(), sparse: HashMap::new() };
        for (position, card) in cards.iter().enumerate().take(CARDS_MAX) {
            let scope = card.account_scope();
            let account = ACCOUNT_SCOPES.iter().position(|&known| known == scope).unwrap_or(0);
            let place = Place {
                card: position as u32,
                account: account as u8,
                member_card: card.card_type.is_member_card(),
            };
            match usize::try_from(card.no.0) {
                Ok(slot) if slot < dense_end => {
                    if index.dense.len() <= slot {
                        index.dense.resize(slot + 1, None);
                    }
                    index.dense[slot] = Some(place);
                }
                _ => {
                    index.sparse.insert(card.no.0, place);
                }
            }
        }
        index
    }

    pub(super) fn place(&self, card: CardNo) -> Option<Place> {
        match usize::try_from(card.0).ok().and_then(|slot| self.dense.get(slot)) {
            Some(place) => *place,
            None if self.sparse.is_empty() => None,
            None => self.sparse.get(&card.0).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_found_by_number_however_the_numbers_are_spread() {
        let card = |no: i64, card_type: CardType, source: Source| CardFacts {
            no: CardNo(no),
            id: CardId::from(format!("p{no}")),
            card_type,
            source,
            sub_merchant_id: 0,
        };
        let cards = [
            card(1, CardType::Groupon, Source::Api),
            card(900, CardType::MemberCard, Source::Console),
            card(1 << 40, CardType::MovieTicket, Source::Console),
            card(-7, CardType::MemberCard, Source::Api),
        ];
        let index = CardIndex::new(&cards);
        for (position, card) in cards.iter().enumerate() {
            let place = index.place(card.no).expect("the card is known");
            assert_eq!(place.card as usize, position);
            assert_eq!(ACCOUNT_SCOPES[usize::from(place.account)], card.account_scope());
            assert_eq!(place.member_card, card.card_type.is_member_card());
        }
        for unknown in [0, 2, 901, 1 << 41, -1] {
            assert!(index.place(CardNo(unknown)).is_none(), "{unknown}");
        }
    }
}
