//! Sets the form of a member card: `POST /card/membercard/activateuserform/set`. WeChat manual: "创建会员卡" (member
//! cards), one-tap activation.

use super::form::{MemberForm, form_key};
use crate::card::form_activation;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::Result;
use crate::id::CardId;
use crate::time::Timestamp;

/// Replaces the form of a card.
///
/// # Errors
///
/// In this order: 40073 unknown card; 40078 deleted card; 40071 not a member card; 72026 not activated with a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetMemberForm {
    pub card_id: CardId,
    /// The new form.
    pub form: MemberForm,
}

impl Command for SetMemberForm {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        if let Some(card) = ws.loaded_card(&self.card_id) {
            keys.records.insert(form_key(card.no));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, _: Timestamp) -> Result<()> {
        let card = ws.undeleted_card(&self.card_id)?;
        form_activation(card)?;
        ws.put_record(form_key(card.no), &self.form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::DeleteCard;
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use serde_json::json;

    fn set(card_id: &CardId, form: serde_json::Value) -> SetMemberForm {
        let form = MemberForm::read(&object(form)).expect("a form");
        SetMemberForm { card_id: card_id.clone(), form }
    }

    #[test]
    fn each_call_replaces_the_whole_form() {
        let mut world = World::new();
        let by_form = json!({"activate_url": null, "wx_activate": true});
        let card = world.create(member_card(json!({}), by_form));
        world.run(set(&card, json!({"optional_form": {"custom_field_list": ["a"]}}))).expect("set");
        let second = set(&card, json!({"required_form": {"custom_field_list": ["b"]}}));
        world.run(second.clone()).expect("set");
        let stored = &world.records[&form_key(world.card(&card).no)];
        assert_eq!(stored.value::<MemberForm>(), Ok(second.form));
    }

    #[test]
    fn set_form_errors_follow_the_documented_order() {
        let mut world = World::new();
        let coupon = world.create(groupon(json!({})));
        let by_page = world.create(member_card(json!({}), json!({"wx_activate": true})));
        let run = |world: &mut World, card: &CardId| refusal(world.run(set(card, json!({}))));
        assert_eq!(run(&mut world, &"pNowhere".into()), Some(ErrCode::InvalidCardId));
        assert_eq!(run(&mut world, &coupon), Some(ErrCode::InvalidCardType));
        assert_eq!(run(&mut world, &by_page), Some(ErrCode::NeedWxActivate));
        for card_id in [&coupon, &by_page] {
            world.run(DeleteCard { card_id: card_id.clone() }).expect("deleted");
            assert_eq!(run(&mut world, card_id), Some(ErrCode::InvalidCardStatus));
        }
    }
}
