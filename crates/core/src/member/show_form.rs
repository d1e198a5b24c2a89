//! The activation form of a member card, for a page that shows it to a holder: `POST /wallet/v1/activate/form`. Also
//! checks whether there can be a link to such a page. Native API: WeChat shows the form on a screen of its app.
//! WeChat manual: "创建会员卡" (member cards), one-tap activation.

use super::answers::{MemberInfo, info_key};
use super::form::{MemberForm, form_key};
use crate::card::{Activation, Card, check_code_mode, form_activation};
use crate::code::CodeRef;
use crate::engine::{Keys, Query, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::{CardId, CardNo};
use crate::time::Timestamp;
use serde::Serialize;

/// Looks up the form of a card and the member's earlier answers.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 40071 not a member card; 72026 not activated with a form;
/// 45030 no form was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShowForm {
    /// The form of a card, for a holder who may not have the card yet.
    Card(CardId),
    /// The form of the card with this number. Links have the number in encrypted form.
    CardNo(CardNo),
    /// The form for the holder of a code.
    Code(CodeRef),
}

impl ShowForm {
    fn card<'a>(&self, ws: &'a WorkingSet) -> Result<&'a Card> {
        match self {
            ShowForm::Card(id) => ws.existing_card(id),
            ShowForm::CardNo(no) => ws
                .cards
                .get(no)?
                .ok_or_else(|| Error::field(ErrCode::InvalidCardId, "encrypt_card_id", "no such card")),
            ShowForm::Code(code) => code.find(ws).map(|(_, card)| card),
        }
    }
}

impl Query for ShowForm {
    type Reply = ShownForm;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        match self {
            ShowForm::Card(id) => {
                keys.card_ids.insert(id.clone());
                if let Some(card) = ws.loaded_card(id) {
                    keys.records.insert(form_key(card.no));
                }
            }
            ShowForm::CardNo(no) => {
                keys.cards.insert(*no);
                keys.records.insert(form_key(*no));
            }
            ShowForm::Code(code) => {
                code.keys(ws, keys);
                if let Some(code) = code.loaded(ws) {
                    keys.members.insert(code.seq);
                    keys.records.extend([info_key(code.seq), form_key(code.card)]);
                }
            }
        }
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<ShownForm> {
        let card = self.card(ws)?;
        let by = form_activation(card)?;
        let form: MemberForm = ws
            .find_record(&form_key(card.no), now)?
            .ok_or_else(|| Error::field(ErrCode::NotSupported, "card_id", "no form was set for it"))?;
        let mut shown = ShownForm {
            card_id: card.id.clone(),
            after_submit: by == Activation::FormThenMerchant,
            form,
            has_active: None,
            can_submit: None,
            user_info: None,
        };
        if let ShowForm::Code(code) = self {
            let seq = code.find(ws)?.0.seq;
            let is_active = ws.members.get(&seq)?.is_some_and(|member| member.active_at.is_some());
            shown.has_active = Some(is_active);
            shown.can_submit = Some(!is_active || shown.form.can_modify());
            shown.user_info = ws.find_record::<MemberInfo>(&info_key(seq), now)?;
        }
        Ok(shown)
    }
}

/// The form of a member card; the reply of `/wallet/v1/activate/form`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownForm {
    /// The card.
    pub card_id: CardId,
    /// Whether the merchant activates the card after the form is submitted.
    pub after_submit: bool,
    /// The form.
    pub form: MemberForm,
    /// Whether the membership is active; only for a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_active: Option<bool>,
    /// Whether the holder can submit the form now; only for a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_submit: Option<bool>,
    /// The earlier answers of the holder; only for a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_info: Option<MemberInfo>,
}

/// Checks whether a link to the form of a card can be created. Returns the card's number for the link.
///
/// # Errors
///
/// In this order: 40073 unknown card; 40078 deleted card; 40071 not a member card; 40158 the merchant sends the codes
/// with each claim; 72026 not activated with a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFormLink {
    pub card_id: CardId,
}

