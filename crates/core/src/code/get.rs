//! `POST /card/code/get`: the state of a code. WeChat manual: "核销卡券" (consume cards), query a code.

use super::{Code, CodeRef, CodeState};
use crate::engine::{Keys, Query, WorkingSet};
use crate::error::Result;
use crate::id::{CardId, CodeText, OpenId};
use crate::member::{Member, MemberInfo, info_key, shows_balance, user_info};
use crate::time::Timestamp;
use serde::Serialize;

/// Looks up a code.
///
/// # Errors
///
/// 40056 and 40073 no such code or card; with `check_consume` also 40099 and 40127 for a code that can no longer be
/// consumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetCode {
    pub code: CodeRef,
    /// Whether to refuse codes that can no longer be consumed.
    pub check_consume: bool,
}

/// A code; the reply of `/card/code/get`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownCode {
    /// The card, with the window of the code.
    pub card: CodeCard,
    /// The holder.
    pub openid: OpenId,
    /// Whether the code can be consumed now.
    pub can_consume: bool,
    /// The state of the code.
    pub user_card_status: &'static str,
    /// The channel of the claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outer_str: Option<String>,
    /// The member's name. Always empty, because kaquan has no names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<&'static str>,
    /// The number that the member sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub membership_number: Option<String>,
    /// The member's points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bonus: Option<i64>,
    /// The member's balance in fen; only for cards with `supply_balance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<i64>,
    /// The holder's own background picture, for a member card or a general card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_pic_url: Option<String>,
    /// The member's answers in the activation form; only after the activation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_info: Option<MemberInfo>,
}

/// A card, with the window of one of its codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeCard {
    /// The id of the card.
    pub card_id: CardId,
    /// The first second in which the code can be used, in Unix seconds.
    pub begin_time: Timestamp,
    /// The last second in which the code can be used, in Unix seconds.
    pub end_time: i64,
    /// The code.
    pub code: CodeText,
    /// The number that the member sees, as in the reply itself: some clients read it here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub membership_number: Option<String>,
    /// The number of a general card; its code until the merchant gives another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_number: Option<String>,
    /// The holder's points, for a member card or a general card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bonus: Option<i64>,
    /// The holder's balance, fen; for a general card, and for a member card with `supply_balance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<i64>,
}

impl Query for GetCode {
    type Reply = ShownCode;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.members.insert(code.seq);
            if is_of_member_card(ws, code) {
                keys.records.insert(info_key(code.seq));
            }
        }
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<ShownCode> {
        let (code, card) = self.code.find(ws)?;
        let (state, window) = (code.state_at(&ws.app, card, now), code.window(card));
        if state == CodeState::GiftSucc || (self.check_consume && state != CodeState::Normal) {
            return Err(state.refusal());
        }
        let text = self.code.static_text(ws, code);
        let mut reply = ShownCode {
            card: CodeCard {
                card_id: card.id.clone(),
                begin_time: window.begin,
                end_time: window.end.secs(),
                code: text.clone(),
                membership_number: None,
                card_number: None,
                bonus: None,
                balance: None,
            },
            openid: code.openid.clone(),
            can_consume: state == CodeState::Normal && window.contains(now),
            user_card_status: state.wire(),
            outer_str: code.outer_str.clone().filter(|text| !text.is_empty()),
            nickname: None,
            membership_number: None,
            bonus: None,
            balance: None,
            background_pic_url: None,
            user_info: None,
        };
        let member = Member::of_code(ws, code, card)?;
        if let Some(member) = member.as_ref().filter(|_| card.card_type.is_member_card()) {
            reply.nickname = Some("");
            reply.membership_number = Some(member.number(&text).to_owned());
            reply.bonus = Some(member.bonus);
            reply.balance = shows_balance(card).then_some(member.balance);
            reply.card.membership_number.clone_from(&reply.membership_number);
            (reply.card.bonus, reply.card.balance) = (reply.bonus, reply.balance);
            reply.background_pic_url = Some(member.background_pic_url.clone()).filter(|url| !url.is_empty());
            reply.user_info = user_info(ws, card, member, now)?;
        } else if let Some(member) = member {
            let number = Some(&member.membership_number).filter(|number| !number.is_empty());
            reply.card.card_number = Some(number.map_or(text.to_string(), String::clone));
            (reply.card.balance, reply.card.bonus) = (Some(member.balance), Some(member.bonus));
            reply.background_pic_url = Some(member.background_pic_url).filter(|url| !url.is_empty());
        }
        Ok(reply)
    }
}

