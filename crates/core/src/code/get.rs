//! What `POST /card/code/get` answers about a code. WeChat manual: "核销卡券" (consume cards), query a code.

use super::{Code, CodeRef, CodeState};
use crate::engine::{Keys, Query, WorkingSet};
use crate::error::Result;
use crate::member::answers::info_key;
use crate::member::userinfo::user_info;
use crate::time::Timestamp;
use serde_json::{Value, json};

/// Looks a code up.
///
/// # Errors
///
/// 40056 and 40073 no such code or card; with `check_consume` also 40099 and 40127 for a code that cannot be
/// consumed any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetCode {
    pub code: CodeRef,
    /// Refuse codes that cannot be consumed any more.
    pub check_consume: bool,
}

impl Query for GetCode {
    type Reply = Value;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.members.insert(code.seq);
            if is_of_member_card(ws, code) {
                keys.records.insert(info_key(code.seq));
            }
        }
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<Value> {
        let (code, card) = self.code.find(ws)?;
        let (state, window) = (code.state_at(&ws.app, card, now), code.window(card));
        if state == CodeState::GiftSucc || (self.check_consume && state != CodeState::Normal) {
            return Err(state.refusal());
        }
        let mut reply = json!({
            "card": {
                "card_id": card.id.as_str(),
                "begin_time": window.begin.0,
                "end_time": window.end.secs(),
                "code": self.code.text.as_str(),
            },
            "openid": code.openid.as_str(),
            "can_consume": state == CodeState::Normal && window.contains(now),
            "user_card_status": state.wire(),
        });
        if let Some(outer_str) = code.outer_str.as_ref().filter(|text| !text.is_empty()) {
            reply["outer_str"] = outer_str.as_str().into();
        }
        if let Some(member) = ws.members.get(&code.seq)? {
            reply["nickname"] = "".into();
            reply["membership_number"] = member.number(&self.code.text).into();
            reply["bonus"] = member.bonus.into();
            if card.section.get("supply_balance") == Some(&json!(true)) {
                reply["balance"] = member.balance.into();
            }
            if !member.background_pic_url.is_empty() {
                reply["background_pic_url"] = member.background_pic_url.as_str().into();
            }
            if let Some(info) = user_info(ws, card, member, now)? {
                reply["user_info"] = info;
            }
        }
        Ok(reply)
    }
}

/// Whether a code is of a member card, as far as the rows loaded so far tell.
fn is_of_member_card(ws: &WorkingSet, code: &Code) -> bool {
    ws.cards.is_loaded(&code.card)
        && ws.cards.get(&code.card).is_ok_and(|card| card.is_some_and(|card| card.card_type.is_member_card()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use crate::member::activate::Activate;

    fn get(code: &CodeRef, check_consume: bool) -> GetCode {
        GetCode { code: code.clone(), check_consume }
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
        assert_eq!(world.ask(get(&code, true)), Ok(expected));
    }

    #[test]
    fn each_state_is_refused_with_the_check_and_told_without_it() {
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
                    assert_eq!(reply["user_card_status"], state.wire());
                    assert_eq!(reply["can_consume"], state == CodeState::Normal);
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
        let reply = world.ask(get(&code, true)).expect("a code");
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
            let reply = world.ask(get(&code, true)).expect("a code");
            assert_eq!((&reply["membership_number"], &reply["bonus"]), (&json!("n1"), &json!(5)));
            assert_eq!(reply.get("balance"), balance.then_some(&json!(9)));
        }
    }

    #[test]
    fn an_active_member_has_what_was_filled_in() {
        let section = json!({"custom_field1": {"name": "等级"}});
        let (mut world, code) = World::with_code_in(CodeState::Normal, member_card(json!({}), section));
        let user_info =
            |world: &World| world.ask(get(&code, true)).expect("a code").get("user_info").cloned();
        assert_eq!(user_info(&world), None, "before the activation");
        let mut activate = Activate::of(code.clone(), "n1");
        activate.custom_field_values[0] = Some("金".to_owned());
        world.run(activate).expect("active");
        let expected = json!({"common_field_list": [], "custom_field_list": [
            {"name": "等级", "value": "金", "value_list": []},
        ]});
        assert_eq!(user_info(&world), Some(expected));
    }
}
