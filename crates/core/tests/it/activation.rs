//! A member card becomes active only once, in one of several ways. Later steps change neither points nor balance, and
//! the log has one activation with both.

use crate::audit::audit;
use crate::testing::{World, member_card, merged, object};
use kaquan_core::code::{Claim, CodeRef, Via};
use kaquan_core::error::Error;
use kaquan_core::event::EventKind;
use kaquan_core::id::CardId;
use kaquan_core::member::{Activate, MemberForm, MemberInfo, SetMemberForm, SubmitForm, Target};
use kaquan_core::operation::Operation;
use serde_json::{Value, json};

const MOBILE: &str = "USER_FORM_INFO_FLAG_MOBILE";

fn form(target: Target, mobile: &str) -> Operation {
    let list = json!([{"name": MOBILE, "value": mobile}]);
    let answers = MemberInfo::read(&object(json!({"common_field_list": list}))).expect("answers");
    SubmitForm { target, openid: "o1".into(), answers, ticket: format!("t{mobile}") }.into()
}

fn claim(card_id: &CardId) -> Claim {
    Claim::of(card_id.clone(), "o1".into(), Via::Server)
}

fn activate(code: &CodeRef, init_bonus: i64, init_balance: i64) -> Operation {
    let (init_bonus, init_balance) = (Some(init_bonus), Some(init_balance));
    Activate { init_bonus, init_balance, ..Activate::of(code.clone(), "no 1") }.into()
}

type Step = fn(&CardId, &CodeRef) -> Operation;
/// A name, the document of the card, the activating step, and points and balance afterwards.
type Way = (&'static str, fn() -> Value, Step, (i64, i64));

/// The ways in which a card becomes active: the document of the card, the step that activates a claimed card, and the
/// member's points and balance then.
const WAYS: [Way; 4] = [
    ("by itself", || json!({"auto_activate": true}), |card_id, _| claim(card_id).into(), (20, 0)),
    ("by the merchant", || json!({}), |_, code| activate(code, 30, 400), (30, 400)),
    ("by the form", by_form, |_, code| form(Target::Code(code.clone()), "1"), (20, 0)),
    (
        "by the merchant, before the form",
        || merged(by_form(), json!({"supply_balance": true})),
        |_, code| activate(code, 30, 400),
        (30, 400),
    ),
];

fn by_form() -> Value {
    json!({"activate_url": null, "wx_activate": true})
}

/// Steps that may come after the activation.
const AFTER: [(&str, Step); 4] = [
    ("activated again", |_, code| activate(code, 999, 999)),
    ("the form of the code", |_, code| form(Target::Code(code.clone()), "2")),
    ("the form of the card", |card_id, _| form(Target::Card(claim(card_id)), "3")),
    ("claimed again", |card_id, _| claim(card_id).into()),
];

#[test]
fn an_active_member_keeps_points_and_balance_at_later_activations() {
    for (way, section, step, expected) in WAYS {
        for (what, again) in AFTER {
            let mut world = World::new();
            let rule = json!({"bonus_rule": {"init_increase_bonus": 20}, "supply_bonus": true});
            let card_id = world.create(member_card(json!({"get_limit": 1}), merged(section(), rule)));
            let asks = json!({"required_form": {"can_modify": true, "common_field_id_list": [MOBILE]}});
            let asks = MemberForm::read(&object(asks)).expect("a form");
            // A card that is not activated with a form refuses this operation.
            let _: Result<(), Error> = world.run(SetMemberForm { card_id: card_id.clone(), form: asks });
            let code = world.claim(&card_id, "o1");
            world.run(step(&card_id, &code)).unwrap_or_else(|error| panic!("{way}: {error}"));
            for _ in 0..2 {
                let before = world.clone();
                // A refusal changes nothing, which the audit checks too.
                let _ = world.run(again(&card_id, &code));
                audit(&before, &world);
                let member = &world.members[&world.code(&code).seq];
                assert!(member.active_at.is_some(), "{way}");
                assert_eq!((member.bonus, member.balance), expected, "{way}, then {what}");
                let activations = world.events.iter().filter(|event| event.kind == EventKind::Activate);
                assert!(activations.count() <= 1, "{way}, then {what}");
            }
        }
    }
}