/// Whether a code belongs to a member card, as far as the loaded rows show it.
fn is_of_member_card(ws: &WorkingSet, code: &Code) -> bool {
    ws.cards.is_loaded(&code.card)
        && ws.cards.get(&code.card).is_ok_and(|card| card.is_some_and(|card| card.card_type.is_member_card()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use crate::member::Activate;
    use serde_json::{Value, json};

    fn get(code: &CodeRef, check_consume: bool) -> GetCode {
        GetCode { code: code.clone(), check_consume }
    }

    fn ask(world: &World, code: &CodeRef) -> Value {
        json!(world.ask(get(code, true)).expect("a code"))
    }

    #[test]
    fn the_reply_has_the_window_the_holder_and_the_state() {
        let (world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        let day = crate::time::DAY_SECS;
        let expected = json!({
            "card": {
                "card_id": world.cards[&world.code(&code).card].id.as_str(),
                "begin_time": START.0 - day, "end_time": START.0 + day, "code": code.text.as_str(),
            },
            "openid": "giver", "can_consume": true, "user_card_status": "NORMAL",
        });
        assert_eq!(ask(&world, &code), expected);
    }

    #[test]
    fn each_state_is_refused_with_the_check_and_shown_without_it() {
        for state in STATES {
            let (world, code) = World::with_code_in(state, groupon(json!({})));
            let checked = match state {
                CodeState::Normal => None,
                CodeState::Consumed => Some(ErrCode::CodeConsumed),
                CodeState::GiftSucc => Some(ErrCode::InvalidSerialCode),
                _ => Some(ErrCode::InvalidUserCardStatus),
            };
            assert_eq!(refusal(world.ask(get(&code, true))), checked, "{}", state.wire());
            match world.ask(get(&code, false)) {
                Ok(reply) => {
                    assert_eq!(reply.user_card_status, state.wire());
                    assert_eq!(reply.can_consume, state == CodeState::Normal);
                }
                Err(error) => {
                    assert_eq!((state, error.code), (CodeState::GiftSucc, ErrCode::InvalidSerialCode));
                }
            }
        }
    }

    #[test]
    fn a_code_before_its_window_is_normal_and_cannot_be_consumed() {
        let later = groupon(json!({"date_info": range(10_000, 20_000)}));
        let (world, code) = World::with_code_in(CodeState::Normal, later);
        let reply = ask(&world, &code);
        assert_eq!((&reply["user_card_status"], &reply["can_consume"]), (&json!("NORMAL"), &json!(false)));
    }

    #[test]
    fn a_member_has_points_and_where_the_card_shows_it_a_balance() {
        for balance in [true, false] {
            let card = member_card(json!({}), json!({"supply_balance": balance}));
            let (mut world, code) = World::with_code_in(CodeState::Normal, card);
            let activate =
                Activate { init_bonus: Some(5), init_balance: Some(9), ..Activate::of(code.clone(), "n1") };
            world.run(activate).expect("active");
            let reply = ask(&world, &code);
            assert_eq!((&reply["membership_number"], &reply["bonus"]), (&json!("n1"), &json!(5)));
            assert_eq!(reply.get("balance"), balance.then_some(&json!(9)));
            for key in ["membership_number", "bonus", "balance"] {
                assert_eq!(reply["card"].get(key), reply.get(key), "{key}");
            }
        }
    }

    #[test]
    fn an_active_member_has_its_custom_fields_in_user_info() {
        let section = json!({"custom_field1": {"name": "等级"}});
        let (mut world, code) = World::with_code_in(CodeState::Normal, member_card(json!({}), section));
        let shown_info = |world: &World| ask(world, &code).get("user_info").cloned();
        assert_eq!(shown_info(&world), None, "before the activation");
        let mut activate = Activate::of(code.clone(), "n1");
        activate.custom_field_values[0] = Some("金".to_owned());
        world.run(activate).expect("active");
        let expected = json!({"common_field_list": [], "custom_field_list": [
            {"name": "等级", "value": "金", "value_list": []},
        ]});
        assert_eq!(shown_info(&world), Some(expected));
    }
}
