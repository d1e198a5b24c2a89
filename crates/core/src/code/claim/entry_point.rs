//! The entry points of a claim, and the proof of the holder's identity at each. A `cardExt` and some QR codes can be
//! used only once. A used `cardExt` or QR code is recorded until it expires. WeChat manual: "投放卡券" (distribute cards),
//! QR codes; "附录：JS-SDK 使用权限签名算法", cardExt.

use crate::engine::{Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::OpenId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The entry point of a claim. There is no default, so each caller must name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// The merchant's own server, with its access token.
    Server,
    /// The merchant's till, which reports a holder's payment with the access token.
    Payment,
    /// A page, with a `cardExt`.
    Page(CardExtUse),
    /// A QR code.
    Qr(QrScan),
    /// The public page of a card, also if a landing page or an article leads there.
    Link,
    /// The public page with the form of a member card.
    Form,
    /// A link that the merchant sends in a text message.
    Sms,
}

/// Whether the merchant named the holder of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedHolder<'a> {
    /// The merchant's server names the holder in the claim.
    ByMerchant,
    /// The link names this holder, and the merchant encrypted or signed the link.
    ByLink(&'a OpenId),
    /// The link is for any holder.
    No,
}

/// The result of the check of a `cardExt`'s signature. The caller makes this check, because it has the tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardExtUse {
    /// The signature is wrong, for this reason.
    Wrong(String),
    /// The signature is right.
    Signed {
        /// The only holder who may claim.
        openid: Option<OpenId>,
        /// The signature, which can be used once. It is a digest of the signed string, so the string is used up even
        /// if a page gives its values other names.
        signature: Arc<str>,
        /// The time at which every ticket that may have made the signature has expired.
        until: Timestamp,
    },
}

/// A QR code that was scanned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QrScan {
    /// The only holder who may claim.
    pub openid: Option<OpenId>,
    /// If the card on the QR code can be claimed only once: the name of the card's place on the code, and the code's
    /// expiry.
    pub once: Option<(Arc<str>, Timestamp)>,
}

/// A used signature of a `cardExt`.
#[derive(Debug, Serialize, Deserialize)]
struct UsedCardExt;

impl Record for UsedCardExt {
    const KIND: RecordKind = RecordKind::CardExt;
}

/// A used place of a card on a QR code.
#[derive(Debug, Serialize, Deserialize)]
struct UsedTicket;

impl Record for UsedTicket {
    const KIND: RecordKind = RecordKind::QrTicket;
}

/// How many seconds a record of use is kept after the expiry. The time of an operation may be ahead of the clock with
/// which links are checked.
const MARK_MARGIN_SECS: i64 = 600;

impl Via {
    /// The number in the event of a claim. Assigned numbers never change.
    pub const fn number(&self) -> i64 {
        match self {
            Via::Server | Via::Payment => 0,
            Via::Qr(_) | Via::Link => 1,
            Via::Page(_) => 2,
            Via::Form => 3,
            Via::Sms => 4,
        }
    }

