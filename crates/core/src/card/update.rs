//! Changes a card: `POST /card/update`. An update changes only the fields that it names; all others remain the same
//! to the byte. A request with one key that is not allowed changes nothing.
//!
//! WeChat manual: "管理卡券" (manage cards), "管理会员卡" (manage member cards).

use super::card_type::CardType;
use super::document::{self, GivenField, Object, first_fault, given_fields};
use super::field::{Group, Kind, OnUpdate, Place};
use super::general;
use super::open_cells::{Cells, has_center};
use super::review::enter_review;
use super::unchanged;
use super::white_list::WhiteList;
use super::{Card, Terms};
use crate::card::check_after_submit;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::CardId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Changes the named fields of a card.
///
/// # Errors
///
/// In this order: 40073 unknown card; 40078 deleted card; 47001 an unknown key, a new value for a field that cannot be
/// updated, or a value of the wrong JSON type; 41011 a required field made blank; then each field's own code in the
/// order of the request, among them 40100 for a window that does not widen and 40135 for points or balance switched
/// off; 40124 too many own fields and 40097 a balance for a general card; 40145 and 45046 a centre button where pay at
/// the till or self-service consume is open.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateCard {
    pub card_id: CardId,
    /// The request without its `card_id`.
    pub patch: Object,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateOutcome {
    /// Whether the card went back to review.
    pub send_check: bool,
}

impl Command for UpdateCard {
    type Reply = UpdateOutcome;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        Cells::reads(&self.card_id, ws, keys);
        keys.records.insert(WhiteList::key());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<UpdateOutcome> {
        let (before, cells) = Cells::of(&self.card_id, ws, now)?;
        let before = before.clone();
        let (mut card, send_check) = overlay(&before, &self.patch)?;
        check_center(&card, cells)?;
        card.updated_at = now;
        let no = card.no;
        ws.emit(Event { amount: i64::from(send_check), ..Event::new(EventKind::CardUpdate, now, no) });
        if send_check {
            enter_review(ws, &mut card, &before, now)?;
        }
        ws.cards.put(no, card);
        Ok(UpdateOutcome { send_check })
    }
}

/// A card with a centre button cannot have pay at the till or self-service consume.
fn check_center(card: &Card, cells: Cells) -> Result<()> {
    if has_center(card) && cells.pay {
        return Err(Error::field(ErrCode::PayCellConflict, "base_info.center_title", "the pay cell is open"));
    }
    if has_center(card) && cells.self_consume {
        let reason = "self-service consume is open";
        return Err(Error::field(ErrCode::CellConflict, "base_info.center_title", reason));
    }
    Ok(())
}

/// The card after the patch, and whether the patch sends it back to review. It has no side effects; the preview uses
/// it too.
pub fn overlay(card: &Card, patch: &Object) -> Result<(Card, bool)> {
    let section = section(card.card_type, patch)?;
    let fields = given_fields(card.card_type, section)?;
    let mut base_info = card.section.get("base_info").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut beside = Object::clone(&card.section);
    beside.shift_remove("base_info");
    let (mut faults, mut send_check) = (Vec::new(), false);
    for given in &fields {
        let target = match given.field.place {
            Place::BaseInfo => &mut base_info,
            Place::Section => &mut beside,
        };
        if given.field.update == OnUpdate::Refused {
            faults.extend(check_unchanged(card, given).err());
            continue;
        }
        match set_field(card, given, target) {
            Ok(reviewed) => send_check |= reviewed,
            Err(fault) => faults.push(fault),
        }
    }
    if let Some(fault) = first_fault(faults) {
        return Err(fault);
    }
    settle_locations(&mut base_info, &fields);
    let mut document = Object::new();
    document.insert("base_info".to_owned(), base_info.into());
    document.extend(beside);
    if card.card_type.is_member_card() && fields.iter().any(|given| given.field.group == Group::Activation) {
        check_after_submit(&document)?;
    }
    if card.card_type == CardType::GeneralCard
        && fields.iter().any(|given| given.field.group == Group::Membership)
    {
        general::check_update(&card.section, &document)?;
    }
    let terms = Terms::read(card.card_type, &document)?;
    Ok((Card { section: Arc::new(document), terms, ..card.clone() }, send_check))
}

