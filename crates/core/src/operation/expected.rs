//! The state of an object that a caller has seen. If the object has changed since, the request is refused. The check
//! runs in the transaction of the change, so that of two pages with the same state only one can make a change.

use crate::card::{Card, CardStatus, Object};
use crate::code::{CodeRef, CodeStanding};
use crate::engine::{Keys, WorkingSet};
use crate::error::{Error, Result};
use crate::id::CardId;
use crate::time::Timestamp;
use std::sync::Arc;

/// The state that a request is based on.
#[derive(Debug, Clone, PartialEq)]
pub enum Expectation {
    /// A code with its holder, member and payments.
    Code(CodeRef, Box<CodeStanding>),
    /// The total stock of a card, and whether the card is deleted. Claims do not change either.
    Stock {
        card_id: CardId,
        total: i64,
        /// Whether the card was deleted.
        deleted: bool,
    },
    /// The document of a card.
    Document {
        card_id: CardId,
        section: Arc<Object>,
        /// The time of the last update.
        updated_at: Timestamp,
    },
}

impl Expectation {
    /// The stock of this card.
    pub fn stock(card: &Card) -> Expectation {
        let deleted = card.status == CardStatus::Delete;
        Expectation::Stock { card_id: card.id.clone(), total: card.total, deleted }
    }

    /// The document of this card.
    pub fn document(card: &Card) -> Expectation {
        let (section, updated_at) = (card.section.clone(), card.updated_at);
        Expectation::Document { card_id: card.id.clone(), section, updated_at }
    }

    pub(super) fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        match self {
            Expectation::Code(code, _) => CodeStanding::keys(code, ws, keys),
            Expectation::Stock { card_id, .. } | Expectation::Document { card_id, .. } => {
                keys.card_ids.insert(card_id.clone());
            }
        }
    }

    /// # Errors
    ///
    /// [`Error::changed`] if the state is different. A missing object is not checked here: the operation reports it.
    pub(super) fn check(&self, ws: &WorkingSet, now: Timestamp) -> Result<()> {
        let holds = match self {
            Expectation::Code(code, seen) => match code.find(ws) {
                Ok((code, card)) => CodeStanding::of(ws, code, card, now)? == **seen,
                Err(_) => true,
            },
            Expectation::Stock { card_id, total, deleted } => ws
                .card_by_id(card_id)?
                .is_none_or(|card| (card.total, card.status == CardStatus::Delete) == (*total, *deleted)),
            Expectation::Document { card_id, section, updated_at } => ws
                .card_by_id(card_id)?
                .is_none_or(|card| card.updated_at == *updated_at && card.section == *section),
        };
        if holds { Ok(()) } else { Err(Error::changed()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::ModifyStock;
    use crate::engine::testing::*;
    use crate::error::Detail;
    use crate::member::{Activate, Pay};
    use crate::operation::Request;
    use serde_json::json;

    fn standing(world: &World, code: &CodeRef) -> Expectation {
        let seen = world.ask(crate::code::FindStanding(code.clone())).expect("a standing");
        Expectation::Code(code.clone(), Box::new(seen))
    }

    fn changed(result: Result<impl Sized>) -> bool {
        result.is_err_and(|error| error.detail == Detail::Changed)
    }

    #[test]
    fn a_payment_from_a_page_of_before_another_payment_is_refused() {
        let (mut world, code) =
            World::with_code_in(crate::code::CodeState::Normal, member_card(json!({}), json!({})));
        world.run(Activate::of(code.clone(), "no 1")).expect("active");
        let seen = standing(&world, &code);
        let pay = || Request { expected: Some(seen.clone()), ..Request::of(Pay::of(code.clone(), 100, 100)) };
        world.run(pay()).expect("paid");
        let after = world.clone();
        assert!(changed(world.run(pay())), "the same second page");
        assert_eq!(world, after, "nothing has changed");
    }

    #[test]
    fn of_two_requests_in_one_batch_that_saw_one_state_the_second_is_refused() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        let expected = Some(Expectation::stock(world.card(&card)));
        let more = ModifyStock { card_id: card.clone(), increase: 5, reduce: 0 };
        let request = Request { expected, ..Request::of(more) };
        let replies = world.batch(&[request.clone(), request]);
        assert!(replies[0].is_ok() && changed(replies[1].clone()), "{replies:?}");
        assert_eq!(world.card(&card).total, 105);
    }
}