impl Query for CheckFormLink {
    type Reply = CardNo;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> Result<CardNo> {
        let card = ws.undeleted_card(&self.card_id)?;
        if card.card_type.is_member_card() {
            check_code_mode(card)?;
        }
        form_activation(card)?;
        Ok(card.no)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use crate::member::{SetMemberForm, SubmitForm, Target};
    use serde_json::json;

    #[test]
    fn a_page_gets_the_form_and_the_members_answers() {
        let mut world = World::new();
        let by_form = json!({"activate_url": null, "wx_activate": true});
        let card_id = world.create(member_card(json!({}), by_form));
        assert_eq!(refusal(world.ask(ShowForm::Card(card_id.clone()))), Some(ErrCode::NotSupported));
        let form = json!({
            "service_statement": {"name": "terms", "url": "http://a"},
            "optional_form": {"custom_field_list": ["film"]},
        });
        let form = MemberForm::read(&object(form)).expect("a form");
        world.run(SetMemberForm { card_id: card_id.clone(), form }).expect("set");
        let shown = world.ask(ShowForm::Card(card_id.clone())).expect("a form");
        let empty = json!({
            "can_modify": false, "rich_field_list": [], "common_field_id_list": [], "custom_field_list": [],
        });
        let form = json!({
            "service_statement": {"name": "terms", "url": "http://a"},
            "required_form": empty, "optional_form": merged(empty, json!({"custom_field_list": ["film"]})),
        });
        assert_eq!(json!(shown), json!({"card_id": card_id.as_str(), "after_submit": false, "form": form}));
        assert_eq!(world.ask(ShowForm::CardNo(world.card(&card_id).no)), Ok(shown));
        assert_eq!(refusal(world.ask(ShowForm::CardNo(CardNo(99)))), Some(ErrCode::InvalidCardId));
        let code = world.claim(&card_id, "o1");
        let before = json!(world.ask(ShowForm::Code(code.clone())).expect("a form"));
        assert_eq!((&before["has_active"], &before["can_submit"]), (&json!(false), &json!(true)));
        let answers = json!({"custom_field_list": [{"name": "film", "value": "x"}]});
        let submit = SubmitForm {
            target: Target::Code(code.clone()),
            openid: "o1".into(),
            answers: MemberInfo::read(&object(answers)).expect("answers"),
            ticket: "t".into(),
        };
        world.run(submit).expect("active");
        let after = json!(world.ask(ShowForm::Code(code)).expect("a form"));
        assert_eq!((&after["has_active"], &after["can_submit"]), (&json!(true), &json!(false)));
        assert_eq!(after["user_info"]["custom_field_list"][0]["value"], "x");
    }

    #[test]
    fn show_form_errors_follow_the_documented_order() {
        let mut world = World::new();
        let custom = json!({"use_custom_code": true});
        let coupon = world.create(groupon(custom.clone()));
        let by_page = world.create(member_card(custom, json!({})));
        let system = world.create(member_card(json!({}), json!({})));
        let by_form = json!({"activate_url": null, "wx_activate": true});
        let good = world.create(member_card(json!({}), by_form));
        for (card_id, expected) in [
            (&CardId::from("pNowhere"), Some(ErrCode::InvalidCardId)),
            (&coupon, Some(ErrCode::InvalidCardType)),
            (&by_page, Some(ErrCode::NeedNoCustomCode)),
            (&system, Some(ErrCode::NeedWxActivate)),
            (&good, None),
        ] {
            assert_eq!(refusal(world.ask(CheckFormLink { card_id: card_id.clone() })), expected, "{card_id}");
        }
        world.run(crate::card::DeleteCard { card_id: coupon.clone() }).expect("deleted");
        let deleted = world.ask(CheckFormLink { card_id: coupon });
        assert_eq!(refusal(deleted), Some(ErrCode::InvalidCardStatus));
    }
}