/// A card is either for all shops or for a list of shops. If a request has both, "all shops" wins. A list alone
/// replaces an earlier "all shops".
fn settle_locations(base_info: &mut Object, fields: &[GivenField<'_>]) {
    let names = |key: &str| fields.iter().any(|given| given.field.key == key);
    let listed =
        base_info.get("location_id_list").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if names("location_id_list") && listed && !names("use_all_locations") {
        base_info.shift_remove("use_all_locations");
    }
    if base_info.get("use_all_locations") == Some(&json!(true)) {
        base_info.shift_remove("location_id_list");
    }
}

/// The section in the patch. A patch must have the section of the card's type and no other.
fn section(card_type: CardType, patch: &Object) -> Result<&Object> {
    for (key, value) in patch.iter().filter(|(_, value)| !value.is_null()) {
        match key.as_str() {
            "card_id" => {}
            "card_type" if value.as_str().and_then(CardType::from_wire) == Some(card_type) => {}
            key if key == card_type.key() => {}
            key => return Err(Error::key(&[key], format!("does not belong to a {card_type} card"))),
        }
    }
    crate::value::object(patch, card_type.key())?
        .ok_or_else(|| Error::missing(format!("m_data.{}()", card_type.key())))
}

/// Checks that a field which cannot be updated repeats the value of the card. Clients send their whole form.
fn check_unchanged(card: &Card, given: &GivenField<'_>) -> Result<()> {
    let path = match given.field.place {
        Place::BaseInfo => &[card.card_type.key(), "base_info", given.field.key][..],
        Place::Section => &[card.card_type.key(), given.field.key],
    };
    match unchanged::is_unchanged(card, given) {
        true => Ok(()),
        false => Err(Error::key(path, "cannot be changed by an update")),
    }
}

/// Sets one value in its object. Returns whether this sends the card back to review.
fn set_field(card: &Card, given: &GivenField<'_>, target: &mut Object) -> Result<bool> {
    let (field, value) = (given.field, given.value);
    let blank = value.as_str() == Some("");
    if blank && (field.update == OnUpdate::ReviewNotBlank || matches!(field.kind, Kind::Choice { .. })) {
        return Err(Error::missing(field.accessor()));
    }
    let stored = match field.kind {
        Kind::DateInfo => {
            let object = value
                .as_object()
                .ok_or_else(|| Error::field(ErrCode::DataFormat, field.path(), "must be an object"))?;
            Some(card.terms.date_info.widen(object)?.to_json())
        }
        kind => document::normalize(&kind, value, &field.path())?,
    };
    let Some(stored) = stored else {
        // For a general card, 0 removes the limit. For other cards, 0 changes nothing.
        if matches!(field.kind, Kind::Limit { .. }) && card.terms.general.is_some() && !blank {
            target.shift_remove(field.key);
        }
        return Ok(false);
    };
    if field.update == OnUpdate::StaysOn && target.get(field.key) == Some(&json!(true)) {
        return Ok(false);
    }
    if field.update == OnUpdate::OnlyOn {
        let before = target.get(field.key) == Some(&json!(true));
        match (before, stored == json!(true)) {
            (true, false) => {
                return Err(Error::field(ErrCode::SupplyBonusStays, field.path(), "cannot go back to false"));
            }
            (before, after) if before == after => return Ok(false),
            _ => {}
        }
    }
    target.insert(field.key.to_owned(), stored);
    Ok(field.update.needs_review())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ReviewPolicy;
    use crate::card::CardStatus;
    use crate::engine::testing::*;

    fn base(base_info: Value) -> Value {
        json!({"groupon": {"base_info": base_info}})
    }

    fn update(card_id: &CardId, patch: Value) -> UpdateCard {
        UpdateCard { card_id: card_id.clone(), patch: object(patch) }
    }

    fn manual_world(card: Value) -> (World, CardId) {
        let mut world = World::new();
        let card = world.create(card);
        world.app.review = ReviewPolicy::Manual;
        world.pass(60);
        (world, card)
    }

    #[test]
    fn review_depends_on_which_fields_are_named_and_not_on_their_values() {
        for (patch, send_check) in [
            (json!({"notice": "new"}), true),
            (json!({"color": "Color010"}), true),
            (json!({"logo_url": "http://mmbiz.qpic.cn/a"}), true),
            (json!({"description": ""}), true),
            (json!({"title": "title"}), true),
            (json!({"service_phone": "1"}), false),
            (json!({"location_id_list": "0"}), false),
            (json!({"center_title": ""}), false),
            (json!({"date_info": range(-90_000, 90_000)}), false),
            (json!({"notice": null}), false),
            (json!({}), false),
        ] {
            let (mut world, card) = manual_world(groupon(json!({})));
            let reply = world.run(update(&card, base(patch.clone())));
            assert_eq!(reply, Ok(UpdateOutcome { send_check }), "{patch}");
            let expected = if send_check { CardStatus::NotVerify } else { CardStatus::VerifyOk };
            assert_eq!(world.card(&card).status, expected, "{patch}");
            assert_eq!(world.card(&card).updated_at, world.now);
            assert_eq!(world.events.last().map(|event| event.amount), Some(i64::from(send_check)));
        }
    }

    #[test]
    fn only_the_named_fields_change_and_at_once() {
        let (mut world, card) = manual_world(groupon(json!({"service_phone": "1", "get_limit": 3})));
        let before = world.card(&card).section["base_info"].clone();
        world.run(update(&card, base(json!({"notice": "new", "get_limit": "5"})))).expect("an update");
        let after = world.card(&card).section["base_info"].clone();
        assert_eq!(after, merged(before, json!({"notice": "new", "get_limit": 5})));
        assert_eq!(world.card(&card).terms.get_limit, 5);
    }

    #[test]
    fn one_key_that_cannot_be_updated_refuses_the_whole_request() {
        for patch in [
            base(json!({"notice": "new", "brand_name": "x"})),
            base(json!({"notice": "new", "sku": {"quantity": 5}})),
            base(json!({"notice": "new", "no_such_field": 1})),
            json!({"groupon": {"deal_detail": "x"}}),
            json!({"gift": {"base_info": {"notice": "new"}}}),
            json!({"groupon": {"base_info": {}}, "card_type": "GIFT"}),
        ] {
            let (mut world, card) = manual_world(groupon(json!({})));
            assert_eq!(
                refusal(world.run(update(&card, patch.clone()))),
                Some(ErrCode::DataFormat),
                "{patch}"
            );
        }
    }

    #[test]
    fn a_window_only_widens() {
        for (date_info, expected) in [
            (range(-100, 100), None),
            (range(-101, 101), None),
            (range(-99, 100), Some(ErrCode::InvalidDateInfo)),
            (range(-100, 99), Some(ErrCode::InvalidDateInfo)),
            (json!({"end_timestamp": START.0 + 500}), None),
            (json!({"type": "DATE_TYPE_PERMANENT"}), Some(ErrCode::InvalidDateInfo)),
            (json!({"type": 2, "fixed_term": 9}), Some(ErrCode::InvalidDateInfo)),
        ] {
            let (mut world, card) = manual_world(groupon(json!({"date_info": range(-100, 100)})));
            let reply = world.run(update(&card, base(json!({"date_info": date_info.clone()}))));
            assert_eq!(refusal(reply), expected, "{date_info}");
        }
        let term = json!({"date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30}});
        let (mut world, card) = manual_world(groupon(term.clone()));
        assert_eq!(world.run(update(&card, base(term))), Ok(UpdateOutcome { send_check: false }));
        let longer = json!({"date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 31}});
        assert_eq!(refusal(world.run(update(&card, base(longer)))), Some(ErrCode::InvalidDateInfo));
    }

    #[test]
    fn a_refused_card_goes_back_to_review_and_forgets_the_refusal() {
        let (mut world, card) = manual_world(groupon(json!({})));
        world.run(update(&card, base(json!({"notice": "new"})))).expect("an update");
        let refuse = Some("blurred".to_owned());
        world.run(crate::card::ReviewCard { card_id: card.clone(), refuse }).expect("refused");
        world.run(update(&card, base(json!({"service_phone": "1"})))).expect("an update");
        assert_eq!(world.card(&card).refuse_reason, "blurred");
        world.run(update(&card, base(json!({"notice": "newer"})))).expect("an update");
        let card = world.card(&card);
        assert_eq!((card.status, card.refuse_reason.as_str()), (CardStatus::NotVerify, ""));
    }

    #[test]
    fn points_are_switched_on_never_off_and_a_repeat_is_no_change() {
        let section = |on: bool| json!({"member_card": {"supply_bonus": on}});
        for (before, after, expected) in [
            (false, false, Ok(false)),
            (false, true, Ok(true)),
            (true, true, Ok(false)),
            (true, false, Err(ErrCode::SupplyBonusStays)),
        ] {
            let (mut world, card) = manual_world(member_card(json!({}), json!({"supply_bonus": before})));
            let reply = world.run(update(&card, section(after)));
            assert_eq!(reply.map(|it| it.send_check).map_err(|it| it.code), expected, "{before} to {after}");
        }
    }

    #[test]
    fn a_card_that_activates_itself_goes_on_doing_so() {
        let (mut world, card) = manual_world(member_card(json!({}), json!({"auto_activate": true})));
        let off = json!({"member_card": {"auto_activate": false, "wx_activate": true}});
        assert_eq!(world.run(update(&card, off)), Ok(UpdateOutcome { send_check: false }));
        assert_eq!(world.card(&card).section["auto_activate"], json!(true));
        assert!(world.card(&card).terms.auto_activate);
    }

    #[test]
    fn a_jump_after_the_form_needs_a_target() {
        let (mut world, card) = manual_world(member_card(json!({}), json!({})));
        let by_form = json!({"activate_url": "", "wx_activate": true, "wx_activate_after_submit": true});
        let jump = |more: Value| update(&card, json!({"member_card": merged(by_form.clone(), more)}));
        assert_eq!(refusal(world.run(jump(json!({})))), Some(ErrCode::MissingFields));
        let nowhere = json!({"wx_activate_after_submit_url": "www.qq.com"});
        assert_eq!(refusal(world.run(jump(nowhere))), Some(ErrCode::InvalidArgs));
        assert_eq!(refusal(world.run(jump(json!({"wx_activate_after_submit_url": "http://a"})))), None);
    }

    #[test]
    fn card_update_errors_follow_the_documented_order() {
        let (mut world, card) = manual_world(groupon(json!({"date_info": range(-100, 100)})));
        let narrow = range(0, 100);
        let long = json!("x".repeat(49));
        for (case, patch, expected) in [
            (
                "narrower, key not to be updated",
                json!({"date_info": narrow, "sku": {"quantity": 7}}),
                ErrCode::DataFormat,
            ),
            ("blank title, wrong type", json!({"title": "", "notice": true}), ErrCode::DataFormat),
            ("too long, blank title", json!({"notice": long, "title": ""}), ErrCode::MissingFields),
            ("too long, narrower", json!({"notice": long, "date_info": narrow}), ErrCode::OutOfLengthLimit),
            ("narrower, too long", json!({"date_info": narrow, "notice": long}), ErrCode::InvalidDateInfo),
        ] {
            assert_eq!(refusal(world.run(update(&card, base(patch)))), Some(expected), "{case}");
        }
        let nowhere = CardId::from("pNowhere");
        assert_eq!(refusal(world.run(update(&nowhere, json!({"x": 1})))), Some(ErrCode::InvalidCardId));
        world.run(crate::card::DeleteCard { card_id: card.clone() }).expect("deleted");
        assert_eq!(refusal(world.run(update(&card, json!({"x": 1})))), Some(ErrCode::InvalidCardStatus));
    }

    #[test]
    fn a_limit_of_zero_lifts_the_limit_of_a_general_card() {
        for (limit, expected) in
            [(json!(0), u32::MAX), (json!("0"), u32::MAX), (json!(0.0), u32::MAX), (json!(""), 2)]
        {
            let (mut world, card) =
                manual_world(general_card(json!({"get_limit": 2, "use_limit": 2}), json!({})));
            let base_info = json!({"get_limit": limit, "use_limit": limit});
            let reply = world.run(update(&card, json!({"general_card": {"base_info": base_info}})));
            assert_eq!(reply, Ok(UpdateOutcome { send_check: false }));
            let terms = &world.card(&card).terms;
            assert_eq!((terms.get_limit, terms.use_limit), (expected, expected), "{limit}");
        }
        let (mut world, card) = manual_world(groupon(json!({"get_limit": 2, "use_limit": 2})));
        world.run(update(&card, base(json!({"get_limit": 0, "use_limit": 0})))).expect("an update");
        let terms = &world.card(&card).terms;
        assert_eq!((terms.get_limit, terms.use_limit), (2, 2), "not given");
    }
}
