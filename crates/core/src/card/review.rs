//! Decides about cards that wait for review: `POST /kaquan/v1/review` and the console's page for reviews. In WeChat,
//! its own reviewers did this. Merchants got the decision as `card_pass_check` or `card_not_pass_check`.

use super::{Card, CardStatus, Object};
use crate::app::ReviewPolicy;
use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardId, CardNo};
use crate::text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest reason in bytes.
pub const REASON_MAX: usize = 512;

/// A card as it was last approved. It is kept until a change is approved, so that the reviewer sees the difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PassedCard {
    /// The document.
    pub section: Object,
}

impl Record for PassedCard {
    const KIND: RecordKind = RecordKind::PassedCard;
}

impl PassedCard {
    /// The record key of this card.
    pub fn key(card: CardNo) -> RecordKey {
        RecordKey::numbered::<PassedCard>(card.0)
    }
}

/// Approves or refuses a card that waits for review.
///
/// # Errors
///
/// 40073 unknown card; 40078 the card does not wait for review; 45021 the reason is too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewCard {
    pub card_id: CardId,
    /// `None` approves the card; `Some` refuses it with this reason.
    pub refuse: Option<String>,
}

impl Command for ReviewCard {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        keys.records.extend(ws.loaded_card(&self.card_id).map(|card| PassedCard::key(card.no)));
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let card = ws.existing_card(&self.card_id)?;
        if card.status != CardStatus::NotVerify {
            let reason = format!("{} does not wait for review", card.status.wire());
            return Err(Error::field(ErrCode::InvalidCardStatus, "card_id", reason));
        }
        text::optional_lines("reason", self.refuse.as_deref(), REASON_MAX)?;
        let mut card = card.clone();
        decide(ws, &mut card, self.refuse.clone(), now);
        let passed = PassedCard::key(card.no);
        if self.refuse.is_none() && ws.find_record_of_new::<PassedCard>(&passed, now)?.is_some() {
            ws.records.remove(&passed)?;
        }
        ws.cards.put(card.no, card);
        Ok(())
    }
}

/// Sends a card to review. With `ReviewPolicy::Auto` it is approved at once. `before` is the card before the change.
pub(super) fn enter_review(
    ws: &mut WorkingSet,
    card: &mut Card,
    before: &Card,
    now: Timestamp,
) -> Result<()> {
    if ws.app.review == ReviewPolicy::Manual && before.status.is_open() {
        let passed = PassedCard { section: Object::clone(&before.section) };
        ws.put_record(PassedCard::key(card.no), &passed)?;
    }
    card.status = CardStatus::NotVerify;
    card.refuse_reason.clear();
    if ws.app.review == ReviewPolicy::Auto {
        decide(ws, card, None, now);
    }
    Ok(())
}

fn decide(ws: &mut WorkingSet, card: &mut Card, refuse: Option<String>, now: Timestamp) {
    let (status, kind) = match refuse {
        None => (CardStatus::VerifyOk, EventKind::ReviewPass),
        Some(_) => (CardStatus::VerifyFail, EventKind::ReviewRefuse),
    };
    card.status = status;
    card.refuse_reason = refuse.clone().unwrap_or_default();
    ws.emit(Event { detail: refuse, ..Event::new(kind, now, card.no) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use serde_json::json;

    fn review(card_id: &CardId, refuse: Option<&str>) -> ReviewCard {
        ReviewCard { card_id: card_id.clone(), refuse: refuse.map(Into::into) }
    }

    #[test]
    fn a_card_passes_or_is_refused_once() {
        for (refuse, status, kind) in [
            (None, CardStatus::VerifyOk, EventKind::ReviewPass),
            (Some("blurred"), CardStatus::VerifyFail, EventKind::ReviewRefuse),
        ] {
            let mut world = World::reviewed_by(ReviewPolicy::Manual);
            let card = world.create(groupon(json!({})));
            world.run(review(&card, refuse)).expect("decided");
            assert_eq!(world.card(&card).status, status);
            assert_eq!(world.card(&card).refuse_reason, refuse.unwrap_or_default());
            let event = world.events.last().expect("an event");
            assert_eq!((event.kind, event.detail.as_deref()), (kind, refuse));
            assert_eq!(refusal(world.run(review(&card, None))), Some(ErrCode::InvalidCardStatus));
        }
    }

    #[test]
    fn card_review_errors_follow_the_documented_order() {
        let long = "x".repeat(513);
        let mut world = World::new();
        let passed = world.create(groupon(json!({})));
        world.app.review = ReviewPolicy::Manual;
        let waiting = world.create(groupon(json!({})));
        for (card, expected) in [
            (&CardId::from("pNowhere"), ErrCode::InvalidCardId),
            (&passed, ErrCode::InvalidCardStatus),
            (&waiting, ErrCode::OutOfLengthLimit),
        ] {
            assert_eq!(refusal(world.run(review(card, Some(&long)))), Some(expected));
        }
        assert_eq!(refusal(world.run(review(&waiting, Some(&long[..512])))), None);
    }

    #[test]
    fn the_document_that_passed_is_kept_while_a_change_of_it_waits() {
        let mut world = World::reviewed_by(ReviewPolicy::Manual);
        let card = world.create(groupon(json!({})));
        let key = PassedCard::key(world.card(&card).no);
        let kept = |world: &World| world.records.get(&key).map(|record| record.value::<PassedCard>());
        world.run(review(&card, None)).expect("passed");
        let passed = Object::clone(&world.card(&card).section);
        for notice in ["first", "second"] {
            let patch = object(json!({"groupon": {"base_info": {"notice": notice}}}));
            world.run(crate::card::UpdateCard { card_id: card.clone(), patch }).expect("changed");
            assert_eq!(kept(&world), Some(Ok(PassedCard { section: passed.clone() })));
        }
        world.run(review(&card, Some("blurred"))).expect("refused");
        assert!(kept(&world).is_some(), "the next change is compared with it too");
        let patch = object(json!({"groupon": {"base_info": {"notice": "third"}}}));
        world.run(crate::card::UpdateCard { card_id: card.clone(), patch }).expect("changed");
        world.run(review(&card, None)).expect("passed");
        assert_eq!(kept(&world), None);
    }
}
