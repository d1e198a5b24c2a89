//! `POST /card/membercard/userinfo/get`: a member's data. WeChat manual: "管理会员卡" (manage member cards),
//! query member information.

use super::answers::{MemberInfo, OwnAnswer, info_key};
use crate::card::{Activation, Card};
use crate::code::CodeRef;
use crate::engine::{Keys, Query, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::OpenId;
use crate::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Looks up a member.
///
/// # Errors
///
/// 40056 and 40073 no such code or card; 40071 not a member card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetUserinfo {
    pub code: CodeRef,
}

impl Query for GetUserinfo {
    type Reply = ShownUser;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.members.insert(code.seq);
            keys.records.insert(info_key(code.seq));
        }
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<ShownUser> {
        let (code, card) = self.code.find(ws)?;
        let member = match ws.members.get(&code.seq)? {
            Some(member) if card.card_type.is_member_card() => member,
            _ => return Err(Error::field(ErrCode::InvalidCardType, "code", "is not of a member card")),
        };
        let sex = ws.find_record::<MemberInfo>(&info_key(code.seq), now)?.unwrap_or_default().sex();
        Ok(ShownUser {
            openid: code.openid.clone(),
            nickname: "",
            membership_number: member.number(&self.code.static_text(ws, code)).to_owned(),
            bonus: member.bonus,
            balance: shows_balance(card).then_some(member.balance),
            sex,
            user_info: user_info(ws, card, member, now)?,
            user_card_status: code.state_at(&ws.app, card, now).wire(),
            has_active: member.active_at.is_some(),
        })
    }
}

/// A member; the reply of `/card/membercard/userinfo/get`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownUser {
    /// The holder.
    pub openid: OpenId,
    /// The member's name. Always empty, because kaquan has no names.
    pub nickname: &'static str,
    /// The number that the member sees.
    pub membership_number: String,
    /// Points.
    pub bonus: i64,
    /// The balance in fen; only for cards with `supply_balance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<i64>,
    /// `MALE`, `FEMALE` or `UNKNOWN`, from the answers in the form.
    pub sex: &'static str,
    /// The answers in the activation form; only after the activation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_info: Option<MemberInfo>,
    /// The state of the code.
    pub user_card_status: &'static str,
    /// Whether the membership is active.
    pub has_active: bool,
}

/// Whether replies about members of this card include a balance.
pub(crate) fn shows_balance(card: &Card) -> bool {
    card.section.get("supply_balance") == Some(&Value::Bool(true))
}

/// The `user_info` of a member: the card's own fields, then the answers. `None` before the activation.
pub(crate) fn user_info(
    ws: &WorkingSet,
    card: &Card,
    member: &super::Member,
    now: Timestamp,
) -> Result<Option<MemberInfo>> {
    // If the merchant activates the card, the answers in the form go only to the merchant's page.
    if member.active_at.is_none() || Activation::of(&card.section) == Activation::FormThenMerchant {
        return Ok(None);
    }
    let mut info: MemberInfo = ws.find_record(&info_key(member.code), now)?.unwrap_or_default();
    info.custom_field_list.splice(0..0, custom_fields(card, member));
    Ok(Some(info))
}

/// The card's own fields with this member's values. Clients require `value_list`.
fn custom_fields(card: &Card, member: &super::Member) -> Vec<OwnAnswer> {
    let named = |i: usize| {
        let field = card.section.get(&format!("custom_field{}", i + 1))?;
        let name = field.get("name").or_else(|| field.get("name_type"))?;
        name.as_str().map(str::to_owned)
    };
    let values = member.custom_field_values.iter().enumerate();
    values
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(i, value)| {
            named(i).map(|name| OwnAnswer { name, value: value.clone(), value_list: Vec::new() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::CodeState;
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use crate::member::Activate;
    use serde_json::json;

    #[test]
    fn a_members_reply_has_the_cards_own_fields() {
        let section = json!({"custom_field1": {"name_type": "FIELD_NAME_TYPE_LEVEL"}, "custom_field2": {"name": "生日"}});
        let (mut world, code) = World::with_code_in(CodeState::Normal, member_card(json!({}), section));
        let before = json!(world.ask(GetUserinfo { code: code.clone() }).expect("a member"));
        assert_eq!((&before["has_active"], before.get("user_info")), (&json!(false), None));
        let custom_field_values =
            [Some("gold".to_owned()), Some("6-1".to_owned()), Some("unnamed".to_owned())];
        let activate =
            Activate { custom_field_values, init_bonus: Some(3), ..Activate::of(code.clone(), "no 1") };
        world.run(activate).expect("active");
        let expected = json!({
            "openid": "giver", "nickname": "", "membership_number": "no 1", "bonus": 3, "balance": 0,
            "sex": "UNKNOWN",
            "user_info": {"common_field_list": [], "custom_field_list": [
                {"name": "FIELD_NAME_TYPE_LEVEL", "value": "gold", "value_list": []},
                {"name": "生日", "value": "6-1", "value_list": []},
            ]},
            "user_card_status": "NORMAL", "has_active": true,
        });
        assert_eq!(json!(world.ask(GetUserinfo { code }).expect("a member")), expected);
    }

    #[test]
    fn the_giver_of_a_member_card_sees_that_it_was_accepted() {
        let (world, code) = World::with_code_in(CodeState::GiftSucc, member_card(json!({}), json!({})));
        let reply = world.ask(GetUserinfo { code }).expect("a member");
        assert_eq!(reply.user_card_status, "GIFT_SUCC");
    }

    #[test]
    fn a_coupon_has_no_member() {
        let (world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        assert_eq!(refusal(world.ask(GetUserinfo { code })), Some(ErrCode::InvalidCardType));
        assert_eq!(refusal(world.ask(GetUserinfo { code: no_code() })), Some(ErrCode::InvalidSerialCode));
    }
}