    /// Whether the merchant named the holder.
    pub fn holder_named(&self) -> NamedHolder<'_> {
        match self {
            Via::Server | Via::Payment => NamedHolder::ByMerchant,
            Via::Page(CardExtUse::Signed { openid: Some(named), .. })
            | Via::Qr(QrScan { openid: Some(named), .. }) => NamedHolder::ByLink(named),
            Via::Page(CardExtUse::Signed { openid: None, .. } | CardExtUse::Wrong(_))
            | Via::Qr(QrScan { openid: None, .. })
            | Via::Link
            | Via::Form
            | Via::Sms => NamedHolder::No,
        }
    }

    pub(super) fn keys(&self, keys: &mut Keys) {
        keys.records.extend(self.card_ext_mark().map(|(key, _)| key));
        keys.records.extend(self.ticket_mark().map(|(key, _)| key));
    }

    fn card_ext_mark(&self) -> Option<(RecordKey, Timestamp)> {
        match self {
            Via::Page(CardExtUse::Signed { signature, until, .. }) => {
                Some((RecordKey::named::<UsedCardExt>(signature), *until))
            }
            _ => None,
        }
    }

    fn ticket_mark(&self) -> Option<(RecordKey, Timestamp)> {
        match self {
            Via::Qr(QrScan { once: Some((name, until)), .. }) => {
                Some((RecordKey::named::<UsedTicket>(name), *until))
            }
            _ => None,
        }
    }

    /// 40080 if the `cardExt` is wrong or was used before.
    pub(super) fn check_card_ext(&self, ws: &WorkingSet, now: Timestamp) -> Result<()> {
        if let Via::Page(CardExtUse::Wrong(reason)) = self {
            return Err(Error::field(ErrCode::InvalidCardExt, "card_ext", reason.as_str()));
        }
        match self.card_ext_mark() {
            Some((key, _)) if ws.find_record::<UsedCardExt>(&key, now)?.is_some() => {
                let reason = "was used before; timestamp and nonce_str must be new for every use";
                Err(Error::field(ErrCode::InvalidCardExt, "card_ext", reason))
            }
            _ => Ok(()),
        }
    }

    /// 40056 if the QR code can be claimed only once and was used before.
    pub(super) fn check_ticket(&self, ws: &WorkingSet, now: Timestamp) -> Result<()> {
        match self.ticket_mark() {
            Some((key, _)) if ws.find_record::<UsedTicket>(&key, now)?.is_some() => {
                Err(Error::field(ErrCode::InvalidSerialCode, "ticket", "has been used"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn use_up_card_ext(&self, ws: &mut WorkingSet) -> Result<()> {
        match self.card_ext_mark() {
            Some((key, until)) => ws.put_record_until(key, &UsedCardExt, Some(until.plus(MARK_MARGIN_SECS))),
            None => Ok(()),
        }
    }

    pub(super) fn use_up_ticket(&self, ws: &mut WorkingSet) -> Result<()> {
        match self.ticket_mark() {
            Some((key, until)) => ws.put_record_until(key, &UsedTicket, Some(until.plus(MARK_MARGIN_SECS))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::claim::Claim;
    use crate::engine::testing::*;
    use crate::event::EventKind;
    use crate::id::CardId;
    use serde_json::json;

    fn page(signature: &str, openid: Option<&str>) -> Via {
        let openid = openid.map(Into::into);
        Via::Page(CardExtUse::Signed { openid, signature: signature.into(), until: START.plus(7200) })
    }

    fn scan(openid: Option<&str>, once: Option<&str>) -> Via {
        let once = once.map(|name| (name.into(), START.plus(1800)));
        Via::Qr(QrScan { openid: openid.map(Into::into), once })
    }

    fn claim(card: &CardId, openid: &str, via: Via) -> Claim {
        Claim::of(card.clone(), openid.into(), via)
    }

    #[test]
    fn a_card_ext_is_used_once_also_in_one_batch() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        let replies =
            world.batch(&[claim(&card, "o1", page("s", None)), claim(&card, "o2", page("s", None))]);
        let refusals: Vec<_> = replies.into_iter().map(refusal).collect();
        assert_eq!(refusals, [None, Some(ErrCode::InvalidCardExt)]);
        assert_eq!(refusal(world.run(claim(&card, "o2", page("other", None)))), None);
        world.pass(7200);
        let late = world.run(claim(&card, "o3", page("s", None)));
        assert_eq!(refusal(late), Some(ErrCode::InvalidCardExt), "for as long as its ticket is good");
    }

    #[test]
    fn a_refused_claim_leaves_the_card_ext_good() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"sku": {"quantity": 1}})));
        world.claim(&card, "o9");
        let again = claim(&card, "o1", page("s", None));
        assert_eq!(refusal(world.run(again.clone())), Some(ErrCode::StockOutOfLimit));
        let stock = crate::card::ModifyStock { card_id: card, increase: 1, reduce: 0 };
        world.run(stock).expect("stock");
        assert_eq!(refusal(world.run(again)), None);
    }

    #[test]
    fn viewing_a_held_member_card_leaves_the_link_to_its_named_holder() {
        let mut world = World::new();
        let card = world.create(member_card(json!({}), json!({})));
        world.claim(&card, "o2");
        let via = page("s", Some("o1"));
        let before = world.events.len();
        assert_eq!(refusal(world.run(claim(&card, "o2", via.clone()))), None);
        assert_eq!(world.kinds_since(before), [EventKind::View]);
        assert_eq!(refusal(world.run(claim(&card, "o1", via.clone()))), None);
        assert_eq!(refusal(world.run(claim(&card, "o1", via))), Some(ErrCode::InvalidCardExt));
    }

    #[test]
    fn a_wrong_card_ext_says_why() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        let wrong = Via::Page(CardExtUse::Wrong("not signed".to_owned()));
        let refused = world.run(claim(&card, "o1", wrong)).expect_err("refused");
        assert!(refused.to_string().ends_with("card_ext: not signed"), "{refused}");
    }

    #[test]
    fn a_link_that_names_a_holder_works_for_that_holder_only() {
        for bind_openid in [false, true] {
            let mut world = World::new();
            let card = world.create(groupon(json!({"bind_openid": bind_openid})));
            for via in [page("s", Some("o1")), scan(Some("o1"), None)] {
                let other = world.run(claim(&card, "o2", via.clone()));
                assert_eq!(refusal(other), Some(ErrCode::InvalidOpenid));
                assert_eq!(refusal(world.run(claim(&card, "o1", via))), None);
            }
            assert_eq!(refusal(world.run(claim(&card, "o4", Via::Server))), None);
            let unnamed = [page("t", None), scan(None, None)];
            for via in unnamed {
                let expected = bind_openid.then_some(ErrCode::InvalidOpenid);
                assert_eq!(refusal(world.run(claim(&card, "o1", via))), expected, "bound: {bind_openid}");
            }
        }
    }

    #[test]
    fn a_unique_qr_code_is_claimed_once_and_others_any_number_of_times() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        for (via, second) in [
            (scan(None, Some("t#0")), Some(ErrCode::InvalidSerialCode)),
            (scan(None, Some("t#1")), Some(ErrCode::InvalidSerialCode)),
            (scan(None, None), None),
        ] {
            assert_eq!(refusal(world.run(claim(&card, "o1", via.clone()))), None);
            assert_eq!(refusal(world.run(claim(&card, "o2", via))), second);
        }
    }

    #[test]
    fn a_member_leaves_a_unique_qr_code_to_others_but_spends_a_card_ext() {
        let mut world = World::new();
        let card = world.create(member_card(json!({}), json!({})));
        world.claim(&card, "o1");
        world.run(claim(&card, "o1", scan(None, Some("t")))).expect("the card");
        assert_eq!(refusal(world.run(claim(&card, "o2", scan(None, Some("t"))))), None);
        world.run(claim(&card, "o1", page("s", None))).expect("the card");
        assert_eq!(refusal(world.run(claim(&card, "o3", page("s", None)))), Some(ErrCode::InvalidCardExt));
    }

    #[test]
    fn the_event_has_the_entry_point_and_outer_id() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        for (via, expected) in [
            (Via::Server, 0),
            (Via::Payment, 0),
            (scan(None, None), 1),
            (Via::Link, 1),
            (page("s", None), 2),
            (Via::Form, 3),
            (Via::Sms, 4),
        ] {
            world.run(Claim { outer_id: 7, ..claim(&card, "o1", via) }).expect("a code");
            let event = world.events.last().expect("an event");
            assert_eq!((event.kind, event.amount, event.amount2), (EventKind::Claim, 7, expected));
        }
    }
}
