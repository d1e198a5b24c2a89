//! The test users of an app. They may claim cards that are not approved: `POST /card/testwhitelist/set`. WeChat
//! manual: "投放卡券" (distribute cards), test white list.

use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::OpenId;
use crate::text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The largest number of test users of an app.
pub const WHITE_LIST_MAX: usize = 10;

/// The stored test users.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WhiteList {
    pub openids: Vec<String>,
    /// The names by which the merchant knows the users.
    pub usernames: Vec<String>,
}

impl Record for WhiteList {
    const KIND: RecordKind = RecordKind::WhiteList;
}

impl WhiteList {
    /// The record key of the list. An operation that may close a card must read this record too: a claim in the same
    /// batch declares it only for a card that is already closed.
    pub fn key() -> RecordKey {
        RecordKey::numbered::<WhiteList>(0)
    }

    /// Whether this holder is a test user.
    ///
    /// # Errors
    ///
    /// -1 if the list was not loaded.
    pub(crate) fn has(ws: &WorkingSet, openid: &OpenId, now: Timestamp) -> Result<bool> {
        let list = ws.find_record::<WhiteList>(&WhiteList::key(), now)?.unwrap_or_default();
        Ok(list.openids.iter().chain(&list.usernames).any(|user| user == openid.as_str()))
    }
}

/// Replaces all test users of the app.
///
/// # Errors
///
/// In this order: 45019 more than ten; 40003 for a text that cannot be an openid or the name of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetWhiteList {
    /// The new list.
    pub list: WhiteList,
}

impl Command for SetWhiteList {
    type Reply = ();

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(WhiteList::key());
    }

    fn apply(&self, ws: &mut WorkingSet, _: Timestamp) -> Result<()> {
        let users = self.list.openids.len() + self.list.usernames.len();
        if users > WHITE_LIST_MAX {
            let reason = format!("{users} users, at most {WHITE_LIST_MAX}");
            return Err(Error::field(ErrCode::TooManyOpenids, "openid", reason));
        }
        for (field, users) in [("openid", &self.list.openids), ("username", &self.list.usernames)] {
            users.iter().try_for_each(|user| text::openid(field, &user.as_str().into()))?;
        }
        ws.put_record(WhiteList::key(), &self.list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ReviewPolicy;
    use crate::card::{DeleteCard, ReviewCard, UpdateCard};
    use crate::code::claim::{Claim, Via};
    use crate::engine::testing::*;
    use crate::operation::Operation;
    use serde_json::json;

    fn set(openids: &[&str], usernames: &[&str]) -> SetWhiteList {
        let owned = |users: &[&str]| users.iter().map(|user| (*user).to_owned()).collect();
        SetWhiteList { list: WhiteList { openids: owned(openids), usernames: owned(usernames) } }
    }

    fn claim(world: &mut World, card: &crate::id::CardId, openid: &str) -> Option<ErrCode> {
        refusal(world.run(Claim::of(card.clone(), openid.into(), Via::Server)))
    }

    #[test]
    fn test_users_claim_what_has_not_passed_review_and_what_is_closed() {
        let mut world = World::reviewed_by(ReviewPolicy::Manual);
        let card = world.create(groupon(json!({})));
        world.run(set(&["oTest"], &["tester"])).expect("a list");
        let closed = Some(ErrCode::InvalidCardStatus);
        let everybody = [("oTest", None), ("tester", None), ("o1", closed)];
        for (openid, expected) in everybody {
            assert_eq!(claim(&mut world, &card, openid), expected, "waiting: {openid}");
        }
        let refuse = ReviewCard { card_id: card.clone(), refuse: Some("blurred".to_owned()) };
        world.run(refuse).expect("refused");
        for (openid, expected) in everybody {
            assert_eq!(claim(&mut world, &card, openid), expected, "refused: {openid}");
        }
        world.run(DeleteCard { card_id: card.clone() }).expect("deleted");
        for (openid, expected) in everybody {
            assert_eq!(claim(&mut world, &card, openid), expected, "deleted: {openid}");
        }
        world.run(set(&[], &[])).expect("no list");
        assert_eq!(claim(&mut world, &card, "oTest"), closed, "the list of test users is empty");
    }

    #[test]
    fn test_users_are_bound_by_every_other_rule() {
        let mut world = World::reviewed_by(ReviewPolicy::Manual);
        let card = world.create(groupon(json!({"get_limit": 1, "sku": {"quantity": 1}})));
        world.run(set(&["oTest", "oOther"], &[])).expect("a list");
        assert_eq!(claim(&mut world, &card, "oTest"), None);
        assert_eq!(claim(&mut world, &card, "oTest"), Some(ErrCode::GetLimitReached));
        assert_eq!(claim(&mut world, &card, "oOther"), Some(ErrCode::StockOutOfLimit));
        world.pass(2 * crate::time::DAY_SECS);
        assert_eq!(claim(&mut world, &card, "oTest"), Some(ErrCode::InvalidTime));
    }

    #[test]
    fn a_card_that_closes_in_the_same_batch_is_open_to_test_users() {
        let patch = object(json!({"groupon": {"base_info": {"notice": "new"}}}));
        for delete in [true, false] {
            let mut world = World::reviewed_by(ReviewPolicy::Manual);
            let card = world.create(groupon(json!({})));
            world.run(ReviewCard { card_id: card.clone(), refuse: None }).expect("passed");
            world.run(set(&["oTest"], &[])).expect("a list");
            let close: Operation = match delete {
                true => DeleteCard { card_id: card.clone() }.into(),
                false => UpdateCard { card_id: card.clone(), patch: patch.clone() }.into(),
            };
            let claim = |openid: &str| Operation::from(Claim::of(card.clone(), openid.into(), Via::Server));
            let replies = world.batch(&[close, claim("oTest"), claim("o1")]);
            let refusals: Vec<_> = replies.into_iter().map(refusal).collect();
            assert_eq!(refusals, [None, None, Some(ErrCode::InvalidCardStatus)], "deleted: {delete}");
        }
    }

    #[test]
    fn ten_users_are_the_most() {
        let mut world = World::new();
        assert_eq!(refusal(world.run(set(&["o"; 6], &["u"; 5]))), Some(ErrCode::TooManyOpenids));
        assert_eq!(refusal(world.run(set(&["o"; 6], &["u"; 4]))), None);
    }
}
