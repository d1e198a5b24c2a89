//! When a card can be claimed, and the code's own window if the link to the card sets the beginning of its term.
//! WeChat manual: "附录：JS-SDK 使用权限签名算法" (signatures of the JS-SDK), fixed_begintimestamp.

use super::Claim;
use crate::card::{BEGIN_BEFORE_MAX_SECS, Card, DateInfo, STAMP_MAX, Window};
use crate::error::{ErrCode, Error, Result};
use crate::time::Timestamp;

impl Claim {
    /// Checks whether the card can be claimed at this time. Returns the code's own window: its term may begin at
    /// another time than the day of the claim, but not long before the claim.
    pub(super) fn check_window(&self, card: &Card, now: Timestamp) -> Result<Option<Window>> {
        if card.terms.date_info.claim_end().is_some_and(|end| end < now) {
            return Err(Error::field(ErrCode::InvalidTime, "card_id", "the card has expired"));
        }
        let (Some(begin), DateInfo::Term { days, end, .. }) = (self.begin, card.terms.date_info) else {
            return Ok(None);
        };
        let window = Window::of_term(begin, days, end);
        let refused = |reason: &str| Err(Error::field(ErrCode::InvalidTime, "fixed_begintimestamp", reason));
        if begin < now.plus(-BEGIN_BEFORE_MAX_SECS) {
            return refused("must be at most a day ago");
        }
        if begin > STAMP_MAX {
            return refused("out of range");
        }
        if window.end.is_before(now) || window.end.is_before(begin) {
            return refused("is after the end of the card");
        }
        Ok(Some(window))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::claim::Via;
    use crate::engine::testing::*;
    use crate::id::CardId;
    use crate::time::DAY_SECS;
    use serde_json::{Value, json};

    fn claim(card_id: &CardId, code: Option<&str>) -> Claim {
        Claim { code: code.map(Into::into), ..Claim::of(card_id.clone(), "o1".into(), Via::Server) }
    }

    fn world_with(base_info: Value) -> (World, CardId) {
        let mut world = World::new();
        let card = world.create(groupon(base_info));
        (world, card)
    }

    #[test]
    fn a_card_can_be_claimed_before_its_window_and_until_its_last_second() {
        let term = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30, "end_timestamp": START.0 + 200});
        for date_info in [range(100, 200), term] {
            for (at, expected) in [(0, None), (200, None), (201, Some(ErrCode::InvalidTime))] {
                let (mut world, card) = world_with(json!({"date_info": date_info.clone()}));
                world.pass(at);
                assert_eq!(refusal(world.run(claim(&card, None))), expected, "{date_info} at {at}");
            }
        }
    }

    #[test]
    fn a_term_may_begin_at_a_second_of_its_own() {
        let end = START.0 + 9 * DAY_SECS;
        let term = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 3, "end_timestamp": end});
        let (world, card) = world_with(json!({"date_info": term}));
        let begins = |secs: i64| Claim { begin: Some(START.plus(secs)), ..claim(&card, None) };
        for (secs, expected) in [
            (0, Ok((START.0, START.0 + 3 * DAY_SECS - 1))),
            (5 * DAY_SECS + 7, Ok((START.0 + 5 * DAY_SECS + 7, START.0 + 8 * DAY_SECS + 6))),
            (8 * DAY_SECS, Ok((START.0 + 8 * DAY_SECS, end))),
            (9 * DAY_SECS + 1, Err(ErrCode::InvalidTime)),
            (-DAY_SECS, Ok((START.0 - DAY_SECS, START.0 + 2 * DAY_SECS - 1))),
            (-DAY_SECS - 1, Err(ErrCode::InvalidTime)),
            (i64::from(u32::MAX), Err(ErrCode::InvalidTime)),
        ] {
            let mut world = world.clone();
            let window = world.run(begins(secs)).map(|claimed| {
                let window = world.codes[&claimed.seq].window(world.card(&card));
                (window.begin.0, window.end.secs())
            });
            assert_eq!(window.map_err(|error| error.code), expected, "{secs}");
        }
    }

    #[test]
    fn a_begin_is_heeded_for_cards_that_count_days_and_no_others() {
        let (mut world, card) = world_with(json!({}));
        let claimed = world.run(Claim { begin: Some(Timestamp(1)), ..claim(&card, None) }).expect("a code");
        assert_eq!(world.codes[&claimed.seq].own_window, None);
    }
}
