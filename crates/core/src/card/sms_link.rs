//! Claim links for text messages (短信投放): `POST /card/sms/geturl`. A link has its card, its channel, and a code if the
//! card has custom codes. WeChat manual: "投放卡券" (distribute cards), text messages.

use super::{Card, CardStatus, CodeMode};
use crate::code::{OUTER_STR_MAX, check_outer_id};
use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::{CardId, CodeText};
use crate::text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The content of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsLink {
    pub card_id: CardId,
    /// The custom code that the claim gets.
    pub code: Option<String>,
    /// The channel as a number; 0 without one.
    pub outer_id: i64,
    /// The channel.
    pub outer_str: Option<String>,
}

impl Record for SmsLink {
    const KIND: RecordKind = RecordKind::SmsLink;
}

/// Stores a link under a name. The caller makes the name from the content, so the same content has the same link. The
/// link never expires, but claims end with the card.
///
/// # Errors
///
/// In this order: 45021, 47001 and 40097 the channel; 40110, 47001, 45021 and 40116 the code; 40073 unknown card; 40071
/// neither a member card nor a general card; 40078 the card was deleted or refused; 41013 a card with custom codes and
/// no code; 40056 the code was claimed; 41009 a card for named holders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSmsLink {
    pub name: Arc<str>,
    pub link: SmsLink,
}

impl CreateSmsLink {
    fn code(&self) -> Option<CodeText> {
        self.link.code.as_deref().map(CodeText::from)
    }

    fn check_card(&self, card: &Card) -> Result<()> {
        let refused = |code, field: &str, reason: &str| Err(Error::field(code, field, reason));
        if !card.card_type.has_member_data() {
            return refused(ErrCode::InvalidCardType, "card_id", "must be of a member card or general card");
        }
        if matches!(card.status, CardStatus::Delete | CardStatus::VerifyFail) {
            return refused(ErrCode::InvalidCardStatus, "card_id", card.status.wire());
        }
        if card.terms.code_mode == CodeMode::Custom && self.link.code.is_none() {
            return refused(ErrCode::CodeMissing, "code", "this card has custom codes");
        }
        Ok(())
    }
}

impl Command for CreateSmsLink {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.link.card_id.clone());
        keys.records.insert(RecordKey::named::<SmsLink>(&self.name));
        if let (Some(card), Some(code)) = (ws.loaded_card(&self.link.card_id), self.code()) {
            keys.custom_codes.insert((card.no, code));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        text::optional_line("outer_str", self.link.outer_str.as_deref(), OUTER_STR_MAX)?;
        check_outer_id(self.link.outer_id)?;
        self.code().map_or(Ok(()), |code| code.check("code"))?;
        let card = ws.existing_card(&self.link.card_id)?;
        self.check_card(card)?;
        let is_custom = card.terms.code_mode == CodeMode::Custom;
        if let Some(code) = self.code().filter(|_| is_custom)
            && ws.custom_codes.get(&(card.no, code))?.is_some()
        {
            return Err(Error::field(ErrCode::InvalidSerialCode, "code", "was claimed before"));
        }
        if card.terms.bind_openid {
            return Err(Error::field(ErrCode::OpenidMissing, "openid", "this card is for named holders"));
        }
        let key = RecordKey::named::<SmsLink>(&self.name);
        // The codes of other cards are of no use in a claim, and a claim would refuse them.
        let link = SmsLink { code: self.link.code.clone().filter(|_| is_custom), ..self.link.clone() };
        match ws.find_record::<SmsLink>(&key, now)? {
            Some(same) if same == link => Ok(()),
            _ => ws.put_record(key, &link),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ReviewPolicy;
    use crate::card::{DeleteCard, ReviewCard};
    use crate::engine::testing::*;
    use serde_json::json;

    fn link(card_id: &CardId, code: Option<&str>) -> CreateSmsLink {
        let code = code.map(str::to_owned);
        let link = SmsLink { card_id: card_id.clone(), code, outer_id: 7, outer_str: Some("sms".into()) };
        CreateSmsLink { name: "n".into(), link }
    }

    fn kept(world: &World) -> Option<SmsLink> {
        world.records.get(&RecordKey::named::<SmsLink>("n")).map(|record| record.value().expect("a link"))
    }

    #[test]
    fn a_link_is_kept_with_its_channel_and_the_code_only_where_it_counts() {
        let mut world = World::new();
        let custom = world.create(member_card(json!({"use_custom_code": true}), json!({})));
        world.run(link(&custom, Some("one"))).expect("a link");
        assert_eq!(kept(&world), Some(link(&custom, Some("one")).link));
        let system = world.create(general_card(json!({}), json!({})));
        world.run(link(&system, Some("one"))).expect("a link");
        assert_eq!(kept(&world), Some(link(&system, None).link));
        let before = world.clone();
        world.run(link(&system, None)).expect("the same link");
        assert_eq!(world, before);
    }

    #[test]
    fn sms_link_errors_follow_the_documented_order() {
        let mut world = World::reviewed_by(ReviewPolicy::Manual);
        let coupon = world.create(groupon(json!({})));
        let custom = world.create(member_card(json!({"use_custom_code": true}), json!({})));
        let bound = world.create(member_card(json!({"bind_openid": true}), json!({})));
        let mut op = link(&"pNowhere".into(), Some(&"x".repeat(21)));
        op.link.outer_str = Some("x".repeat(129));
        op.link.outer_id = i64::MAX;
        for (expected, mend) in [
            (ErrCode::OutOfLengthLimit, (|link| link.outer_str = None) as fn(&mut SmsLink)),
            (ErrCode::InvalidArgs, |link| link.outer_id = 0),
            (ErrCode::OutOfLengthLimit, |link| link.code = None),
            (ErrCode::InvalidCardId, |_| {}),
        ] {
            assert_eq!(refusal(world.run(op.clone())), Some(expected));
            mend(&mut op.link);
        }
        world.run(DeleteCard { card_id: coupon.clone() }).expect("deleted");
        assert_eq!(refusal(world.run(link(&coupon, None))), Some(ErrCode::InvalidCardType));
        assert_eq!(refusal(world.run(link(&custom, None))), Some(ErrCode::CodeMissing));
        world.run(ReviewCard { card_id: custom.clone(), refuse: None }).expect("passed");
        world.claim_as(&custom, "o1", Some("one"));
        assert_eq!(refusal(world.run(link(&custom, Some("one")))), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.run(link(&bound, None))), Some(ErrCode::OpenidMissing));
        world.run(DeleteCard { card_id: custom.clone() }).expect("deleted");
        assert_eq!(refusal(world.run(link(&custom, None))), Some(ErrCode::InvalidCardStatus));
    }
}
